//! Digits packed two a byte, up to sixteen at a time in a word of 64 bits.
//!
//! Here it is only said whether all of them are fine; which one is wrong, and why, is looked for by
//! the careful way, and only when one is.

use crate::dialect::Masks;
use crate::hex;

/// A byte in every place of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each nibble is set where that is over nine: where it has its highest bit
/// and one of the next two. The other bits are of no meaning.
#[inline]
const fn over_nine(word: u64) -> u64 {
    word & (word << 1 | word << 2)
}

/// The highest bit of each nibble that is 0xD is set, and that of some below nine.
#[inline]
const fn separator(word: u64) -> u64 {
    word << 1 & !(word << 2) & word << 3
}

/// Appends two characters a byte: digits, and `D` for the separator of a track.
pub(super) fn unpack(wire: &[u8], out: &mut Vec<u8>) {
    out.extend(wire.iter().flat_map(|byte| hex::pair(*byte)));
}

/// Appends a byte for two characters that were found fit; of an odd number the last is left out.
pub(super) fn pack(characters: &[u8], out: &mut Vec<u8>) {
    let (pairs, _) = characters.as_chunks::<2>();
    out.extend(
        pairs
            .iter()
            .map(|[high, low]| nibble(*high) << 4 | nibble(*low)),
    );
}

/// A digit, a separator of a track or an upper-case hex character, found fit, as its nibble.
#[inline]
pub(super) const fn nibble(character: u8) -> u8 {
    (character & 0x0F) + 9 * (character >> 6 & 1)
}

/// Masks for each number of packed digits up to a word.
static PACKED: [Masks; 17] = {
    let mut masks = [Masks::NONE; 17];
    let mut digits = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while digits <= 16 {
        masks[digits] = Masks::left(digits as u32);
        digits += 1;
    }
    masks
};

/// Whether so many packed digits, or characters of a track, fit, an odd one with its pad nibble.
/// `after` begins with them; what lies behind them is not looked at.
#[inline]
pub(super) fn packed_fits<const TRACK: bool>(after: &[u8], units: usize) -> bool {
    match (after.first_chunk(), PACKED.get(units)) {
        (Some(word), Some(masks)) => word_fits::<TRACK>(masks, u64::from_be_bytes(*word)),
        _ => long_or_last_fits::<TRACK>(after, units),
    }
}

/// More than a word of them, or where memory ends before a word does.
#[inline(never)]
fn long_or_last_fits<const TRACK: bool>(after: &[u8], units: usize) -> bool {
    let [.., whole] = &PACKED;
    let (mut after, mut units) = (after, units);
    while units > 16 {
        let Some((word, rest)) = after.split_first_chunk() else {
            return false;
        };
        if !word_fits::<TRACK>(whole, u64::from_be_bytes(*word)) {
            return false;
        }
        (after, units) = (rest, units - 16);
    }
    let word = match after.first_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => last_word(after),
    };
    word_fits::<TRACK>(PACKED.get(units).unwrap_or(whole), word)
}

/// Whether the digits that a word begins with fit, and the pad nibble beside them.
#[inline]
pub(super) const fn word_fits<const TRACK: bool>(masks: &Masks, word: u64) -> bool {
    let wrong = if TRACK {
        over_nine(word) & !separator(word)
    } else {
        over_nine(word)
    };
    wrong & masks.digits | (word ^ word >> 1) & masks.pad == 0
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

/// Up to eight digits, the first in the lowest byte, as packed; `None` where one is no digit. The
/// bits that `kept` has not count as zeros.
#[inline]
pub(super) fn packed_word(characters: [u8; 8], kept: u64) -> Option<[u8; 4]> {
    let digits = (u64::from_le_bytes(characters) ^ each(b'0')) & kept;
    let fits = (digits.wrapping_add(each(0x7F - 9)) | digits) & each(0x80) == 0;
    let pairs = (digits << 4 | digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
    let packed = u32::try_from((fours | fours >> 16) & 0xFFFF_FFFF).unwrap_or_default();
    fits.then_some(packed.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One byte of any value at any place, in memory that ends with the value and in memory that
    /// goes on with what is forbidden.
    #[test]
    fn packed_values_fit_where_the_bytes_do() {
        for (track, units) in [1, 2, 3, 14, 15, 16, 17, 18, 31, 33, 37]
            .into_iter()
            .flat_map(|units| [(false, units), (true, units)])
        {
            let length = usize::div_ceil(units, 2);
            let fits = |nibble: u8| nibble <= 9 || track && nibble == 0xD;
            for (place, byte) in (0..length).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
                let mut memory = [0xFF; 40];
                memory[..length].fill(0x11);
                memory[length - 1] = if units % 2 == 1 { 0x10 } else { 0x11 };
                memory[place] = byte;
                let mut nibbles = memory.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
                let digits_fit = nibbles.by_ref().take(units).all(fits);
                let pad_fits = units % 2 == 0 || matches!(nibbles.next(), Some(0 | 0xF));
                let expected = digits_fit && pad_fits;
                for after in [&memory[..], &memory[..length]] {
                    let found = if track {
                        packed_fits::<true>(after, units)
                    } else {
                        packed_fits::<false>(after, units)
                    };
                    assert_eq!(found, expected, "{track} {byte:#x} at {place} of {units}");
                }
            }
        }
        assert!(packed_fits::<false>(&[], 0) && packed_fits::<true>(&[0xFF; 9], 0));
    }

    /// Any byte at any place of any number of digits, with what is forbidden behind them.
    #[test]
    fn a_word_of_digits_is_packed_or_refused() {
        for (count, place, byte) in (1..=8_usize)
            .flat_map(|count| (0..count).map(move |place| (count, place)))
            .flat_map(|(count, place)| (0..=255).map(move |byte| (count, place, byte)))
        {
            let mut characters = [0xEE; 8];
            characters[..count].copy_from_slice(&b"98765432"[..count]);
            characters[place] = byte;
            let mut expected = Vec::new();
            let mut filled = [b'0'; 8];
            filled[..count].copy_from_slice(&characters[..count]);
            pack(&filled, &mut expected);
            let found = packed_word(characters, u64::MAX >> (64 - 8 * count));
            let fits = byte.is_ascii_digit();
            assert_eq!(found.is_some(), fits, "{byte:#x} at {place} of {count}");
            assert!(found.is_none_or(|found| found == *expected));
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
}
