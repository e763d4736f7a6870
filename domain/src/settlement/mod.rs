//! Settlement: what we count per batch, and whether the host counts the same.

mod totals;

pub use totals::BatchTotals;
