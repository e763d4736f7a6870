//! The card verification value of Visa and Mastercard stripes.

use super::{Pan, ServiceCode};
use crate::keys::DesKey;
use crate::mac::xor;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why no value can be computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum CvvError {
    /// A pair of DES keys is needed.
    #[error("cvv keys have 16 bytes, got {0}")]
    KeyLength(usize),
    /// Not four digits.
    #[error("expiry is not four digits")]
    Expiry,
}

/// Three digits out of PAN, expiry and service code, under a pair of DES keys.
///
/// The expiry goes in as given: YYMM for the stripe, MMYY with service code `000` for the value
/// printed on the card, service code `999` for the chip's.
pub fn cvv(
    keys: &DesKey,
    pan: &Pan,
    expiry: &str,
    service_code: ServiceCode,
) -> Result<Zeroizing<String>, CvvError> {
    let (left, _) = keys.halves().ok_or(CvvError::KeyLength(keys.length()))?;
    if expiry.len() != 4 || !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CvvError::Expiry);
    }
    let text = pan
        .digits()
        .bytes()
        .chain(expiry.bytes())
        .chain(service_code.as_str().bytes());
    let mut blocks = Zeroizing::new([[0_u8; 8]; 2]);
    for (place, digit) in text.map(|byte| byte & 0x0F).enumerate() {
        let byte = blocks
            .get_mut(place / 16)
            .and_then(|block| block.get_mut(place % 16 / 2));
        if let Some(byte) = byte {
            *byte |= if place % 2 == 0 { digit << 4 } else { digit };
        }
    }
    let [first, second] = *blocks;
    let result = keys.encrypt_block(xor(left.encrypt_block(first), second));
    Ok(decimalised(result))
}

/// Decimal nibbles first, then the letters minus ten; the first three.
fn decimalised(block: [u8; 8]) -> Zeroizing<String> {
    let nibbles = || block.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let digits = nibbles().filter(|nibble| *nibble < 10);
    let letters = nibbles()
        .filter(|nibble| *nibble >= 10)
        .map(|nibble| nibble - 10);
    Zeroizing::new(
        digits
            .chain(letters)
            .take(3)
            .map(|digit| char::from(b'0' + digit))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A widely published example: CVK 0123456789ABCDEF FEDCBA9876543210.
    #[test]
    fn published_example() {
        let keys = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let pan = Pan::new("4123456789012345").unwrap();
        let code = ServiceCode::new("101").unwrap();
        assert_eq!(*cvv(&keys, &pan, "8701", code).unwrap(), "561");
        assert_eq!(
            cvv(&keys, &pan, "87011", code).unwrap_err(),
            CvvError::Expiry
        );
    }
}
