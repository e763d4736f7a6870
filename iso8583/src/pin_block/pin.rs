//! A PIN in memory.

use super::PinBlockError;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 4 to 12 decimal digits, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin {
    digits: [u8; 12],
    length: usize,
}

impl Pin {
    /// A PIN of ASCII digits.
    pub fn new(text: &str) -> Result<Self, PinBlockError> {
        Self::from_values(text.bytes().map(|byte| byte.wrapping_sub(b'0')), text.len())
    }

    /// A PIN of digit values.
    pub(super) fn from_values(
        values: impl Iterator<Item = u8>,
        length: usize,
    ) -> Result<Self, PinBlockError> {
        if !(4..=12).contains(&length) {
            return Err(PinBlockError::Pin);
        }
        let mut pin = Self {
            digits: [0; 12],
            length,
        };
        for (place, value) in pin.digits.iter_mut().zip(values) {
            if value > 9 {
                return Err(PinBlockError::Pin);
            }
            *place = value;
        }
        Ok(pin)
    }

    /// Digit values, 0 to 9.
    pub(super) fn values(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    /// How many digits.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The digits as text. Whoever asks for it wipes it.
    pub fn to_text(&self) -> String {
        self.values()
            .iter()
            .map(|value| char::from(b'0' + value))
            .collect()
    }

    /// Whether both are the same PIN, in constant time for one length.
    pub fn same_as(&self, other: &Self) -> bool {
        bool::from(self.digits.ct_eq(&other.digits)) && self.length == other.length
    }
}

/// Nothing of it.
impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pins_and_never_shown() {
        let pin = Pin::new("1234").unwrap();
        assert_eq!(pin.to_text(), "1234");
        assert_eq!(format!("{pin:?}"), "Pin(hidden)");
        assert!(pin.same_as(&Pin::new("1234").unwrap()));
        assert!(!pin.same_as(&Pin::new("12340").unwrap()));
        assert!(!pin.same_as(&Pin::new("1235").unwrap()));
        for wrong in ["", "123", "1234567890123", "12a4", "12 4", "１２３４"] {
            assert_eq!(Pin::new(wrong).unwrap_err(), PinBlockError::Pin, "{wrong}");
        }
    }
}
