//! A lane's journal records.

use crate::{
    ConvertError, card_from_proto, card_to_proto, date_from_proto, date_to_proto,
    decision_from_proto, decision_to_proto, entry_mode_from_proto, entry_mode_to_proto,
    lease_from_proto, lease_to_proto, method_from_proto, method_to_proto, money_from_proto,
    money_to_proto, original_from_proto, original_to_proto, payment_id, payment_kind_from_proto,
    payment_kind_to_proto,
    reason::{named_from_proto, reason_from_proto, reason_to_proto},
    scheme_from_proto, scheme_to_proto,
};
use domain::{
    ids::{LeaseId, OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    limits,
    money::Money,
    payment::Decision,
    sale::{
        AbandonReason, Line, MarkedBy, PendingPayment, SaleFact, SaleRecord, Tender, TenderKind,
    },
    time::{BusinessDate, WallMs},
    words::{Reason, Worded as _},
};
use prost::Message;
use proto::{
    journal::v1::{self as wire, lane_record::Body},
    store::v1::{Money as WireMoney, OfflinePayment},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// Bytes a receipt's text may take in its record: the rest of the record needs a little.
const RECEIPT_TEXT_BYTES_MAX: usize = limits::JOURNAL_RECORD_BYTES_MAX - 200;

/// The record of a start of this lane.
pub fn started(at: WallMs, date: Option<BusinessDate>, started: wire::LaneStarted) -> Vec<u8> {
    record(at, date, Body::Started(started))
}

/// A record as it is journaled.
pub fn encode(from: &SaleRecord, offline: Option<OfflinePayment>) -> Vec<u8> {
    let mut body = body(&from.fact);
    if let Body::PaymentDecided(decided) = &mut body {
        decided.offline = offline;
    }
    record(from.at, from.date, body)
}

/// A record as it was journaled; `None` for one that tells nothing about sales.
pub fn decode(bytes: &[u8]) -> Result<Option<SaleRecord>> {
    let record =
        wire::LaneRecord::decode(bytes).map_err(|error| ConvertError::new("record", error))?;
    sale_record(&record)
}

/// What a record tells about sales; `None`: nothing.
///
/// # Errors
/// A record that says what no record can say.
pub fn sale_record(record: &wire::LaneRecord) -> Result<Option<SaleRecord>> {
    let body = record.body.clone();
    let body = body.ok_or_else(|| ConvertError::missing("body"))?;
    let at = WallMs(record.wall_ms);
    let date = date_from_proto("business_date", &record.business_date)?;
    Ok(fact(body, date)?.map(|fact| SaleRecord { at, date, fact }))
}

fn record(at: WallMs, date: Option<BusinessDate>, body: Body) -> Vec<u8> {
    wire::LaneRecord {
        wall_ms: at.0,
        business_date: date_to_proto(date),
        body: Some(body),
    }
    .encode_to_vec()
}

#[allow(clippy::too_many_lines, reason = "one table: each fact and its record")]
fn body(fact: &SaleFact) -> Body {
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
        SaleFact::LineAdded { sale, line } => Body::LineAdded(line_to_proto(*sale, line)),
        SaleFact::LineVoided { sale, line_number } => Body::LineVoided(wire::LineVoided {
            sale_number: sale.0,
            line_number: *line_number,
        }),
        SaleFact::SaleTotalled { sale, total } => Body::SaleTotalled(wire::SaleTotalled {
            sale_number: sale.0,
            total: Some(money_to_proto(*total)),
        }),
        SaleFact::CashTendered { sale, given } => Body::CashTendered(wire::CashTendered {
            sale_number: sale.0,
            given: Some(money_to_proto(*given)),
        }),
        SaleFact::PaymentIntended { sale, payment } => {
            Body::PaymentIntended(intent_to_proto(*sale, payment))
        }
        SaleFact::PaymentDecided {
            sale,
            payment_id,
            decision,
        } => decided(*sale, *payment_id, decision),
        SaleFact::PaymentAbandoned {
            sale,
            payment_id,
            reason,
        } => abandoned(*sale, *payment_id, reason),
        SaleFact::CardNotRead { sale, reason } => Body::CardNotRead(wire::CardNotRead {
            sale_number: sale.0,
            reason: reason.clone(),
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
        } => printed(*receipt, text, *reprint),
        SaleFact::LeaseAccepted { lease } => Body::LeaseAccepted(wire::LeaseAccepted {
            lease: Some(lease_to_proto(lease)),
        }),
        SaleFact::LeaseReturned {
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
        SaleFact::DayMarked { ended, begins, by } => marker_to_proto(*ended, *begins, *by),
        SaleFact::Rested => Body::LaneRested(wire::LaneRested {}),
    }
}

fn marker_to_proto(ended: BusinessDate, begins: BusinessDate, by: MarkedBy) -> Body {
    let by = match by {
        MarkedBy::Hub => wire::DayMarkerBy::Hub,
        MarkedBy::Lane => wire::DayMarkerBy::Lane,
    };
    Body::DayMarker(wire::DayMarker {
        ended: ended.to_string(),
        begins: begins.to_string(),
        by: by.into(),
    })
}

fn marker_from_proto(from: &wire::DayMarker) -> Result<SaleFact> {
    let date = |field, text: &str| {
        BusinessDate::parse(text).map_err(|error| ConvertError::new(field, error))
    };
    Ok(SaleFact::DayMarked {
        ended: date("ended", &from.ended)?,
        begins: date("begins", &from.begins)?,
        by: match from.by() {
            wire::DayMarkerBy::Hub => MarkedBy::Hub,
            wire::DayMarkerBy::Lane => MarkedBy::Lane,
            wire::DayMarkerBy::Unspecified => return Err(ConvertError::missing("by")),
        },
    })
}

/// What became of a payment, or of the try to read a card for one.
fn decided(sale: SaleNumber, payment_id: PaymentId, decision: &Decision) -> Body {
    Body::PaymentDecided(wire::PaymentDecided {
        sale_number: sale.0,
        payment_id: payment_id.to_string(),
        decision: Some(decision_to_proto(decision)),
        // Set where the payment itself is known.
        offline: None,
    })
}

fn abandoned(sale: SaleNumber, payment_id: PaymentId, why: &Reason<AbandonReason>) -> Body {
    let (because, reason) = reason_to_proto(why);
    Body::PaymentAbandoned(wire::PaymentAbandoned {
        sale_number: sale.0,
        payment_id: payment_id.to_string(),
        reason,
        because,
    })
}

fn printed(receipt: ReceiptNumber, text: &str, reprint: bool) -> Body {
    Body::ReceiptPrinted(wire::ReceiptPrinted {
        receipt_number: receipt.to_string(),
        text: cut_in_the_middle(text),
        reprint,
    })
}

/// `date`: what the record's head carries, for what does not tell its own.
fn fact(body: Body, date: Option<BusinessDate>) -> Result<Option<SaleFact>> {
    let fact = match body {
        Body::Started(_) => return Ok(None),
        Body::DayMarker(from) => marker_from_proto(&from)?,
        Body::LaneRested(wire::LaneRested {}) => SaleFact::Rested,
        Body::SaleOpened(from) => SaleFact::SaleOpened {
            sale: SaleNumber(from.sale_number),
            operator: OperatorId(from.operator_id),
            order_reference: from.order_reference,
            price_version: from.price_file_version,
        },
        Body::LineAdded(from) => SaleFact::LineAdded {
            sale: SaleNumber(from.sale_number),
            line: line_from_proto(from)?,
        },
        Body::LineVoided(from) => SaleFact::LineVoided {
            sale: SaleNumber(from.sale_number),
            line_number: from.line_number,
        },
        Body::SaleTotalled(from) => SaleFact::SaleTotalled {
            sale: SaleNumber(from.sale_number),
            total: money("total", from.total.as_ref())?,
        },
        Body::CashTendered(from) => SaleFact::CashTendered {
            sale: SaleNumber(from.sale_number),
            given: money("given", from.given.as_ref())?,
        },
        Body::PaymentIntended(from) => intent_from_proto(&from, date)?,
        Body::PaymentDecided(from) => SaleFact::PaymentDecided {
            sale: SaleNumber(from.sale_number),
            payment_id: payment_id(&from.payment_id)?,
            decision: decision_from_proto(from.decision.as_ref())?,
        },
        Body::PaymentAbandoned(from) => SaleFact::PaymentAbandoned {
            sale: SaleNumber(from.sale_number),
            payment_id: payment_id(&from.payment_id)?,
            reason: reason_from_proto("because", from.because, &from.reason)?,
        },
        Body::CardNotRead(from) => SaleFact::CardNotRead {
            sale: SaleNumber(from.sale_number),
            reason: from.reason,
        },
        Body::SaleClosed(from) => closing_from_proto(from)?,
        Body::SaleVoided(from) => SaleFact::SaleVoided {
            sale: SaleNumber(from.sale_number),
            reason: from.reason,
        },
        Body::ReceiptPrinted(from) => SaleFact::ReceiptPrinted {
            receipt: receipt_number(&from.receipt_number)?,
            text: from.text,
            reprint: from.reprint,
        },
        Body::LeaseAccepted(from) => SaleFact::LeaseAccepted {
            lease: lease_from_proto(from.lease.as_ref())?,
        },
        Body::LeaseReturned(from) => SaleFact::LeaseReturned {
            lease: LeaseId(from.lease_id),
            spent: money("spent", from.spent.as_ref())?,
            payments: from.payments,
            reason: reason_from_proto("because", from.because, &from.reason)?,
        },
    };
    Ok(Some(fact))
}

fn line_to_proto(sale: SaleNumber, line: &Line) -> wire::LineAdded {
    wire::LineAdded {
        sale_number: sale.0,
        line_number: line.number,
        barcode: line.barcode.clone(),
        name: line.name.clone(),
        quantity: line.quantity,
        unit_price: Some(money_to_proto(line.unit_price)),
        total: Some(money_to_proto(line.total)),
        price_embedded: line.price_embedded,
    }
}

fn line_from_proto(from: wire::LineAdded) -> Result<Line> {
    Ok(Line {
        number: from.line_number,
        unit_price: money("unit_price", from.unit_price.as_ref())?,
        total: money("total", from.total.as_ref())?,
        barcode: from.barcode,
        name: from.name,
        quantity: from.quantity,
        price_embedded: from.price_embedded,
        voided: false,
    })
}

fn intent_to_proto(sale: SaleNumber, payment: &PendingPayment) -> wire::PaymentIntended {
    wire::PaymentIntended {
        sale_number: sale.0,
        payment_id: payment.payment_id.to_string(),
        amount: Some(money_to_proto(payment.amount)),
        entry_mode: entry_mode_to_proto(payment.entry_mode).into(),
        pin_entered: payment.pin_entered,
        card: Some(card_to_proto(&payment.card)),
        business_date: date_to_proto(payment.business_date),
        kind: payment_kind_to_proto(payment.kind).into(),
        method: method_to_proto(payment.method).into(),
        original_payment_id: original_to_proto(payment.original),
    }
}

fn intent_from_proto(from: &wire::PaymentIntended, date: Option<BusinessDate>) -> Result<SaleFact> {
    let told = date_from_proto("business_date", &from.business_date)?;
    Ok(SaleFact::PaymentIntended {
        sale: SaleNumber(from.sale_number),
        payment: PendingPayment {
            payment_id: payment_id(&from.payment_id)?,
            amount: money("amount", from.amount.as_ref())?,
            entry_mode: entry_mode_from_proto(from.entry_mode())?,
            pin_entered: from.pin_entered,
            card: card_from_proto(from.card.as_ref())?,
            business_date: told.or(date),
            kind: payment_kind_from_proto(from.kind)?,
            method: method_from_proto(from.method)?,
            original: original_from_proto(&from.original_payment_id)?,
        },
    })
}

fn closing_from_proto(from: wire::SaleClosed) -> Result<SaleFact> {
    Ok(SaleFact::SaleClosed {
        sale: SaleNumber(from.sale_number),
        receipt: receipt_number(&from.receipt_number)?,
        total: money("total", from.total.as_ref())?,
        tenders: from
            .tenders
            .iter()
            .map(tender_from_proto)
            .collect::<Result<_>>()?,
        change: money("change", from.change.as_ref())?,
        items: from.items,
        order_reference: from.order_reference,
    })
}

fn tender_to_proto(tender: &Tender) -> wire::Tender {
    let mut to = wire::Tender {
        tender: tender.kind().number(),
        amount: Some(money_to_proto(tender.amount())),
        ..wire::Tender::default()
    };
    match tender {
        Tender::Cash { .. } => {}
        Tender::Card {
            payment_id, scheme, ..
        } => {
            to.payment_id = payment_id.to_string();
            to.set_scheme(scheme_to_proto(*scheme));
        }
    }
    to
}

fn tender_from_proto(from: &wire::Tender) -> Result<Tender> {
    let amount = money("tenders.amount", from.amount.as_ref())?;
    match named_from_proto("tenders.tender", from.tender, &from.kind)? {
        TenderKind::Cash => Ok(Tender::Cash { given: amount }),
        TenderKind::Card => Ok(Tender::Card {
            amount,
            payment_id: payment_id(&from.payment_id)?,
            scheme: scheme_from_proto(from.scheme()),
        }),
    }
}

fn money(field: &'static str, from: Option<&WireMoney>) -> Result<Money> {
    money_from_proto(field, from)
}

fn receipt_number(text: &str) -> Result<ReceiptNumber> {
    ReceiptNumber::parse(text).map_err(|error| ConvertError::new("receipt_number", error))
}

/// A receipt of hundreds of lines is longer than a record may be. Its head and its end, where the
/// payments stand, are kept; what is left out can be told from the sale's own records.
fn cut_in_the_middle(text: &str) -> String {
    if text.len() <= RECEIPT_TEXT_BYTES_MAX {
        return text.to_owned();
    }
    const LEFT_OUT: &str = "[lines left out: see the sale]\n";
    let half = (RECEIPT_TEXT_BYTES_MAX - LEFT_OUT.len()) / 2;
    let head_end = (0..=half).rev().find(|at| ends_line(text, *at));
    let tail_from = (text.len() - half..text.len()).find(|at| ends_line(text, *at));
    let head = text.get(..head_end.unwrap_or(0)).unwrap_or_default();
    let tail = tail_from.and_then(|at| text.get(at..)).unwrap_or_default();
    format!("{head}{LEFT_OUT}{tail}")
}

fn ends_line(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|head| head.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn payment(record: SaleRecord) -> PendingPayment {
        match record.fact {
            SaleFact::PaymentIntended { payment, .. } => payment,
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
        let fact = SaleFact::PaymentIntended {
            sale: SaleNumber(1),
            payment: told.clone(),
        };
        let written = encode(&SaleRecord { fact, ..read }, None);
        assert_eq!(payment(decode(&written).unwrap().unwrap()), told);
    }

    #[test]
    fn a_marker_and_a_rest_read_back_and_a_marker_by_nobody_is_refused() {
        let ended = BusinessDate::parse("2026-11-22").unwrap();
        let marked = |by| SaleFact::DayMarked {
            ended,
            begins: ended.next(),
            by,
        };
        for fact in [
            marked(MarkedBy::Hub),
            marked(MarkedBy::Lane),
            SaleFact::Rested,
        ] {
            let written = SaleRecord {
                at: WallMs(1),
                date: Some(ended),
                fact,
            };
            assert_eq!(decode(&encode(&written, None)), Ok(Some(written)));
        }
        let by_nobody = wire::DayMarker {
            ended: "2026-11-22".to_owned(),
            begins: "2026-11-23".to_owned(),
            by: 0,
        };
        let bytes = record(WallMs(1), Some(ended), Body::DayMarker(by_nobody));
        assert_eq!(decode(&bytes).unwrap_err().field, "by");
    }

    #[test]
    fn a_long_receipt_keeps_its_head_and_its_payments() {
        let lines: String = (0..500)
            .map(|line| format!("article number {line}\n"))
            .collect();
        let text = format!("Lanekeeper demo store\n{lines}Payment 0123\n");
        let cut = cut_in_the_middle(&text);
        assert!(cut.len() <= RECEIPT_TEXT_BYTES_MAX);
        assert!(
            cut.starts_with("Lanekeeper demo store\narticle number 0\n"),
            "{cut}"
        );
        assert!(cut.ends_with("article number 499\nPayment 0123\n"), "{cut}");
        assert!(
            cut.contains("\n[lines left out: see the sale]\narticle"),
            "{cut}"
        );
        assert_eq!(cut_in_the_middle("short\n"), "short\n");
    }
}
