//! What a payment does, by what, under which date and for which earlier payment. What is absent
//! means what was true before it was told: a sale, by card, for none.

use domain::{
    ids::PaymentId,
    payment::{PaymentKind, PaymentMethod},
    time::BusinessDate,
};
use proto::store::v1 as wire;

use crate::{ConvertError, absent::optional};

type Result<T> = std::result::Result<T, ConvertError>;

/// What it does. A sale is written as nothing at all: records and files from before kinds were told
/// are the same to the byte when they are written again.
#[must_use]
pub const fn payment_kind_to_proto(kind: PaymentKind) -> wire::PaymentKind {
    match kind {
        PaymentKind::Sale => wire::PaymentKind::Unspecified,
        PaymentKind::Void => wire::PaymentKind::Void,
        PaymentKind::Refund => wire::PaymentKind::Refund,
        PaymentKind::PreAuthorisation => wire::PaymentKind::PreAuthorisation,
        PaymentKind::Completion => wire::PaymentKind::Completion,
        PaymentKind::Balance => wire::PaymentKind::Balance,
        PaymentKind::Repayment => wire::PaymentKind::Repayment,
    }
}

/// What it does, by its number: one that this version does not know is never taken for a sale.
///
/// # Errors
/// A number that is no kind.
pub fn payment_kind_from_proto(number: i32) -> Result<PaymentKind> {
    let kind = wire::PaymentKind::try_from(number);
    match kind.map_err(|error| ConvertError::new("kind", error))? {
        wire::PaymentKind::Unspecified | wire::PaymentKind::Sale => Ok(PaymentKind::Sale),
        wire::PaymentKind::Void => Ok(PaymentKind::Void),
        wire::PaymentKind::Refund => Ok(PaymentKind::Refund),
        wire::PaymentKind::PreAuthorisation => Ok(PaymentKind::PreAuthorisation),
        wire::PaymentKind::Completion => Ok(PaymentKind::Completion),
        wire::PaymentKind::Balance => Ok(PaymentKind::Balance),
        wire::PaymentKind::Repayment => Ok(PaymentKind::Repayment),
    }
}

/// By what; a card as nothing at all, for the same reason.
#[must_use]
pub const fn method_to_proto(method: PaymentMethod) -> wire::PaymentMethod {
    match method {
        PaymentMethod::Card => wire::PaymentMethod::Unspecified,
        PaymentMethod::Wallet => wire::PaymentMethod::Wallet,
        PaymentMethod::Gift => wire::PaymentMethod::Gift,
    }
}

/// By what, by its number: one that this version does not know is never taken for a card.
///
/// # Errors
/// A number that is no method.
pub fn method_from_proto(number: i32) -> Result<PaymentMethod> {
    let method = wire::PaymentMethod::try_from(number);
    match method.map_err(|error| ConvertError::new("method", error))? {
        wire::PaymentMethod::Unspecified | wire::PaymentMethod::Card => Ok(PaymentMethod::Card),
        wire::PaymentMethod::Wallet => Ok(PaymentMethod::Wallet),
        wire::PaymentMethod::Gift => Ok(PaymentMethod::Gift),
    }
}

/// A date, if one is told.
///
/// # Errors
/// Not of the form YYYY-MM-DD.
pub fn date_from_proto(field: &'static str, text: &str) -> Result<Option<BusinessDate>> {
    optional(text, |text| {
        BusinessDate::parse(text).map_err(|error| ConvertError::new(field, error))
    })
}

/// A date; nothing when it is not known.
#[must_use]
pub fn date_to_proto(date: Option<BusinessDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// The earlier payment, if there is one.
///
/// # Errors
/// Not 32 hex digits.
pub fn original_from_proto(text: &str) -> Result<Option<PaymentId>> {
    optional(text, |text| {
        PaymentId::parse(text).map_err(|error| ConvertError::new("original_payment_id", error))
    })
}

/// The earlier payment; nothing when there is none.
#[must_use]
pub fn original_to_proto(original: Option<PaymentId>) -> String {
    original.map(|id| id.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_never_taken_for_a_sale_by_card() {
        for number in 0..8 {
            let kind = payment_kind_from_proto(number).unwrap();
            let written = i32::from(payment_kind_to_proto(kind));
            let expected = if number == 1 { 0 } else { number };
            assert_eq!(written, expected, "a sale is absent");
        }
        for number in 0..4 {
            let method = method_from_proto(number).unwrap();
            let expected = if number == 1 { 0 } else { number };
            assert_eq!(i32::from(method_to_proto(method)), expected);
        }
        assert_eq!(payment_kind_from_proto(8).unwrap_err().field, "kind");
        assert_eq!(method_from_proto(4).unwrap_err().field, "method");
    }

    #[test]
    fn a_date_and_an_original_are_told_or_not() {
        let date = BusinessDate::parse("2026-11-22").unwrap();
        for told in [None, Some(date)] {
            assert_eq!(date_from_proto("date", &date_to_proto(told)), Ok(told));
        }
        for original in [None, Some(PaymentId(7))] {
            assert_eq!(
                original_from_proto(&original_to_proto(original)),
                Ok(original)
            );
        }
        assert!(date_from_proto("date", "2026-02-30").is_err());
        assert!(original_from_proto("7").is_err());
    }
}
