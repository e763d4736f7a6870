//! What the codec's fast way needs of each field, resolved when a dialect loads: a few bytes a
//! field instead of a format, an encoding, a length kind and a padding to look at.
//!
//! A layout decides nothing. What it can't say, or what doesn't fit, is left to the careful way,
//! which works from the [`Shape`] and names what is wrong.

use super::{Class, Counts, Encoding, FieldSpec, Justify, Length, LengthEncoding, Parts, Shape};
use crate::message::{ByNumber, ByPlace, Half, Mti};

/// How a value's units become bytes, and which bytes may stand there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// Any bytes.
    Bytes,
    /// BER-TLV.
    Tlv,
    /// ASCII digits.
    Digits,
    /// `C` or `D` and ASCII digits.
    SignedDigits,
    /// ASCII digits and separators.
    Track,
    /// ASCII letters, digits and spaces.
    Letters,
    /// Printable ASCII.
    Text,
    /// Two digits a byte; an odd number has a pad nibble after it.
    Packed,
    /// Two digits a byte; an odd number has a zero before it.
    PackedRight,
    /// Two digits or separators a byte; an odd number has a pad nibble after it.
    PackedTrack,
    /// Two upper-case hex characters for each byte.
    Hex,
    /// BER-TLV, in two upper-case hex characters for each byte.
    HexTlv,
    /// Something rare.
    Careful,
}

/// What stands before a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Prefix {
    /// Nothing: the length is fixed.
    None,
    /// Two digits in a byte.
    Bcd1,
    /// Four digits in two bytes.
    Bcd2,
    /// Two ASCII digits.
    Ascii2,
    /// Three ASCII digits.
    Ascii3,
    /// Something rare.
    Careful,
}

/// How a value that was found valid is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    /// It stands there as it is.
    Borrowed,
    /// Two characters a byte, an odd one first.
    Packed,
    /// Two characters a byte; an odd one after a zero.
    PackedRight,
    /// A byte for two characters.
    Hex,
    /// Something rare.
    Careful,
}

/// One field on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    /// Of fixed digits, left or right, of up to eight bytes; for all else no bit is set.
    pub(crate) masks: Masks,
    /// Of fixed digits, left, of up to eight: a byte of ones for each, the first the lowest.
    pub(crate) kept: u64,
    /// Units of a fixed value, most units of another.
    pub(crate) units: u16,
    /// Bytes of a fixed value.
    pub(crate) bytes: u16,
    pub(crate) content: Content,
    pub(crate) prefix: Prefix,
    pub(crate) reading: Reading,
    /// Half bytes that a unit takes.
    nibbles: u8,
}

/// What packed digits of up to eight bytes must be, as bits of a word that begins with them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Masks {
    /// The highest bit of each nibble that is a digit.
    pub(crate) digits: u64,
    /// Bits that must each be as the one above it, and the highest zero. All but the highest of a
    /// nibble after an odd number of digits: it is all zeros or all ones. All of a nibble before
    /// them: it is zero.
    pub(crate) pad: u64,
}

impl Masks {
    pub(crate) const NONE: Self = Self { digits: 0, pad: 0 };

    /// For up to sixteen digits, an odd one followed by its pad nibble.
    pub(crate) const fn left(digits: u32) -> Self {
        let (whole, last) = (
            Self::of_bytes(digits.div_ceil(2)),
            Self::of_bytes(digits / 2),
        );
        let pad = whole & !last & 0x0F0F_0F0F_0F0F_0F0F;
        Self {
            digits: whole & !pad & Self::HIGHEST,
            pad: pad & !Self::HIGHEST,
        }
    }

    /// For up to sixteen digits, an odd one after a zero.
    const fn right(digits: u32) -> Self {
        Self {
            digits: Self::of_bytes(digits.div_ceil(2)) & Self::HIGHEST,
            pad: if digits % 2 == 1 { 0xF << 60 } else { 0 },
        }
    }

    /// Of each nibble.
    const HIGHEST: u64 = 0x8888_8888_8888_8888;

    /// All bits of the first bytes.
    const fn of_bytes(bytes: u32) -> u64 {
        match u64::MAX.checked_shr(8 * bytes) {
            Some(behind) => !behind,
            None => u64::MAX,
        }
    }
}

/// The layout of most message types, and one for each type that a variant names.
#[derive(Debug)]
pub(super) struct Layouts {
    usual: Layout,
    /// A bit for each second digit of `mtis`: most messages need no look at those.
    mti_classes: u16,
    /// Apart from their layouts, which are large.
    mtis: Vec<Mti>,
    special: Vec<Layout>,
}

impl Layouts {
    pub(super) fn new(fields: &[Option<FieldSpec>]) -> Self {
        let variants = fields.iter().flatten().flat_map(|spec| &spec.variants);
        let mut mtis: Vec<Mti> = variants
            .flat_map(|variant| &variant.mtis)
            .copied()
            .collect();
        mtis.sort_unstable();
        mtis.dedup();
        let layout = |mti: Option<Mti>| {
            let mut steps = ByNumber::filled(Step::ABSENT);
            for spec in fields.iter().flatten() {
                let shape = mti.map_or(&spec.shape, |mti| spec.shape_in(mti));
                steps.set(spec.number, Step::of(shape));
            }
            Layout { steps }
        };
        Self {
            usual: layout(None),
            mti_classes: mtis.iter().fold(0, |bits, mti| bits | mti_class(*mti)),
            special: mtis.iter().copied().map(Some).map(layout).collect(),
            mtis,
        }
    }

    #[inline]
    pub(super) fn usual(&self) -> &Layout {
        &self.usual
    }

    #[inline]
    pub(super) fn of(&self, mti: Mti) -> &Layout {
        if self.mti_classes & mti_class(mti) == 0 {
            return &self.usual;
        }
        let place = self.mtis.iter().position(|special| *special == mti);
        place
            .and_then(|place| self.special.get(place))
            .unwrap_or(&self.usual)
    }
}

/// A bit for the second digit of a message type.
#[inline]
fn mti_class(mti: Mti) -> u16 {
    let [_, class, ..] = mti.digits();
    1_u16.wrapping_shl(u32::from(*class))
}

/// The steps of every field in some message types.
#[derive(Debug)]
pub(crate) struct Layout {
    steps: ByNumber<Step>,
}

impl Layout {
    /// How the fields of a half stand on the wire, by their places; those that the dialect doesn't
    /// have are for the careful way.
    #[inline]
    pub(crate) fn half(&self, half: Half) -> &ByPlace<Step> {
        self.steps.half(half)
    }
}

impl Step {
    const ABSENT: Self = Self {
        masks: Masks::NONE,
        kept: 0,
        units: 0,
        bytes: 0,
        content: Content::Careful,
        prefix: Prefix::Careful,
        reading: Reading::Careful,
        nibbles: 2,
    };

    /// Bytes that a value of so many units takes.
    #[inline]
    pub(crate) fn wire_length(&self, units: u16) -> usize {
        (usize::from(units) * usize::from(self.nibbles)).div_ceil(2)
    }

    /// Whether it stands there as hex characters, which a length prefix counts.
    #[inline]
    pub(crate) fn is_hex(&self) -> bool {
        self.nibbles == 4
    }

    fn of(shape: &Shape) -> Self {
        let (prefix, units) = match shape.length {
            Length::Fixed(units) => (Prefix::None, units),
            Length::Variable {
                digits,
                max,
                encoding,
                counts,
            } => (prefix(digits, encoding, counts, shape.encoding), max),
        };
        let content = content(shape);
        let masks = match (prefix, content, units) {
            (Prefix::None, Content::Packed, 1..=16) => Masks::left(units.into()),
            (Prefix::None, Content::PackedRight, 1..=16) => Masks::right(units.into()),
            _ => Masks::NONE,
        };
        let kept = match (prefix, content, units) {
            (Prefix::None, Content::Packed, 1..=8) => u64::MAX >> (64 - 8 * units),
            _ => 0,
        };
        let mut step = Self {
            masks,
            kept,
            units,
            bytes: 0,
            content,
            prefix,
            reading: reading(shape),
            nibbles: match shape.encoding {
                Encoding::Bcd => 1,
                Encoding::Ascii | Encoding::Ebcdic | Encoding::Raw => 2,
                Encoding::Hex => 4,
            },
        };
        // A value longer than that is left to the careful way; no format has one.
        match (prefix, u16::try_from(step.wire_length(units))) {
            (Prefix::None, Ok(bytes)) => step.bytes = bytes,
            (Prefix::None, Err(_)) => step.content = Content::Careful,
            _ => {}
        }
        step
    }
}

fn prefix(digits: u8, encoding: LengthEncoding, counts: Counts, value: Encoding) -> Prefix {
    if value == Encoding::Bcd && counts == Counts::Bytes {
        return Prefix::Careful;
    }
    match (encoding, digits) {
        (LengthEncoding::Bcd, 2) => Prefix::Bcd1,
        (LengthEncoding::Bcd, _) => Prefix::Bcd2,
        (LengthEncoding::Ascii, 2) => Prefix::Ascii2,
        (LengthEncoding::Ascii, 3) => Prefix::Ascii3,
        (LengthEncoding::Ascii | LengthEncoding::Ebcdic | LengthEncoding::Binary, _) => {
            Prefix::Careful
        }
    }
}

fn reading(shape: &Shape) -> Reading {
    match (shape.encoding, shape.justify) {
        (Encoding::Ascii | Encoding::Raw, _) => Reading::Borrowed,
        (Encoding::Bcd, Justify::Left) => Reading::Packed,
        (Encoding::Bcd, Justify::Right) => Reading::PackedRight,
        (Encoding::Hex, _) => Reading::Hex,
        (Encoding::Ebcdic, _) => Reading::Careful,
    }
}

fn content(shape: &Shape) -> Content {
    if matches!(shape.parts, Parts::BerTlv) {
        return match shape.encoding {
            Encoding::Raw => Content::Tlv,
            Encoding::Hex => Content::HexTlv,
            Encoding::Bcd | Encoding::Ascii | Encoding::Ebcdic => Content::Careful,
        };
    }
    match (shape.encoding, shape.class, shape.justify) {
        (Encoding::Raw, _, _) | (Encoding::Ascii, Class::Any | Class::Binary, _) => Content::Bytes,
        (Encoding::Hex, _, _) => Content::Hex,
        (Encoding::Ascii, Class::Digits, _) => Content::Digits,
        (Encoding::Ascii, Class::SignedDigits, _) => Content::SignedDigits,
        (Encoding::Ascii, Class::Track, _) => Content::Track,
        (Encoding::Ascii, Class::Letters, _) => Content::Letters,
        (Encoding::Ascii, Class::Text, _) => Content::Text,
        (Encoding::Bcd, Class::Track, Justify::Left) => Content::PackedTrack,
        (Encoding::Bcd, Class::Digits, Justify::Left) => Content::Packed,
        (Encoding::Bcd, Class::Digits, Justify::Right) => Content::PackedRight,
        (Encoding::Bcd | Encoding::Ebcdic, _, _) => Content::Careful,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::message::value_at;

    #[test]
    fn a_layout_follows_the_message_type() {
        let dialect = Dialect::named("cup-pos").unwrap();
        let step = |mti, number| {
            let (half, place) = Half::of(number);
            *value_at(dialect.layout(Mti::literal(mti)).half(half), place)
        };
        assert_eq!(step(b"0200", 48).content, Content::Bytes);
        assert_eq!(step(b"0500", 48).content, Content::Packed);
        assert_eq!(step(b"0320", 48).content, Content::Packed);
        let pan = Step {
            masks: Masks::NONE,
            kept: 0,
            units: 19,
            bytes: 0,
            content: Content::Packed,
            prefix: Prefix::Bcd1,
            reading: Reading::Packed,
            nibbles: 1,
        };
        assert_eq!(step(b"0200", 2), pan);
        assert_eq!(step(b"0500", 2), pan);
        let entry_mode = Step {
            masks: Masks::left(3),
            kept: 0x00FF_FFFF,
            units: 3,
            bytes: 2,
            prefix: Prefix::None,
            ..pan
        };
        assert_eq!(step(b"0200", 22), entry_mode);
        assert_eq!(step(b"0200", 23).content, Content::PackedRight);
        assert_eq!(step(b"0200", 23).masks, Masks::right(3));
        assert_eq!(step(b"0200", 35).content, Content::PackedTrack);
        assert_eq!(step(b"0200", 55).content, Content::Tlv);
        assert_eq!(step(b"0200", 5), Step::ABSENT);
        assert_eq!(step(b"0200", 128), Step::ABSENT);
        let hex = Dialect::named("iso87-ascii").unwrap();
        let (half, place) = Half::of(52);
        let step = value_at(hex.layout(Mti::literal(b"0200")).half(half), place);
        assert_eq!((step.content, step.bytes), (Content::Hex, 16));
        assert_eq!(step.wire_length(8), 16);
        assert_eq!(size_of::<Step>(), 32, "two in a line of the cache");
    }

    #[test]
    fn masks_cover_the_digits_and_nothing_behind() {
        for (units, digits, pad) in [
            (0, 0, 0),
            (1, 0x8000_0000_0000_0000, 0x0700_0000_0000_0000),
            (2, 0x8800_0000_0000_0000, 0),
            (3, 0x8880_0000_0000_0000, 0x0007_0000_0000_0000),
            (15, 0x8888_8888_8888_8880, 0x7),
            (16, 0x8888_8888_8888_8888, 0),
        ] {
            assert_eq!(Masks::left(units), Masks { digits, pad }, "{units}");
        }
        for (units, digits, pad) in [
            (2, 0x8800_0000_0000_0000, 0),
            (3, 0x8888_0000_0000_0000, 0xF000_0000_0000_0000),
            (16, 0x8888_8888_8888_8888, 0),
        ] {
            assert_eq!(Masks::right(units), Masks { digits, pad }, "{units}");
        }
    }
}
