//! The bytes of a key, whatever its cipher: wiped when dropped, never shown.

use super::KeyError;
use crate::hex;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// At most `MAX` bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct KeyBytes<const MAX: usize> {
    bytes: [u8; MAX],
    length: usize,
}

impl<const MAX: usize> KeyBytes<MAX> {
    /// One of the lengths that the cipher's keys have; each is at most `MAX`.
    pub(super) fn from_bytes(bytes: &[u8], lengths: [usize; 3]) -> Result<Self, KeyError> {
        let mut key = Self {
            bytes: [0; MAX],
            length: bytes.len(),
        };
        match key.bytes.get_mut(..bytes.len()) {
            Some(place) if lengths.contains(&bytes.len()) => place.copy_from_slice(bytes),
            _ => return Err(KeyError::Length(bytes.len())),
        }
        Ok(key)
    }

    /// Two hex digits a byte.
    pub(super) fn from_hex(text: &str, lengths: [usize; 3]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(hex::decode(text).map_err(KeyError::Hex)?);
        Self::from_bytes(&bytes, lengths)
    }

    /// A key whose length is known to the compiler; `N` is at most `MAX`.
    pub(super) fn from_array<const N: usize>(array: &[u8; N]) -> Self {
        let mut key = Self {
            bytes: [0; MAX],
            length: N,
        };
        for (place, byte) in key.bytes.iter_mut().zip(array) {
            *place = *byte;
        }
        key
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The first bytes; `N` is at most `MAX`.
    pub(super) fn first<const N: usize>(&self) -> Zeroizing<[u8; N]> {
        let mut first = Zeroizing::new([0; N]);
        for (place, byte) in first.iter_mut().zip(&self.bytes) {
            *place = *byte;
        }
        first
    }

    /// What `Debug` may say of a key: its name, its length and its check value.
    pub(super) fn describe(
        &self,
        formatter: &mut fmt::Formatter<'_>,
        name: &str,
        check_value: &[u8],
    ) -> fmt::Result {
        let shown = check_value.get(..3).unwrap_or_default();
        let length = self.length;
        write!(
            formatter,
            "{name}({length} bytes, check value {})",
            hex::encode(shown)
        )
    }
}
