//! What the store lends to its lanes, and which cards it lends on.

mod fact;
mod hot_cards;
mod offline;

pub use fact::LeaseFact;
