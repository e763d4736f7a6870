//! The primary account number.

use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

const DIGITS_MIN: usize = 8;
const DIGITS_MAX: usize = 19;

/// 8 to 19 digits, wiped when dropped, shown as first six and last four.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Pan {
    digits: [u8; DIGITS_MAX],
    length: usize,
}

/// Why a text is no PAN. Never holds it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum PanError {
    /// Too short or too long.
    #[error("a pan has 8 to 19 digits, got {0}")]
    Length(usize),
    /// Something that isn't a digit.
    #[error("character {0} of the pan is not a digit")]
    Digit(usize),
}

impl Pan {
    /// A PAN of ASCII digits. The check digit is not looked at: see [`Pan::luhn_ok`].
    pub fn new(text: &str) -> Result<Self, PanError> {
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&text.len()) {
            return Err(PanError::Length(text.len()));
        }
        if let Some(place) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(PanError::Digit(place + 1));
        }
        let mut pan = Self {
            digits: [0; DIGITS_MAX],
            length: text.len(),
        };
        for (place, byte) in pan.digits.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Ok(pan)
    }

    /// All digits.
    pub fn digits(&self) -> &str {
        let digits = self.digits.get(..self.length).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }

    /// The issuer's six digits.
    pub fn first6(&self) -> &str {
        self.digits().get(..6).unwrap_or_default()
    }

    /// The last four digits.
    pub fn last4(&self) -> &str {
        self.digits()
            .get(self.length.saturating_sub(4)..)
            .unwrap_or_default()
    }

    /// First six, stars, last four; a PAN too short for that shows its last four only.
    pub fn masked(&self) -> String {
        masked(self.digits())
    }

    /// Whether the check digit is right. Some issuers' cards have none.
    pub fn luhn_ok(&self) -> bool {
        luhn_ok(self.digits())
    }
}

/// First six, stars, last four of any digits that should be a PAN.
pub(crate) fn masked(digits: &str) -> String {
    let count = digits.chars().count();
    let first = if count >= 13 { 6 } else { 0 };
    let last = if count >= 8 { 4 } else { 0 };
    digits
        .chars()
        .enumerate()
        .map(|(place, digit)| {
            if place < first || place + last >= count {
                digit
            } else {
                '*'
            }
        })
        .collect()
}

/// ISO/IEC 7812-1 annex B: every second digit from the right doubled.
pub fn luhn_ok(digits: &str) -> bool {
    let mut sum = 0_u32;
    for (place, byte) in digits.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte - b'0');
        sum += match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        };
    }
    !digits.is_empty() && sum.is_multiple_of(10)
}

impl fmt::Debug for Pan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pan({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_six_and_four_and_no_more() {
        let pan = Pan::new("6216261000000000018").unwrap();
        assert_eq!(pan.masked(), "621626*********0018");
        assert_eq!(format!("{pan:?}"), "Pan(621626*********0018)");
        assert_eq!((pan.first6(), pan.last4()), ("621626", "0018"));
        assert_eq!(Pan::new("12345678").unwrap().masked(), "****5678");
        assert_eq!(masked("123"), "***");
        assert_eq!(Pan::new("1234567").unwrap_err(), PanError::Length(7));
        assert_eq!(
            Pan::new("12345678901234567890").unwrap_err(),
            PanError::Length(20)
        );
        assert_eq!(Pan::new("12345678x").unwrap_err(), PanError::Digit(9));
    }

    #[test]
    fn luhn() {
        assert!(luhn_ok("4012888888881881") && luhn_ok("5555555555554444"));
        assert!(!luhn_ok("4012888888881882") && !luhn_ok("") && !luhn_ok("40128888888818 1"));
        for wrong in (0..9).filter(|digit| *digit != 1) {
            assert!(!luhn_ok(&format!("401288888888188{wrong}")));
        }
    }
}
