//! Settlement: what we count per batch, whether the host counts the same, and the ledger that every
//! cent of every payment stands in.

mod ledger;
mod totals;

pub use ledger::{Account, Balances, Transfer};
pub use totals::BatchTotals;
