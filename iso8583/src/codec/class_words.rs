//! Which bytes a format allows, eight at a time in a word of 64 bits.
//!
//! Here it is only said whether a whole value is fine; which byte is wrong, and why, is looked for
//! by the careful way, and only when one is.

use crate::dialect::{Class, Encoding};

/// A byte in every place of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const TOP: u64 = each(0x80);

/// The top bit of every byte from `low` to `high`, for bytes below 0x80.
#[inline]
const fn within(word: u64, low: u8, high: u8) -> u64 {
    (word + each(0x80 - low)) & !(word + each(0x7F - high))
}

/// Whether each byte of the word may stand in a value, but for the sign of `x+n`.
#[inline]
const fn characters_of(class: Class, word: u64) -> bool {
    let ascii = word & !TOP;
    let digits = within(ascii, b'0', b'9');
    let fine = match class {
        Class::Digits | Class::SignedDigits => digits,
        Class::Track => digits | within(ascii, b'=', b'=') | within(ascii, b'D', b'D'),
        Class::Letters => {
            digits | within(ascii | each(0x20), b'a', b'z') | within(ascii, b' ', b' ')
        }
        Class::Text => within(ascii, 0x20, 0x7E),
        Class::Any | Class::Binary => return true,
    };
    fine & !word & TOP == TOP
}

#[inline]
const fn upper_hex(word: u64) -> bool {
    let ascii = word & !TOP;
    (within(ascii, b'0', b'9') | within(ascii, b'A', b'F')) & !word & TOP == TOP
}

/// The highest bit of each nibble is set where that is over nine: where it has its highest bit
/// and one of the next two. The other bits are of no meaning.
#[inline]
pub(super) const fn over_nine(word: u64) -> u64 {
    word & (word << 1 | word << 2)
}

/// Whether all nibbles are digits.
#[inline]
const fn pairs(word: u64) -> bool {
    over_nine(word) & each(0x88) == 0
}

/// Whether all nibbles are digits or the separator, 0xD.
#[inline]
const fn track_pairs(word: u64) -> bool {
    over_nine(word) & !separator(word) & each(0x88) == 0
}

/// The highest bit of each nibble that is 0xD is set, and that of some below nine.
#[inline]
const fn separator(word: u64) -> u64 {
    word << 1 & !(word << 2) & word << 3
}

/// Whether every word of a value is fine. The last may overlap the one before; a value shorter
/// than a word fills it with bytes of its own.
#[inline]
fn every_word(value: &[u8], fine: impl Fn(u64) -> bool) -> bool {
    if let Some(last) = value.last_chunk::<8>() {
        let (eights, _) = value.as_chunks::<8>();
        return eights.iter().all(|eight| fine(u64::from_le_bytes(*eight)))
            && fine(u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (value.first_chunk::<4>(), value.last_chunk::<4>()) {
        let [first, last] = [*first, *last].map(|four| u64::from(u32::from_le_bytes(four)));
        return fine(first << 32 | last);
    }
    match *value {
        [a] => fine(each(a)),
        [a, b] => fine(u64::from_le_bytes([a, b, a, b, a, b, a, b])),
        [a, b, c] => fine(u64::from_le_bytes([a, b, c, a, b, c, a, b])),
        _ => true,
    }
}

/// Four bytes as eight characters: digits, and hex above nine.
#[inline]
pub(super) const fn characters_of_pairs(pairs: [u8; 4]) -> [u8; 8] {
    let nibbles = nibbles_of_pairs(pairs);
    let letters = (nibbles + each(6)) >> 4 & each(1);
    (nibbles + each(b'0') + letters * 7).to_be_bytes()
}

/// Eight nibbles of four bytes, each in a byte.
#[inline]
const fn nibbles_of_pairs([a, b, c, d]: [u8; 4]) -> u64 {
    let word = u64::from_be_bytes([0, 0, 0, 0, a, b, c, d]);
    let quarters = (word << 16 | word) & 0x0000_FFFF_0000_FFFF;
    let bytes = (quarters << 8 | quarters) & 0x00FF_00FF_00FF_00FF;
    (bytes << 4 | bytes) & each(0x0F)
}

/// Appends two characters a byte: digits, and `D` for the separator of a track.
pub(super) fn unpack(wire: &[u8], out: &mut Vec<u8>) {
    let (fours, rest) = wire.as_chunks::<4>();
    for four in fours {
        out.extend_from_slice(&characters_of_pairs(*four));
    }
    for byte in rest {
        out.extend_from_slice(&pair_of(*byte));
    }
}

/// Eight characters, found fit, as the four bytes of their nibbles.
#[inline]
pub(super) fn pairs_of_characters(characters: [u8; 8]) -> [u8; 4] {
    let word = u64::from_be_bytes(characters);
    // `D` is 0x44: the bit that digits and `=` don't have adds what is missing to 0xD.
    pairs_of_nibbles((word & each(0x0F)) + 9 * (word >> 6 & each(1)))
}

/// Eight nibbles, each in a byte, as four bytes.
#[inline]
pub(super) fn pairs_of_nibbles(nibbles: u64) -> [u8; 4] {
    let bytes = (nibbles >> 4 | nibbles) & 0x00FF_00FF_00FF_00FF;
    let quarters = (bytes >> 8 | bytes) & 0x0000_FFFF_0000_FFFF;
    let [.., a, b, c, d] = (quarters >> 16 | quarters).to_be_bytes();
    [a, b, c, d]
}

/// Appends a byte for two characters that were found fit; of an odd number the last is left out.
pub(super) fn pack(characters: &[u8], out: &mut Vec<u8>) {
    let (eights, rest) = characters.as_chunks::<8>();
    for eight in eights {
        out.extend_from_slice(&pairs_of_characters(*eight));
    }
    let (pairs, _) = rest.as_chunks::<2>();
    for [high, low] in pairs {
        out.push(nibble(*high) << 4 | nibble(*low));
    }
}

/// A digit, a separator of a track or an upper-case hex character, found fit, as its nibble.
#[inline]
pub(super) const fn nibble(character: u8) -> u8 {
    (character & 0x0F) + 9 * (character >> 6 & 1)
}

/// The two hex characters of a byte, which for BCD are its digits.
#[inline]
pub(super) const fn pair_of(byte: u8) -> [u8; 2] {
    [crate::hex::digit(byte >> 4), crate::hex::digit(byte & 0x0F)]
}

/// Whether canonical characters fit a class.
#[inline]
pub(super) fn characters_fit(class: Class, value: &[u8]) -> bool {
    match class {
        Class::Any | Class::Binary => true,
        Class::SignedDigits => match value.split_first() {
            Some((sign, digits)) => {
                matches!(sign, b'C' | b'D') && characters_fit(Class::Digits, digits)
            }
            None => true,
        },
        Class::Digits => every_word(value, |word| characters_of(Class::Digits, word)),
        Class::Track => every_word(value, |word| characters_of(Class::Track, word)),
        Class::Letters => every_word(value, |word| characters_of(Class::Letters, word)),
        Class::Text => every_word(value, |word| characters_of(Class::Text, word)),
    }
}

/// Whether bytes on the wire fit. `false` for EBCDIC, too: there the careful way has to look.
pub(super) fn wire_fits(class: Class, encoding: Encoding, odd: Odd, wire: &[u8]) -> bool {
    match encoding {
        Encoding::Raw => true,
        Encoding::Ascii => characters_fit(class, wire),
        Encoding::Hex => every_word(wire, upper_hex),
        Encoding::Ebcdic => false,
        Encoding::Bcd => bcd_fits(class == Class::Track, odd, wire),
    }
}

/// Whether so many packed digits, or characters of a track, fit, an odd one with its pad nibble.
/// `after` begins with them; what lies behind them is not looked at.
#[inline(never)]
pub(super) fn packed_fits(track: bool, after: &[u8], units: usize) -> bool {
    let (mut after, mut units) = (after, units);
    while units > 16 {
        let Some((word, rest)) = after.split_first_chunk() else {
            return false;
        };
        let word = u64::from_be_bytes(*word);
        let fits = if track {
            track_pairs(word)
        } else {
            pairs(word)
        };
        if !fits {
            return false;
        }
        (after, units) = (rest, units - 16);
    }
    let word = match after.first_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => last_word(after),
    };
    units == 0 || word_begins_fit(track, word, units)
}

/// Whether the first digits of a word fit: 1 to 16 of them.
#[inline]
const fn word_begins_fit(track: bool, word: u64, units: usize) -> bool {
    let last = 64_usize.wrapping_sub(4 * units) & 63;
    let wrong = if track {
        over_nine(word) & !separator(word)
    } else {
        over_nine(word)
    };
    // Each bit of the pad nibble but the highest must be as the one above it.
    let pad = if units % 2 == 1 { 7 << last >> 4 } else { 0 };
    wrong & (each(0x88) << last) | (word ^ word >> 1) & pad == 0
}

/// Where memory ends before the word does.
#[cold]
fn last_word(after: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (place, byte) in word.iter_mut().zip(after) {
        *place = *byte;
    }
    u64::from_be_bytes(word)
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

/// Whether BCD fits. A pad nibble F is looked at as the 0 that it means.
#[inline]
pub(super) fn bcd_fits(track: bool, odd: Odd, wire: &[u8]) -> bool {
    let one = |byte: u8| {
        if track {
            track_pairs(each(byte))
        } else {
            pairs(each(byte))
        }
    };
    let (odd_one_fits, rest) = match (odd, wire) {
        (Odd::Last, [rest @ .., byte]) => {
            let pad_fits = matches!(byte & 0x0F, 0 | 0x0F);
            (pad_fits && one(byte & 0xF0), rest)
        }
        (Odd::First, [byte, rest @ ..]) => (*byte < 0x10 && one(*byte), rest),
        _ => (true, wire),
    };
    odd_one_fits
        && if track {
            every_word(rest, track_pairs)
        } else {
            every_word(rest, pairs)
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

    /// The words and the rules say the same of every byte at every kind of place.
    #[test]
    fn the_words_are_what_the_rules_say() {
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

    /// One byte of any value at any place of values of every kind of length: parts of a word, one,
    /// and words that overlap.
    #[test]
    fn every_length_and_place_says_the_same() {
        for class in CLASSES {
            for (length, place) in [1, 2, 3, 4, 5, 7, 8, 9, 19]
                .into_iter()
                .flat_map(|length| (0..length).map(move |at| (length, at)))
            {
                for byte in 0..=255 {
                    let mut value = [b'1'; 20];
                    if class == Class::SignedDigits {
                        value[0] = b'C';
                    }
                    value[place] = byte;
                    let expected = characters::allowed(class, byte, place);
                    assert_eq!(
                        characters_fit(class, &value[..length]),
                        expected,
                        "{class:?} {byte:#x} at {place} of {length}"
                    );
                    let mut wire = [0x11; 20];
                    wire[place] = byte;
                    let nibbles = [byte >> 4, byte & 0x0F];
                    let fits = |nibble| characters::from_nibble(class, nibble).is_some();
                    assert_eq!(
                        wire_fits(class, Encoding::Bcd, Odd::Nowhere, &wire[..length]),
                        nibbles.into_iter().all(fits),
                        "{class:?} {byte:#x} at {place} of {length}"
                    );
                    let hex =
                        wire_fits(Class::Binary, Encoding::Hex, Odd::Nowhere, &value[..length]);
                    let upper = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
                    assert_eq!(hex, value[..length].iter().all(upper), "{byte:#x}");
                }
            }
        }
    }

    /// One byte of any value at any place, in memory that ends with the value and in memory that
    /// goes on with what is forbidden.
    #[test]
    fn packed_values_fit_where_the_bytes_do() {
        for (track, units) in [1, 2, 3, 14, 15, 16, 17, 18, 31, 33, 37]
            .into_iter()
            .flat_map(|units| [(false, units), (true, units)])
        {
            let length = usize::div_ceil(units, 2);
            let odd = if units % 2 == 1 {
                Odd::Last
            } else {
                Odd::Nowhere
            };
            for (place, byte) in (0..length).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
                let mut memory = [0xFF; 40];
                memory[..length].fill(0x11);
                memory[length - 1] = if units % 2 == 1 { 0x10 } else { 0x11 };
                memory[place] = byte;
                let expected = bcd_fits(track, odd, &memory[..length]);
                for after in [&memory[..], &memory[..length]] {
                    let found = packed_fits(track, after, units);
                    assert_eq!(found, expected, "{track} {byte:#x} at {place} of {units}");
                }
            }
        }
        assert!(packed_fits(false, &[], 0) && packed_fits(true, &[0xFF; 9], 0));
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
