//! A lane's journal records, both ways: each fact stands in one table a direction, and among the
//! samples.

use super::fields::{
    cut_in_the_middle, intent_from_proto, intent_to_proto, marker_from_proto, marker_to_proto,
    money, receipt_number,
};
use super::{
    closing::{closing_from_proto, tender_to_proto},
    line::{
        line_from_proto, line_to_proto, rounding_to_proto, tax_mode_from_proto, tax_mode_to_proto,
        taxes_from_proto, taxes_to_proto,
    },
    operators::{
        allowed_from_proto, operator_to_proto, signed_off_from_proto, signed_on_from_proto,
    },
    returns::{
        cash_for_card_from_proto, paid_back_from_proto, reserved_from_proto, return_to_proto,
    },
    suspended::{lane, suspended_id_from_proto, suspended_id_to_proto},
    till::{till_from_proto, till_to_proto},
};
use crate::{
    ConvertError, date_from_proto, date_to_proto, decision_from_proto, decision_to_proto,
    lease_from_proto, lease_to_proto, money_to_proto, payment_id,
    reason::{reason_from_proto, reason_to_proto},
};
use domain::{
    ids::{LaneEpoch, LeaseId, OperatorId, SaleNumber},
    operators::{OperatorFact, SignedOn},
    sale::{
        AgeAnswer, BasketFact, CheckoutFact, CheckoutRecord, DateFact, LeaseFact, SaleFact,
        TenderFact,
    },
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::{
    journal::v1::{self as wire, lane_record::Body},
    store::v1::OfflinePayment,
};

type Result<T> = std::result::Result<T, ConvertError>;

/// The record of a start of this lane.
pub fn started(at: WallMs, date: Option<BusinessDate>, started: wire::LaneStarted) -> Vec<u8> {
    record(at, date, Body::Started(started))
}

/// A record as it is journaled.
pub fn encode(from: &CheckoutRecord, offline: Option<OfflinePayment>) -> Vec<u8> {
    let mut body = body(&from.fact);
    if let Body::PaymentDecided(decided) = &mut body {
        decided.offline = offline;
    }
    record(from.at, from.date, body)
}

/// A record as it was journaled; `None` for one that tells nothing about sales.
pub fn decode(bytes: &[u8]) -> Result<Option<CheckoutRecord>> {
    let record =
        wire::LaneRecord::decode(bytes).map_err(|error| ConvertError::new("record", error))?;
    checkout_record(&record)
}

/// What a record tells about sales; `None`: nothing.
///
/// # Errors
/// A record that says what no record can say.
pub fn checkout_record(record: &wire::LaneRecord) -> Result<Option<CheckoutRecord>> {
    let body = record.body.clone();
    let body = body.ok_or_else(|| ConvertError::missing("body"))?;
    let at = WallMs(record.wall_ms);
    let date = date_from_proto("business_date", &record.business_date)?;
    Ok(fact(body, date)?.map(|fact| CheckoutRecord { at, date, fact }))
}

fn record(at: WallMs, date: Option<BusinessDate>, body: Body) -> Vec<u8> {
    wire::LaneRecord {
        wall_ms: at.0,
        business_date: date_to_proto(date),
        body: Some(body),
    }
    .encode_to_vec()
}

fn body(fact: &CheckoutFact) -> Body {
    match fact {
        CheckoutFact::Sale(fact) => sale(fact),
        CheckoutFact::Basket(fact) => basket(fact),
        CheckoutFact::Tender(fact) => tender(fact),
        CheckoutFact::Return(fact) => return_to_proto(fact),
        CheckoutFact::Till(fact) => till_to_proto(fact),
        CheckoutFact::Lease(fact) => lease(fact),
        CheckoutFact::Date(fact) => lane_date(fact),
        CheckoutFact::Operator(fact) => operator_to_proto(fact),
    }
}

fn sale(fact: &SaleFact) -> Body {
    match fact {
        SaleFact::SaleOpened {
            sale,
            operator,
            order_reference,
            price_version,
            recalled,
        } => Body::SaleOpened(wire::SaleOpened {
            sale_number: sale.0,
            operator_id: operator.0,
            order_reference: order_reference.clone(),
            price_file_version: price_version.clone(),
            recalled: recalled.map(suspended_id_to_proto),
        }),
        SaleFact::SaleClosed {
            sale,
            receipt,
            total,
            tenders,
            change,
            items,
            order_reference,
            rounding,
            taxes,
            tax_mode,
            returns,
        } => Body::SaleClosed(wire::SaleClosed {
            sale_number: sale.0,
            receipt_number: receipt.to_string(),
            total: Some(money_to_proto(*total)),
            tenders: tenders.iter().map(tender_to_proto).collect(),
            change: Some(money_to_proto(*change)),
            items: *items,
            order_reference: order_reference.clone(),
            rounding: rounding_to_proto(*rounding),
            taxes: taxes_to_proto(taxes),
            tax_added: tax_mode_to_proto(*tax_mode),
            return_revision: *returns,
        }),
        SaleFact::SaleSuspended { sale, label } => Body::SaleSuspended(wire::SaleSuspended {
            sale_number: sale.0,
            label: label.clone(),
        }),
        SaleFact::BasketHandedOver { sale, to, to_epoch } => {
            Body::BasketHandedOver(wire::BasketHandedOver {
                sale_number: sale.0,
                to_lane: to.0.into(),
                to_epoch: to_epoch.0,
            })
        }
        SaleFact::SaleVoided { sale, reason } => Body::SaleVoided(wire::SaleVoided {
            sale_number: sale.0,
            reason: reason.clone(),
        }),
        SaleFact::CopyOrdered { receipt, by } => Body::CopyOrdered(wire::CopyOrdered {
            receipt_number: receipt.to_string(),
            operator_id: by.map_or(0, |by| by.0),
        }),
        SaleFact::ReceiptPrinted {
            receipt,
            text,
            reprint,
        } => Body::ReceiptPrinted(wire::ReceiptPrinted {
            receipt_number: receipt.to_string(),
            text: cut_in_the_middle(text),
            reprint: *reprint,
        }),
    }
}

fn basket(fact: &BasketFact) -> Body {
    match fact {
        BasketFact::LineAdded { sale, line } => Body::LineAdded(line_to_proto(*sale, line)),
        BasketFact::LineChanged { sale, line } => Body::LineChanged(wire::LineChanged {
            line: Some(line_to_proto(*sale, line)),
        }),
        BasketFact::LineVoided { sale, line_number } => Body::LineVoided(wire::LineVoided {
            sale_number: sale.0,
            line_number: *line_number,
        }),
        BasketFact::AgeAnswered { sale, answer } => Body::AgeAnswered(wire::AgeAnswered {
            sale_number: sale.0,
            least_age: answer.least_age.into(),
            old_enough: answer.old_enough,
            operator_id: answer.operator.0,
        }),
        BasketFact::SaleTotalled {
            sale,
            total,
            taxes,
            tax_mode,
        } => Body::SaleTotalled(wire::SaleTotalled {
            sale_number: sale.0,
            total: Some(money_to_proto(*total)),
            taxes: taxes_to_proto(taxes),
            tax_added: tax_mode_to_proto(*tax_mode),
        }),
    }
}

fn tender(fact: &TenderFact) -> Body {
    match fact {
        TenderFact::PaymentIntended { sale, payment } => {
            Body::PaymentIntended(intent_to_proto(*sale, payment))
        }
        TenderFact::PaymentDecided {
            sale,
            payment_id,
            decision,
        } => Body::PaymentDecided(wire::PaymentDecided {
            sale_number: sale.0,
            payment_id: payment_id.to_string(),
            decision: Some(decision_to_proto(decision)),
            // Set where the payment itself is known.
            offline: None,
        }),
        TenderFact::PaymentAbandoned {
            sale,
            payment_id,
            reason,
        } => Body::PaymentAbandoned(wire::PaymentAbandoned {
            sale_number: sale.0,
            payment_id: payment_id.to_string(),
            because: reason_to_proto(reason).0,
            reason: reason_to_proto(reason).1,
        }),
        TenderFact::CardNotRead { sale, reason } => Body::CardNotRead(wire::CardNotRead {
            sale_number: sale.0,
            reason: reason.clone(),
        }),
    }
}

fn lease(fact: &LeaseFact) -> Body {
    match fact {
        LeaseFact::Accepted { lease } => Body::LeaseAccepted(wire::LeaseAccepted {
            lease: Some(lease_to_proto(lease)),
        }),
        LeaseFact::Returned {
            lease,
            spent,
            payments,
            reason,
        } => Body::LeaseReturned(wire::LeaseReturned {
            lease_id: lease.0,
            spent: Some(money_to_proto(*spent)),
            payments: *payments,
            because: reason_to_proto(reason).0,
            reason: reason_to_proto(reason).1,
        }),
    }
}

fn lane_date(fact: &DateFact) -> Body {
    match fact {
        DateFact::DayMarked { ended, begins, by } => {
            Body::DayMarker(marker_to_proto(*ended, *begins, *by))
        }
        DateFact::Rested => Body::LaneRested(wire::LaneRested {}),
    }
}

/// `date`: what the record's head carries, for what does not tell its own.
#[allow(clippy::too_many_lines, reason = "one table: each record and its fact")]
fn fact(body: Body, date: Option<BusinessDate>) -> Result<Option<CheckoutFact>> {
    Ok(Some(match body {
        Body::Started(_) => return Ok(None),
        Body::DayMarker(from) => marker_from_proto(&from)?.into(),
        Body::LaneRested(wire::LaneRested {}) => DateFact::Rested.into(),
        Body::SaleOpened(from) => SaleFact::SaleOpened {
            sale: SaleNumber(from.sale_number),
            operator: OperatorId(from.operator_id),
            order_reference: from.order_reference,
            price_version: from.price_file_version,
            recalled: from
                .recalled
                .as_ref()
                .map(suspended_id_from_proto)
                .transpose()?,
        }
        .into(),
        Body::LineAdded(from) => BasketFact::LineAdded {
            sale: SaleNumber(from.sale_number),
            line: line_from_proto(from)?,
        }
        .into(),
        Body::LineChanged(from) => {
            let line = from.line.ok_or_else(|| ConvertError::missing("line"))?;
            BasketFact::LineChanged {
                sale: SaleNumber(line.sale_number),
                line: line_from_proto(line)?,
            }
            .into()
        }
        Body::LineVoided(from) => BasketFact::LineVoided {
            sale: SaleNumber(from.sale_number),
            line_number: from.line_number,
        }
        .into(),
        Body::AgeAnswered(from) => BasketFact::AgeAnswered {
            sale: SaleNumber(from.sale_number),
            answer: AgeAnswer {
                least_age: u8::try_from(from.least_age)
                    .map_err(|error| ConvertError::new("least_age", error))?,
                old_enough: from.old_enough,
                operator: OperatorId(from.operator_id),
            },
        }
        .into(),
        Body::SaleTotalled(from) => BasketFact::SaleTotalled {
            sale: SaleNumber(from.sale_number),
            total: money("total", from.total.as_ref())?,
            taxes: taxes_from_proto(from.taxes)?,
            tax_mode: tax_mode_from_proto(from.tax_added),
        }
        .into(),
        body @ (Body::CashTendered(_)
        | Body::ShiftBegun(_)
        | Body::ShiftEnded(_)
        | Body::CashMoved(_)
        | Body::DrawerOpened(_)
        | Body::CashCounted(_)
        | Body::ZTaken(_)
        | Body::TillDateEnded(_)) => return Ok(till_from_proto(body)?.map(CheckoutFact::from)),
        Body::ReturnReserved(from) => reserved_from_proto(&from)?.into(),
        Body::CashForCard(from) => cash_for_card_from_proto(&from)?.into(),
        Body::PaidBack(from) => paid_back_from_proto(&from)?.into(),
        Body::PaymentIntended(from) => intent_from_proto(&from, date)?.into(),
        Body::PaymentDecided(from) => TenderFact::PaymentDecided {
            sale: SaleNumber(from.sale_number),
            payment_id: payment_id(&from.payment_id)?,
            decision: decision_from_proto(from.decision.as_ref())?,
        }
        .into(),
        Body::PaymentAbandoned(from) => TenderFact::PaymentAbandoned {
            sale: SaleNumber(from.sale_number),
            payment_id: payment_id(&from.payment_id)?,
            reason: reason_from_proto("because", from.because, &from.reason)?,
        }
        .into(),
        Body::CardNotRead(from) => TenderFact::CardNotRead {
            sale: SaleNumber(from.sale_number),
            reason: from.reason,
        }
        .into(),
        Body::SaleClosed(from) => closing_from_proto(from)?.into(),
        Body::SaleSuspended(from) => SaleFact::SaleSuspended {
            sale: SaleNumber(from.sale_number),
            label: from.label,
        }
        .into(),
        Body::BasketHandedOver(from) => SaleFact::BasketHandedOver {
            sale: SaleNumber(from.sale_number),
            to: lane("to_lane", from.to_lane)?,
            to_epoch: LaneEpoch(from.to_epoch),
        }
        .into(),
        Body::SaleVoided(from) => SaleFact::SaleVoided {
            sale: SaleNumber(from.sale_number),
            reason: from.reason,
        }
        .into(),
        Body::CopyOrdered(from) => SaleFact::CopyOrdered {
            receipt: receipt_number(&from.receipt_number)?,
            by: (from.operator_id != 0).then_some(OperatorId(from.operator_id)),
        }
        .into(),
        Body::ReceiptPrinted(from) => SaleFact::ReceiptPrinted {
            receipt: receipt_number(&from.receipt_number)?,
            text: from.text,
            reprint: from.reprint,
        }
        .into(),
        Body::LeaseAccepted(from) => LeaseFact::Accepted {
            lease: lease_from_proto(from.lease.as_ref())?,
        }
        .into(),
        Body::LeaseReturned(from) => LeaseFact::Returned {
            lease: LeaseId(from.lease_id),
            spent: money("spent", from.spent.as_ref())?,
            payments: from.payments,
            reason: reason_from_proto("because", from.because, &from.reason)?,
        }
        .into(),
        Body::OperatorsTaken(wire::OperatorsTaken { version, operators }) => {
            OperatorFact::ListTaken { version, operators }.into()
        }
        Body::OperatorSignedOn(from) => {
            let SignedOn { operator, role } = signed_on_from_proto(&from)?;
            OperatorFact::SignedOn { operator, role }.into()
        }
        Body::OperatorSignedOff(from) => signed_off_from_proto(&from)?.into(),
        Body::PinRefused(from) => OperatorFact::PinRefused {
            operator: OperatorId(from.operator_id),
            wrong: from.wrong,
            of_version: from.of_version,
        }
        .into(),
        Body::OperatorLockedOut(from) => OperatorFact::LockedOut {
            operator: OperatorId(from.operator_id),
        }
        .into(),
        Body::OperatorUnlocked(from) => OperatorFact::Unlocked {
            operator: OperatorId(from.operator_id),
            by: OperatorId(from.by_operator_id),
        }
        .into(),
        Body::SupervisorAllowed(from) => allowed_from_proto(&from)?.into(),
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{ids::PaymentId, limits::JOURNAL_RECORD_BYTES_MAX, sale::PendingPayment};
    use proto::store::v1::Money as WireMoney;

    use super::*;
    use crate::{
        kinds::{kind, kinds_in},
        lane::samples::{largest, samples},
    };

    /// An intent as lanes wrote it before they told date, kind, method and original.
    fn intent_from_before() -> wire::PaymentIntended {
        let amount = WireMoney {
            minor: 1250,
            currency: "CNY".to_owned(),
        };
        let card = proto::store::v1::CardRef {
            masked: "621626*********0018".to_owned(),
            ..Default::default()
        };
        wire::PaymentIntended {
            sale_number: 1,
            payment_id: format!("{:032x}", 9),
            amount: Some(amount),
            entry_mode: proto::store::v1::EntryMode::Chip.into(),
            card: Some(card),
            ..wire::PaymentIntended::default()
        }
    }

    fn payment(record: CheckoutRecord) -> PendingPayment {
        match record.fact {
            CheckoutFact::Tender(TenderFact::PaymentIntended { payment, .. }) => payment,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_intent_from_before_is_a_sale_by_card_of_the_date_in_its_head() {
        let date = BusinessDate::parse("2026-11-22").ok();
        let body = Body::PaymentIntended(intent_from_before());
        let read = decode(&record(WallMs(1), date, body)).unwrap().unwrap();
        assert_eq!(read.date, date);
        let old = payment(read.clone());
        assert_eq!((old.kind, old.method), Default::default());
        assert_eq!((old.business_date, old.original), (date, None));
        // And what is written now reads back, under whatever date it is written.
        let told = PendingPayment {
            business_date: date.map(BusinessDate::next),
            original: Some(PaymentId(7)),
            ..old
        };
        let fact = TenderFact::PaymentIntended {
            sale: SaleNumber(1),
            payment: told.clone(),
        }
        .into();
        let written = encode(&CheckoutRecord { fact, ..read }, None);
        assert_eq!(payment(decode(&written).unwrap().unwrap()), told);
    }

    #[test]
    fn each_record_comes_back_as_it_was_written_and_none_is_without_a_sample() {
        let date = BusinessDate::parse("2026-11-22").ok();
        let mut seen = BTreeSet::from(["Started".to_owned()]);
        for fact in samples() {
            let at = WallMs(1);
            let written = CheckoutRecord { at, date, fact };
            let bytes = encode(&written, None);
            assert!(bytes.len() < JOURNAL_RECORD_BYTES_MAX);
            let body = wire::LaneRecord::decode(bytes.as_slice()).unwrap().body;
            seen.insert(kind(&body.unwrap()));
            assert_eq!(decode(&bytes), Ok(Some(written)));
        }
        assert_eq!(seen, kinds_in("LaneRecord"));
    }

    /// The largest that a checkout lets through fits a record, and a suspended basket's line
    /// takes less than half of one.
    #[test]
    fn what_is_as_long_as_it_may_be_fits_a_record() {
        let at = WallMs(i64::MAX);
        let date = BusinessDate::parse("2026-11-22").ok();
        for fact in largest() {
            let is_line = matches!(fact, CheckoutFact::Basket(BasketFact::LineAdded { .. }));
            let most = JOURNAL_RECORD_BYTES_MAX / if is_line { 2 } else { 1 };
            let bytes = encode(&CheckoutRecord { at, date, fact }, None);
            assert!(bytes.len() < most, "{} of {most}", bytes.len());
        }
    }

    #[test]
    fn a_marker_by_nobody_is_refused() {
        let by_nobody = wire::DayMarker {
            ended: "2026-11-22".to_owned(),
            begins: "2026-11-23".to_owned(),
            by: 0,
        };
        let date = BusinessDate::parse("2026-11-22").ok();
        let bytes = record(WallMs(1), date, Body::DayMarker(by_nobody));
        assert_eq!(decode(&bytes).unwrap_err().field, "by");
    }
}
