//! Hexadecimal text, written in upper case and read in either.

use thiserror::Error;

/// Why a text is not hexadecimal. Never holds the text: it may be a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum HexError {
    /// Two digits make a byte.
    #[error("an odd number of hex digits: {0}")]
    OddLength(usize),
    /// The position counts characters from 0, white space left out.
    #[error("character {0} is not a hex digit")]
    NotHex(usize),
}

/// Upper-case hex digits of the bytes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend(pair(*byte).map(char::from));
    }
    text
}

/// Bytes of a hex text; white space between digits is ignored.
pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    let mut count = 0;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = value(byte).ok_or(HexError::NotHex(count))?;
        count += 1;
        high = match high {
            None => Some(value),
            Some(first) => {
                bytes.push(first << 4 | value);
                None
            }
        };
    }
    if high.is_some() {
        return Err(HexError::OddLength(count));
    }
    Ok(bytes)
}

/// The two upper-case digits of a byte.
#[inline]
#[allow(
    clippy::indexing_slicing,
    reason = "a byte always lies inside a table of 256"
)]
pub(crate) fn pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// Looked up: that takes three instructions a byte, and the codec reads most of its digits so.
static PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while byte < 256 {
        pairs[byte] = [DIGITS[byte / 16], DIGITS[byte % 16]];
        byte += 1;
    }
    pairs
};

/// The value of an ASCII hex digit.
pub(crate) const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_names_the_wrong_character() {
        assert_eq!(encode(&[0x00, 0xAF, 0x9C]), "00AF9C");
        assert_eq!(decode("00 af\n9C"), Ok(vec![0x00, 0xAF, 0x9C]));
        assert_eq!(decode("0"), Err(HexError::OddLength(1)));
        assert_eq!(decode("00G0"), Err(HexError::NotHex(2)));
    }
}
