//! The fast way: fields of the usual kinds, which are fine.
//!
//! Reading and writing here either does the whole of one field or says `None` and has done
//! nothing; then the careful way does it again and names what is wrong, if something is. So
//! nothing here may take what the careful way refuses, or give other bytes.

use super::class_words::{Odd, bcd_fits, over_nine, packed_fits, pair_of};
use super::sixteen::{self, PIECE, characters_fit};
use crate::dialect::{Content, Masks, Prefix, Step};
use crate::tlv;

/// A field that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Found<'a> {
    /// Bytes of its length prefix.
    pub(super) prefix: usize,
    /// Digits, characters or bytes of its value.
    pub(super) units: u16,
    /// What follows it.
    pub(super) rest: &'a [u8],
}

/// Reads the field that the rest of a frame begins with.
#[inline]
pub(super) fn read<'a>(step: &Step, rest: &'a [u8]) -> Option<Found<'a>> {
    if step.masks.digits != 0
        && let Some(word) = rest.first_chunk()
    {
        let rest = rest.get(usize::from(step.bytes)..)?;
        return masks_fit(step.masks, u64::from_be_bytes(*word)).then_some(Found {
            prefix: 0,
            units: step.units,
            rest,
        });
    }
    let (prefix, units) = read_prefix(step, rest)?;
    let after = rest.get(prefix..)?;
    let (wire, rest) = after.split_at_checked(step.wire_length(units))?;
    let count = usize::from(units);
    let fits = match step.content {
        Content::Bytes => true,
        Content::Tlv => tlv::is_flat(wire),
        Content::Characters => characters_fit(step.class, after, count),
        Content::FixedPacked | Content::Packed => packed_fits(false, after, count),
        Content::PackedTrack => packed_fits(true, after, count),
        Content::PackedRight if count % 2 == 1 => bcd_fits(false, Odd::First, wire),
        Content::PackedRight => bcd_fits(false, Odd::Nowhere, wire),
        Content::Careful => false,
    };
    fits.then_some(Found {
        prefix,
        units,
        rest,
    })
}

/// Whether fixed digits and their pad nibble are fine, in a word that may go on behind them.
#[inline]
const fn masks_fit(masks: Masks, word: u64) -> bool {
    over_nine(word) & masks.digits | (word ^ word >> 1) & masks.pad | word & masks.zero == 0
}

/// Bytes of the length prefix, and the units it says.
#[inline]
fn read_prefix(step: &Step, rest: &[u8]) -> Option<(usize, u16)> {
    let (prefix, units) = match step.prefix {
        Prefix::None => return Some((0, step.units)),
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
        Prefix::Careful => return None,
    };
    (units <= step.units).then_some((prefix, units))
}

/// For each byte its two digits as a number, or `NO_DIGITS`.
const NUMBERS: [u8; 256] = {
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

/// Puts the characters of `count` bytes of packed digits, or of a track, into `text`, whole pieces
/// of them: what follows them in `text` is of no meaning. `after` begins with those bytes.
#[inline]
pub(super) fn unpack(after: &[u8], count: usize, text: &mut Vec<u8>) {
    match (after.first_chunk(), text.first_chunk_mut()) {
        (Some(bytes), Some(place)) if count <= PIECE / 2 => sixteen::unpack(bytes, place),
        _ => unpack_pieces(after, count, text),
    }
}

#[inline(never)]
fn unpack_pieces(after: &[u8], count: usize, text: &mut Vec<u8>) {
    let pieces = count.div_ceil(PIECE / 2);
    if text.len() < pieces * PIECE {
        text.resize(pieces * PIECE, 0);
    }
    let (places, _) = text.as_chunks_mut();
    let (eights, rest) = after.as_chunks();
    let places = places.get_mut(..pieces).unwrap_or_default();
    let (whole, last) = places.split_at_mut(eights.len().min(pieces));
    for (place, eight) in whole.iter_mut().zip(eights) {
        sixteen::unpack(eight, place);
    }
    if let Some(place) = last.first_mut() {
        unpack_last(rest, place);
    }
}

/// Where memory ends before eight bytes do.
#[cold]
fn unpack_last(after: &[u8], place: &mut [u8; PIECE]) {
    let (pairs, _) = place.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(after) {
        *pair = pair_of(*byte);
    }
}

/// Writes a field, its length prefix included, to the beginning of `room`; gives how many bytes it
/// takes. What lies behind them is of no meaning, and so is all of it after `None`. `after` begins
/// with the value's `count` bytes.
#[inline]
pub(super) fn write(step: &Step, after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let most = usize::from(step.units);
    if step.content == Content::FixedPacked {
        let fits = count == most && sixteen::pack_digits(after, count, room.first_chunk_mut()?);
        return fits.then_some(usize::from(step.bytes));
    }
    if count > most {
        return None;
    }
    let prefix = if step.prefix != Prefix::None {
        write_prefix(step.prefix, count, room)?
    } else if count == most {
        0
    } else {
        return None;
    };
    let room = room.get_mut(prefix..)?;
    let fits = match step.content {
        Content::Packed => return Some(prefix + write_digits(after, count, room)?),
        Content::PackedRight => return Some(prefix + write_right(after, count, room)?),
        Content::PackedTrack => return Some(prefix + write_track(after, count, room)?),
        Content::Characters => characters_fit(step.class, after, count),
        Content::Bytes => true,
        Content::Tlv => tlv::is_flat(after.get(..count)?),
        Content::FixedPacked | Content::Careful => false,
    };
    if fits && write_bytes(after, count, room) {
        Some(prefix + count)
    } else {
        None
    }
}

/// Short values as the sixteen bytes they start: a copy whose size is known costs a third.
#[inline]
fn write_bytes(after: &[u8], count: usize, room: &mut [u8]) -> bool {
    match (after.first_chunk::<PIECE>(), room.first_chunk_mut()) {
        (Some(bytes), Some(place)) if count <= PIECE => *place = *bytes,
        _ => match (after.get(..count), room.get_mut(..count)) {
            (Some(bytes), Some(place)) => place.copy_from_slice(bytes),
            _ => return false,
        },
    }
    true
}

/// Digits with a zero as pad nibble on the right.
#[inline(never)]
fn write_digits(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    write_packed(after, count, room, sixteen::pack_digits)
}

/// A track with a zero as pad nibble on the right.
#[inline(never)]
fn write_track(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    write_packed(after, count, room, sixteen::pack_track)
}

#[inline]
fn write_packed(
    after: &[u8],
    count: usize,
    room: &mut [u8],
    pack: impl Fn(&[u8], usize, &mut [u8; PIECE / 2]) -> bool,
) -> Option<usize> {
    let (mut after, mut left, mut room) = (after, count, room);
    while left > PIECE {
        let (place, rest) = room.split_first_chunk_mut()?;
        if !pack(after, PIECE, place) {
            return None;
        }
        after = after.get(PIECE..)?;
        left -= PIECE;
        room = rest;
    }
    pack(after, left, room.first_chunk_mut()?).then_some(count.div_ceil(2))
}

/// Up to sixteen digits with a zero as pad nibble on the left.
#[inline(never)]
fn write_right(after: &[u8], count: usize, room: &mut [u8]) -> Option<usize> {
    let place = room.first_chunk_mut()?;
    if count > PIECE || !sixteen::pack_digits(after, count, place) {
        return None;
    }
    if count % 2 == 1 {
        *place = (u64::from_be_bytes(*place) >> 4).to_be_bytes();
    }
    Some(count.div_ceil(2))
}

/// Writes how long a value is; gives the bytes that takes. The dialect's check keeps a length below
/// what the digits can say.
#[inline]
fn write_prefix(prefix: Prefix, length: usize, room: &mut [u8]) -> Option<usize> {
    let digit = |number: usize| b'0' | low_byte(number % 10);
    match prefix {
        Prefix::None => return Some(0),
        Prefix::Careful => return None,
        Prefix::Bcd1 => *room.first_mut()? = two_digits(low_byte(length)),
        Prefix::Bcd2 => {
            *room.first_chunk_mut()? = if length < 100 {
                [0, two_digits(low_byte(length))]
            } else {
                four_digits(length)
            };
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
const fn two_digits(number: u8) -> u8 {
    number + number / 10 * 6
}

#[inline(never)]
fn four_digits(number: usize) -> [u8; 2] {
    [number / 100, number % 100].map(|half| two_digits(low_byte(half)))
}

#[inline]
fn low_byte(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::decoded::Span;
    use crate::codec::{decode, encode};
    use crate::dialect::Dialect;
    use crate::message::Mti;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// Bytes of one kind, now and then with a strange one among them.
    fn draw(random: &mut SmallRng, length: usize) -> Vec<u8> {
        let kind = random.random_range(0..5);
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

    /// Every field of every dialect, in a type of message with variants, too.
    fn each_field(mut check: impl FnMut(&Dialect, Mti, u8, &Step)) {
        for name in Dialect::names() {
            let dialect = Dialect::named(name).unwrap();
            for mti in [b"0200", b"0500", b"0810"].map(Mti::literal) {
                for number in (2..=dialect.field_max()).filter(|it| dialect.field(*it).is_some()) {
                    check(&dialect, mti, number, dialect.layout(mti).step(number));
                }
            }
        }
    }

    /// Whatever is read here the careful way reads, too, and in the same place.
    #[test]
    fn takes_nothing_that_the_careful_way_refuses() {
        let (mut random, mut taken) = (SmallRng::seed_from_u64(8583), 0);
        each_field(|dialect, mti, number, step| {
            for _ in 0..100 {
                let length = random.random_range(0..60);
                let mut frame = draw(&mut random, length);
                if let Some(first) = frame.first_mut().filter(|_| step.prefix == Prefix::Bcd1) {
                    *first %= 0x30;
                }
                if let Some(found) = read(step, &frame) {
                    taken += 1;
                    let expected = decode::careful(dialect, mti, number, &frame);
                    let end = frame.len() - found.rest.len();
                    assert_eq!(
                        Ok((Span::new(found.prefix, found.units), end)),
                        expected,
                        "{} {number} {frame:02X?}",
                        dialect.name()
                    );
                }
            }
        });
        assert!(taken > 5_000, "only {taken}");
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
