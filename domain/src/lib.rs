//! The rules of selling and paying, as pure state machines.
//!
//! Architecture invariant: nothing in this crate can tell the time, draw a random number, open a
//! file or a socket, or see a clear PAN. Time, ids and randomness come in as values; writes, sends
//! and prints go out as ordered effects, and `Persist` stands before everything that depends on it.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![allow(
    clippy::should_implement_trait,
    reason = "`Money::add` is checked and gives a Result, which the operator's trait could not"
)]

pub mod barcode;
pub mod card_ref;
pub mod day;
pub mod delimited;
pub mod desk;
pub mod forward;
pub mod ids;
pub mod invariant;
pub mod limits;
pub mod money;
pub mod operators;
pub mod paper;
pub mod payment;
pub mod prices;
pub mod recall;
pub mod response_code;
pub mod returns;
pub mod risk;
pub mod sale;
pub mod scan_codes;
pub mod settlement;
pub mod terminal;
pub mod till;
pub mod time;
pub mod wall_time;
pub mod words;
