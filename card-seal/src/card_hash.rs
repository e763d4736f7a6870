//! The keyed hash by which the money logic knows a card.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Block of SHA-256, in bytes: HMAC pads a shorter key with zeros to it (RFC 2104).
const BLOCK_BYTES: usize = 64;

/// HMAC-SHA256 of the PAN's digits: equal for equal cards under one key, useless without the key.
#[must_use]
pub fn card_hash(key: &[u8; 32], pan: &str) -> [u8; 32] {
    let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    mac.update(pan.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hmac module.
    #[test]
    fn the_hash_is_hmac_sha256() {
        let hash = card_hash(&[0x0b; 32], "6216261000000000018");
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "ac4c03fbbd08fa896b8de0c267e9a5d74733813fb92483f2c586839c1ee18e40"
        );
    }
}
