//! Characters sixteen at a time.
//!
//! Every loop here runs over an array of a fixed size and leaves no iteration out, whatever it
//! finds, and each stands in a function that is not inlined and works from memory to memory: that
//! is what lets the compiler make a dozen vector instructions of it, on any processor. Inlined, it
//! takes the array apart into single bytes, which costs five times as much.
//! As in [`super::class_words`], it is only said whether a whole value is fine.

use crate::dialect::Class;

/// Characters of a piece.
pub(super) const PIECE: usize = 16;

/// For each number of characters up to a piece: all bits where one of them stands.
const KEPT: [[u8; PIECE]; PIECE + 1] = {
    let mut rows = [[0; PIECE]; PIECE + 1];
    let mut count = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while count <= PIECE {
        let mut place = 0;
        while place < count {
            rows[count][place] = 0xFF;
            place += 1;
        }
        count += 1;
    }
    rows
};

/// Memory that begins with a piece of a value, and which of its characters belong to that.
type Piece<'a> = (&'a [u8; PIECE], &'a [u8; PIECE]);

/// Calls `work` with the piece of `count` characters that memory begins with.
#[inline]
fn with_piece<T>(after: &[u8], count: usize, work: impl FnOnce(Piece<'_>) -> T) -> T {
    let [.., all] = &KEPT;
    let kept = KEPT.get(count).unwrap_or(all);
    match after.first_chunk() {
        Some(characters) => work((characters, kept)),
        None => work((&last_piece(after), kept)),
    }
}

/// Where memory ends before the piece does.
#[cold]
#[inline(never)]
fn last_piece(after: &[u8]) -> [u8; PIECE] {
    let mut piece = [b'0'; PIECE];
    for (place, character) in piece.iter_mut().zip(after) {
        *place = *character;
    }
    piece
}

/// The characters of a piece, and zeros, `0`, behind them: every class but binary ones has those.
#[inline(always)]
fn filled((characters, kept): Piece<'_>) -> [u8; PIECE] {
    let mut filled = *characters;
    for (character, kept) in filled.iter_mut().zip(kept) {
        *character = (*character & *kept) | (b'0' & !*kept);
    }
    filled
}

#[inline(always)]
fn all(characters: &[u8; PIECE], fine: impl Fn(u8) -> bool) -> bool {
    characters
        .iter()
        .fold(true, |all, character| all & fine(*character))
}

#[inline(never)]
fn digits(piece: Piece<'_>) -> bool {
    all(&filled(piece), is_digit)
}

#[inline(never)]
fn track(piece: Piece<'_>) -> bool {
    all(&filled(piece), is_track)
}

#[inline(never)]
fn letters(piece: Piece<'_>) -> bool {
    let letter = |character: u8| (character | 0x20).wrapping_sub(b'a') < 26;
    all(&filled(piece), |character| {
        is_digit(character) | letter(character) | (character == b' ')
    })
}

#[inline(never)]
fn text(piece: Piece<'_>) -> bool {
    all(&filled(piece), |character| {
        character.wrapping_sub(0x20) <= 0x7E - 0x20
    })
}

#[inline]
const fn is_track(character: u8) -> bool {
    is_digit(character) | (character == b'D') | (character == b'=')
}

#[inline]
const fn is_digit(character: u8) -> bool {
    character.wrapping_sub(b'0') <= 9
}

/// Whether the first `count` characters of `after` fit a class. It must have as many.
#[inline]
pub(super) fn characters_fit(class: Class, after: &[u8], count: usize) -> bool {
    let fine = match class {
        Class::Any | Class::Binary => return true,
        Class::Digits => digits,
        Class::Track => track,
        Class::Letters => letters,
        Class::Text => text,
        Class::SignedDigits => return signed_digits_fit(after, count),
    };
    if count <= PIECE {
        with_piece(after, count, fine)
    } else {
        every_piece(after, count, fine)
    }
}

fn signed_digits_fit(after: &[u8], count: usize) -> bool {
    match (after.split_first(), count.checked_sub(1)) {
        (Some((b'C' | b'D', after)), Some(count)) => every_piece(after, count, digits),
        (_, None) => true,
        (_, Some(_)) => false,
    }
}

#[inline(never)]
fn every_piece(after: &[u8], count: usize, fine: fn(Piece<'_>) -> bool) -> bool {
    let (mut after, mut count) = (after, count);
    while count > PIECE {
        if !with_piece(after, PIECE, fine) {
            return false;
        }
        count -= PIECE;
        after = after.get(PIECE..).unwrap_or_default();
    }
    with_piece(after, count, fine)
}

/// Packs up to sixteen digits, and zeros behind them; whether they are digits.
#[inline]
pub(super) fn pack_digits(after: &[u8], count: usize, place: &mut [u8; PIECE / 2]) -> bool {
    with_piece(after, count, |piece| pack_digits_of(piece, place))
}

#[inline(never)]
fn pack_digits_of(piece: Piece<'_>, place: &mut [u8; PIECE / 2]) -> bool {
    let digits = filled(piece);
    pack(&digits, place);
    all(&digits, is_digit)
}

/// Packs up to sixteen characters of a track, and zeros behind them; whether they may stand there.
#[inline]
pub(super) fn pack_track(after: &[u8], count: usize, place: &mut [u8; PIECE / 2]) -> bool {
    with_piece(after, count, |piece| pack_track_of(piece, place))
}

#[inline(never)]
fn pack_track_of(piece: Piece<'_>, place: &mut [u8; PIECE / 2]) -> bool {
    let characters = filled(piece);
    // `D` is 0x44, `=` 0x3D: the bit that only `D` has adds what is missing to 0xD.
    let nibbles = characters.map(|character| (character & 0x0F) + 9 * (character >> 6 & 1));
    pack(&nibbles, place);
    all(&characters, is_track)
}

/// Of each two characters the lower halves as one byte.
#[inline(always)]
fn pack(characters: &[u8; PIECE], place: &mut [u8; PIECE / 2]) {
    let (pairs, _) = characters.as_chunks::<2>();
    let mut bytes = [0; PIECE / 2];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let pair = u16::from_le_bytes(*pair);
        *byte = (pair << 4 | (pair >> 8 & 0x0F)) & 0xFF;
    }
    for (place, byte) in place.iter_mut().zip(bytes) {
        [*place, _] = byte.to_le_bytes();
    }
}

/// Eight bytes as sixteen characters: digits, and `D` for the separator of a track.
#[inline(never)]
pub(super) fn unpack(bytes: &[u8; PIECE / 2], place: &mut [u8; PIECE]) {
    let (pairs, _) = place.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = [character(byte >> 4), character(byte & 0x0F)];
    }
}

#[inline]
const fn character(nibble: u8) -> u8 {
    nibble + b'0' + if nibble > 9 { 7 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::characters;
    use crate::codec::class_words;

    const CLASSES: [Class; 7] = [
        Class::Digits,
        Class::SignedDigits,
        Class::Track,
        Class::Letters,
        Class::Text,
        Class::Any,
        Class::Binary,
    ];

    /// One byte of any value at any place, in memory that ends with the value and in memory that
    /// goes on with what the class forbids.
    #[test]
    fn pieces_say_what_the_rules_say() {
        for class in CLASSES {
            for (length, place) in [1, 2, 3, 8, 15, 16, 17, 31, 32, 37]
                .into_iter()
                .flat_map(|length| (0..length).map(move |at| (length, at)))
            {
                for byte in 0..=255 {
                    let mut memory = [0x00; 64];
                    memory[..length].fill(b'1');
                    if class == Class::SignedDigits {
                        memory[0] = b'C';
                    }
                    memory[place] = byte;
                    let expected = characters::allowed(class, byte, place);
                    for after in [&memory[..], &memory[..length]] {
                        assert_eq!(
                            characters_fit(class, after, length),
                            expected,
                            "{class:?} {byte:#x} at {place} of {length}"
                        );
                    }
                }
            }
            assert!(characters_fit(class, &[], 0) && characters_fit(class, &[0; 40], 0));
        }
    }

    #[test]
    fn packs_and_unpacks_each_byte_at_each_place() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut bytes = [0x12; 8];
                bytes[place] = byte;
                let (mut text, mut packed) = ([0; 16], [0; 8]);
                unpack(&bytes, &mut text);
                assert_eq!(text[2 * place..2 * place + 2], class_words::pair_of(byte));
                let digits = byte >> 4 <= 9 && byte & 0x0F <= 9;
                assert_eq!(pack_digits(&text, 16, &mut packed), digits, "{byte:#x}");
                assert!(!digits || packed == bytes, "{byte:#x}");
            }
        }
    }

    /// Of any number of characters, whatever stands behind them.
    #[test]
    fn packs_a_part_of_a_piece_and_fills_it_with_zeros() {
        for count in 0..=16 {
            let mut after = [b'9'; 16];
            after[count..].fill(0xEE);
            for after in [&after[..], &after[..count]] {
                let (mut digits, mut track) = ([0xEE; 8], [0xEE; 8]);
                assert!(pack_digits(after, count, &mut digits));
                assert!(pack_track(after, count, &mut track));
                let nines = u64::MAX.checked_shl(64 - 4 * count as u32).unwrap_or(0);
                let expected = (0x9999_9999_9999_9999 & nines).to_be_bytes();
                assert_eq!((digits, track), (expected, expected), "{count}");
            }
        }
        let mut packed = [0; 8];
        assert!(pack_track(b"6216=2610000D000", 16, &mut packed));
        assert_eq!(packed, [0x62, 0x16, 0xD2, 0x61, 0x00, 0x00, 0xD0, 0x00]);
        assert!(!pack_digits(b"6216=2610000D000", 16, &mut packed));
    }
}
