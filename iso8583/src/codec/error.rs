//! What can be wrong with a message: where, at which byte, why. Never a value.

use crate::tlv::TlvFault;
use std::fmt;
use thiserror::Error;

/// Which piece of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldPath {
    /// The length prefix and the size of the whole.
    Frame,
    /// The five bytes for routing.
    Tpdu,
    /// What follows the TPDU.
    Header,
    /// The message type.
    Mti,
    /// The primary bitmap.
    Bitmap,
    /// The secondary bitmap.
    SecondaryBitmap,
    /// A field.
    Field(u8),
    /// A tag inside a field, `55.9F26`.
    Tag(u8, u32),
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame => formatter.write_str("frame"),
            Self::Tpdu => formatter.write_str("tpdu"),
            Self::Header => formatter.write_str("header"),
            Self::Mti => formatter.write_str("mti"),
            Self::Bitmap => formatter.write_str("bitmap"),
            Self::SecondaryBitmap => formatter.write_str("1"),
            Self::Field(number) => write!(formatter, "{number}"),
            Self::Tag(number, tag) => write!(formatter, "{number}.{tag:02X}"),
        }
    }
}

/// Why a piece is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum Reason {
    /// The message is longer than the dialect allows.
    #[error("{length} bytes, at most {limit} allowed")]
    TooLarge {
        /// Bytes there are.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The message ends inside this piece.
    #[error("needs {needed} bytes, {left} left")]
    Truncated {
        /// Bytes the piece takes.
        needed: usize,
        /// Bytes there are.
        left: usize,
    },
    /// Bytes after the last field.
    #[error("{left} bytes after the last field")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// A message type that is not four digits.
    #[error("message type is not four digits")]
    MessageType,
    /// The bitmap names a field the dialect doesn't have.
    #[error("field is not in the dialect")]
    UnknownField,
    /// The first bit announces a second bitmap, which the dialect doesn't have.
    #[error("secondary bitmap is not in the dialect")]
    UnknownSecondaryBitmap,
    /// A length prefix that is no number.
    #[error("length prefix is not a number")]
    LengthPrefix,
    /// A value longer than the field allows.
    #[error("length {length}, at most {max} allowed")]
    TooLong {
        /// Units there are.
        length: usize,
        /// Units allowed.
        max: usize,
    },
    /// A fixed field with another length.
    #[error("length {length}, must be {expected}")]
    WrongLength {
        /// Units there are.
        length: usize,
        /// Units the field has.
        expected: usize,
    },
    /// A byte the format doesn't allow.
    #[error("not a character of format {0}")]
    Character(&'static str),
    /// A pad nibble that is neither 0 nor F, or not 0 where it stands in front.
    #[error("pad nibble is not allowed")]
    Pad,
    /// A field that is not what BER-TLV allows.
    #[error("{0}")]
    Tlv(TlvFault),
    /// The dialect has no TPDU or header, or one of another size.
    #[error("{length} bytes, the dialect has {expected}")]
    Envelope {
        /// Bytes there are.
        length: usize,
        /// Bytes the dialect has.
        expected: usize,
    },
    /// The MAC can't be computed.
    #[error("mac can't be computed with this key")]
    MacKey,
}

/// A message that can't be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("field {field} at byte {offset}: {reason}")]
pub struct DecodeError {
    /// Which piece.
    pub field: FieldPath,
    /// Counted from the first byte after the length prefix.
    pub offset: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// A message that can't be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("field {field} at byte {offset}: {reason}")]
pub struct EncodeError {
    /// Which piece.
    pub field: FieldPath,
    /// Where it would stand, counted from the first byte after the length prefix.
    pub offset: usize,
    /// What is wrong with it.
    pub reason: Reason,
}
