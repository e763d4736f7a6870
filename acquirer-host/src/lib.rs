//! The bank's side, simulated: terminals, accounts, ledger, personalities.
//!
//! It speaks `cup-pos` with anybody's terminal: sign-on, sale, void, balance, offline upload,
//! refund, reversal, settlement, batch upload. It depends on `iso8583` and `ports` alone, so that
//! it can't share our money code and agree with our mistakes.
//!
//! What it must never do: answer before the line that tells of the answer is durable, book a
//! message twice, write a card number or a key into ledger, log or `Debug` (I16).
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        reason = "a test may stop at the first surprise"
    )
)]

mod accounts;
mod answer;
mod behaviour;
mod books;
mod civil;
mod code;
mod command;
mod connection;
mod decide;
mod host;
mod ledger;
mod personality;
mod request;
mod stans_of_day;
mod start;
mod terminal_keys;
mod wallets;

pub use accounts::{Account, Accounts};
pub use behaviour::{Behaviour, UnknownBehaviour};
pub use code::Code;
pub use command::run;
pub use ledger::{
    FileLedger, Item, LedgerError, LedgerLine, LedgerStore, MemoryLedger, Original, State, Totals,
};
pub use personality::Personality;
pub use start::{Config, Ports, StartError, start};
pub use terminal_keys::{TEST_MASTER_KEY, TerminalKeys};
pub use wallets::{UnknownWalletBehaviour, WalletBehaviour};
