//! Totals of one batch, as field 48 of a 0500 carries them.

use crate::money::Money;

/// Debits are sales, credits are voids and refunds. Reversed payments are in neither.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchTotals {
    /// Sum of debits.
    pub debit: Money,
    /// How many.
    pub debit_count: u32,
    /// Sum of credits.
    pub credit: Money,
    /// How many.
    pub credit_count: u32,
}
