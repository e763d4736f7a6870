//! The key serial number of 3DES DUKPT.

use super::DukptError;
use crate::hex;
use std::fmt;

/// The counter's bits.
const COUNTER_MASK: u128 = 0x1F_FFFF;

/// Ten bytes: key set, device, and a transaction counter in the last 21 bits.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Ksn([u8; 10]);

impl Ksn {
    /// Ten bytes; eight are taken with `FFFF` in front, as devices print them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DukptError> {
        let mut ksn = [0xFF; 10];
        if bytes.len() != 10 && bytes.len() != 8 {
            return Err(DukptError::KsnLength {
                got: bytes.len(),
                expected: 10,
            });
        }
        for (place, byte) in ksn.iter_mut().rev().zip(bytes.iter().rev()) {
            *place = *byte;
        }
        Ok(Self(ksn))
    }

    /// Twenty hex digits.
    pub fn from_hex(text: &str) -> Result<Self, DukptError> {
        Self::from_bytes(&hex::decode(text).map_err(|_| DukptError::KsnHex)?)
    }

    /// The ten bytes.
    pub const fn bytes(&self) -> [u8; 10] {
        self.0
    }

    fn number(self) -> u128 {
        self.0
            .iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    /// The transaction counter, 21 bits.
    pub fn counter(&self) -> u32 {
        u32::try_from(self.number() & COUNTER_MASK).unwrap_or(0)
    }

    /// The same device with another counter.
    pub fn with_counter(&self, counter: u32) -> Result<Self, DukptError> {
        let counter = u128::from(counter);
        if counter > COUNTER_MASK {
            return Err(DukptError::Counter);
        }
        let number = self.number() & !COUNTER_MASK | counter;
        let mut ksn = [0; 10];
        for (place, byte) in ksn.iter_mut().rev().zip(number.to_le_bytes()) {
            *place = byte;
        }
        Ok(Self(ksn))
    }

    /// The eight bytes that key derivation works on.
    pub(super) fn right_eight(&self) -> [u8; 8] {
        let [_, _, rest @ ..] = self.0;
        rest
    }

    /// The eight bytes that the initial key is made of, counter cleared.
    pub(super) fn left_eight_without_counter(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, _, _] = self.0;
        [a, b, c, d, e, f, g, h & 0xE0]
    }
}

impl fmt::Display for Ksn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Ksn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Ksn({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_in_and_out() {
        let ksn = Ksn::from_hex("FFFF9876543210E00001").unwrap();
        assert_eq!(ksn.counter(), 1);
        let last = ksn.with_counter(0x1F_FFFF).unwrap();
        assert_eq!(last.to_string(), "FFFF9876543210FFFFFF");
        assert_eq!(
            last.with_counter(0).unwrap().to_string(),
            "FFFF9876543210E00000"
        );
        assert_eq!(ksn.with_counter(0x20_0000), Err(DukptError::Counter));
        assert_eq!(Ksn::from_hex("9876543210E00001").unwrap(), ksn);
        assert_eq!(
            Ksn::from_hex("98"),
            Err(DukptError::KsnLength {
                got: 1,
                expected: 10
            })
        );
    }
}
