//! Single characters: which ones a format allows, and how EBCDIC writes them.

use crate::dialect::{Class, Encoding};

/// The name of a class as field tables write it.
pub(super) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Digits => "n",
        Class::SignedDigits => "x+n",
        Class::Track => "z",
        Class::Letters => "an",
        Class::Text => "ans",
        Class::Any => "any",
        Class::Binary => "b",
    }
}

/// Whether a canonical character may stand at this place of a value.
pub(super) const fn allowed(class: Class, character: u8, place: usize) -> bool {
    match class {
        Class::Digits => character.is_ascii_digit(),
        Class::SignedDigits => {
            if place == 0 {
                matches!(character, b'C' | b'D')
            } else {
                character.is_ascii_digit()
            }
        }
        Class::Track => matches!(character, b'0'..=b'9' | b'D' | b'='),
        Class::Letters => character.is_ascii_alphanumeric() || character == b' ',
        Class::Text => matches!(character, 0x20..=0x7E),
        Class::Any | Class::Binary => true,
    }
}

/// A BCD nibble as a character: digits, and `D` for the separator of a track.
pub(super) const fn from_nibble(class: Class, nibble: u8) -> Option<u8> {
    match nibble {
        0..=9 => Some(b'0' + nibble),
        0x0D if matches!(class, Class::Track) => Some(b'D'),
        _ => None,
    }
}

/// A character as a BCD nibble.
pub(super) const fn to_nibble(class: Class, character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'D' | b'=' if matches!(class, Class::Track) => Some(0x0D),
        _ => None,
    }
}

/// One byte of the wire as a canonical character, where a byte is a character.
pub(super) const fn from_wire(encoding: Encoding, byte: u8) -> Option<u8> {
    match encoding {
        Encoding::Ascii | Encoding::Raw | Encoding::Hex | Encoding::Bcd => Some(byte),
        Encoding::Ebcdic => from_ebcdic(byte),
    }
}

/// Printable ASCII in code page 037, from 0x20 on.
const EBCDIC_FROM_SPACE: [u8; 95] = [
    0x40, 0x5A, 0x7F, 0x7B, 0x5B, 0x6C, 0x50, 0x7D, 0x4D, 0x5D, 0x5C, 0x4E, 0x6B, 0x60, 0x4B, 0x61,
    0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0x7A, 0x5E, 0x4C, 0x7E, 0x6E, 0x6F,
    0x7C, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6,
    0xD7, 0xD8, 0xD9, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xBA, 0xE0, 0xBB, 0xB0, 0x6D,
    0x79, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xC0, 0x4F, 0xD0, 0xA1,
];

const TO_ASCII: [u8; 256] = {
    let mut table = [0; 256];
    let mut place = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while place < EBCDIC_FROM_SPACE.len() {
        table[EBCDIC_FROM_SPACE[place] as usize] = 0x20 + place as u8;
        place += 1;
    }
    table
};

/// A printable EBCDIC byte as ASCII.
#[allow(
    clippy::indexing_slicing,
    reason = "a byte always lies inside a table of 256"
)]
pub(super) const fn from_ebcdic(byte: u8) -> Option<u8> {
    match TO_ASCII[byte as usize] {
        0 => None,
        character => Some(character),
    }
}

/// A printable ASCII character as EBCDIC.
pub(super) fn to_ebcdic(character: u8) -> Option<u8> {
    EBCDIC_FROM_SPACE
        .get(usize::from(character.checked_sub(0x20)?))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ebcdic_is_its_own_inverse_on_all_printable_characters() {
        for character in 0x20..=0x7E {
            let byte = to_ebcdic(character).unwrap();
            assert_eq!(from_ebcdic(byte), Some(character), "{character:#x}");
        }
        assert_eq!(to_ebcdic(b'0'), Some(0xF0));
        assert_eq!(to_ebcdic(b'A'), Some(0xC1));
        assert_eq!(to_ebcdic(0x1F), None);
        assert_eq!(to_ebcdic(0x7F), None);
        assert_eq!(from_ebcdic(0x00), None);
    }
}
