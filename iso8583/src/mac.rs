//! Message authentication: UnionPay's ECB MAC, X9.19, ISO 9797-1 algorithms 1 and 3.

use crate::hex;
use crate::keys::DesKey;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// How a MAC is computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
pub enum MacAlgorithm {
    /// UnionPay POS: XOR of all blocks as 16 hex characters, encrypted in two steps; the MAC is
    /// the first 8 hex characters of the result. DES for a key of 8 bytes, 3DES for 16.
    #[serde(rename = "cup-ecb")]
    CupEcb,
    /// ANSI X9.19: DES-CBC with the left key, the last block then decrypted with the right and
    /// encrypted with the left. The same as ISO 9797-1 algorithm 3.
    #[serde(rename = "x9.19")]
    X919,
    /// ISO 9797-1 algorithm 1: CBC with DES or 3DES.
    #[serde(rename = "iso9797-1-alg1")]
    Iso9797Alg1,
    /// ISO 9797-1 algorithm 3: retail MAC.
    #[serde(rename = "iso9797-1-alg3")]
    Iso9797Alg3,
}

/// How data is padded to whole blocks of 8 bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Padding {
    /// ISO 9797-1 method 1: zeros, none if the blocks are whole; empty data gives one block.
    #[default]
    One,
    /// ISO 9797-1 method 2: a one bit, then zeros.
    Two,
}

impl<'de> serde::Deserialize<'de> for Padding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            _ => Err(serde::de::Error::custom("padding is 1 or 2")),
        }
    }
}

/// Why a MAC can't be computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum MacError {
    /// The algorithm takes a left and a right key.
    #[error("this algorithm needs a key of 16 bytes, got {0}")]
    KeyLength(usize),
}

/// The MAC of the data: for `CupEcb` the 8 characters of F64, else 8 bytes.
pub fn compute(
    algorithm: MacAlgorithm,
    padding: Padding,
    key: &DesKey,
    data: &[u8],
) -> Result<[u8; 8], MacError> {
    match algorithm {
        MacAlgorithm::CupEcb => Ok(cup_ecb(padding, key, data)),
        MacAlgorithm::Iso9797Alg1 => {
            let cipher = key.cipher();
            Ok(cbc(padding, data, |block| cipher.encrypt(block)))
        }
        MacAlgorithm::X919 | MacAlgorithm::Iso9797Alg3 => {
            let (left, right) = key.halves().ok_or(MacError::KeyLength(key.length()))?;
            let (left, right) = (left.cipher(), right.cipher());
            let last = cbc(padding, data, |block| left.encrypt(block));
            Ok(left.encrypt(right.decrypt(last)))
        }
    }
}

/// Whether `received` is the MAC of the data, in constant time. A shorter one than the algorithm
/// gives is wrong, save that four bytes of the ISO MACs are taken as their first half.
pub fn verify(
    algorithm: MacAlgorithm,
    padding: Padding,
    key: &DesKey,
    data: &[u8],
    received: &[u8],
) -> Result<bool, MacError> {
    let expected = compute(algorithm, padding, key, data)?;
    let halved = received.len() == 4 && algorithm != MacAlgorithm::CupEcb;
    let length = if halved { 4 } else { expected.len() };
    let expected = expected.get(..length).unwrap_or_default();
    Ok(expected.ct_eq(received).into())
}

fn cup_ecb(padding: Padding, key: &DesKey, data: &[u8]) -> [u8; 8] {
    let folded = blocks(padding, data).fold([0; 8], xor);
    let text = hex_characters(folded);
    let cipher = key.cipher();
    let (first, last) = split(text);
    let result = cipher.encrypt(xor(cipher.encrypt(first), last));
    split(hex_characters(result)).0
}

fn hex_characters(block: [u8; 8]) -> [u8; 16] {
    let mut text = [0; 16];
    let (pairs, _) = text.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(block) {
        *pair = hex::pair(byte);
    }
    text
}

fn split(text: [u8; 16]) -> ([u8; 8], [u8; 8]) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = text;
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p])
}

fn cbc(padding: Padding, data: &[u8], encrypt: impl Fn([u8; 8]) -> [u8; 8]) -> [u8; 8] {
    blocks(padding, data).fold([0; 8], |chained, block| encrypt(xor(chained, block)))
}

/// The data in blocks, the last one padded.
fn blocks(padding: Padding, data: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    let whole = data.chunks_exact(8);
    let rest = whole.remainder();
    let extra = match padding {
        Padding::One => !rest.is_empty() || data.is_empty(),
        Padding::Two => true,
    };
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    if padding == Padding::Two
        && let Some(place) = last.get_mut(rest.len())
    {
        *place = 0x80;
    }
    whole
        .filter_map(|block| block.try_into().ok())
        .chain(extra.then_some(last))
}

/// Bytewise exclusive or.
pub(crate) fn xor<const N: usize>(mut left: [u8; N], right: [u8; N]) -> [u8; N] {
    for (byte, other) in left.iter_mut().zip(right) {
        *byte ^= other;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_adds_a_block_only_where_it_must() {
        let count = |padding, length| blocks(padding, &vec![1; length]).count();
        assert_eq!(
            [0, 1, 8, 9].map(|length| count(Padding::One, length)),
            [1, 1, 1, 2]
        );
        assert_eq!(
            [0, 1, 8, 9].map(|length| count(Padding::Two, length)),
            [1, 1, 2, 2]
        );
    }

    #[test]
    fn verify_takes_nothing_else() {
        let key = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let check = |received: &[u8]| {
            verify(MacAlgorithm::X919, Padding::One, &key, b"data", received).unwrap()
        };
        let good = compute(MacAlgorithm::X919, Padding::One, &key, b"data").unwrap();
        assert!(check(&good) && check(&good[..4]));
        assert!(!check(&good[..7]) && !check(&[]) && !check(&[0; 8]));
        let mut wrong = good;
        wrong[7] ^= 1;
        assert!(!check(&wrong));
    }

    #[test]
    fn the_two_key_algorithms_refuse_one_key() {
        let key = DesKey::from_hex("0123456789ABCDEF").unwrap();
        let result = compute(MacAlgorithm::Iso9797Alg3, Padding::One, &key, b"data");
        assert_eq!(result, Err(MacError::KeyLength(8)));
    }
}
