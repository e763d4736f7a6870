//! Field 39: what an answer of the host means, for three readers.

use std::fmt;

/// Two characters, field 39.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseCode([u8; 2]);

/// Not two characters of `0-9 A-Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a response code is two characters of 0-9 and A-Z")]
pub struct NotAResponseCode;

impl ResponseCode {
    /// 00.
    pub const APPROVED: Self = Self(*b"00");
    /// 06, in a reversal: another reason.
    pub const ERROR: Self = Self(*b"06");
    /// 10: approved for a part of the amount.
    pub const PARTIAL: Self = Self(*b"10");
    /// 98, in a reversal: no answer came.
    pub const NO_ANSWER: Self = Self(*b"98");
    /// A0: the MAC was bad; also the reason of the reversal that follows.
    pub const BAD_MAC: Self = Self(*b"A0");

    /// Takes two characters.
    ///
    /// # Errors
    /// Anything but two digits or upper-case letters.
    pub fn new(text: &str) -> Result<Self, NotAResponseCode> {
        match text.as_bytes() {
            &[first, second] if [first, second].iter().all(is_code_character) => {
                Ok(Self([first, second]))
            }
            _ => Err(NotAResponseCode),
        }
    }

    /// The two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("??")
    }
}

fn is_code_character(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
