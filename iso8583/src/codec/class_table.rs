//! What each byte may be, in one look: a bit for each place of each format.
//!
//! A value is fine if all its bytes have the bit; which byte is wrong, and why, is looked for only
//! when one is.

use crate::dialect::{Class, Encoding};

const DIGIT: u16 = 1;
const TRACK: u16 = 1 << 1;
const LETTER: u16 = 1 << 2;
const TEXT: u16 = 1 << 3;
const SIGN: u16 = 1 << 4;
const PAIR: u16 = 1 << 5;
const TRACK_PAIR: u16 = 1 << 6;
const ODD_LAST: u16 = 1 << 7;
const TRACK_ODD_LAST: u16 = 1 << 8;
const ODD_FIRST: u16 = 1 << 9;
const TRACK_ODD_FIRST: u16 = 1 << 10;
const UPPER_HEX: u16 = 1 << 11;

const fn nibble_is(nibble: u8, track: bool) -> bool {
    nibble <= 9 || (track && nibble == 0x0D)
}

const fn bits(byte: u8) -> u16 {
    let (high, low) = (byte >> 4, byte & 0x0F);
    let (digits, tracks) = (nibble_is(high, false), nibble_is(high, true));
    let (low_digit, low_track) = (nibble_is(low, false), nibble_is(low, true));
    let pad = low == 0 || low == 0x0F;
    let rows = [
        (DIGIT, byte.is_ascii_digit()),
        (TRACK, matches!(byte, b'0'..=b'9' | b'D' | b'=')),
        (LETTER, byte.is_ascii_alphanumeric() || byte == b' '),
        (TEXT, matches!(byte, 0x20..=0x7E)),
        (SIGN, matches!(byte, b'C' | b'D')),
        (PAIR, digits && low_digit),
        (TRACK_PAIR, tracks && low_track),
        (ODD_LAST, digits && pad),
        (TRACK_ODD_LAST, tracks && pad),
        (ODD_FIRST, high == 0 && low_digit),
        (TRACK_ODD_FIRST, high == 0 && low_track),
        (UPPER_HEX, matches!(byte, b'0'..=b'9' | b'A'..=b'F')),
    ];
    let mut bits = 0;
    let mut rest: &[(u16, bool)] = &rows;
    while let [(bit, holds), after @ ..] = rest {
        if *holds {
            bits |= *bit;
        }
        rest = after;
    }
    bits
}

/// Bits of every byte.
static BITS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while byte < 256 {
        table[byte] = bits(byte as u8);
        byte += 1;
    }
    table
};

/// Two digits of every byte, `D` and others as upper-case hex.
static PAIRS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while byte < 256 {
        table[byte] = [
            crate::hex::digit((byte >> 4) as u8),
            crate::hex::digit((byte & 0x0F) as u8),
        ];
        byte += 1;
    }
    table
};

#[allow(
    clippy::indexing_slicing,
    reason = "a byte always lies inside a table of 256"
)]
#[inline]
fn all(bytes: &[u8], bit: u16) -> bool {
    bytes
        .iter()
        .fold(bit, |bits, byte| bits & BITS[usize::from(*byte)])
        != 0
}

/// Whether all are ASCII digits: eight bytes at a time, then one by one.
#[inline]
fn all_digits(value: &[u8]) -> bool {
    let (eights, rest) = value.as_chunks::<8>();
    let fine = eights.iter().all(|eight| {
        let word = u64::from_le_bytes(*eight);
        let low = word & 0x0F0F_0F0F_0F0F_0F0F;
        let over_nine = (low + 0x0606_0606_0606_0606) & 0x1010_1010_1010_1010;
        word & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030 && over_nine == 0
    });
    fine && all(rest, DIGIT)
}

/// Whether all nibbles are digits: a nibble over nine has its highest bit and one of the next two.
#[inline]
fn all_pairs(wire: &[u8]) -> bool {
    let (eights, rest) = wire.as_chunks::<8>();
    let fine = eights.iter().all(|eight| {
        let word = u64::from_le_bytes(*eight);
        word & (word << 1 | word << 2) & 0x8888_8888_8888_8888 == 0
    });
    fine && all(rest, PAIR)
}

/// Appends two characters a byte: digits, and `D` for the separator of a track.
pub(super) fn unpack(wire: &[u8], out: &mut Vec<u8>) {
    let (fours, rest) = wire.as_chunks::<4>();
    for four in fours {
        let [a, b, c, d] = four.map(pair_of);
        let ([a0, a1], [b0, b1], [c0, c1], [d0, d1]) = (a, b, c, d);
        out.extend_from_slice(&[a0, a1, b0, b1, c0, c1, d0, d1]);
    }
    for byte in rest {
        out.extend_from_slice(&pair_of(*byte));
    }
}

/// Appends a byte for two characters that were found fit; of an odd number the last is left out.
pub(super) fn pack(characters: &[u8], out: &mut Vec<u8>) {
    let (eights, rest) = characters.as_chunks::<8>();
    for eight in eights {
        let word = u64::from_be_bytes(*eight);
        // `D` is 0x44: the bit that digits and `=` don't have adds what is missing to 0xD.
        let nibbles = (word & 0x0F0F_0F0F_0F0F_0F0F) + 9 * (word >> 6 & 0x0101_0101_0101_0101);
        let bytes = (nibbles >> 4 | nibbles) & 0x00FF_00FF_00FF_00FF;
        let pairs = (bytes >> 8 | bytes) & 0x0000_FFFF_0000_FFFF;
        let packed = u32::try_from((pairs >> 16 | pairs) & 0xFFFF_FFFF).unwrap_or_default();
        out.extend_from_slice(&packed.to_be_bytes());
    }
    let (pairs, _) = rest.as_chunks::<2>();
    for [high, low] in pairs {
        out.push(nibble(*high) << 4 | nibble(*low));
    }
}

/// A digit, or a separator of a track, as its nibble.
#[inline]
pub(super) const fn nibble(character: u8) -> u8 {
    (character & 0x0F) + 9 * (character >> 6 & 1)
}

/// The two hex characters of a byte, which for BCD are its digits.
#[allow(
    clippy::indexing_slicing,
    reason = "a byte always lies inside a table of 256"
)]
#[inline]
pub(super) fn pair_of(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// Whether canonical characters fit a class.
#[inline]
pub(super) fn characters_fit(class: Class, value: &[u8]) -> bool {
    match class {
        Class::Digits => all_digits(value),
        Class::Track => all(value, TRACK),
        Class::Letters => all(value, LETTER),
        Class::Text => all(value, TEXT),
        Class::SignedDigits => match value.split_first() {
            Some((sign, digits)) => all(&[*sign], SIGN) && all_digits(digits),
            None => true,
        },
        Class::Any | Class::Binary => true,
    }
}

/// Whether bytes on the wire fit. `false` for EBCDIC, too: there the slow way has to look.
#[inline]
pub(super) fn wire_fits(class: Class, encoding: Encoding, odd: Odd, wire: &[u8]) -> bool {
    match encoding {
        Encoding::Raw => true,
        Encoding::Ascii => characters_fit(class, wire),
        Encoding::Hex => all(wire, UPPER_HEX),
        Encoding::Ebcdic => false,
        Encoding::Bcd => bcd_fits(class == Class::Track, odd, wire),
    }
}

/// Where the odd digit of a BCD value stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Odd {
    /// Every byte holds two digits.
    Nowhere,
    /// The last byte holds one, and a pad nibble after it.
    Last,
    /// The first byte holds one, after a zero.
    First,
}

#[inline]
fn bcd_fits(track: bool, odd: Odd, wire: &[u8]) -> bool {
    let (last, first) = if track {
        (TRACK_ODD_LAST, TRACK_ODD_FIRST)
    } else {
        (ODD_LAST, ODD_FIRST)
    };
    let (odd_one_fits, pairs) = match (odd, wire) {
        (Odd::Last, [pairs @ .., byte]) => (all(&[*byte], last), pairs),
        (Odd::First, [byte, pairs @ ..]) => (all(&[*byte], first), pairs),
        _ => (true, wire),
    };
    odd_one_fits
        && if track {
            all(pairs, TRACK_PAIR)
        } else {
            all_pairs(pairs)
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::characters;

    const CLASSES: [Class; 7] = [
        Class::Digits,
        Class::SignedDigits,
        Class::Track,
        Class::Letters,
        Class::Text,
        Class::Any,
        Class::Binary,
    ];

    /// The table and the rules say the same of every byte at every kind of place.
    #[test]
    fn the_table_is_what_the_rules_say() {
        for class in CLASSES {
            for byte in 0..=255 {
                let (first, second) = (
                    characters::allowed(class, byte, 0),
                    characters::allowed(class, byte, 1),
                );
                assert_eq!(characters_fit(class, &[byte]), first, "{class:?} {byte:#x}");
                let lead = if class == Class::SignedDigits {
                    b'C'
                } else {
                    b'1'
                };
                assert_eq!(
                    characters_fit(class, &[lead, byte]),
                    second,
                    "{class:?} {byte:#x}"
                );
            }
        }
    }

    /// Long enough for the way of eight bytes, with one byte of any value at any place.
    #[test]
    fn eight_at_a_time_says_the_same() {
        for class in CLASSES {
            for place in 1..20 {
                for byte in 0..=255 {
                    let mut value = [b'1'; 20];
                    if class == Class::SignedDigits {
                        value[0] = b'C';
                    }
                    value[place] = byte;
                    let expected = characters::allowed(class, byte, place);
                    assert_eq!(
                        characters_fit(class, &value),
                        expected,
                        "{class:?} {byte:#x}"
                    );
                    let mut wire = [0x11; 20];
                    wire[place] = byte;
                    let nibbles = [byte >> 4, byte & 0x0F];
                    let fits = |nibble| characters::from_nibble(class, nibble).is_some();
                    assert_eq!(
                        wire_fits(class, Encoding::Bcd, Odd::Nowhere, &wire),
                        nibbles.into_iter().all(fits),
                        "{class:?} {byte:#x}"
                    );
                }
            }
        }
    }

    #[test]
    fn packing_and_unpacking_are_inverse_at_any_length() {
        let text = b"6216261000000000018D3012201000000000";
        for length in (0..=text.len()).step_by(2) {
            let (mut packed, mut unpacked) = (Vec::new(), Vec::new());
            pack(&text[..length], &mut packed);
            unpack(&packed, &mut unpacked);
            assert_eq!(unpacked, text[..length]);
        }
        let (mut equals, mut letter) = (Vec::new(), Vec::new());
        pack(b"123=45671=", &mut equals);
        pack(b"123D45671D", &mut letter);
        assert_eq!(equals, letter);
    }

    #[test]
    fn every_bcd_byte_at_every_place() {
        for class in [Class::Digits, Class::Track] {
            let fits = |nibble| characters::from_nibble(class, nibble).is_some();
            for byte in 0..=255_u8 {
                let (high, low) = (byte >> 4, byte & 0x0F);
                let pad = low == 0 || low == 0x0F;
                for (odd, wire, expected) in [
                    (Odd::Nowhere, [0x11, byte], fits(high) && fits(low)),
                    (Odd::Last, [0x11, byte], fits(high) && pad),
                    (Odd::Last, [byte, 0x10], fits(high) && fits(low)),
                    (Odd::First, [byte, 0x11], high == 0 && fits(low)),
                    (Odd::First, [0x01, byte], fits(high) && fits(low)),
                ] {
                    let found = wire_fits(class, Encoding::Bcd, odd, &wire);
                    assert_eq!(found, expected, "{class:?} {odd:?} {byte:#x}");
                }
            }
        }
    }
}
