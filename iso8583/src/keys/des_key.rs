//! DES and 3DES keys.

use super::KeyError;
use super::key_bytes::KeyBytes;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde2, TdesEde3};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

const LENGTHS: [usize; 3] = [8, 16, 24];

/// A DES key of 8 bytes, or a 3DES key of 16 or 24. Parity bits are neither checked nor set.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DesKey(KeyBytes<24>);

impl DesKey {
    /// A key of 8, 16 or 24 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        KeyBytes::from_bytes(bytes, LENGTHS).map(Self)
    }

    /// A key of 16, 32 or 48 hex digits.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        KeyBytes::from_hex(text, LENGTHS).map(Self)
    }

    pub(crate) fn from_double(bytes: [u8; 16]) -> Self {
        Self(KeyBytes::from_array(&bytes))
    }

    /// 8, 16 or 24.
    pub fn length(&self) -> usize {
        self.0.length()
    }

    /// The key itself. Whoever asks for it wipes what is made of it.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Left and right DES key of a key of 16 bytes.
    pub(crate) fn halves(&self) -> Option<(Self, Self)> {
        let (left, right) = self
            .bytes()
            .split_at_checked(8)
            .filter(|_| self.length() == 16)?;
        Some((Self::from_bytes(left).ok()?, Self::from_bytes(right).ok()?))
    }

    /// The key, ready for many blocks.
    pub fn cipher(&self) -> DesCipher {
        match self.length() {
            8 => DesCipher::Single(Des::new(&Array(*self.0.first::<8>()))),
            16 => DesCipher::Double(TdesEde2::new(&Array(*self.0.first::<16>()))),
            _ => DesCipher::Triple(TdesEde3::new(&Array(*self.0.first::<24>()))),
        }
    }

    /// One block under this key.
    pub fn encrypt_block(&self, block: [u8; 8]) -> [u8; 8] {
        self.cipher().encrypt(block)
    }

    /// One block back.
    pub fn decrypt_block(&self, block: [u8; 8]) -> [u8; 8] {
        self.cipher().decrypt(block)
    }

    /// The key check value: eight zero bytes under the key. Three or four of them are shown.
    pub fn check_value(&self) -> [u8; 8] {
        self.encrypt_block([0; 8])
    }
}

/// Only length and check value.
impl fmt::Debug for DesKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(formatter, "DesKey", &self.check_value())
    }
}

/// A DES or 3DES key with its schedule computed; wiped when dropped.
pub enum DesCipher {
    /// DES.
    Single(Des),
    /// 3DES with two keys.
    Double(TdesEde2),
    /// 3DES with three keys.
    Triple(TdesEde3),
}

impl DesCipher {
    /// One block under the key.
    pub fn encrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = Array(block);
        match self {
            Self::Single(cipher) => cipher.encrypt_block(&mut block),
            Self::Double(cipher) => cipher.encrypt_block(&mut block),
            Self::Triple(cipher) => cipher.encrypt_block(&mut block),
        }
        block.0
    }

    /// One block back.
    pub fn decrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = Array(block);
        match self {
            Self::Single(cipher) => cipher.decrypt_block(&mut block),
            Self::Double(cipher) => cipher.decrypt_block(&mut block),
            Self::Triple(cipher) => cipher.decrypt_block(&mut block),
        }
        block.0
    }
}

impl fmt::Debug for DesCipher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DesCipher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    #[test]
    fn a_double_key_of_equal_halves_is_a_single_one() {
        let single = DesKey::from_hex("0123456789ABCDEF").unwrap();
        let double = DesKey::from_hex("0123456789ABCDEF0123456789ABCDEF").unwrap();
        let triple = DesKey::from_hex(&"0123456789ABCDEF".repeat(3)).unwrap();
        assert_eq!(hex::encode(&single.check_value()), "D5D44FF720683D0D");
        assert_eq!(double.check_value(), single.check_value());
        assert_eq!(triple.check_value(), single.check_value());
        assert_eq!(triple.decrypt_block(triple.encrypt_block([7; 8])), [7; 8]);
    }

    #[test]
    fn neither_debug_nor_errors_show_the_key() {
        let key = DesKey::from_hex("404142434445464748494A4B4C4D4E4F").unwrap();
        let text = format!("{key:?} {:?}", key.cipher());
        assert!(!text.contains("4041") && !text.contains("64, 65"), "{text}");
        let error = DesKey::from_hex("40414243444546474849").unwrap_err();
        assert_eq!(error, KeyError::Length(10));
        assert!(
            !DesKey::from_hex("4041X")
                .unwrap_err()
                .to_string()
                .contains("4041")
        );
    }
}
