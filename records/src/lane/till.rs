//! What happened at a cash drawer, both ways.

use std::sync::Arc;

use super::{
    fields::{Result, money},
    till_report::{report_from_proto, report_to_proto},
};
use crate::{ConvertError, money_to_proto, reason::named_from_proto};
use domain::{
    ids::{OperatorId, SaleNumber},
    till::{CashCounted, Collector, Movement, Pieces, TillFact},
    words::Worded as _,
};
use proto::journal::v1::{self as wire, lane_record::Body};

pub(super) fn till_to_proto(fact: &TillFact) -> Body {
    match fact {
        TillFact::CashTendered { sale, given } => Body::CashTendered(wire::CashTendered {
            sale_number: sale.0,
            given: Some(money_to_proto(*given)),
        }),
        TillFact::ShiftBegun { operator } => Body::ShiftBegun(wire::ShiftBegun {
            operator_id: operator.0,
        }),
        TillFact::ShiftEnded {
            operator,
            by,
            counted,
        } => Body::ShiftEnded(wire::ShiftEnded {
            operator_id: operator.0,
            ended_by: by.0,
            counted: *counted,
        }),
        TillFact::CashMoved(movement) => Body::CashMoved(movement_to_proto(movement)),
        TillFact::DrawerOpened {
            operator,
            allowed_by,
            why,
            reason,
        } => Body::DrawerOpened(wire::DrawerOpened {
            operator_id: operator.0,
            allowed_by: allowed_by.0,
            why: why.number(),
            reason: reason.clone(),
        }),
        TillFact::Counted(count) => Body::CashCounted(count_to_proto(count)),
        TillFact::ZTaken(report) => Body::ZTaken(wire::ZTaken {
            report: Some(report_to_proto(report)),
        }),
        TillFact::DateEnded { expected, shift } => Body::TillDateEnded(wire::TillDateEnded {
            expected: Some(money_to_proto(*expected)),
            shift_of: shift.map(|operator| operator.0),
        }),
    }
}

fn movement_to_proto(movement: &Movement) -> wire::CashMoved {
    let collector = movement.collector.as_ref();
    wire::CashMoved {
        kind: movement.kind.number(),
        amount: Some(money_to_proto(movement.amount)),
        operator_id: movement.operator.0,
        allowed_by: movement.allowed_by.0,
        note: movement.note.clone(),
        collector: collector.map(|collector| wire::Collector {
            name: collector.name.clone(),
            number: collector.number.clone(),
            seal: collector.seal.clone(),
        }),
    }
}

fn count_to_proto(count: &CashCounted) -> wire::CashCounted {
    let pieces = count.pieces.iter().map(|one| wire::CountedPieces {
        minor: one.minor,
        pieces: one.pieces,
    });
    wire::CashCounted {
        operator_id: count.operator.0,
        pieces: pieces.collect(),
        counted: Some(money_to_proto(count.counted)),
        expected: Some(money_to_proto(count.expected)),
    }
}

/// `None`: the record is about something else.
pub(super) fn till_from_proto(body: Body) -> Result<Option<TillFact>> {
    Ok(Some(match body {
        Body::CashTendered(from) => TillFact::CashTendered {
            sale: SaleNumber(from.sale_number),
            given: money("given", from.given.as_ref())?,
        },
        Body::ShiftBegun(from) => TillFact::ShiftBegun {
            operator: OperatorId(from.operator_id),
        },
        Body::ShiftEnded(from) => TillFact::ShiftEnded {
            operator: OperatorId(from.operator_id),
            by: OperatorId(from.ended_by),
            counted: from.counted,
        },
        Body::CashMoved(from) => TillFact::CashMoved(movement_from_proto(from)?),
        Body::DrawerOpened(from) => TillFact::DrawerOpened {
            operator: OperatorId(from.operator_id),
            allowed_by: OperatorId(from.allowed_by),
            why: named_from_proto("why", from.why, "")?,
            reason: from.reason,
        },
        Body::CashCounted(from) => TillFact::Counted(count_from_proto(&from)?),
        Body::ZTaken(from) => {
            let report = from.report.ok_or_else(|| ConvertError::missing("report"))?;
            TillFact::ZTaken(Arc::new(report_from_proto(report)?))
        }
        Body::TillDateEnded(from) => TillFact::DateEnded {
            expected: money("expected", from.expected.as_ref())?,
            shift: from.shift_of.map(OperatorId),
        },
        Body::Started(_)
        | Body::SaleOpened(_)
        | Body::LineAdded(_)
        | Body::LineVoided(_)
        | Body::SaleTotalled(_)
        | Body::AgeAnswered(_)
        | Body::PaymentIntended(_)
        | Body::PaymentDecided(_)
        | Body::PaymentAbandoned(_)
        | Body::SaleClosed(_)
        | Body::SaleVoided(_)
        | Body::ReceiptPrinted(_)
        | Body::CopyOrdered(_)
        | Body::CardNotRead(_)
        | Body::LeaseAccepted(_)
        | Body::LeaseReturned(_)
        | Body::DayMarker(_)
        | Body::LaneRested(_)
        | Body::LineChanged(_)
        | Body::SaleSuspended(_)
        | Body::BasketHandedOver(_)
        | Body::ReturnReserved(_)
        | Body::CashForCard(_)
        | Body::PaidBack(_)
        | Body::OperatorsTaken(_)
        | Body::OperatorSignedOn(_)
        | Body::OperatorSignedOff(_)
        | Body::PinRefused(_)
        | Body::OperatorLockedOut(_)
        | Body::OperatorUnlocked(_)
        | Body::SupervisorAllowed(_) => return Ok(None),
    }))
}

fn movement_from_proto(from: wire::CashMoved) -> Result<Movement> {
    Ok(Movement {
        kind: named_from_proto("kind", from.kind, "")?,
        amount: money("amount", from.amount.as_ref())?,
        operator: OperatorId(from.operator_id),
        allowed_by: OperatorId(from.allowed_by),
        note: from.note,
        collector: from.collector.map(|collector| Collector {
            name: collector.name,
            number: collector.number,
            seal: collector.seal,
        }),
    })
}

fn count_from_proto(from: &wire::CashCounted) -> Result<CashCounted> {
    let pieces = from.pieces.iter().map(|one| Pieces {
        minor: one.minor,
        pieces: one.pieces,
    });
    Ok(CashCounted {
        operator: OperatorId(from.operator_id),
        pieces: pieces.collect(),
        counted: money("counted", from.counted.as_ref())?,
        expected: money("expected", from.expected.as_ref())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_till_can_have_written_is_refused_with_its_field() {
        let moved = wire::CashMoved {
            kind: 99,
            amount: Some(proto::store::v1::Money {
                minor: 1,
                currency: "CNY".to_owned(),
            }),
            ..wire::CashMoved::default()
        };
        let field = |body| till_from_proto(body).unwrap_err().field;
        assert_eq!(field(Body::CashMoved(moved)), "kind");
        assert_eq!(field(Body::CashMoved(wire::CashMoved::default())), "kind");
        assert_eq!(
            field(Body::DrawerOpened(wire::DrawerOpened::default())),
            "why"
        );
        assert_eq!(field(Body::ZTaken(wire::ZTaken::default())), "report");
        let rested = Body::LaneRested(wire::LaneRested {});
        assert_eq!(till_from_proto(rested), Ok(None));
    }
}
