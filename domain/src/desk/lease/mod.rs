//! What the store lends to its lanes, and which cards it lends on.

mod apply;
mod hot_cards;
mod offline;
