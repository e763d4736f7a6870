//! The business day of the store and its close.

mod apply;
mod close_day;
mod fact;

pub use fact::DayFact;
