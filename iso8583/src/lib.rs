//! ISO 8583 for payment engineers: dialects as data, codec, MAC, PIN blocks, keys, cards.
//!
//! Nothing here reads a clock, draws a random number (the desk tool's fill aside) or keeps a
//! connection: bytes come in, messages go out. No input may crash it, and no PAN, track, PIN or
//! key may reach an error text or a `Debug` output.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod card;
pub mod codec;
pub mod describe;
pub mod dialect;
pub mod dukpt;
pub mod frame;
pub mod hex;
pub mod keys;
pub mod mac;
pub mod message;
pub mod pin_block;
pub mod tlv;
mod tool;

pub use tool::run;
