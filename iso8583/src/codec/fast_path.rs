//! The fast path reads and writes fields of the usual kinds.
//!
//! It either does the whole of one field, or says `None` and has done nothing; then the full path
//! does the field again and names the fault, if there is one. So the fast path must never take what
//! the full path refuses, or give other bytes.

use super::blocks::{self, PIECE};
use super::packed::{nibble, packed_fits, packed_word, word_fits};
use crate::dialect::{Content, Prefix, Step};
use crate::hex;
use crate::tlv;
use zeroize::Zeroize;

/// A field that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// Where its value starts.
    pub(super) start: usize,
    /// Digits, characters or bytes of its value.
    pub(super) units: u16,
    /// Where the next field starts.
    pub(super) end: usize,
}

/// Reads the field that stands at a place in a frame.
#[inline]
pub(super) fn read(step: &Step, frame: &[u8], at: usize) -> Option<Found> {
    let rest = frame.get(at..)?;
    if step.masks.digits != 0
        && let Some(word) = rest.first_chunk()
    {
        let fits = word_fits::<false>(&step.masks, u64::from_be_bytes(*word));
        // No more than the word has: so the frame has them.
        let end = at + usize::from(step.bytes);
        let units = step.units;
        return fits.then_some(Found {
            start: at,
            units,
            end,
        });
    }
    let (prefix, units) = if step.prefix == Prefix::None {
        (0, step.units)
    } else {
        read_prefix(step, rest)?
    };
    let after = rest.get(prefix..)?;
    let count = usize::from(units);
    let (length, fits) = match step.content {
        Content::Bytes => (count, true),
        Content::Tlv => (count, tlv::is_flat(after.get(..count)?)),
        Content::Digits => (count, blocks::digits_fit(after, count)),
        Content::SignedDigits => (count, blocks::signed_digits_fit(after, count)),
        Content::Track => (count, blocks::track_fits(after, count)),
        Content::Letters => (count, blocks::letters_fit(after, count)),
        Content::Text => (count, blocks::text_fits(after, count)),
        Content::Packed => (count.div_ceil(2), packed_fits::<false>(after, count)),
        Content::PackedTrack => (count.div_ceil(2), packed_fits::<true>(after, count)),
        Content::Hex => (2 * count, blocks::hex_fits(after, 2 * count)),
        Content::HexTlv => (2 * count, hex_tlv_fits(after, 2 * count)),
        // Of a usual length the masks did it, but where the frame ends behind it.
        Content::PackedRight | Content::Careful => return None,
    };
    let start = at + prefix;
    // Bytes that are missing counted as zeros above, which fit: only this says that they are there.
    (fits && length <= after.len()).then_some(Found {
        start,
        units,
        end: start + length,
    })
}

/// Bytes of the length prefix, and the units it says.
#[inline]
fn read_prefix(step: &Step, rest: &[u8]) -> Option<(usize, u16)> {
    let (prefix, counted) = match step.prefix {
        Prefix::None | Prefix::Careful => return None,
        Prefix::Bcd1 => (1, bcd(*rest.first()?)?),
        Prefix::Bcd2 => {
            let [high, low] = *rest.first_chunk()?;
            (2, bcd(high)? * 100 + bcd(low)?)
        }
        Prefix::Ascii2 => {
            let [a, b] = *rest.first_chunk()?;
            (2, digit(a)? * 10 + digit(b)?)
        }
        Prefix::Ascii3 => {
            let [a, b, c] = *rest.first_chunk()?;
            (3, digit(a)? * 100 + digit(b)? * 10 + digit(c)?)
        }
    };
    let units = match step.is_hex() {
        true if counted % 2 == 1 => return None,
        true => counted / 2,
        false => counted,
    };
    (units <= step.units).then_some((prefix, units))
}

/// For each byte its two digits as a number, or `NO_DIGITS`.
static NUMBERS: [u8; 256] = {
    let mut numbers = [NO_DIGITS; 256];
    let mut number = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiling")]
    while number < 100 {
        numbers[number / 10 * 16 + number % 10] = number as u8;
        number += 1;
    }
    numbers
};

const NO_DIGITS: u8 = 0xFF;

#[inline]
#[allow(
    clippy::indexing_slicing,
    reason = "a byte always lies inside a table of 256"
)]
fn bcd(byte: u8) -> Option<u16> {
    let number = NUMBERS[usize::from(byte)];
    (number != NO_DIGITS).then_some(u16::from(number))
}

#[inline]
fn digit(character: u8) -> Option<u16> {
    let value = character.wrapping_sub(b'0');
    (value <= 9).then_some(u16::from(value))
}

/// Bytes of chip data that are looked at in hex.
const HEX_TLV_MAX: usize = 256;

#[inline(never)]
fn hex_tlv_fits(after: &[u8], length: usize) -> bool {
    let mut bytes = [0; HEX_TLV_MAX];
    let (places, _) = bytes.as_chunks_mut();
    let fits = pack_hex(after, length, places).is_some()
        && bytes.get(..length / 2).is_some_and(tlv::is_flat);
    // It may hold a card number. As `Message::clear` wipes.
    bytes.fill(0);
    std::hint::black_box(&mut bytes);
    fits
}

/// Makes bytes of so many hex characters; `None` where some are none, or where there is no place.
fn pack_hex(after: &[u8], count: usize, places: &mut [[u8; PIECE / 2]]) -> Option<()> {
    let (pieces, rest) = after.get(..count)?.as_chunks();
    let (places, last) = places.split_at_mut_checked(pieces.len())?;
    let whole = pieces.iter().zip(places);
    let fits = whole.fold(true, |fits, (piece, place)| {
        fits & blocks::pack_whole_hex(piece, place)
    });
    let fits = fits && (rest.is_empty() || blocks::pack_hex(rest, rest.len(), last.first_mut()?));
    fits.then_some(())
}

/// The characters of packed digits, or of a track, put into `text`; what stands behind them there
/// is of no meaning. Their bytes start at a place in a frame, and the first `skip` characters are
/// left out.
#[inline]
pub(super) fn unpack<'a>(
    frame: &[u8],
    start: usize,
    skip: usize,
    units: usize,
    text: &'a mut Vec<u8>,
) -> &'a [u8] {
    let end = skip + units;
    let after = frame.get(start..).unwrap_or_default();
    if end <= PIECE / 2
        && text.len() >= PIECE / 2
        && let Some(bytes) = after.first_chunk()
    {
        let Some(place) = text.first_chunk_mut() else {
            return &[];
        };
        unpack_short(bytes, place);
        place.get(skip..end).unwrap_or_default()
    } else {
        unpack_long_or_last(after, end, text);
        text.get(skip..end).unwrap_or_default()
    }
}

#[inline]
fn unpack_short(bytes: &[u8; PIECE / 4], place: &mut [u8; PIECE / 2]) {
    let (pairs, _) = place.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = hex::pair(*byte);
    }
}

/// More than half a piece, or where memory ends before that does, or room for it.
#[inline(never)]
fn unpack_long_or_last(after: &[u8], characters: usize, text: &mut Vec<u8>) {
    // Whole pieces of it are written.
    if text.len() < characters + PIECE {
        make_room(text, characters + PIECE);
    }
    let (mut after, mut left, mut room) = (after, characters, text.as_mut_slice());
    while let Some((place, behind)) = room.split_first_chunk_mut() {
        let Some((bytes, rest)) = after.split_first_chunk() else {
            return blocks::unpack_last(after, place);
        };
        blocks::unpack(bytes, place);
        if left <= PIECE {
            return;
        }
        (after, left, room) = (rest, left - PIECE, behind);
    }
}

#[cold]
#[inline(never)]
fn make_room(text: &mut Vec<u8>, length: usize) {
    // What it held is of no meaning any more, and must not stay in memory that is given back.
    text.zeroize();
    text.resize(length, 0);
}

/// The bytes that hex characters, found fit, say, put into `text`; what stands behind them there is
/// of no meaning.
#[inline(never)]
pub(super) fn unpack_hex<'a>(wire: &[u8], text: &'a mut Vec<u8>) -> &'a [u8] {
    let units = wire.len() / 2;
    if text.len() < units {
        make_room(text, units);
    }
    let (pieces, rest) = wire.as_chunks();
    let (places, _) = text.as_chunks_mut();
    for (place, piece) in places.iter_mut().zip(pieces) {
        blocks::pack_fit_hex(piece, place);
    }
    let places = text.get_mut(pieces.len() * PIECE / 2..).unwrap_or_default();
    for (place, [high, low]) in places.iter_mut().zip(rest.as_chunks().0) {
        *place = nibble(*high) << 4 | nibble(*low);
    }
    text.get(..units).unwrap_or_default()
}

/// Writes a field, its length prefix included, to the beginning of `room`; gives how many bytes it
/// takes. What lies behind them is of no meaning, and so is all of it after `None`. `after` begins
/// with the value's `count` bytes.
#[inline]
pub(super) fn write(step: &Step, after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let most = usize::from(step.units);
    if step.kept != 0 {
        let packed = packed_word(*after.first_chunk()?, step.kept)?;
        *room.first_chunk_mut()? = packed;
        return (count == most).then_some(usize::from(step.bytes));
    }
    if count > most {
        return None;
    }
    let prefix = match step.prefix {
        Prefix::None if count == most => 0,
        Prefix::None => return None,
        prefix if step.is_hex() => write_prefix(prefix, 2 * count, room)?,
        prefix => write_prefix(prefix, count, room)?,
    };
    let room = room.get_mut(prefix..)?;
    let fits = match step.content {
        Content::Bytes => true,
        Content::Digits => blocks::digits_fit(after, count),
        Content::SignedDigits => blocks::signed_digits_fit(after, count),
        Content::Track => blocks::track_fits(after, count),
        Content::Letters => blocks::letters_fit(after, count),
        Content::Text => blocks::text_fits(after, count),
        Content::Tlv => tlv::is_flat(after.get(..count)?),
        Content::Packed => return Some(prefix + write_packed::<false>(after, count, room)?),
        Content::PackedTrack => return Some(prefix + write_packed::<true>(after, count, room)?),
        Content::PackedRight => return Some(prefix + write_right(after, count, room)?),
        Content::Hex => return Some(prefix + write_hex(after, count, room)?),
        Content::HexTlv if tlv::is_flat(after.get(..count)?) => {
            return Some(prefix + write_hex(after, count, room)?);
        }
        Content::HexTlv | Content::Careful => false,
    };
    (fits && write_bytes(after, count, room)).then_some(prefix + count)
}

/// Short values as the sixteen bytes they start: a copy whose size is known costs a third.
#[inline]
fn write_bytes(after: &[u8], count: usize, room: &mut [u8]) -> bool {
    match (after.first_chunk::<PIECE>(), room.first_chunk_mut()) {
        (Some(bytes), Some(place)) if count <= PIECE => *place = *bytes,
        _ => return write_long_or_last(after, count, room),
    }
    true
}

/// More than sixteen bytes, or where memory ends before sixteen do.
#[inline(never)]
fn write_long_or_last(after: &[u8], count: usize, room: &mut [u8]) -> bool {
    match (after.get(..count), room.get_mut(..count)) {
        (Some(bytes), Some(place)) => place.copy_from_slice(bytes),
        _ => return false,
    }
    true
}

/// Digits, or a track, with a zero as pad nibble on the right.
#[inline]
fn write_packed<const TRACK: bool>(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    if count > PIECE {
        return write_pieces::<TRACK>(after, count, room);
    }
    pack::<TRACK>(after, count, room.first_chunk_mut()?).then_some(count.div_ceil(2))
}

#[inline]
fn pack<const TRACK: bool>(after: &[u8], count: usize, place: &mut [u8; PIECE / 2]) -> bool {
    if TRACK {
        blocks::pack_track(after, count, place)
    } else {
        blocks::pack_digits(after, count, place)
    }
}

#[inline(never)]
fn write_pieces<const TRACK: bool>(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let (mut after, mut left, mut room) = (after, count, room);
    while left > PIECE {
        let (place, rest) = room.split_first_chunk_mut()?;
        if !pack::<TRACK>(after, PIECE, place) {
            return None;
        }
        after = after.get(PIECE..)?;
        left -= PIECE;
        room = rest;
    }
    pack::<TRACK>(after, left, room.first_chunk_mut()?).then_some(count.div_ceil(2))
}

/// Up to sixteen digits with a zero as pad nibble on the left.
#[inline(never)]
fn write_right(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let place = room.first_chunk_mut()?;
    if count > PIECE || !blocks::pack_digits(after, count, place) {
        return None;
    }
    if count % 2 == 1 {
        *place = (u64::from_be_bytes(*place) >> 4).to_be_bytes();
    }
    Some(count.div_ceil(2))
}

/// Each byte as two hex characters.
#[inline(never)]
fn write_hex(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let (pairs, _) = room.get_mut(..2 * count)?.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(after.get(..count)?) {
        *pair = hex::pair(*byte);
    }
    Some(2 * count)
}

/// Writes how long a value is; gives the bytes that takes. The dialect's check keeps a length below
/// what the digits can say.
#[inline]
fn write_prefix(prefix: Prefix, length: usize, room: &mut [u8]) -> Option<usize> {
    let digit = |number: usize| b'0' | low_byte(number % 10);
    match prefix {
        Prefix::None => return Some(0),
        Prefix::Careful => return None,
        Prefix::Bcd1 => *room.first_mut()? = two_digits(length),
        Prefix::Bcd2 => {
            *room.first_chunk_mut()? = [two_digits(length / 100), two_digits(length % 100)];
            return Some(2);
        }
        Prefix::Ascii2 => {
            *room.first_chunk_mut()? = [digit(length / 10), digit(length)];
            return Some(2);
        }
        Prefix::Ascii3 => {
            *room.first_chunk_mut()? = [digit(length / 100), digit(length / 10), digit(length)];
            return Some(3);
        }
    }
    Some(1)
}

/// A number below 100 as packed digits.
#[inline]
fn two_digits(number: usize) -> u8 {
    let number = low_byte(number);
    number + number / 10 * 6
}

#[inline]
fn low_byte(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::span::Span;
    use crate::codec::{decode, encode};
    use crate::dialect::Dialect;
    use crate::message::{Half, Mti, value_at};
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// Bytes of one kind, now and then with a strange one among them.
    fn draw(random: &mut SmallRng, length: usize) -> Vec<u8> {
        let kind = random.random_range(0..6);
        if kind == 5 {
            return draw_hex(random, length);
        }
        let mut bytes: Vec<u8> = (0..length)
            .map(|_| match kind {
                0 => random.random_range(0..10) << 4 | random.random_range(0..10),
                1 => random.random_range(b'0'..=b'9'),
                2 => random.random_range(0x20..0x7F),
                3 => b"0123456789D="[random.random_range(0..12)],
                _ => random.random(),
            })
            .collect();
        if length > 0 && random.random_bool(0.4) {
            let place = random.random_range(0..length);
            bytes[place] = random.random();
        }
        bytes
    }

    /// Flat chip data in hex behind a length that may be right, or only hex.
    fn draw_hex(random: &mut SmallRng, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length / 2).map(|_| random.random()).collect();
        if random.random_bool(0.7) {
            let (mut at, mut flat) = (0, vec![0; length / 2]);
            while at + 2 <= flat.len() {
                let value = random.random_range(0..=(flat.len() - at - 2).min(40));
                flat[at..at + 2].copy_from_slice(&[0x82, u8::try_from(value).unwrap()]);
                at += 2 + value;
            }
            flat.truncate(at);
            bytes = flat;
        }
        let prefix = format!("{:03}", 2 * bytes.len());
        [prefix.as_bytes(), hex::encode(&bytes).as_bytes()].concat()
    }

    /// Every field of every dialect, in a type of message with variants, too.
    fn each_field(mut check: impl FnMut(&Dialect, Mti, u8, &Step)) {
        for name in Dialect::names() {
            let dialect = Dialect::named(name).unwrap();
            for mti in [b"0200", b"0500", b"0810"].map(Mti::literal) {
                for number in (2..=dialect.field_max()).filter(|it| dialect.field(*it).is_some()) {
                    let (half, place) = Half::of(number);
                    let step = value_at(dialect.layout(mti).half(half), place);
                    check(&dialect, mti, number, step);
                }
            }
        }
    }

    /// Whatever is read here the careful way reads, too, and in the same place.
    #[test]
    fn takes_nothing_that_the_careful_way_refuses() {
        let (mut random, mut taken, mut chip) = (SmallRng::seed_from_u64(8583), 0, 0);
        each_field(|dialect, mti, number, step| {
            for _ in 0..100 {
                let length =
                    random.random_range(0..60) * if random.random_bool(0.1) { 12 } else { 1 };
                let mut frame = draw(&mut random, length);
                if let Some(first) = frame.first_mut().filter(|_| step.prefix == Prefix::Bcd1) {
                    *first %= 0x30;
                }
                let before = random.random_range(0..4);
                frame.splice(0..0, vec![0xEE; before]);
                if let Some(found) = read(step, &frame, before) {
                    taken += 1;
                    chip += u32::from(step.content == Content::HexTlv && found.units > 1);
                    let expected = decode::careful(dialect, mti, number, &frame, before);
                    assert_eq!(
                        Ok((Span::new(found.start, found.units), found.end)),
                        expected,
                        "{} {number} {frame:02X?}",
                        dialect.name()
                    );
                }
            }
        });
        assert!(taken > 5_000 && chip > 50, "only {taken}, {chip}");
    }

    /// Whatever is written here the careful way writes, too.
    #[test]
    fn writes_nothing_that_the_careful_way_would_not() {
        let (mut random, mut written) = (SmallRng::seed_from_u64(1987), 0);
        let mut room = [0xEE; 1024];
        each_field(|dialect, mti, number, step| {
            for round in 0..100 {
                let most = usize::from(step.units);
                let length = if round % 2 == 0 {
                    most
                } else {
                    random.random_range(0..=most + 1)
                };
                let behind = random.random_range(0..20);
                let after = draw(&mut random, length + behind);
                if let Some(end) = write(step, &after, length, &mut room) {
                    written += 1;
                    let expected = encode::careful(dialect, mti, number, &after[..length]);
                    assert_eq!(
                        Ok(room[..end].to_vec()),
                        expected,
                        "{} {number}",
                        dialect.name()
                    );
                }
            }
        });
        assert!(written > 5_000, "only {written}");
    }

    /// Room for a part of a field is room for nothing, and never too little to be safe.
    #[test]
    fn writes_nothing_where_there_is_no_room() {
        each_field(|_, _, _, step| {
            let after = vec![b'1'; usize::from(step.units) + PIECE];
            let mut room = vec![0; usize::from(step.units) + 2 * PIECE];
            let written = write(step, &after, usize::from(step.units), &mut room);
            for less in 0..written.unwrap_or(0) {
                let found = write(step, &after, usize::from(step.units), &mut room[..less]);
                assert_eq!(found, None, "{step:?}");
            }
        });
    }
}
