//! Blocks of sixteen characters are checked and packed at once.
//!
//! Every loop over characters here runs over an array of a fixed size and never ends early. Each
//! loop stands in a function of its own that is not inlined and works from memory to memory: the
//! compiler then makes a dozen vector instructions of it, on any processor. Inlined, it takes the
//! array apart into single bytes, which costs five times as much. As in [`super::packed`], the
//! answer is only whether the whole value is right.

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
fn upper_hex(piece: Piece<'_>) -> bool {
    all(&filled(piece), is_upper_hex)
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
const fn is_upper_hex(character: u8) -> bool {
    is_digit(character) | (character.wrapping_sub(b'A') < 6)
}

#[inline]
const fn is_track(character: u8) -> bool {
    is_digit(character) | (character == b'D') | (character == b'=')
}

#[inline]
const fn is_digit(character: u8) -> bool {
    character.wrapping_sub(b'0') <= 9
}

/// Whether the first `count` characters of `after` are ASCII digits. Where it has fewer, this says
/// nothing about those that are missing; and so for the next ones.
#[inline]
pub(super) fn digits_fit(after: &[u8], count: usize) -> bool {
    pieces_fit(after, count, digits)
}

/// `C` or `D`, then digits.
pub(super) fn signed_digits_fit(after: &[u8], count: usize) -> bool {
    match (after.split_first(), count.checked_sub(1)) {
        (Some((b'C' | b'D', after)), Some(count)) => every_piece(after, count, digits),
        (_, None) => true,
        (_, Some(_)) => false,
    }
}

/// Digits and separators.
#[inline]
pub(super) fn track_fits(after: &[u8], count: usize) -> bool {
    pieces_fit(after, count, track)
}

/// Letters, digits and spaces.
#[inline]
pub(super) fn letters_fit(after: &[u8], count: usize) -> bool {
    pieces_fit(after, count, letters)
}

/// Printable ASCII.
#[inline]
pub(super) fn text_fits(after: &[u8], count: usize) -> bool {
    pieces_fit(after, count, text)
}

/// Upper-case hex.
#[inline]
pub(super) fn hex_fits(after: &[u8], count: usize) -> bool {
    pieces_fit(after, count, upper_hex)
}

#[inline]
fn pieces_fit(after: &[u8], count: usize, fine: fn(Piece<'_>) -> bool) -> bool {
    if count <= PIECE {
        with_piece(after, count, fine)
    } else {
        every_piece(after, count, fine)
    }
}

#[inline(never)]
fn every_piece(after: &[u8], count: usize, fine: fn(Piece<'_>) -> bool) -> bool {
    let (mut after, mut count) = (after, count);
    while count > PIECE && !after.is_empty() {
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
    pack(&nibbles(&characters), place);
    all(&characters, is_track)
}

/// Packs up to sixteen upper-case hex characters, and zeros behind them; whether they are such.
#[inline]
pub(super) fn pack_hex(after: &[u8], count: usize, place: &mut [u8; PIECE / 2]) -> bool {
    with_piece(after, count, |piece| pack_hex_of(piece, place))
}

/// Packs sixteen upper-case hex characters; whether they are such.
#[inline]
pub(super) fn pack_whole_hex(characters: &[u8; PIECE], place: &mut [u8; PIECE / 2]) -> bool {
    let [.., all] = &KEPT;
    pack_hex_of((characters, all), place)
}

#[inline(never)]
fn pack_hex_of(piece: Piece<'_>, place: &mut [u8; PIECE / 2]) -> bool {
    let characters = filled(piece);
    pack(&nibbles(&characters), place);
    all(&characters, is_upper_hex)
}

/// Packs sixteen upper-case hex characters that were found fit.
#[inline(never)]
pub(super) fn pack_fit_hex(characters: &[u8; PIECE], place: &mut [u8; PIECE / 2]) {
    pack(&nibbles(characters), place);
}

/// The sixteen upper-case hex characters of eight bytes: digits, and `D` for the separator of a
/// track.
#[inline(never)]
pub(super) fn unpack(bytes: &[u8; PIECE / 2], place: &mut [u8; PIECE]) {
    let mut nibbles = [0; PIECE / 2];
    for (pair, byte) in nibbles.iter_mut().zip(bytes) {
        let byte = u16::from(*byte);
        // In the order in which they stand in memory.
        *pair = (byte >> 4 | byte << 8) & 0x0F0F;
    }
    let (places, _) = place.as_chunks_mut();
    for (place, pair) in places.iter_mut().zip(nibbles) {
        let letters = ((pair + 0x0606) >> 4) & 0x0101;
        let digits = u16::from_le_bytes([b'0'; 2]);
        *place = (pair + digits + letters * u16::from(b'A' - b'9' - 1)).to_le_bytes();
    }
}

/// As [`unpack`], where memory ends before eight bytes do: zeros behind them.
#[cold]
#[inline(never)]
pub(super) fn unpack_last(after: &[u8], place: &mut [u8; PIECE]) {
    let mut bytes = [0; PIECE / 2];
    for (held, byte) in bytes.iter_mut().zip(after) {
        *held = *byte;
    }
    unpack(&bytes, place);
}

/// `D` is 0x44, `=` 0x3D: the bit that only letters have adds what is missing to 0xD.
#[inline(always)]
fn nibbles(characters: &[u8; PIECE]) -> [u8; PIECE] {
    characters.map(|character| (character & 0x0F) + 9 * (character >> 6 & 1))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::characters;
    use crate::dialect::Class;
    use crate::hex;

    type Fits = fn(&[u8], usize) -> bool;

    const CLASSES: [(Class, Fits); 5] = [
        (Class::Digits, digits_fit),
        (Class::SignedDigits, signed_digits_fit),
        (Class::Track, track_fits),
        (Class::Letters, letters_fit),
        (Class::Text, text_fits),
    ];

    /// One byte of any value at any place, in memory that ends with the value and in memory that
    /// goes on with what the class forbids.
    #[test]
    fn pieces_say_what_the_rules_say() {
        for (class, fits) in CLASSES {
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
                            fits(after, length),
                            expected,
                            "{class:?} {byte:#x} at {place} of {length}"
                        );
                    }
                }
            }
            assert!(fits(&[], 0) && fits(&[0; 40], 0));
        }
    }

    #[test]
    fn packs_each_byte_at_each_place() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut bytes = [0x12; 8];
                bytes[place] = byte;
                let text = bytes.map(hex::pair);
                let (mut digits, mut track, mut any) = ([0; 8], [0; 8], [0; 8]);
                let nibbles = [byte >> 4, byte & 0x0F];
                let fits = nibbles.iter().all(|nibble| *nibble <= 9);
                assert_eq!(pack_digits(text.as_flattened(), 16, &mut digits), fits);
                let fits = nibbles.iter().all(|nibble| matches!(nibble, 0..=9 | 0xD));
                assert_eq!(pack_track(text.as_flattened(), 16, &mut track), fits);
                assert!(!fits || track == bytes, "{byte:#x}");
                assert!(pack_hex(text.as_flattened(), 16, &mut any));
                assert_eq!(any, bytes);
                pack_fit_hex(text.as_flattened().first_chunk().unwrap(), &mut any);
                assert_eq!(any, bytes);
            }
        }
    }

    /// Any character at any place.
    #[test]
    fn packs_what_is_allowed_and_nothing_else() {
        for (place, byte) in (0..16).flat_map(|place| (0..=255).map(move |byte| (place, byte))) {
            let mut text = [b'0'; 16];
            text[place] = byte;
            let mut packed = [0; 8];
            let hex = matches!(byte, b'0'..=b'9' | b'A'..=b'F');
            assert_eq!(pack_hex(&text, 16, &mut packed), hex, "{byte:#x}");
            let track = characters::allowed(Class::Track, byte, place);
            assert_eq!(pack_track(&text, 16, &mut packed), track, "{byte:#x}");
            assert_eq!(pack_digits(&text, 16, &mut packed), byte.is_ascii_digit());
            if place > 0 {
                assert!(
                    pack_hex(&text, place, &mut packed),
                    "nothing behind is looked at"
                );
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
