//! A hub of a few dozen lines, and a lane against it.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

pub mod baskets;
pub mod browser;
pub mod hub;
pub mod lane;
pub mod people;

pub use hub::{Behaviour, HubLife, HubLog, TestHub};
pub use lane::{Lane, PRICES, barcode, card_order, cash_order};
