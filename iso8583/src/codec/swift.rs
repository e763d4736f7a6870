//! The fast way: fields of the usual kinds, which are fine.
//!
//! Reading and writing here either does the whole of one field or says `None` and has done
//! nothing; then the careful way does it again and names what is wrong, if something is. So
//! nothing here may take what the careful way refuses, or give other bytes.

use super::class_words::{
    Odd, bcd_fits, characters_fit, characters_of_pairs, digits_of_pairs, nibble, nibbles_of_digits,
    over_nine, pack, pair_of, pairs_of_nibbles,
};
use super::decoded::Span;
use crate::dialect::{Class, Content, Masks, Prefix, Step};
use crate::tlv;

/// Reads the field that starts at `at`; gives where its value lies and where it ends.
#[inline]
pub(super) fn read(step: &Step, frame: &[u8], at: usize) -> Option<(Span, usize)> {
    if step.masks.digits != 0
        && let Some(word) = frame.get(at..).and_then(|rest| rest.first_chunk())
    {
        let end = at + usize::from(step.bytes);
        let fits = masks_fit(step.masks, u64::from_be_bytes(*word));
        return fits.then(|| (Span::new(at, step.units), end));
    }
    let (start, units) = read_prefix(step, frame, at)?;
    let end = start + wire_length(step.content, units)?;
    let wire = frame.get(start..end)?;
    let fits = match step.content {
        Content::Bytes => true,
        Content::Tlv => tlv::is_flat(wire),
        Content::Characters(class) => characters_fit(class, wire),
        Content::Packed => bcd_fits(false, odd(units, Odd::Last), wire),
        Content::PackedRight => bcd_fits(false, odd(units, Odd::First), wire),
        Content::PackedTrack => bcd_fits(true, odd(units, Odd::Last), wire),
        Content::Careful => false,
    };
    fits.then(|| (Span::new(start, units), end))
}

/// Whether fixed digits and their pad nibble are fine, in a word that may go on behind them.
#[inline]
const fn masks_fit(masks: Masks, word: u64) -> bool {
    let pad = word & masks.pad;
    over_nine(word) & masks.digits == 0 && word & masks.zero == 0 && (pad == 0 || pad == masks.pad)
}

/// Bytes that a value of so many units takes.
#[inline]
fn wire_length(content: Content, units: u16) -> Option<usize> {
    match content {
        Content::Bytes | Content::Tlv | Content::Characters(_) => Some(usize::from(units)),
        Content::Packed | Content::PackedRight | Content::PackedTrack => {
            Some(usize::from(units).div_ceil(2))
        }
        Content::Careful => None,
    }
}

const fn odd(units: u16, place: Odd) -> Odd {
    if units % 2 == 1 { place } else { Odd::Nowhere }
}

/// Where the value starts, and its units.
#[inline]
fn read_prefix(step: &Step, frame: &[u8], at: usize) -> Option<(usize, u16)> {
    let (length, units) = match step.prefix {
        Prefix::None => return Some((at, step.units)),
        Prefix::Bcd1 => (1, bcd(*frame.get(at)?)?),
        Prefix::Bcd2 => {
            let [high, low] = *frame.get(at..)?.first_chunk()?;
            (2, bcd(high)? * 100 + bcd(low)?)
        }
        Prefix::Ascii2 => {
            let [a, b] = *frame.get(at..)?.first_chunk()?;
            (2, digit(a)? * 10 + digit(b)?)
        }
        Prefix::Ascii3 => {
            let [a, b, c] = *frame.get(at..)?.first_chunk()?;
            (3, digit(a)? * 100 + digit(b)? * 10 + digit(c)?)
        }
        Prefix::Careful => return None,
    };
    (units <= step.units).then_some((at + length, units))
}

#[inline]
fn bcd(byte: u8) -> Option<u16> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high <= 9 && low <= 9).then(|| u16::from(high * 10 + low))
}

#[inline]
fn digit(character: u8) -> Option<u16> {
    let value = character.wrapping_sub(b'0');
    (value <= 9).then_some(u16::from(value))
}

/// Puts the characters of `count` bytes of packed digits, or of a track, into `text`, four bytes
/// at a time: what follows them in `text` is of no meaning. `after` starts with those bytes; `text`
/// must have room for eight characters more.
pub(super) fn unpack(track: bool, after: &[u8], count: usize, text: &mut [u8]) {
    let words = count.div_ceil(4);
    let (fours, rest) = after.as_chunks::<4>();
    let (places, _) = text.as_chunks_mut::<8>();
    for (place, four) in places.iter_mut().zip(fours).take(words) {
        *place = if track {
            characters_of_pairs(*four)
        } else {
            digits_of_pairs(*four)
        };
    }
    if let Some(place) = places
        .get_mut(fours.len()..words)
        .and_then(<[_]>::first_mut)
    {
        let (pairs, _) = place.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(rest) {
            *pair = pair_of(*byte);
        }
    }
}

/// Writes a field, its length prefix included. `after` is the value and what lies behind it in
/// memory.
#[inline]
pub(super) fn write(step: &Step, value: &[u8], after: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let most = usize::from(step.units);
    if step.masks.digits != 0
        && value.len() == most
        && most <= 8
        && let Some(eight) = after.first_chunk()
    {
        let nibbles = nibbles_of_digits(*eight, most)?;
        let pad_bits = if step.masks.pad == 0 { 0 } else { 8 };
        write_last(nibbles << pad_bits, usize::from(step.bytes), out);
        return Some(());
    }
    let length_fits = match step.prefix {
        Prefix::None => value.len() == most,
        Prefix::Bcd1 | Prefix::Bcd2 | Prefix::Ascii2 | Prefix::Ascii3 => value.len() <= most,
        Prefix::Careful => false,
    };
    if !length_fits {
        return None;
    }
    match step.content {
        Content::Packed => return write_digits(step.prefix, value, after, out),
        Content::PackedRight => return write_right(step.prefix, value, after, out),
        Content::Bytes => {}
        Content::Tlv if tlv::is_flat(value) => {}
        Content::Characters(class) if characters_fit(class, value) => {}
        Content::PackedTrack if characters_fit(Class::Track, value) => {
            write_prefix(step.prefix, value.len(), out);
            write_track(value, out);
            return Some(());
        }
        Content::Tlv | Content::Characters(_) | Content::PackedTrack | Content::Careful => {
            return None;
        }
    }
    if step.prefix != Prefix::None {
        write_prefix(step.prefix, value.len(), out);
    }
    write_bytes(value, after, out);
    Some(())
}

/// Short values as the sixteen bytes they start: a copy whose size is known costs a third.
#[inline]
fn write_bytes(value: &[u8], after: &[u8], out: &mut Vec<u8>) {
    match after.first_chunk::<16>() {
        Some(chunk) if value.len() <= 16 => {
            let end = out.len() + value.len();
            out.extend_from_slice(chunk);
            out.truncate(end);
        }
        _ => out.extend_from_slice(value),
    }
}

/// Digits with a zero as pad nibble on the right.
#[inline]
fn write_digits(prefix: Prefix, value: &[u8], after: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let before = out.len();
    if prefix != Prefix::None {
        write_prefix(prefix, value.len(), out);
    }
    let written = write_words(value, after, out);
    if written.is_none() {
        out.truncate(before);
    }
    written
}

#[inline]
fn write_words(value: &[u8], after: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (eights, rest) = value.as_chunks::<8>();
    for eight in eights {
        out.extend_from_slice(&pairs_of_nibbles(nibbles_of_digits(*eight, 8)?));
    }
    if rest.is_empty() {
        return Some(());
    }
    let last = after.get(value.len() - rest.len()..)?.first_chunk()?;
    let nibbles = nibbles_of_digits(*last, rest.len())?;
    let padded = if rest.len() % 2 == 1 {
        nibbles << 8
    } else {
        nibbles
    };
    write_last(padded, rest.len().div_ceil(2), out);
    Some(())
}

/// Up to seven digits with a zero as pad nibble on the left.
#[inline]
fn write_right(prefix: Prefix, value: &[u8], after: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let nibbles = nibbles_of_digits(*after.first_chunk()?, value.len())?;
    if prefix != Prefix::None {
        return None;
    }
    write_last(nibbles, value.len().div_ceil(2), out);
    Some(())
}

/// A track that was found fit, with a zero as pad nibble on the right.
#[inline]
fn write_track(value: &[u8], out: &mut Vec<u8>) {
    pack(value, out);
    if let ([.., last], 1) = (value, value.len() % 2) {
        out.push(nibble(*last) << 4);
    }
}

/// The last `count` of four bytes.
#[inline]
fn write_last(nibbles: u64, count: usize, out: &mut Vec<u8>) {
    let word = u32::from_be_bytes(pairs_of_nibbles(nibbles));
    let shift = 32_usize.wrapping_sub(8 * count) & 31;
    let end = out.len() + count;
    out.extend_from_slice(&(word << shift).to_be_bytes());
    out.truncate(end);
}

/// The dialect's check keeps a length below what the digits can say.
#[inline]
fn write_prefix(prefix: Prefix, length: usize, out: &mut Vec<u8>) {
    let two_digits = |number: usize| u8::try_from(number + number / 10 * 6).unwrap_or(u8::MAX);
    let digit = |number: usize| b'0' + u8::try_from(number % 10).unwrap_or(0);
    match prefix {
        Prefix::None | Prefix::Careful => {}
        Prefix::Bcd1 => out.push(two_digits(length)),
        Prefix::Bcd2 => {
            out.extend_from_slice(&[two_digits(length / 100), two_digits(length % 100)]);
        }
        Prefix::Ascii2 => out.extend_from_slice(&[digit(length / 10), digit(length)]),
        Prefix::Ascii3 => {
            out.extend_from_slice(&[digit(length / 100), digit(length / 10), digit(length)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                for number in 2..=dialect.field_max() {
                    if let Some(step) = dialect.layout(mti).step(number) {
                        check(&dialect, mti, number, step);
                    }
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
                if let Some(found) = read(step, &frame, 0) {
                    taken += 1;
                    let expected = decode::careful(dialect, mti, number, &frame);
                    assert_eq!(
                        Ok(found),
                        expected,
                        "{} {number} {frame:02X?}",
                        dialect.name()
                    );
                }
            }
        });
        assert!(taken > 5_000, "only {taken}");
    }

    /// Whatever is written here the careful way writes, too; what isn't leaves no trace.
    #[test]
    fn writes_nothing_that_the_careful_way_would_not() {
        let (mut random, mut written) = (SmallRng::seed_from_u64(1987), 0);
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
                let value = &after[..length];
                let mut out = vec![0xEE];
                if write(step, value, &after, &mut out).is_some() {
                    written += 1;
                    let expected = encode::careful(dialect, mti, number, value);
                    assert_eq!(
                        Ok(out.split_off(1)),
                        expected,
                        "{} {number}",
                        dialect.name()
                    );
                }
                assert_eq!(out, [0xEE], "{} {number}", dialect.name());
            }
        });
        assert!(written > 5_000, "only {written}");
    }
}
