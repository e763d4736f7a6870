//! From a message to the bytes of a frame, in the caller's buffer.

use super::careful::{Odd, counts_bytes_of_bcd, odd_digit, wire_length};
use super::characters;
use super::error::{EncodeError, FieldPath, Reason};
use super::fast_path;
use super::packed::{nibble, pack};
use crate::dialect::{
    BitmapEncoding, Counts, Dialect, Encoding, Layout, Length, LengthEncoding, MtiEncoding, Parts,
    Shape,
};
use crate::hex;
use crate::keys::DesKey;
use crate::mac;
use crate::message::{FieldSet, Half, Message, value_at};
use crate::tlv;

/// Writes one whole frame, length prefix included, into `out`, which is cleared first.
///
/// With a key, and where the dialect has a MAC in this type of message, the MAC is computed and
/// written last. Without one the fields are written as they are. On an error `out` is empty.
pub fn encode(
    dialect: &Dialect,
    message: &Message,
    mac_key: Option<&DesKey>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.clear();
    let result = write_frame(dialect, message, mac_key, out);
    if result.is_err() {
        out.clear();
    }
    result
}

fn write_frame(
    dialect: &Dialect,
    message: &Message,
    mac_key: Option<&DesKey>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let mac = mac_key
        .filter(|_| dialect.takes_mac(message.mti()))
        .zip(dialect.mac_field());
    let mut writer = Writer::new(dialect, message, out);
    writer.envelope()?;
    let mab_start = writer.out.len();
    writer.mti()?;
    let present = message.present();
    let (shown, mut left) = match mac {
        Some((_, number)) => (present.with(number), present.without(number)),
        None => (present, present),
    };
    writer.bitmap(shown)?;
    while let Some(number) = writer.fields(left) {
        writer.field(number, message.get(number).unwrap_or_default())?;
        left = left.above(number);
    }
    if let Some((key, number)) = mac {
        let settings = dialect.settings();
        let mab = writer.out.get(mab_start..).unwrap_or_default();
        let value = mac::compute(settings.mac_algorithm, settings.mac_padding, key, mab)
            .map_err(|_| writer.fault(FieldPath::Field(number), Reason::MacKey))?;
        writer.field(number, &value)?;
    }
    writer.finish()
}

/// The fast way: writes fields until one needs the careful way. Gives the bytes they take, and the
/// number of that one.
#[inline(never)]
fn write_fast(
    layout: &Layout,
    message: &Message,
    fields: FieldSet,
    room: &mut [u8],
) -> (usize, Option<u8>) {
    let mut at = 0;
    for half in [Half::First, Half::Second] {
        let steps = layout.half(half);
        for place in fields.places(half) {
            let mut write = || {
                let (after, count) = message.last_set(half, place)?;
                fast_path::write(value_at(steps, place), after, count, room.get_mut(at..)?)
            };
            match write() {
                Some(length) => at += length,
                None => return (at, Some(half.number(place))),
            }
        }
    }
    (at, None)
}

struct Writer<'a> {
    dialect: &'a Dialect,
    message: &'a Message,
    out: &'a mut Vec<u8>,
    prefix: usize,
}

impl<'a> Writer<'a> {
    fn new(dialect: &'a Dialect, message: &'a Message, out: &'a mut Vec<u8>) -> Self {
        let prefix = dialect.framing().prefix.length();
        out.resize(prefix, 0);
        Self {
            dialect,
            message,
            out,
            prefix,
        }
    }

    fn fault(&self, field: FieldPath, reason: Reason) -> EncodeError {
        EncodeError {
            field,
            offset: self.out.len().saturating_sub(self.prefix),
            reason,
        }
    }

    fn envelope(&mut self) -> Result<(), EncodeError> {
        if let Some(number) = self.message.impossible_field() {
            return Err(self.fault(FieldPath::Field(number), Reason::UnknownField));
        }
        if self.message.has_envelope() {
            return self.own_envelope();
        }
        self.out.extend_from_slice(self.dialect.envelope());
        Ok(())
    }

    /// With the message's own TPDU or header.
    fn own_envelope(&mut self) -> Result<(), EncodeError> {
        match (self.dialect.tpdu(), self.message.tpdu()) {
            (Some(default), own) => self.out.extend_from_slice(&own.unwrap_or(default)),
            (None, None) => {}
            (None, Some(_)) => {
                let reason = Reason::Envelope {
                    length: 5,
                    expected: 0,
                };
                return Err(self.fault(FieldPath::Tpdu, reason));
            }
        }
        let header = self.message.header().unwrap_or(self.dialect.header());
        let expected = self.dialect.header().len();
        if header.len() != expected {
            let reason = Reason::Envelope {
                length: header.len(),
                expected,
            };
            return Err(self.fault(FieldPath::Header, reason));
        }
        self.out.extend_from_slice(header);
        Ok(())
    }

    fn mti(&mut self) -> Result<(), EncodeError> {
        let mti = self.message.mti();
        if !mti.is_valid() {
            return Err(self.fault(FieldPath::Mti, Reason::MessageType));
        }
        let digits = mti.digits();
        match self.dialect.mti_encoding() {
            MtiEncoding::Ascii => self.out.extend_from_slice(digits),
            MtiEncoding::Ebcdic => {
                self.out.extend(
                    digits
                        .iter()
                        .filter_map(|digit| characters::to_ebcdic(*digit)),
                );
            }
            MtiEncoding::Bcd => {
                let [a, b, c, d] = digits.map(|digit| digit - b'0');
                self.out.extend_from_slice(&[a << 4 | b, c << 4 | d]);
            }
        }
        Ok(())
    }

    fn bitmap(&mut self, fields: FieldSet) -> Result<(), EncodeError> {
        let secondary = fields.needs_secondary() || self.message.wants_secondary_bitmap();
        if !secondary {
            self.bitmap_word(fields.primary_bitmap());
            return Ok(());
        }
        if self.dialect.field_max() <= 64 {
            let reason = Reason::UnknownSecondaryBitmap;
            return Err(self.fault(FieldPath::Bitmap, reason));
        }
        self.bitmap_word(fields.with(1).primary_bitmap());
        self.bitmap_word(fields.secondary_bitmap());
        Ok(())
    }

    fn bitmap_word(&mut self, bits: u64) {
        let bytes = bits.to_be_bytes();
        match self.dialect.bitmap_encoding() {
            BitmapEncoding::Binary => self.out.extend_from_slice(&bytes),
            BitmapEncoding::Hex => {
                self.out
                    .extend_from_slice(bytes.map(hex::pair).as_flattened());
            }
            BitmapEncoding::HexEbcdic => {
                let characters = bytes.into_iter().flat_map(hex::pair);
                self.out
                    .extend(characters.filter_map(characters::to_ebcdic));
            }
        }
    }

    /// The fast way, as far as it goes: the number of the field that stopped it. A message with a
    /// pad nibble other than zero takes the careful way from the first field on.
    #[inline]
    fn fields(&mut self, left: FieldSet) -> Option<u8> {
        if self.message.has_pads() {
            return left.numbers().next();
        }
        let start = self.out.len();
        self.out.resize(start + self.message.room(), 0);
        let room = self.out.get_mut(start..).unwrap_or_default();
        let layout = self.dialect.layout(self.message.mti());
        let (written, stopped) = write_fast(layout, self.message, left, room);
        self.out.truncate(start + written);
        stopped
    }

    /// The careful way: for what is rare, for a MAC, and to say what is wrong.
    #[cold]
    fn field(&mut self, number: u8, value: &[u8]) -> Result<(), EncodeError> {
        let field = FieldPath::Field(number);
        let Some(spec) = self.dialect.field(number) else {
            return Err(self.fault(field, Reason::UnknownField));
        };
        let shape = spec.shape_in(self.message.mti());
        let spaces = self.length(field, shape, value.len())?;
        match shape.encoding {
            Encoding::Bcd => self.bcd(number, shape, value)?,
            Encoding::Hex => self
                .out
                .extend(value.iter().flat_map(|byte| hex::pair(*byte))),
            Encoding::Raw => self.out.extend_from_slice(value),
            Encoding::Ascii | Encoding::Ebcdic => {
                self.characters(field, shape, value)?;
                for _ in 0..spaces {
                    self.characters(field, shape, b" ")?;
                }
            }
        }
        if matches!(shape.parts, Parts::BerTlv) {
            self.check_tlv(number, shape, value)?;
        }
        Ok(())
    }

    /// Checks the length, writes a variable one, and gives the spaces a short fixed text needs.
    fn length(
        &mut self,
        field: FieldPath,
        shape: &Shape,
        units: usize,
    ) -> Result<usize, EncodeError> {
        match shape.length {
            Length::Fixed(expected) => {
                let expected = usize::from(expected);
                match expected.checked_sub(units) {
                    Some(0) => Ok(0),
                    Some(missing) if shape.pad_spaces => Ok(missing),
                    _ => Err(self.fault(
                        field,
                        Reason::WrongLength {
                            length: units,
                            expected,
                        },
                    )),
                }
            }
            Length::Variable {
                digits,
                max,
                encoding,
                counts,
            } => {
                if units > usize::from(max) {
                    let reason = Reason::TooLong {
                        length: units,
                        max: usize::from(max),
                    };
                    return Err(self.fault(field, reason));
                }
                let counted = match (shape.encoding, counts) {
                    (Encoding::Hex, _) | (Encoding::Bcd, Counts::Bytes) => {
                        wire_length(shape, units)
                    }
                    _ => units,
                };
                self.length_prefix(encoding, digits, counted);
                Ok(0)
            }
        }
    }

    /// The dialect's check keeps `counted` below what the digits can say.
    fn length_prefix(&mut self, encoding: LengthEncoding, digits: u8, counted: usize) {
        let counted = u16::try_from(counted).unwrap_or(u16::MAX);
        let [high, low] = [counted / 100 % 100, counted % 100].map(two_digits);
        let zero = match encoding {
            LengthEncoding::Ascii => b'0',
            LengthEncoding::Ebcdic => 0xF0,
            LengthEncoding::Bcd if digits == 2 => return self.out.push(low),
            LengthEncoding::Bcd => return self.out.extend_from_slice(&[high, low]),
            LengthEncoding::Binary => {
                let bytes = counted.to_be_bytes();
                let skip = usize::from(digits == 2);
                return self
                    .out
                    .extend_from_slice(bytes.get(skip..).unwrap_or_default());
            }
        };
        let characters = [high >> 4, high & 0x0F, low >> 4, low & 0x0F].map(|digit| zero + digit);
        let skip = characters.len().saturating_sub(usize::from(digits));
        self.out
            .extend_from_slice(characters.get(skip..).unwrap_or_default());
    }

    fn characters(
        &mut self,
        field: FieldPath,
        shape: &Shape,
        value: &[u8],
    ) -> Result<(), EncodeError> {
        for (place, character) in value.iter().enumerate() {
            let byte = match shape.encoding {
                Encoding::Ebcdic => characters::to_ebcdic(*character),
                Encoding::Ascii | Encoding::Bcd | Encoding::Raw | Encoding::Hex => Some(*character),
            };
            match byte.filter(|_| characters::allowed(shape.class, *character, place)) {
                Some(byte) => self.out.push(byte),
                None => return Err(self.not_allowed(field, shape)),
            }
        }
        Ok(())
    }

    fn not_allowed(&self, field: FieldPath, shape: &Shape) -> EncodeError {
        self.fault(
            field,
            Reason::Character(characters::class_name(shape.class)),
        )
    }

    fn bcd(&mut self, number: u8, shape: &Shape, value: &[u8]) -> Result<(), EncodeError> {
        let wrong = |character: &u8| characters::to_nibble(shape.class, *character).is_none();
        if let Some(place) = value.iter().position(wrong) {
            let mut error = self.not_allowed(FieldPath::Field(number), shape);
            error.offset += place / 2;
            return Err(error);
        }
        let (first, pairs, last) = match (odd_digit(shape, value.len()), value) {
            (Odd::First, [first, pairs @ ..]) => (Some(*first), pairs, None),
            (Odd::Last, [pairs @ .., last]) => (None, pairs, Some(*last)),
            _ => (None, value, None),
        };
        if let Some(first) = first {
            self.out.push(nibble(first));
        }
        pack(pairs, self.out);
        let Some(last) = last else {
            return Ok(());
        };
        // Counted in bytes, only an F tells the pad nibble from a digit.
        let pad = if counts_bytes_of_bcd(shape) {
            0x0F
        } else {
            self.message.pad(number)
        };
        self.out.push(nibble(last) << 4 | pad);
        Ok(())
    }

    fn check_tlv(&self, number: u8, shape: &Shape, value: &[u8]) -> Result<(), EncodeError> {
        let written = wire_length(shape, value.len());
        let start = self.out.len().saturating_sub(self.prefix + written);
        let byte = |place: usize| value.get(place).copied();
        tlv::check(&byte, value.len()).map_err(|error| EncodeError {
            field: match error.tag {
                Some(tag) => FieldPath::Tag(number, tag),
                None => FieldPath::Field(number),
            },
            offset: start + wire_length(shape, error.offset),
            reason: Reason::Tlv(error.fault),
        })
    }

    fn finish(self) -> Result<(), EncodeError> {
        let framing = self.dialect.framing();
        let length = self.out.len().saturating_sub(self.prefix);
        if length > framing.length_max {
            let reason = Reason::TooLarge {
                length,
                limit: framing.length_max,
            };
            return Err(self.fault(FieldPath::Frame, reason));
        }
        framing.write(length, self.out);
        Ok(())
    }
}

/// A number below 100 as two BCD digits.
fn two_digits(number: u16) -> u8 {
    u8::try_from(((number / 10) << 4) | (number % 10)).unwrap_or(u8::MAX)
}

/// One field by the careful way alone.
#[cfg(test)]
pub(super) fn careful(
    dialect: &Dialect,
    mti: crate::message::Mti,
    number: u8,
    value: &[u8],
) -> Result<Vec<u8>, EncodeError> {
    let (message, mut out) = (Message::new(mti), Vec::new());
    let mut writer = Writer::new(dialect, &message, &mut out);
    let prefix = writer.prefix;
    writer.field(number, value)?;
    Ok(out.split_off(prefix))
}
