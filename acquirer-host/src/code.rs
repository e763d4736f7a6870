//! Answer codes of field 39, as the host gives them (UnionPay's list).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Two characters of field 39.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 2]);

impl Code {
    /// Approved.
    pub const APPROVED: Self = Self(*b"00");
    /// Invalid merchant: the MID is not that terminal's.
    pub const INVALID_MERCHANT: Self = Self(*b"03");
    /// In progress: the owner of a wallet has not confirmed yet (A).
    pub const IN_PROGRESS: Self = Self(*b"09");
    /// Approved for a part of the amount.
    pub const PARTIAL: Self = Self(*b"10");
    /// Invalid transaction: it can't be done to this original, or in this currency.
    pub const INVALID_TRANSACTION: Self = Self(*b"12");
    /// Invalid amount.
    pub const INVALID_AMOUNT: Self = Self(*b"13");
    /// No such card.
    pub const UNKNOWN_CARD: Self = Self(*b"14");
    /// The original can't be found; also a sale whose reversal came first.
    pub const NO_ORIGINAL: Self = Self(*b"25");
    /// A field is missing or malformed.
    pub const FORMAT: Self = Self(*b"30");
    /// The host doesn't do this transaction.
    pub const UNSUPPORTED: Self = Self(*b"40");
    /// Not enough money.
    pub const INSUFFICIENT_FUNDS: Self = Self(*b"51");
    /// The card has expired.
    pub const EXPIRED: Self = Self(*b"54");
    /// Wrong PIN.
    pub const WRONG_PIN: Self = Self(*b"55");
    /// Not the original's amount, or more than is left of it.
    pub const ORIGINAL_AMOUNT: Self = Self(*b"64");
    /// Too many wrong PINs.
    pub const PIN_TRIES: Self = Self(*b"75");
    /// Sign on first, or the batch is not the host's.
    pub const SIGN_ON: Self = Self(*b"77");
    /// This STAN was there before.
    pub const DUPLICATE: Self = Self(*b"94");
    /// No such terminal.
    pub const UNKNOWN_TERMINAL: Self = Self(*b"97");
    /// The PIN block can't be read under the PIN key.
    pub const PIN_BLOCK: Self = Self(*b"99");
    /// The request's MAC is wrong or missing.
    pub const BAD_MAC: Self = Self(*b"A0");

    /// Takes two letters or digits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphanumeric)
            .then_some(Self(bytes))
    }

    /// The two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("an answer code is two letters or digits"))
    }
}
