//! The agent on a checkout lane: the shell around `domain::sale`.
//!
//! It sells whatever fails: without the hub, without the bank, after a kill at any moment. Starting
//! is replaying the journal; there is no other way to start. What it must never do: let a byte of a
//! payment leave before its intent is durable (I6), decide about money outside `domain`, or hold a
//! clear card number outside a reader's driver (I16).

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod actors;
mod checkpoint;
mod code_seal;
mod commands;
pub mod config;
pub mod devices;
mod health;
mod hub_copy;
mod hub_facts;
mod known_operators;
mod pages;
mod pin_check;
mod ports;
mod price_shelf;
mod recovery;
mod sales_figures;
mod screens;
mod start;
mod store_day;
mod take_back;

pub use crate::{pin_check::PinCheck, ports::Ports};
pub use commands::run;
pub use config::Config;
pub use screens::{PanelError, ScreensError};
pub use start::{StartError, start};
pub use take_back::TakeBackError;
