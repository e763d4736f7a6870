//! `domain` ↔ ISO 8583 fields of the acquirer: the one place that knows both.
//!
//! What a field holds and where its rule stands: the design's cup-pos table. PIN translation and
//! MAC happen inside the key store.

mod answer;
mod bank_clock;
mod batch_upload;
mod financial;
mod network_management;
mod outgoing;
mod wallet;

pub(crate) use answer::{FromBank, read};
pub(crate) use bank_clock::BankClock;
pub(crate) use network_management::{echo, sign_on};
pub(crate) use outgoing::message;
pub(crate) use wallet::rules as wallet_rules;
