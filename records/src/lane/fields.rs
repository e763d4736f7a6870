//! What a lane's records hold, both ways: lines, intents, tenders, markers, the receipt's text.

use crate::{
    ConvertError, card_from_proto, card_to_proto, date_from_proto, date_to_proto,
    entry_mode_from_proto, entry_mode_to_proto, method_from_proto, method_to_proto,
    money_from_proto, money_to_proto, original_from_proto, original_to_proto, payment_id,
    payment_kind_from_proto, payment_kind_to_proto,
};
use domain::{
    ids::{ReceiptNumber, SaleNumber},
    limits,
    money::Money,
    sale::{DateFact, MarkedBy, PendingPayment, TenderFact},
    time::BusinessDate,
};
use proto::{journal::v1 as wire, store::v1::Money as WireMoney};

pub(super) type Result<T> = std::result::Result<T, ConvertError>;

/// Bytes a receipt's text may take in its record: the rest of the record needs a little.
const RECEIPT_TEXT_BYTES_MAX: usize = limits::JOURNAL_RECORD_BYTES_MAX - 200;

pub(super) fn marker_to_proto(
    ended: BusinessDate,
    begins: BusinessDate,
    by: MarkedBy,
) -> wire::DayMarker {
    let by = match by {
        MarkedBy::Hub => wire::DayMarkerBy::Hub,
        MarkedBy::Lane => wire::DayMarkerBy::Lane,
    };
    wire::DayMarker {
        ended: ended.to_string(),
        begins: begins.to_string(),
        by: by.into(),
    }
}

pub(super) fn marker_from_proto(from: &wire::DayMarker) -> Result<DateFact> {
    let date = |field, text: &str| {
        BusinessDate::parse(text).map_err(|error| ConvertError::new(field, error))
    };
    Ok(DateFact::DayMarked {
        ended: date("ended", &from.ended)?,
        begins: date("begins", &from.begins)?,
        by: match from.by() {
            wire::DayMarkerBy::Hub => MarkedBy::Hub,
            wire::DayMarkerBy::Lane => MarkedBy::Lane,
            wire::DayMarkerBy::Unspecified => return Err(ConvertError::missing("by")),
        },
    })
}

pub(super) fn intent_to_proto(sale: SaleNumber, payment: &PendingPayment) -> wire::PaymentIntended {
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

pub(super) fn intent_from_proto(
    from: &wire::PaymentIntended,
    date: Option<BusinessDate>,
) -> Result<TenderFact> {
    let told = date_from_proto("business_date", &from.business_date)?;
    Ok(TenderFact::PaymentIntended {
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

pub(super) fn money(field: &'static str, from: Option<&WireMoney>) -> Result<Money> {
    money_from_proto(field, from)
}

pub(super) fn receipt_number(text: &str) -> Result<ReceiptNumber> {
    ReceiptNumber::parse(text).map_err(|error| ConvertError::new("receipt_number", error))
}

/// A receipt of hundreds of lines is longer than a record may be. Its head and its end, where the
/// payments stand, are kept; what is left out can be told from the sale's own records.
pub(super) fn cut_in_the_middle(text: &str) -> String {
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
