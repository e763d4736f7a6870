//! A terminal talks to a host over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod command;
mod examples;
mod hostile;
mod manners;
mod money_back;
mod pin;
mod restart;
mod reversal;
mod sale;
mod settlement;
mod terminal;
mod wallet;
