//! A lane's journal records, both ways: each fact stands in one table a direction, and among the
//! samples.

use super::fields::{
    closing_from_proto, cut_in_the_middle, intent_from_proto, intent_to_proto, line_from_proto,
    line_to_proto, marker_from_proto, marker_to_proto, money, receipt_number, tender_to_proto,
};
use crate::{
    ConvertError, date_from_proto, date_to_proto, decision_from_proto, decision_to_proto,
    lease_from_proto, lease_to_proto, money_to_proto, payment_id,
    reason::{reason_from_proto, reason_to_proto},
};
use domain::{
    ids::{LeaseId, OperatorId, SaleNumber},
    sale::{
        BasketFact, CheckoutFact, CheckoutRecord, DateFact, LeaseFact, SaleFact, TenderFact,
        TillFact,
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
        CheckoutFact::Till(fact) => till(fact),
        CheckoutFact::Lease(fact) => lease(fact),
        CheckoutFact::Date(fact) => lane_date(fact),
    }
}

fn sale(fact: &SaleFact) -> Body {
    match fact {
        SaleFact::SaleOpened {
            sale,
            operator,
            order_reference,
            price_version,
        } => Body::SaleOpened(wire::SaleOpened {
            sale_number: sale.0,
            operator_id: operator.0,
            order_reference: order_reference.clone(),
            price_file_version: price_version.clone(),
        }),
        SaleFact::SaleClosed {
            sale,
            receipt,
            total,
            tenders,
            change,
            items,
            order_reference,
        } => Body::SaleClosed(wire::SaleClosed {
            sale_number: sale.0,
            receipt_number: receipt.to_string(),
            total: Some(money_to_proto(*total)),
            tenders: tenders.iter().map(tender_to_proto).collect(),
            change: Some(money_to_proto(*change)),
            items: *items,
            order_reference: order_reference.clone(),
        }),
        SaleFact::SaleVoided { sale, reason } => Body::SaleVoided(wire::SaleVoided {
            sale_number: sale.0,
            reason: reason.clone(),
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
        BasketFact::LineVoided { sale, line_number } => Body::LineVoided(wire::LineVoided {
            sale_number: sale.0,
            line_number: *line_number,
        }),
        BasketFact::SaleTotalled { sale, total } => Body::SaleTotalled(wire::SaleTotalled {
            sale_number: sale.0,
            total: Some(money_to_proto(*total)),
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

fn till(fact: &TillFact) -> Body {
    match fact {
        TillFact::CashTendered { sale, given } => Body::CashTendered(wire::CashTendered {
            sale_number: sale.0,
            given: Some(money_to_proto(*given)),
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
        }
        .into(),
        Body::LineAdded(from) => BasketFact::LineAdded {
            sale: SaleNumber(from.sale_number),
            line: line_from_proto(from)?,
        }
        .into(),
        Body::LineVoided(from) => BasketFact::LineVoided {
            sale: SaleNumber(from.sale_number),
            line_number: from.line_number,
        }
        .into(),
        Body::SaleTotalled(from) => BasketFact::SaleTotalled {
            sale: SaleNumber(from.sale_number),
            total: money("total", from.total.as_ref())?,
        }
        .into(),
        Body::CashTendered(from) => TillFact::CashTendered {
            sale: SaleNumber(from.sale_number),
            given: money("given", from.given.as_ref())?,
        }
        .into(),
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
        Body::SaleVoided(from) => SaleFact::SaleVoided {
            sale: SaleNumber(from.sale_number),
            reason: from.reason,
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
    }))
}

/// One fact of each kind at least.
#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "a list: one fact of each kind")]
pub(super) fn samples() -> Vec<CheckoutFact> {
    use domain::{
        card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
        ids::{PaymentId, ReceiptNumber},
        money::{Currency, Money},
        payment::{Decision, PaymentKind, PaymentMethod},
        sale::{AbandonReason, LeaseReturnReason, Line, MarkedBy, PendingPayment, Tender},
    };
    let cny = |minor| Money::new(minor, Currency::CNY);
    let (sale, payment_id) = (SaleNumber(5), PaymentId(9));
    let text = |text: &str| text.to_owned();
    let receipt = ReceiptNumber::parse("3-2-000042").unwrap();
    let ended = BusinessDate::parse("2026-11-22").unwrap();
    let marked = |by| DateFact::DayMarked {
        ended,
        begins: ended.next(),
        by,
    };
    vec![
        SaleFact::SaleOpened {
            sale,
            operator: OperatorId(7),
            order_reference: text("basket-5"),
            price_version: text("0123456789abcdef"),
        }
        .into(),
        BasketFact::LineAdded {
            sale,
            line: Line {
                number: 1,
                barcode: text("6901234567892"),
                name: text("milk"),
                quantity: 2,
                unit_price: cny(625),
                total: cny(1250),
                price_embedded: true,
                voided: false,
            },
        }
        .into(),
        BasketFact::LineVoided {
            sale,
            line_number: 1,
        }
        .into(),
        BasketFact::SaleTotalled {
            sale,
            total: cny(1250),
        }
        .into(),
        TillFact::CashTendered {
            sale,
            given: cny(2000),
        }
        .into(),
        TenderFact::PaymentIntended {
            sale,
            payment: PendingPayment {
                payment_id,
                amount: cny(1250),
                entry_mode: EntryMode::Contactless,
                pin_entered: true,
                card: CardRef {
                    masked: MaskedPan::new("621626*********0018").unwrap(),
                    hash: None,
                    scheme: Scheme::UnionPay,
                    funding: Funding::Debit,
                },
                business_date: Some(ended),
                kind: PaymentKind::Refund,
                method: PaymentMethod::Wallet,
                original: Some(PaymentId(8)),
            },
        }
        .into(),
        TenderFact::PaymentDecided {
            sale,
            payment_id,
            decision: Decision::StandIn { amount: cny(1250) },
        }
        .into(),
        TenderFact::PaymentAbandoned {
            sale,
            payment_id,
            reason: AbandonReason::LinkBroke.into(),
        }
        .into(),
        TenderFact::CardNotRead {
            sale,
            reason: text("torn out"),
        }
        .into(),
        SaleFact::SaleClosed {
            sale,
            receipt,
            total: cny(1250),
            tenders: vec![Tender::Cash { given: cny(2000) }],
            change: cny(750),
            items: 2,
            order_reference: text("basket-5"),
        }
        .into(),
        SaleFact::SaleVoided {
            sale,
            reason: text("left"),
        }
        .into(),
        SaleFact::ReceiptPrinted {
            receipt,
            text: text("TOTAL 12.50\n"),
            reprint: true,
        }
        .into(),
        LeaseFact::Accepted {
            lease: crate::lease::sample(),
        }
        .into(),
        LeaseFact::Returned {
            lease: LeaseId(4),
            spent: cny(250),
            payments: 1,
            reason: LeaseReturnReason::Expired.into(),
        }
        .into(),
        marked(MarkedBy::Hub).into(),
        marked(MarkedBy::Lane).into(),
        DateFact::Rested.into(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{ids::PaymentId, limits::JOURNAL_RECORD_BYTES_MAX, sale::PendingPayment};
    use proto::store::v1::Money as WireMoney;

    use super::*;
    use crate::kinds::{kind, kinds_in};

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
