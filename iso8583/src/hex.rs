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
        text.push(char::from(digit(byte >> 4)));
        text.push(char::from(digit(byte & 0x0F)));
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

/// The upper-case ASCII digit of a value below 16.
pub(crate) const fn digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'A' + (value - 10)
    }
}

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
