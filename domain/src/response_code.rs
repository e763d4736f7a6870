//! Field 39: what an answer of the host means, for three readers.

mod sentence;
mod table;

use std::fmt;

pub use sentence::{NextStep, Sentence};
pub use table::Class;

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
    /// 09: the customer has not confirmed yet (A).
    pub const IN_PROGRESS: Self = Self(*b"09");
    /// 10: approved for a part of the amount.
    pub const PARTIAL: Self = Self(*b"10");
    /// 25: the host knows no such original.
    pub const NO_ORIGINAL: Self = Self(*b"25");
    /// 94: a STAN the host has seen before.
    pub const DUPLICATE: Self = Self(*b"94");
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

    /// What kind of answer it is. A code nobody knows is a decline.
    #[must_use]
    pub fn class(self) -> Class {
        table::row(self).class
    }

    /// Whether it needs a good MAC to be believed (payments.md, rule 6: 00, 10, 11, A2–A6).
    #[must_use]
    pub fn is_approving(self) -> bool {
        matches!(
            &self.0,
            b"00" | b"10" | b"11" | b"A2" | b"A3" | b"A4" | b"A5" | b"A6"
        )
    }

    /// Whether the terminal must sign on before anything else: 77, 97, 99, A0.
    #[must_use]
    pub fn asks_for_sign_on(self) -> bool {
        self.class() == Class::SignOn
    }

    /// Whether a queue entry is to be tried again later: 68, 90, 91, 92, 96, 98.
    #[must_use]
    pub fn means_later(self) -> bool {
        matches!(&self.0, b"68" | b"90" | b"91" | b"92" | b"96" | b"98")
    }

    /// Whether the host refused the card or its account, rather than the message, the merchant or
    /// the moment: after goods are gone, that is a loss.
    #[must_use]
    pub fn refuses_card(self) -> bool {
        table::row(self).refuses_card
    }

    /// What to say to cashier and customer, and what to do next.
    #[must_use]
    pub fn sentence(self) -> Sentence {
        table::row(self).sentence
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
