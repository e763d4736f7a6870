//! What a price file is called between a hub and its lanes: by its own bytes, so that nobody sells
//! by a file that is another one than its name says.

use sha2::{Digest, Sha256};

/// Bytes of the hash that make a version's name.
const NAME_BYTES: usize = 8;

/// The version of a price file: the first 16 hex digits of its SHA-256.
#[must_use]
pub fn price_version(file: &[u8]) -> String {
    let digest = Sha256::digest(file);
    let name = digest.get(..NAME_BYTES).unwrap_or_default();
    base16ct::lower::encode_string(name)
}

/// Whether this can be the name of a version: it becomes the name of a file.
#[must_use]
pub fn is_price_version(name: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == NAME_BYTES.saturating_mul(2) && name.bytes().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_follows_from_the_bytes_and_names_no_other_folder() {
        assert_eq!(price_version(b""), "e3b0c44298fc1c14");
        assert_ne!(price_version(b"a"), price_version(b"b"));
        assert!(is_price_version(&price_version(b"a")));
        for other in [
            "",
            "../../etc/passwd",
            "e3b0c44298fc1c1",
            "E3B0C44298FC1C14",
        ] {
            assert!(!is_price_version(other), "{other}");
        }
    }
}
