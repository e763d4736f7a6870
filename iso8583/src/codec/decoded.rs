//! A decoded message: fields borrowed from the frame.

use super::decode;
use super::field::Field;
use super::span::Span;
use crate::card::Pan;
use crate::dialect::{Dialect, Layout, Parts};
use crate::keys::DesKey;
use crate::mac::{self, MacError};
use crate::message::{ByPlace, FieldSet, Half, Message, Mti, Places, value_at};
use thiserror::Error;
use zeroize::Zeroizing;

/// A message whose every field was found valid. Borrows the frame and the dialect.
#[derive(Clone)]
pub struct Decoded<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) layout: &'a Layout,
    pub(super) frame: &'a [u8],
    /// Where the MTI stands.
    pub(super) start: usize,
    pub(super) mti: Mti,
    /// With field 1 where there is a secondary bitmap.
    pub(super) fields: FieldSet,
    /// Where the fields up to 64 lie. Those above, of which a message has a MAC and seldom two
    /// more, are read again when they are asked for: all of this is moved twice until a caller has
    /// it.
    pub(super) spans: ByPlace<Span>,
    /// Where the first field above 64 stands.
    pub(super) second_half: usize,
}

/// Why a message's MAC is not good.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum MacFault {
    /// There is none.
    #[error("mac is missing")]
    Missing,
    /// There is another one than the key gives.
    #[error("mac is wrong")]
    Wrong,
    /// The key doesn't suit the algorithm.
    #[error("mac can't be computed: {0}")]
    Key(MacError),
}

impl<'a> Decoded<'a> {
    /// What there is before anything was read.
    #[inline]
    pub(super) fn unread(dialect: &'a Dialect, frame: &'a [u8]) -> Self {
        Self {
            dialect,
            layout: dialect.usual_layout(),
            frame,
            start: 0,
            mti: Mti::literal(b"0000"),
            fields: FieldSet::EMPTY,
            spans: Span::NOWHERES,
            second_half: 0,
        }
    }

    /// The dialect it was read with.
    #[inline]
    pub fn dialect(&self) -> &'a Dialect {
        self.dialect
    }

    /// The frame it was read from, without length prefix.
    pub fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// The message type.
    #[inline]
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// The TPDU's five bytes, where the dialect has one.
    pub fn tpdu(&self) -> Option<&'a [u8]> {
        self.frame.get(..self.dialect.tpdu()?.len())
    }

    /// The header's bytes; empty where the dialect has none.
    pub fn header(&self) -> &'a [u8] {
        let start = self.start.saturating_sub(self.dialect.header().len());
        self.frame.get(start..self.start).unwrap_or_default()
    }

    /// The bits of both bitmaps, field 1 the highest.
    #[inline]
    pub fn bitmap(&self) -> u128 {
        let primary = u128::from(self.fields.primary_bitmap());
        primary << 64 | u128::from(self.fields.secondary_bitmap())
    }

    /// Whether the field is there.
    #[inline]
    pub fn has(&self, number: u8) -> bool {
        number != 1 && self.fields.has(number)
    }

    /// A field.
    #[inline]
    pub fn field(&self, number: u8) -> Option<Field<'a>> {
        if !self.has(number) {
            return None;
        }
        Some(match Half::of(number) {
            (Half::First, place) => self.placed(Half::First, &self.spans, place),
            (Half::Second, place) => self.placed(Half::Second, &self.second_spans(), place),
        })
    }

    /// As `spans`, of the fields above 64.
    fn second_spans(&self) -> ByPlace<Span> {
        let places = self.fields.places(Half::Second);
        let (spans, _) = decode::second_half(self, places, self.second_half);
        spans
    }

    #[inline]
    fn placed(&self, half: Half, spans: &ByPlace<Span>, place: usize) -> Field<'a> {
        Field {
            dialect: self.dialect,
            mti: self.mti,
            half,
            place,
            step: value_at(self.layout.half(half), place),
            frame: self.frame,
            span: *value_at(spans, place),
        }
    }

    /// All fields in ascending order.
    #[inline]
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + '_ {
        let fields = self.fields.without(1);
        Fields {
            decoded: self,
            first: fields.places(Half::First),
            second: fields.places(Half::Second),
            at: self.second_half,
        }
    }

    /// Digits or text. `None` where the field is absent, binary, or not printable.
    ///
    /// The text is not wiped when dropped: for a PAN or a track see [`Self::pan`] and
    /// [`Self::secret`].
    pub fn string(&self, number: u8) -> Option<String> {
        self.secret(number).map(|text| text.as_str().to_owned())
    }

    /// Digits or text, wiped when dropped.
    pub fn secret(&self, number: u8) -> Option<Zeroizing<String>> {
        self.field(number)?.text()
    }

    /// Digits as a number.
    pub fn number(&self, number: u8) -> Option<u64> {
        self.field(number)?.to_number()
    }

    /// The value's bytes as on the wire.
    pub fn bytes(&self, number: u8) -> Option<&'a [u8]> {
        self.field(number).map(|field| field.wire())
    }

    /// Whether the field is there with exactly this value. Allocates nothing.
    pub fn matches(&self, number: u8, text: &str) -> bool {
        self.field(number).is_some_and(|field| field.matches(text))
    }

    /// One part of a field, counted from 1, by the dialect's layout: F60.2 is the batch.
    pub fn part(&self, number: u8, part: usize) -> Option<String> {
        let field = self.field(number)?;
        let Parts::Fixed { parts, .. } = &field.shape().parts else {
            return None;
        };
        let index = part.checked_sub(1)?;
        let skip: usize = parts
            .iter()
            .take(index)
            .map(|part| usize::from(part.length))
            .sum();
        let length = usize::from(parts.get(index)?.length);
        let value = field.value();
        let bytes = value.get(skip..skip.checked_add(length)?)?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// The card's number: F2, else the digits of F35 before the separator.
    pub fn pan(&self) -> Option<Pan> {
        if let Some(text) = self.secret(2) {
            return Pan::new(&text).ok();
        }
        let track = self.secret(35)?;
        let (pan, _) = track.split_once(['D', '='])?;
        Pan::new(pan).ok()
    }

    /// What the MAC is computed over: MTI to the field before the MAC, without TPDU and header.
    pub fn mab(&self) -> &'a [u8] {
        let end = self
            .dialect
            .mac_field()
            .and_then(|number| self.field(number))
            .map_or(self.frame.len(), |field| field.offset());
        self.frame.get(self.start..end).unwrap_or_default()
    }

    /// Checks the MAC field, in constant time.
    pub fn verify_mac(&self, key: &DesKey) -> Result<(), MacFault> {
        let received = self
            .dialect
            .mac_field()
            .and_then(|number| self.field(number))
            .ok_or(MacFault::Missing)?
            .value();
        let settings = self.dialect.settings();
        match mac::verify(
            settings.mac_algorithm,
            settings.mac_padding,
            key,
            self.mab(),
            &received,
        ) {
            Ok(true) => Ok(()),
            Ok(false) => Err(MacFault::Wrong),
            Err(error) => Err(MacFault::Key(error)),
        }
    }

    /// An owned copy; encoding it gives the same bytes.
    pub fn to_message(&self) -> Message {
        let mut message = Message::new(self.mti);
        if let Some(tpdu) = self.tpdu().and_then(|tpdu| tpdu.try_into().ok()) {
            message.set_tpdu(tpdu);
        }
        message.set_header(self.header());
        message.set_secondary_bitmap(self.fields.has(1));
        for field in self.fields() {
            message.set(field.number(), &*field.value());
            if field.pad() != 0 {
                message.set_pad(field.number(), field.pad());
            }
        }
        message
    }

    /// The start of an answer: response type, TPDU with its addresses swapped, same header.
    pub fn reply(&self) -> Message {
        let mut message = Message::new(self.mti.response());
        if let Some(&[id, to_high, to_low, from_high, from_low]) = self.tpdu() {
            message.set_tpdu([id, from_high, from_low, to_high, to_low]);
        }
        if !self.header().is_empty() {
            message.set_header(self.header());
        }
        message
    }
}

impl Message {
    /// Copies a field's value out of a decoded message; absent there leaves it as it is here.
    pub fn copy_from(&mut self, source: &Decoded<'_>, field: u8) -> &mut Self {
        if let Some(found) = source.field(field) {
            self.set(field, &*found.value());
        }
        self
    }
}

struct Fields<'d, 'a> {
    decoded: &'d Decoded<'a>,
    first: Places,
    second: Places,
    /// Where the next of `second` stands.
    at: usize,
}

impl<'a> Iterator for Fields<'_, 'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        match self.first.next() {
            Some(place) => Some(self.decoded.placed(Half::First, &self.decoded.spans, place)),
            None => {
                let place = self.second.next()?;
                let (spans, end) = decode::second_half(self.decoded, Places::only(place), self.at);
                self.at = end;
                Some(self.decoded.placed(Half::Second, &spans, place))
            }
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, Field<'a>) -> B>(self, start: B, mut each: F) -> B {
        let mut folded = start;
        for (half, places) in [(Half::First, self.first), (Half::Second, self.second)] {
            let found;
            let spans = match half {
                Half::First => &self.decoded.spans,
                Half::Second if places.is_empty() => break,
                Half::Second => {
                    found = self.decoded.second_spans();
                    &found
                }
            };
            for place in places {
                folded = each(folded, self.decoded.placed(half, spans, place));
            }
        }
        folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    /// Fields at both ends of both halves.
    fn message() -> Message {
        let mut message = Message::new(Mti::literal(b"0200"));
        message
            .set(2, "6216261000000000018")
            .set(64, [0x64; 8])
            .set(66, "6")
            .set(90, "9".repeat(42))
            .set(102, "ACCOUNT 1")
            .set(128, [0x28; 8]);
        message
    }

    #[test]
    fn fields_above_64_are_found_by_every_way() {
        for name in ["iso87-ascii", "iso87-binary"] {
            let dialect = Dialect::named(name).unwrap();
            let (message, mut out) = (message(), Vec::new());
            codec::encode(&dialect, &message, None, &mut out).unwrap();
            let frame = out.split_off(dialect.framing().prefix.length());
            let decoded = codec::decode(&dialect, &frame).unwrap();
            let expected: Vec<(u8, Vec<u8>)> = message
                .fields()
                .map(|(number, value)| (number, value.to_vec()))
                .collect();
            let shown = |field: Field<'_>| (field.number(), field.value().to_vec());
            let mut one_by_one = Vec::new();
            for field in decoded.fields() {
                one_by_one.push(shown(field));
            }
            assert_eq!(one_by_one, expected, "{name}");
            let mut folded = Vec::new();
            decoded.fields().for_each(|field| folded.push(shown(field)));
            assert_eq!(folded, expected, "{name}");
            for number in 0..=255 {
                let value = decoded.field(number).map(|field| shown(field).1);
                assert_eq!(value.as_deref(), message.get(number), "{name} {number}");
            }
        }
    }

    #[test]
    fn without_fields_above_64_none_is_looked_for() {
        let dialect = Dialect::named("iso87-ascii").unwrap();
        let mut message = Message::new(Mti::literal(b"0800"));
        message.set(11, "000001").set_secondary_bitmap(true);
        let mut out = Vec::new();
        codec::encode(&dialect, &message, None, &mut out).unwrap();
        let frame = out.split_off(dialect.framing().prefix.length());
        let decoded = codec::decode(&dialect, &frame).unwrap();
        assert_eq!(decoded.fields().map(|field| field.number()).max(), Some(11));
        assert!(decoded.field(1).is_none() && decoded.field(65).is_none());
    }
}
