//! What a dialect knows of one field.

use crate::message::Mti;
use serde::Deserialize;

/// Which characters a value is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// `n`: decimal digits.
    Digits,
    /// `x+n`: `C` or `D`, then digits.
    SignedDigits,
    /// `z`: digits and the separator, `D` (`=` too in text).
    Track,
    /// `an`: letters, digits, spaces.
    Letters,
    /// `ans`: printable ASCII.
    Text,
    /// `any`: text in practice, but any byte is taken.
    Any,
    /// `b`: bytes.
    Binary,
}

/// How a value's characters become bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Two digits a byte.
    Bcd,
    /// A byte a character.
    Ascii,
    /// A byte a character, code page 037.
    Ebcdic,
    /// Bytes as they are.
    Raw,
    /// Two upper-case hex characters a byte.
    Hex,
}

/// Where the pad nibble of an odd number of BCD digits stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Justify {
    /// Digits first, pad nibble last.
    #[default]
    Left,
    /// A zero first, digits after it.
    Right,
}

/// How a variable field's length is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LengthEncoding {
    /// A byte a digit.
    Ascii,
    /// A byte a digit, code page 037.
    Ebcdic,
    /// LL one byte, LLL and LLLL two.
    Bcd,
    /// LL one byte, LLL and LLLL two, big-endian.
    Binary,
}

/// What a length counts where two digits share a byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// Digits.
    Digits,
    /// Bytes on the wire.
    Bytes,
}

/// How long a value is. Units are digits, characters, or bytes for `b`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Length {
    /// Always this many units.
    Fixed(u16),
    /// A prefix says how many.
    Variable {
        /// 2, 3 or 4: LL, LLL, LLLL.
        digits: u8,
        /// Most units allowed.
        max: u16,
        /// How the prefix is written.
        encoding: LengthEncoding,
        /// What it counts.
        counts: Counts,
    },
}

impl Length {
    /// Most units a value may have.
    pub fn max(self) -> u16 {
        match self {
            Self::Fixed(length) => length,
            Self::Variable { max, .. } => max,
        }
    }
}

/// What may be shown of a value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrecy {
    /// All of it.
    #[default]
    Open,
    /// First six and last four digits.
    Pan,
    /// Nothing but its length.
    Hidden,
    /// BER-TLV: card numbers, tracks and names inside are hidden.
    Tlv,
}

/// A named piece of a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// What the piece is.
    pub name: String,
    /// Units it takes.
    pub length: u16,
    /// What may be shown of it.
    pub secrecy: Secrecy,
}

/// What a field is made of, for reading.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Parts {
    /// Nothing smaller.
    #[default]
    None,
    /// Pieces one after another; trailing ones may be absent. From `repeat_from` on they repeat
    /// until the field ends.
    Fixed {
        /// The pieces in order.
        parts: Vec<Part>,
        /// Index of the first repeated piece.
        repeat_from: Option<usize>,
        /// What the field is where it is exactly this long.
        alone: Option<Part>,
    },
    /// BER-TLV, as EMV puts into F55.
    BerTlv,
}

/// How a field looks on the wire, in one kind of message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Which characters it is made of.
    pub class: Class,
    /// How they become bytes.
    pub encoding: Encoding,
    /// How long it is.
    pub length: Length,
    /// Where an odd nibble goes.
    pub justify: Justify,
    /// A fixed text that is too short is filled with spaces on the right.
    pub pad_spaces: bool,
    /// Bytes above ASCII are Chinese text in GBK.
    pub gbk: bool,
    /// What may be shown.
    pub secrecy: Secrecy,
    /// What it is made of.
    pub parts: Parts,
}

/// A field that looks otherwise in some message types.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variant {
    /// The message types.
    pub mtis: Vec<Mti>,
    /// Its shape there.
    pub shape: Shape,
}

/// What is known of one field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldSpec {
    /// 2 to 128.
    pub number: u8,
    /// What the field is, in a few words.
    pub name: String,
    /// Its shape unless a variant says otherwise.
    pub shape: Shape,
    /// Other shapes in some message types.
    pub variants: Vec<Variant>,
}

impl FieldSpec {
    /// The shape in messages of this type.
    #[inline]
    pub fn shape_in(&self, mti: Mti) -> &Shape {
        self.variants
            .iter()
            .find(|variant| variant.mtis.contains(&mti))
            .map_or(&self.shape, |variant| &variant.shape)
    }
}
