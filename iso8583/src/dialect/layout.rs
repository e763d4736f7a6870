//! What the codec's fast way needs of each field, resolved when a dialect loads: a few bytes a
//! field instead of a format, an encoding, a length kind and a padding to look at.
//!
//! A layout decides nothing. What it can't say, or what doesn't fit, is left to the careful way,
//! which works from the [`Shape`] and names what is wrong.

use super::{Class, Counts, Encoding, FieldSpec, Justify, Length, LengthEncoding, Parts, Shape};
use crate::message::{ByNumber, Mti};

/// How a value's units become bytes, and which bytes may stand there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// Any bytes.
    Bytes,
    /// BER-TLV.
    Tlv,
    /// ASCII of the step's class.
    Characters,
    /// Two digits a byte; an odd number has a pad nibble after it.
    Packed,
    /// The same, always as many as the masks are for.
    FixedPacked,
    /// Two digits a byte; an odd number has a zero before it.
    PackedRight,
    /// Two digits or separators a byte.
    PackedTrack,
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
    /// Something rare.
    Careful,
}

/// One field on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    pub(crate) content: Content,
    pub(crate) class: Class,
    pub(crate) prefix: Prefix,
    pub(crate) reading: Reading,
    /// Half bytes that a unit takes.
    nibbles: u8,
    /// Units of a fixed value, most units of another.
    pub(crate) units: u16,
    /// Bytes of digits that the masks are for.
    pub(crate) bytes: u8,
    pub(crate) masks: Masks,
}

/// Fixed packed digits of up to eight bytes, as bits of a word that begins with them. All zero
/// for everything else.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Masks {
    /// The highest bit of each nibble that is a digit.
    pub(crate) digits: u64,
    /// All but the highest bit of the nibble after an odd number of digits. Each must be as the
    /// bit above it: so the nibble is all zeros or all ones.
    pub(crate) pad: u64,
    /// The nibble before an odd number of digits: all zeros.
    pub(crate) zero: u64,
}

impl Masks {
    fn of(content: Content, units: u16) -> Self {
        let odd = units % 2 == 1;
        let nibbles = u32::from(units.next_multiple_of(2));
        if nibbles > 16 || !matches!(content, Content::Packed | Content::PackedRight) {
            return Self::default();
        }
        let whole = u64::MAX << (64 - 4 * nibbles);
        let last = if odd && content == Content::Packed {
            0xF << (64 - 4 * nibbles)
        } else {
            0
        };
        let first = if odd && content == Content::PackedRight {
            0xF << 60
        } else {
            0
        };
        Self {
            digits: 0x8888_8888_8888_8888 & whole & !last,
            pad: last & 0x7777_7777_7777_7777,
            zero: first,
        }
    }
}

/// The layout of most message types, and one for each type that a variant names.
#[derive(Debug)]
pub(super) struct Layouts {
    usual: Layout,
    /// Apart from their layouts, which are large: every message looks through all of them.
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
            special: mtis.iter().copied().map(Some).map(layout).collect(),
            mtis,
        }
    }

    #[inline]
    pub(super) fn of(&self, mti: Mti) -> &Layout {
        let place = self.mtis.iter().position(|special| *special == mti);
        place
            .and_then(|place| self.special.get(place))
            .unwrap_or(&self.usual)
    }
}

/// The steps of every field in some message types.
#[derive(Debug)]
pub(crate) struct Layout {
    steps: ByNumber<Step>,
}

impl Layout {
    /// How the field stands on the wire; one that the dialect doesn't have is for the careful way.
    #[inline]
    pub(crate) fn step(&self, number: u8) -> &Step {
        self.steps.get(number)
    }
}

impl Step {
    const ABSENT: Self = Self {
        content: Content::Careful,
        class: Class::Any,
        prefix: Prefix::Careful,
        reading: Reading::Careful,
        nibbles: 2,
        units: 0,
        bytes: 0,
        masks: Masks {
            digits: 0,
            pad: 0,
            zero: 0,
        },
    };

    /// Bytes that a value of so many units takes.
    #[inline]
    pub(crate) fn wire_length(&self, units: u16) -> usize {
        (usize::from(units) * usize::from(self.nibbles)).div_ceil(2)
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
        let mut content = content(shape);
        let masks = if prefix == Prefix::None {
            Masks::of(content, units)
        } else {
            Masks::default()
        };
        if content == Content::Packed && masks != Masks::default() {
            content = Content::FixedPacked;
        }
        let mut step = Self {
            content,
            class: shape.class,
            prefix,
            reading: reading(shape),
            nibbles: match shape.encoding {
                Encoding::Bcd => 1,
                Encoding::Ascii | Encoding::Ebcdic | Encoding::Raw => 2,
                Encoding::Hex => 4,
            },
            units,
            bytes: 0,
            masks,
        };
        if masks != Masks::default() {
            step.bytes = u8::try_from(step.wire_length(units)).unwrap_or(u8::MAX);
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
        (Encoding::Hex | Encoding::Ebcdic, _) => Reading::Careful,
    }
}

fn content(shape: &Shape) -> Content {
    let tlv = matches!(shape.parts, Parts::BerTlv);
    match (shape.encoding, shape.class, shape.justify) {
        (Encoding::Raw, _, _) if tlv => Content::Tlv,
        _ if tlv => Content::Careful,
        (Encoding::Raw, _, _) | (Encoding::Ascii, Class::Any, _) => Content::Bytes,
        (Encoding::Ascii, _, _) => Content::Characters,
        (Encoding::Bcd, Class::Track, Justify::Left) => Content::PackedTrack,
        (Encoding::Bcd, Class::Digits, Justify::Left) => Content::Packed,
        (Encoding::Bcd, Class::Digits, Justify::Right) => Content::PackedRight,
        (Encoding::Bcd | Encoding::Ebcdic | Encoding::Hex, _, _) => Content::Careful,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn a_layout_follows_the_message_type() {
        let dialect = Dialect::named("cup-pos").unwrap();
        let step = |mti, number| *dialect.layout(Mti::literal(mti)).step(number);
        assert_eq!(step(b"0200", 48).content, Content::Bytes);
        assert_eq!(step(b"0500", 48).content, Content::Packed);
        assert_eq!(step(b"0320", 48).content, Content::Packed);
        let pan = Step {
            content: Content::Packed,
            class: Class::Digits,
            prefix: Prefix::Bcd1,
            reading: Reading::Packed,
            nibbles: 1,
            units: 19,
            bytes: 0,
            masks: Masks::default(),
        };
        assert_eq!(step(b"0200", 2), pan);
        assert_eq!(step(b"0500", 2), pan);
        assert_eq!(step(b"0200", 22).content, Content::FixedPacked);
        assert_eq!(step(b"0200", 23).content, Content::PackedRight);
        assert_eq!(step(b"0200", 35).content, Content::PackedTrack);
        assert_eq!(step(b"0200", 55).content, Content::Tlv);
        assert_eq!(step(b"0200", 5), Step::ABSENT);
        assert_eq!(step(b"0200", 128), Step::ABSENT);
        let hex = Dialect::named("iso87-ascii").unwrap();
        let step = hex.layout(Mti::literal(b"0200")).step(52);
        assert_eq!(step.wire_length(8), 16);
        assert_eq!(size_of::<Step>(), 32, "two in a line of the cache");
    }

    #[test]
    fn masks_cover_the_digits_and_nothing_behind() {
        for (content, units, digits, pad, zero) in [
            (Content::Packed, 2, 0x8800_0000_0000_0000, 0, 0),
            (
                Content::Packed,
                3,
                0x8880_0000_0000_0000,
                0x0007_0000_0000_0000,
                0,
            ),
            (
                Content::PackedRight,
                3,
                0x8888_0000_0000_0000,
                0,
                0xF000_0000_0000_0000,
            ),
            (Content::Packed, 15, 0x8888_8888_8888_8880, 0x7, 0),
            (Content::Packed, 16, 0x8888_8888_8888_8888, 0, 0),
            (Content::Packed, 17, 0, 0, 0),
            (Content::PackedTrack, 4, 0, 0, 0),
        ] {
            assert_eq!(
                Masks::of(content, units),
                Masks { digits, pad, zero },
                "{units}"
            );
        }
    }
}
