//! AES keys.

use super::KeyError;
use super::key_bytes::KeyBytes;
use aes::{Aes128, Aes192, Aes256};
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

const LENGTHS: [usize; 3] = [16, 24, 32];

/// An AES key of 16, 24 or 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AesKey(KeyBytes<32>);

impl AesKey {
    /// A key of 16, 24 or 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        KeyBytes::from_bytes(bytes, LENGTHS).map(Self)
    }

    /// A key of 32, 48 or 64 hex digits.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        KeyBytes::from_hex(text, LENGTHS).map(Self)
    }

    /// 16, 24 or 32.
    pub fn length(&self) -> usize {
        self.0.length()
    }

    /// The key itself. Whoever asks for it wipes what is made of it.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// One block under this key.
    pub fn encrypt_block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = Array(block);
        match self.length() {
            16 => Aes128::new(&Array(*self.0.first::<16>())).encrypt_block(&mut block),
            24 => Aes192::new(&Array(*self.0.first::<24>())).encrypt_block(&mut block),
            _ => Aes256::new(&Array(*self.0.first::<32>())).encrypt_block(&mut block),
        }
        block.0
    }

    /// One block back.
    pub fn decrypt_block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = Array(block);
        match self.length() {
            16 => Aes128::new(&Array(*self.0.first::<16>())).decrypt_block(&mut block),
            24 => Aes192::new(&Array(*self.0.first::<24>())).decrypt_block(&mut block),
            _ => Aes256::new(&Array(*self.0.first::<32>())).decrypt_block(&mut block),
        }
        block.0
    }

    /// The key check value: sixteen zero bytes under the key.
    pub fn check_value(&self) -> [u8; 16] {
        self.encrypt_block([0; 16])
    }
}

/// Only length and check value.
impl fmt::Debug for AesKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(formatter, "AesKey", &self.check_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// FIPS 197, appendix C.
    #[test]
    fn fips_197_examples() {
        let plain: [u8; 16] = hex::decode("00112233445566778899AABBCCDDEEFF")
            .unwrap()
            .try_into()
            .unwrap();
        let bytes: Vec<u8> = (0..32).collect();
        for (length, expected) in [
            (16, "69C4E0D86A7B0430D8CDB78070B4C55A"),
            (24, "DDA97CA4864CDFE06EAF70A0EC0D7191"),
            (32, "8EA2B7CA516745BFEAFC49904B496089"),
        ] {
            let key = AesKey::from_bytes(&bytes[..length]).unwrap();
            let block = key.encrypt_block(plain);
            assert_eq!(hex::encode(&block), expected);
            assert_eq!(key.decrypt_block(block), plain);
        }
        assert!(AesKey::from_bytes(&bytes[..8]).is_err());
    }
}
