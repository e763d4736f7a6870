//! A message to build or to keep: values by field number, independent of any dialect.
//!
//! Values are canonical: ASCII digits for n, digits with `D` for z, the text's bytes for an and
//! ans, raw bytes for b. Whether they fit is decided by the encoder, which names the field.

mod mti;
mod numbers;

pub use mti::{Mti, MtiError};
pub(crate) use numbers::{ByNumber, ByPlace, FieldSet, Half, Places, set_value_at, value_at};

use std::fmt;
use zeroize::Zeroizing;

const ARENA_START: usize = 1024;
/// Room that is kept behind the last value, mostly: with it the codec takes whole words of a value,
/// and without it a slower way.
const ARENA_SPARE: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    length: usize,
}

const NOWHERE: Span = Span {
    start: 0,
    length: 0,
};

/// Fields by number with their canonical values, all in one block of memory that is wiped.
///
/// Reuse one through [`Message::clear`] and building costs no allocation.
#[derive(Clone)]
pub struct Message {
    mti: Mti,
    tpdu: Option<[u8; 5]>,
    header: Option<Vec<u8>>,
    present: FieldSet,
    spans: ByNumber<Span>,
    /// Zeros behind `used`.
    values: Zeroizing<Vec<u8>>,
    used: usize,
    pads: Vec<(u8, u8)>,
    secondary_bitmap: bool,
    impossible_field: Option<u8>,
}

impl Message {
    /// A message without fields.
    pub fn new(mti: Mti) -> Self {
        Self {
            mti,
            tpdu: None,
            header: None,
            present: FieldSet::EMPTY,
            spans: ByNumber::filled(NOWHERE),
            values: Zeroizing::new(vec![0; ARENA_START]),
            used: 0,
            pads: Vec::new(),
            secondary_bitmap: false,
            impossible_field: None,
        }
    }

    /// Empties and wipes it for the next message, keeping the memory.
    pub fn clear(&mut self, mti: Mti) {
        self.mti = mti;
        self.tpdu = None;
        self.header = None;
        self.present = FieldSet::EMPTY;
        // Only what was written: the rest never held a value. A byte at a time, as `zeroize` does
        // it, costs more than encoding; the black box keeps the wiping alive.
        if let Some(written) = self.values.get_mut(..self.used) {
            written.fill(0);
            std::hint::black_box(written);
        }
        self.used = 0;
        self.pads.clear();
        self.secondary_bitmap = false;
        self.impossible_field = None;
    }

    /// The message type.
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// Sets the TPDU: `60`, destination, source. Without it the dialect's default is sent.
    pub fn set_tpdu(&mut self, tpdu: [u8; 5]) -> &mut Self {
        self.tpdu = Some(tpdu);
        self
    }

    /// The TPDU set here.
    pub fn tpdu(&self) -> Option<[u8; 5]> {
        self.tpdu
    }

    /// Sets the header after the TPDU. Without it the dialect's default is sent.
    pub fn set_header(&mut self, header: impl AsRef<[u8]>) -> &mut Self {
        self.header = Some(header.as_ref().to_vec());
        self
    }

    /// The header set here.
    pub fn header(&self) -> Option<&[u8]> {
        self.header.as_deref()
    }

    /// Sets a field to its canonical value. Numbers other than 2 to 128 make `encode` refuse.
    pub fn set(&mut self, field: u8, value: impl AsRef<[u8]>) -> &mut Self {
        self.set_bytes(field, value.as_ref());
        self
    }

    /// Sets a field to a number, with zeros in front up to `digits`.
    ///
    /// A number with more digits stays whole: `encode` refuses it as too long.
    pub fn set_number(&mut self, field: u8, number: u64, digits: usize) -> &mut Self {
        let mut text = [b'0'; 20];
        let mut rest = number;
        let mut used = 0;
        for place in text.iter_mut().rev() {
            if rest == 0 {
                break;
            }
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            used += 1;
        }
        let keep = digits.clamp(used, 20);
        self.set_bytes(field, text.get(20 - keep..).unwrap_or_default());
        self
    }

    /// What is usual, without a call to anything, so that it needs no registers of its caller.
    fn set_bytes(&mut self, field: u8, value: &[u8]) {
        let (start, length) = (self.used, value.len());
        let room = self.values.get_mut(start..).unwrap_or_default();
        let (true, [], Some(place)) = (
            (2..=128).contains(&field) && length <= 2 * ARENA_SPARE,
            self.pads.as_slice(),
            room.first_chunk_mut(),
        ) else {
            return self.set_unusual(field, value);
        };
        copy(value, place);
        self.note(field, Span { start, length });
    }

    /// A long value, a field that doesn't exist, pads, or no room: `set_bytes` needs some to spare.
    #[inline(never)]
    fn set_unusual(&mut self, field: u8, value: &[u8]) {
        if !(2..=128).contains(&field) {
            self.impossible_field = Some(field);
            return;
        }
        let (start, length) = (self.used, value.len());
        let end = start.saturating_add(length);
        if end.saturating_add(ARENA_SPARE) > self.values.len() {
            self.grow(end);
        }
        if let Some(place) = self.values.get_mut(start..end) {
            place.copy_from_slice(value);
        }
        self.note(field, Span { start, length });
        self.forget_pad(field);
    }

    #[inline]
    fn note(&mut self, field: u8, span: Span) {
        self.spans.set(field, span);
        self.used = span.start + span.length;
        self.present.insert(field);
    }

    #[inline]
    fn forget_pad(&mut self, field: u8) {
        if self.has_pads() {
            self.pads.retain(|(padded, _)| *padded != field);
        }
    }

    /// Grows by hand: a `Vec` that grows by itself leaves the old bytes in freed memory.
    #[cold]
    fn grow(&mut self, needed: usize) {
        let length = needed.saturating_mul(2).saturating_add(ARENA_SPARE);
        let mut larger = Zeroizing::new(vec![0; length]);
        for (place, byte) in larger.iter_mut().zip(self.values.iter()) {
            *place = *byte;
        }
        self.values = larger;
    }

    /// Takes a field out; absent is fine.
    pub fn remove(&mut self, field: u8) -> &mut Self {
        self.present = self.present.without(field);
        self.forget_pad(field);
        self
    }

    /// The canonical value.
    #[inline]
    pub fn get(&self, field: u8) -> Option<&[u8]> {
        if self.has(field) {
            let (half, place) = Half::of(field);
            let (after, length) = self.last_set(half, place)?;
            after.get(..length)
        } else {
            None
        }
    }

    /// Memory from the value of a field that is set on, and the value's length.
    #[inline]
    pub(crate) fn last_set(&self, half: Half, place: usize) -> Option<(&[u8], usize)> {
        let span = value_at(self.spans.half(half), place);
        let after = self.values.get(span.start..)?;
        Some((after, span.length))
    }

    /// Bytes that all values take on most wires, and some more: it need not be enough.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.used + 128
    }

    /// Whether the field is set.
    #[inline]
    pub fn has(&self, field: u8) -> bool {
        self.present.has(field)
    }

    /// All set fields in ascending order.
    pub fn fields(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let numbers = self.present.numbers();
        numbers.filter_map(|field| Some((field, self.get(field)?)))
    }

    /// Keeps the pad nibble a decoder saw, so that encoding gives the same bytes.
    pub fn set_pad(&mut self, field: u8, nibble: u8) -> &mut Self {
        self.forget_pad(field);
        if nibble & 0x0F != 0 {
            self.pads.push((field, nibble & 0x0F));
        }
        self
    }

    /// The pad nibble to write after an odd number of BCD digits, 0 unless set.
    pub fn pad(&self, field: u8) -> u8 {
        self.pads
            .iter()
            .find(|(padded, _)| *padded == field)
            .map_or(0, |(_, nibble)| *nibble)
    }

    /// Asks for a secondary bitmap even if no field above 64 is set.
    pub fn set_secondary_bitmap(&mut self, wanted: bool) -> &mut Self {
        self.secondary_bitmap = wanted;
        self
    }

    pub(crate) fn wants_secondary_bitmap(&self) -> bool {
        self.secondary_bitmap
    }

    #[inline]
    pub(crate) fn has_pads(&self) -> bool {
        !self.pads.is_empty()
    }

    #[inline]
    pub(crate) fn present(&self) -> FieldSet {
        self.present
    }

    /// Whether it has a TPDU or a header of its own.
    pub(crate) fn has_envelope(&self) -> bool {
        self.tpdu.is_some() || self.header.is_some()
    }

    pub(crate) fn impossible_field(&self) -> Option<u8> {
        self.impossible_field
    }
}

/// Copies a value of up to 32 bytes to the beginning of a place, in pieces of a known size that may
/// overlap: that costs half of a copy of unknown size.
#[inline]
fn copy(value: &[u8], place: &mut [u8; 2 * ARENA_SPARE]) {
    if let (Some(first), Some(last)) = (value.first_chunk::<16>(), value.last_chunk::<16>()) {
        ends(value.len(), place, *first, *last);
    } else if let (Some(first), Some(last)) = (value.first_chunk::<8>(), value.last_chunk::<8>()) {
        ends(value.len(), place, *first, *last);
    } else if let (Some(first), Some(last)) = (value.first_chunk::<4>(), value.last_chunk::<4>()) {
        ends(value.len(), place, *first, *last);
    } else if let (Some(first), Some(last)) = (value.first_chunk::<2>(), value.last_chunk::<2>()) {
        ends(value.len(), place, *first, *last);
    } else if let ([only], [first, ..]) = (value, place) {
        *first = *only;
    }
}

#[inline]
fn ends<const N: usize>(length: usize, place: &mut [u8], first: [u8; N], last: [u8; N]) {
    if let Some(place) = place.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = place
        .get_mut(length - N..)
        .and_then(<[u8]>::first_chunk_mut)
    {
        *place = last;
    }
}

/// Only which fields are set and how long they are: a message knows no dialect, so it can't tell
/// a secret from a date.
impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        map.entry(&"mti", &self.mti.as_str());
        for (field, value) in self.fields() {
            map.entry(&field, &format_args!("{} bytes", value.len()));
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_set_last() {
        let mut message = Message::new(Mti::literal(b"0200"));
        message
            .set(3, "000000")
            .set_number(4, 12_345, 12)
            .set(3, "200000")
            .set(11, "1")
            .remove(11);
        assert_eq!(message.get(3), Some(&b"200000"[..]));
        assert_eq!(message.get(4), Some(&b"000000012345"[..]));
        assert!(!message.has(11));
        assert_eq!(
            message.fields().map(|(field, _)| field).collect::<Vec<_>>(),
            [3, 4]
        );
    }

    #[test]
    fn a_number_too_long_for_its_field_is_not_cut() {
        let mut message = Message::new(Mti::literal(b"0200"));
        message
            .set_number(11, 1_234_567, 6)
            .set_number(12, 0, 6)
            .set_number(13, 0, 0);
        assert_eq!(message.get(11), Some(&b"1234567"[..]));
        assert_eq!(message.get(12), Some(&b"000000"[..]));
        assert_eq!(message.get(13), Some(&b""[..]));
    }

    #[test]
    fn values_of_any_length_are_kept_and_wiped() {
        let mut message = Message::new(Mti::literal(b"0200"));
        let value: Vec<u8> = (1..=40).collect();
        for length in 0..=40 {
            message.set(2 + length, &value[..usize::from(length)]);
        }
        for length in 0..=40 {
            assert_eq!(message.get(2 + length), Some(&value[..usize::from(length)]));
        }
        message.clear(Mti::literal(b"0200"));
        assert!(message.values.iter().all(|byte| *byte == 0));
        assert_eq!(message.set(1, "1").set(129, "1").fields().count(), 0);
    }

    #[test]
    fn grows_past_its_first_block() {
        let mut message = Message::new(Mti::literal(b"0200"));
        for field in 2..=128 {
            message.set(field, [field; 100]);
        }
        assert_eq!(message.get(2), Some(&[2; 100][..]));
        assert_eq!(message.get(128), Some(&[128; 100][..]));
    }

    #[test]
    fn debug_shows_no_value() {
        let mut message = Message::new(Mti::literal(b"0200"));
        message.set(2, "6216261000000000018");
        let text = format!("{message:?}");
        assert!(
            !text.contains("621626") && text.contains("19 bytes"),
            "{text}"
        );
    }
}
