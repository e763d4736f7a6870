//! A part of an amount, to the minor unit.

use crate::money::{Money, MoneyError};

/// What the first so many of all are worth: rounded towards zero.
pub(super) fn of_first(whole: Money, first: i64, all: i64) -> Result<Money, MoneyError> {
    let product = i128::from(whole.minor()).checked_mul(first.into());
    let part = product.and_then(|product| product.checked_div(all.into()));
    let minor = part.and_then(|part| i64::try_from(part).ok());
    let minor = minor.ok_or(MoneyError::Overflow)?;
    Ok(Money::new(minor, whole.currency()))
}

/// What those between are worth: the shares of a row of parts add up to the whole.
pub(super) fn between(whole: Money, from: u32, until: u32, all: u32) -> Result<Money, MoneyError> {
    let first = |pieces: u32| of_first(whole, pieces.into(), all.into());
    first(until)?.subtract(first(from)?)
}
