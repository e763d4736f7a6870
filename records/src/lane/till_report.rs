//! The figures of a till, both ways: in a Z's record, and in the checkpoint.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    fields::{Result, receipt_number},
    line::rate_from_proto,
};
use crate::{ConvertError, optional, reason::named_from_proto, text};
use domain::{
    ids::OperatorId,
    money::Currency,
    till::{Drawer, Report, Shift, Takings, Tally, TaxTally, TillOf, TillPart, Trade},
    time::WallMs,
    words::Worded as _,
};
use proto::journal::v1 as wire;

pub(super) fn till_part_to_proto(part: &TillPart) -> wire::CheckoutTill {
    let operators = part.operators.iter();
    let operators = operators.map(|(operator, takings)| wire::TillOperator {
        operator_id: operator.0,
        takings: Some(takings_to_proto(takings)),
    });
    wire::CheckoutTill {
        in_drawer_minor: part.in_drawer,
        opened: part.is_opened,
        shift: part.shift.map(|shift| wire::TillShift {
            operator_id: shift.operator.0,
            since_wall_ms: shift.since.0,
        }),
        last_z: part.last_z,
        last_report: part.last_report.as_deref().map(report_to_proto),
        lane: Some(takings_to_proto(&part.lane)),
        operators: operators.collect(),
        of_date: Some(drawer_to_proto(&part.of_date)),
    }
}

pub(super) fn till_part_from_proto(from: wire::CheckoutTill) -> Result<TillPart> {
    let operators = from.operators.into_iter().map(|own| {
        let takings = takings_from_proto(own.takings)?;
        Ok((OperatorId(own.operator_id), takings))
    });
    Ok(TillPart {
        in_drawer: from.in_drawer_minor,
        is_opened: from.opened,
        shift: from.shift.map(|shift| Shift {
            operator: OperatorId(shift.operator_id),
            since: WallMs(shift.since_wall_ms),
        }),
        last_z: from.last_z,
        last_report: from
            .last_report
            .map(|report| report_from_proto(report).map(Arc::new))
            .transpose()?,
        lane: takings_from_proto(from.lane)?,
        operators: operators.collect::<Result<_>>()?,
        of_date: drawer_from_proto(from.of_date.unwrap_or_default())?,
    })
}

pub(super) fn report_to_proto(report: &Report) -> wire::TillReport {
    wire::TillReport {
        number: report.number.unwrap_or(0),
        operator_id: match report.of {
            TillOf::Lane => None,
            TillOf::Operator(operator) => Some(operator.0),
        },
        taken_by: report.by.0,
        until_wall_ms: report.until.0,
        currency: report.currency.letters().to_owned(),
        takings: Some(takings_to_proto(&report.takings)),
    }
}

pub(super) fn report_from_proto(from: wire::TillReport) -> Result<Report> {
    let currency = Currency::by_letters(&from.currency);
    let currency = currency.ok_or_else(|| ConvertError::new("currency", &from.currency))?;
    Ok(Report {
        number: (from.number > 0).then_some(from.number),
        of: from
            .operator_id
            .map_or(TillOf::Lane, |id| TillOf::Operator(OperatorId(id))),
        by: OperatorId(from.taken_by),
        until: WallMs(from.until_wall_ms),
        currency,
        takings: takings_from_proto(from.takings)?,
    })
}

fn takings_to_proto(takings: &Takings) -> wire::TillTakings {
    wire::TillTakings {
        since_wall_ms: takings.since.map(|since| since.0),
        trade: Some(trade_to_proto(&takings.trade)),
        drawer: Some(drawer_to_proto(&takings.drawer)),
    }
}

fn takings_from_proto(from: Option<wire::TillTakings>) -> Result<Takings> {
    let from = from.ok_or_else(|| ConvertError::missing("takings"))?;
    Ok(Takings {
        since: from.since_wall_ms.map(WallMs),
        trade: trade_from_proto(from.trade.unwrap_or_default())?,
        drawer: drawer_from_proto(from.drawer.unwrap_or_default())?,
    })
}

/// Nothing is said of what there was not.
fn tally_to_proto(tally: Tally) -> Option<wire::TillTally> {
    let Tally { count, minor } = tally;
    (tally != Tally::default()).then_some(wire::TillTally { count, minor })
}

fn tally_from_proto(from: Option<wire::TillTally>) -> Tally {
    from.map_or(Tally::default(), |from| Tally {
        count: from.count,
        minor: from.minor,
    })
}

fn trade_to_proto(trade: &Trade) -> wire::TillTrade {
    let receipts = trade.receipts.map(|(first, last)| {
        let (first, last) = (first.to_string(), last.to_string());
        (first, last)
    });
    let tenders = trade.tenders.iter().map(|(kind, tally)| wire::TillTender {
        tender: kind.number(),
        tally: tally_to_proto(*tally),
    });
    let taxes = trade
        .taxes
        .iter()
        .map(|((class, rate), sum)| wire::TillTax {
            tax_class: class.clone(),
            rate_basis_points: (*rate).into(),
            taxed_minor: sum.taxed,
            tax_minor: sum.tax,
        });
    wire::TillTrade {
        first_receipt: text(receipts.as_ref().map(|(first, _)| first.as_str())),
        last_receipt: text(receipts.as_ref().map(|(_, last)| last.as_str())),
        sales: tally_to_proto(trade.sales),
        returns: tally_to_proto(trade.returns),
        rounding: tally_to_proto(trade.rounding),
        voided_sales: tally_to_proto(trade.voided_sales),
        voided_lines: tally_to_proto(trade.voided_lines),
        discounts: tally_to_proto(trade.discounts),
        overrides: tally_to_proto(trade.overrides),
        change: tally_to_proto(trade.change),
        tenders: tenders.collect(),
        taxes: taxes.collect(),
    }
}

fn trade_from_proto(from: wire::TillTrade) -> Result<Trade> {
    let first = optional(&from.first_receipt, receipt_number)?;
    let last = optional(&from.last_receipt, receipt_number)?;
    let tenders = from.tenders.into_iter().map(|one| {
        let kind = named_from_proto("tenders.tender", one.tender, "")?;
        Ok((kind, tally_from_proto(one.tally)))
    });
    let taxes = from.taxes.into_iter().map(|one| {
        let rate = rate_from_proto(one.rate_basis_points)?;
        let sum = TaxTally {
            taxed: one.taxed_minor,
            tax: one.tax_minor,
        };
        Ok(((one.tax_class, rate), sum))
    });
    Ok(Trade {
        receipts: first.zip(last),
        sales: tally_from_proto(from.sales),
        returns: tally_from_proto(from.returns),
        rounding: tally_from_proto(from.rounding),
        voided_sales: tally_from_proto(from.voided_sales),
        voided_lines: tally_from_proto(from.voided_lines),
        discounts: tally_from_proto(from.discounts),
        overrides: tally_from_proto(from.overrides),
        change: tally_from_proto(from.change),
        tenders: tenders.collect::<Result<_>>()?,
        taxes: taxes.collect::<Result<_>>()?,
    })
}

fn drawer_to_proto(drawer: &Drawer) -> wire::TillDrawer {
    let moved = drawer.moved.iter().map(|(kind, tally)| wire::TillMove {
        kind: kind.number(),
        tally: tally_to_proto(*tally),
    });
    wire::TillDrawer {
        taken_over_minor: drawer.taken_over,
        handed_over_minor: drawer.handed_over,
        sales: tally_to_proto(drawer.sales),
        returns: tally_to_proto(drawer.returns),
        moved: moved.collect(),
        no_sales: drawer.no_sales,
        variance_minor: drawer.variance,
        counted: drawer.is_counted,
    }
}

fn drawer_from_proto(from: wire::TillDrawer) -> Result<Drawer> {
    let moved = from.moved.into_iter().map(|one| {
        let kind = named_from_proto("moved.kind", one.kind, "")?;
        Ok((kind, tally_from_proto(one.tally)))
    });
    Ok(Drawer {
        taken_over: from.taken_over_minor,
        handed_over: from.handed_over_minor,
        sales: tally_from_proto(from.sales),
        returns: tally_from_proto(from.returns),
        moved: moved.collect::<Result<BTreeMap<_, _>>>()?,
        no_sales: from.no_sales,
        variance: from.variance_minor,
        is_counted: from.counted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::till_samples;

    #[test]
    fn the_part_of_a_checkpoint_comes_back_as_it_was_kept() {
        for part in [till_samples::part(), TillPart::default()] {
            assert_eq!(till_part_from_proto(till_part_to_proto(&part)), Ok(part));
        }
    }

    #[test]
    fn figures_that_cannot_be_are_refused_with_their_field() {
        let kept = till_part_to_proto(&till_samples::part());
        let field = |from| till_part_from_proto(from).unwrap_err().field;
        let mut spoiled = kept.clone();
        spoiled.lane = None;
        assert_eq!(field(spoiled), "takings");
        let mut spoiled = kept.clone();
        spoiled.of_date.as_mut().unwrap().moved[0].kind = 0;
        assert_eq!(field(spoiled), "moved.kind");
        let mut spoiled = kept;
        spoiled.last_report.as_mut().unwrap().currency.clear();
        assert_eq!(field(spoiled), "currency");
    }
}
