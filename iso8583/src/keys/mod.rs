//! Keys: wiped when dropped, shown only by their check value.

mod aes_key;
mod des_key;
mod key_block;
mod key_bytes;
mod working_keys;

pub use aes_key::AesKey;
pub use des_key::{DesCipher, DesKey};
pub use key_block::{KeyBlock, KeyBlockError, KeyBlockHeader};
pub use working_keys::WorkingKeys;

use crate::hex::HexError;
use thiserror::Error;

/// Why bytes are no keys. Never holds any of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum KeyError {
    /// No key has this length.
    #[error("a key of {0} bytes; des keys have 8, 16 or 24, aes keys 16, 24 or 32")]
    Length(usize),
    /// The text is not hex.
    #[error("key is not hex: {0}")]
    Hex(HexError),
    /// F62 of no known layout.
    #[error("working keys of {0} bytes; there are 24, 40 or 60")]
    WorkingKeysLength(usize),
    /// The check value is that of another key.
    #[error("check value of the {which} key is wrong")]
    CheckValue {
        /// `pin`, `mac` or `track`.
        which: &'static str,
    },
    /// These keys fit no layout of F62.
    #[error("working keys of these lengths fit no layout")]
    WorkingKeysLayout,
}
