//! PIN blocks of ISO 9564-1, formats 0 to 4.
//!
//! Clear blocks and PINs are wiped when dropped. Random fill comes from the caller: nothing here
//! draws a number.

mod des_block;
mod format4;
mod pin;

pub use des_block::{decipher, decode, encipher, encode, translate};
pub use format4::{decipher_format4, decode_format4, encipher_format4, encode_format4};
pub use pin::Pin;

use thiserror::Error;

/// Layout of a PIN block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinFormat {
    /// Bound to the PAN, fill `F`. ANSI X9.8.
    Iso0,
    /// Not bound, random fill.
    Iso1,
    /// Not bound, fill `F`: for chip cards, offline.
    Iso2,
    /// Bound to the PAN, random fill of `A` to `F`.
    Iso3,
    /// Bound to the PAN by AES; 16 bytes.
    Iso4,
}

/// Why a PIN block can't be made or read. Never holds a digit of PIN or PAN.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum PinBlockError {
    /// Not 4 to 12 decimal digits.
    #[error("a pin has 4 to 12 decimal digits")]
    Pin,
    /// The format binds the PIN to a PAN and none was given.
    #[error("this format needs a pan")]
    PanMissing,
    /// The first nibble is that of another format, or the key or the PAN is another one.
    #[error("control field is {found:X}, must be {expected:X}")]
    ControlField {
        /// Nibble of the format asked for.
        expected: u8,
        /// Nibble found.
        found: u8,
    },
    /// A PIN length that no PIN has.
    #[error("pin length {0} is not from 4 to 12")]
    PinLength(u8),
    /// A PIN digit that is none: usually another PAN.
    #[error("pin digit {0} is not decimal")]
    PinDigit(usize),
    /// A fill nibble the format doesn't allow: usually another PAN.
    #[error("fill nibble {0} is not allowed")]
    Fill(usize),
    /// Not enough random bytes were handed in.
    #[error("{needed} random bytes needed, {got} given")]
    Random {
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        got: usize,
    },
    /// Format 4 is 16 bytes under AES: see [`encipher_format4`].
    #[error("format 4 has 16 bytes and needs an aes key")]
    Format4,
    /// A block of another length.
    #[error("a pin block of {got} bytes, must be {expected}")]
    BlockLength {
        /// Bytes given.
        got: usize,
        /// Bytes of the format.
        expected: usize,
    },
}

impl PinFormat {
    const fn control(self) -> u8 {
        match self {
            Self::Iso0 => 0,
            Self::Iso1 => 1,
            Self::Iso2 => 2,
            Self::Iso3 => 3,
            Self::Iso4 => 4,
        }
    }
}
