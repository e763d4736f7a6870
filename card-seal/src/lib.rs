//! Card data, and codes of wallets, sealed by a reader for the hub; card data by the hub at rest.
//!
//! A lane passes card data on and can't read it back: the reader seals it to the hub's X25519 key.
//! Per connection there is one HPKE encapsulation (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, AES-256-GCM); from its exporter secret come an AES-256-GCM key and a base nonce,
//! and each card then takes one number of an explicit counter: a key exchange per card would cost
//! more than the rest of the payment. What the hub has to keep until the bank has it lies sealed
//! under the key of the business day; destroying that key erases it.
//!
//! This crate must never show a PAN, track, chip data or key in an error or a `Debug` (I16).
//! Randomness comes in from the caller, so that a simulation replays byte for byte.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod at_rest;
mod card;
mod card_hash;
mod encoding;
mod hub_open;
mod reader_seal;
mod session;
mod wallet_code;

pub use at_rest::{AtRestError, DayKey, NONCE_BYTES, open_at_rest, seal_at_rest};
pub use card::{BadCard, CardData, Funding, HeldCard, masked_pan};
pub use card_hash::card_hash;
pub use hub_open::{HubOpen, OpenError};
pub use reader_seal::{ReaderSeal, SealError, upload_aad};
pub use wallet_code::WalletCode;
