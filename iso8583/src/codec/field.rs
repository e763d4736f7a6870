//! One decoded field: borrowed bytes that are known to fit its format.

use super::careful::{Odd, odd_digit};
use super::characters;
use super::fast_path;
use super::packed::{nibble, unpack};
use super::span::Span;
use crate::dialect::{Class, Dialect, Encoding, Justify, Reading, Shape, Step};
use crate::hex;
use crate::message::{Half, Mti};
use crate::tlv;
use std::fmt;
use zeroize::Zeroizing;

/// A field of a decoded message. Its bytes were validated.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) mti: Mti,
    pub(super) half: Half,
    pub(super) place: usize,
    pub(super) step: &'a Step,
    pub(super) frame: &'a [u8],
    pub(super) span: Span,
}

/// A value as a person reads it.
#[derive(Clone, Eq, PartialEq)]
pub struct Shown {
    /// Digits, text or hex.
    pub text: Zeroizing<String>,
    /// The field is text, but these bytes are not printable: `text` is their hex.
    pub hex_for_text: bool,
}

/// Only how long it is: it may be a card number.
impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Shown({} characters)", self.text.len())
    }
}

impl<'a> Field<'a> {
    /// Its number.
    #[inline]
    pub fn number(&self) -> u8 {
        self.half.number(self.place)
    }

    /// What it is, in a few words.
    pub fn name(&self) -> &'a str {
        self.dialect.name_of(self.number())
    }

    /// Its shape in this type of message.
    pub fn shape(&self) -> &'a Shape {
        self.dialect.shape(self.number(), self.mti)
    }

    /// The value's bytes as on the wire, without length prefix.
    #[inline]
    pub fn wire(&self) -> &'a [u8] {
        self.begins(self.step.wire_length(self.span.units))
    }

    /// Digits, characters or bytes.
    #[inline]
    pub fn units(&self) -> usize {
        usize::from(self.span.units)
    }

    /// Where the value starts, counted from the first byte after the length prefix.
    #[inline]
    pub fn offset(&self) -> usize {
        usize::from(self.span.start)
    }

    /// So many bytes from the value on.
    #[inline]
    fn begins(&self, length: usize) -> &'a [u8] {
        match self.frame.get(self.offset()..self.offset() + length) {
            Some(bytes) => bytes,
            None => &[],
        }
    }

    /// The canonical value, a byte at a time; allocates nothing.
    pub fn canonical(&self) -> Canonical<'a> {
        let skip = match (self.shape().encoding, self.shape().justify) {
            (Encoding::Bcd, Justify::Right) => self.units() % 2,
            _ => 0,
        };
        Canonical {
            shape: self.shape(),
            wire: self.wire(),
            next: skip,
            end: skip + self.units(),
        }
    }

    /// The canonical value: what [`crate::message::Message::set`] takes.
    pub fn value(&self) -> Zeroizing<Vec<u8>> {
        // One more than needed: BCD is unpacked in pairs, and a growing `Vec` leaves copies.
        let mut value = Zeroizing::new(Vec::with_capacity(self.units() + 1));
        self.read_into(&mut value);
        value
    }

    /// Puts the canonical value into `value`, which is cleared first; reuse it, and nothing is
    /// allocated. Nothing is wiped: that is for whoever owns the buffer.
    pub fn read_into(&self, value: &mut Vec<u8>) {
        value.clear();
        match self.shape().encoding {
            Encoding::Ascii | Encoding::Raw => value.extend_from_slice(self.wire()),
            Encoding::Bcd => match (odd_digit(self.shape(), self.units()), self.wire()) {
                (Odd::First, [first, pairs @ ..]) => {
                    let [_, digit] = hex::pair(*first);
                    value.push(digit);
                    unpack(pairs, value);
                }
                (_, wire) => {
                    unpack(wire, value);
                    value.truncate(self.units());
                }
            },
            Encoding::Hex => {
                let (pairs, _) = self.wire().as_chunks::<2>();
                value.extend(
                    pairs
                        .iter()
                        .map(|[high, low]| nibble(*high) << 4 | nibble(*low)),
                );
            }
            Encoding::Ebcdic => value.extend(self.canonical()),
        }
    }

    /// The canonical value: borrowed from the frame where it stands there as it is, else put
    /// together in `text`. Reuse `text`, and nothing is allocated; what it held before and behind
    /// the value is of no meaning. Nothing is wiped: that is for whoever owns the buffer.
    #[inline]
    pub fn read<'b>(&self, text: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match self.step.reading {
            Reading::Borrowed => self.begins(self.units()),
            Reading::Packed => fast_path::unpack(self.frame, self.offset(), 0, self.units(), text),
            Reading::PackedRight | Reading::Hex | Reading::Careful => read_unusual(*self, text),
        }
    }

    /// Whether the canonical value is exactly this text.
    pub fn matches(&self, text: &str) -> bool {
        self.canonical().eq(text.bytes())
    }

    /// The digits as a number; `None` where they are none or too many.
    pub fn to_number(&self) -> Option<u64> {
        let mut number: u64 = 0;
        for character in self.canonical() {
            let digit = character
                .is_ascii_digit()
                .then(|| u64::from(character - b'0'))?;
            number = number.checked_mul(10)?.checked_add(digit)?;
        }
        Some(number)
    }

    /// The value as text; `None` for binary fields and for text that isn't printable.
    pub fn text(&self) -> Option<Zeroizing<String>> {
        if self.shape().class == Class::Binary {
            return None;
        }
        let value = self.value();
        if value.iter().all(|byte| matches!(byte, 0x20..=0x7E)) {
            return std::str::from_utf8(&value)
                .ok()
                .map(|text| Zeroizing::new(text.to_owned()));
        }
        if self.shape().gbk {
            tlv::gbk_text(&value).map(Zeroizing::new)
        } else {
            None
        }
    }

    /// The value as a person reads it: digits, printable text, else upper-case hex.
    pub fn shown(&self) -> Shown {
        match self.text() {
            Some(text) => Shown {
                text,
                hex_for_text: false,
            },
            None => Shown {
                text: Zeroizing::new(hex::encode(&self.value())),
                hex_for_text: self.shape().class != Class::Binary,
            },
        }
    }

    /// The pad nibble after an odd number of BCD digits, 0 where there is none.
    pub fn pad(&self) -> u8 {
        let padded = self.shape().encoding == Encoding::Bcd
            && self.shape().justify == Justify::Left
            && self.units() % 2 == 1;
        if padded {
            self.wire().last().map_or(0, |byte| byte & 0x0F)
        } else {
            0
        }
    }
}

/// By value: else the field of a caller's loop would have to stand in memory, and not in registers.
#[inline(never)]
fn read_unusual<'a>(field: Field<'_>, text: &'a mut Vec<u8>) -> &'a [u8] {
    let units = field.units();
    match field.step.reading {
        Reading::PackedRight => {
            fast_path::unpack(field.frame, field.offset(), units % 2, units, text)
        }
        Reading::Hex => fast_path::unpack_hex(field.wire(), text),
        Reading::Borrowed | Reading::Packed | Reading::Careful => {
            field.read_into(text);
            text
        }
    }
}

/// Canonical bytes of a field, one after another.
#[derive(Clone)]
pub struct Canonical<'a> {
    shape: &'a Shape,
    wire: &'a [u8],
    next: usize,
    end: usize,
}

impl Iterator for Canonical<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.next >= self.end {
            return None;
        }
        let place = self.next;
        self.next += 1;
        match self.shape.encoding {
            Encoding::Bcd => {
                let byte = *self.wire.get(place / 2)?;
                let nibble = if place.is_multiple_of(2) {
                    byte >> 4
                } else {
                    byte & 0x0F
                };
                characters::from_nibble(self.shape.class, nibble)
            }
            Encoding::Hex => {
                let high = hex::value(*self.wire.get(place * 2)?)?;
                let low = hex::value(*self.wire.get(place * 2 + 1)?)?;
                Some(high << 4 | low)
            }
            Encoding::Ascii | Encoding::Raw | Encoding::Ebcdic => {
                characters::from_wire(self.shape.encoding, *self.wire.get(place)?)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.next);
        (0, Some(left))
    }
}
