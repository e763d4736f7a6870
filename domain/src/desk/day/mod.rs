//! The business day of the store and its close.

mod close_day;
