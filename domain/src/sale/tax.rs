//! Tax: per class on the sum of a sale, in the prices or on top of them.
//!
//! Rates are basis points: 1,300 are 13 %. Half a minor unit counts as one, away from zero, so that
//! goods that come back give back what they were sold with.

use crate::money::{Money, MoneyError};

/// Basis points of the whole.
const WHOLE: i128 = 10_000;

/// Whether the prices of a store hold its tax.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TaxMode {
    /// They do: tax is a part of what the customer pays.
    #[default]
    Inclusive,
    /// It comes on top when the total is asked for.
    Exclusive,
}

impl TaxMode {
    /// The tax of an amount at a rate.
    ///
    /// # Errors
    /// More than 64 bits of minor units.
    pub fn of(self, amount: Money, rate_basis_points: u16) -> Result<Money, MoneyError> {
        let rate = i128::from(rate_basis_points);
        match self {
            Self::Inclusive => amount.scaled_half_up(rate, WHOLE.saturating_add(rate)),
            Self::Exclusive => amount.scaled_half_up(rate, WHOLE),
        }
    }
}

/// One class of tax in a sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxSum {
    /// The price file's word for it.
    pub class: String,
    /// 1,300 are 13 %.
    pub rate_basis_points: u16,
    /// The totals of its lines, as they are priced.
    pub taxed: Money,
    /// The tax in them, or on top of them.
    pub tax: Money,
}
