//! One field by the careful way: for what is rare, and to say what is wrong with it.

use super::characters;
use super::cursor::{Cursor, Tolerance, upper_hex};
use super::error::{DecodeError, FieldPath, Reason};
use super::span::Span;
use crate::dialect::{
    Class, Counts, Dialect, Encoding, Justify, Length, LengthEncoding, Parts, Shape,
};
use crate::hex;
use crate::message::Mti;
use crate::tlv;

/// Where its value lies. An error says what is wrong.
#[cold]
pub(super) fn read_field(
    dialect: &Dialect,
    mti: Mti,
    number: u8,
    cursor: &mut Cursor<'_>,
    mut tolerance: Option<&mut Tolerance>,
) -> Result<Span, DecodeError> {
    let field = FieldPath::Field(number);
    let Some(spec) = dialect.field(number) else {
        let reason = Reason::UnknownField;
        return Err(DecodeError {
            field,
            offset: cursor.at,
            reason,
        });
    };
    let shape = spec.shape_in(mti);
    let (mut units, wire_length) = match shape.length {
        Length::Fixed(units) => (usize::from(units), wire_length(shape, usize::from(units))),
        Length::Variable { .. } => {
            let read = read_length(shape, cursor, field)?;
            if let Err(too_long) = read.fits
                && !Tolerance::takes(&mut tolerance, number)
            {
                return Err(too_long);
            }
            (read.units, read.wire_length)
        }
    };
    let start = cursor.at;
    let wire = cursor.take(wire_length, field)?;
    match check_contents(shape, number, wire, start, units) {
        Ok(digits) => units = digits,
        Err(_) if Tolerance::takes(&mut tolerance, number) => {}
        Err(error) => return Err(error),
    }
    Ok(Span::new(start, u16::try_from(units).unwrap_or(u16::MAX)))
}

/// The units of a value that is what its format says.
fn check_contents(
    shape: &Shape,
    number: u8,
    wire: &[u8],
    start: usize,
    counted: usize,
) -> Result<usize, DecodeError> {
    let field = FieldPath::Field(number);
    let units = match counts_bytes_of_bcd(shape) {
        true => digits_in(shape, wire, field, start)?,
        false => counted,
    };
    let odd = odd_digit(shape, units);
    validate(shape, wire, odd).map_err(|(place, reason)| DecodeError {
        field,
        offset: start + place,
        reason,
    })?;
    if matches!(shape.parts, Parts::BerTlv) {
        validate_tlv(shape, number, wire, start)?;
    }
    Ok(units)
}

/// Where the odd digit of a BCD value stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Odd {
    /// Every byte holds two digits.
    Nowhere,
    /// The last byte holds one, and a pad nibble after it.
    Last,
    /// The first byte holds one, after a zero.
    First,
}

/// Where a BCD value of this many digits has its odd one.
#[inline]
pub(super) fn odd_digit(shape: &Shape, units: usize) -> Odd {
    match (shape.encoding, shape.justify) {
        (Encoding::Bcd, Justify::Left) if units % 2 == 1 => Odd::Last,
        (Encoding::Bcd, Justify::Right) if units % 2 == 1 => Odd::First,
        _ => Odd::Nowhere,
    }
}

/// Whether the length counts bytes that hold two digits each, so that it can't say "odd".
#[inline]
pub(super) fn counts_bytes_of_bcd(shape: &Shape) -> bool {
    shape.encoding == Encoding::Bcd
        && matches!(
            shape.length,
            Length::Variable {
                counts: Counts::Bytes,
                ..
            }
        )
}

/// Digits in bytes that were counted as such: only a last nibble F says that there is one less.
fn digits_in(
    shape: &Shape,
    wire: &[u8],
    field: FieldPath,
    start: usize,
) -> Result<usize, DecodeError> {
    let padded = wire.last().is_some_and(|byte| byte & 0x0F == 0x0F);
    let digits = wire.len() * 2 - usize::from(padded);
    let max = usize::from(shape.length.max());
    if digits <= max {
        return Ok(digits);
    }
    let reason = Reason::TooLong {
        length: digits,
        max,
    };
    Err(DecodeError {
        field,
        offset: start,
        reason,
    })
}

/// Bytes that a value of this many units takes on the wire.
#[inline]
pub(super) fn wire_length(shape: &Shape, units: usize) -> usize {
    match shape.encoding {
        Encoding::Bcd => units.div_ceil(2),
        Encoding::Hex => units.saturating_mul(2),
        Encoding::Ascii | Encoding::Ebcdic | Encoding::Raw => units,
    }
}

/// What a length prefix says.
struct LengthRead {
    units: usize,
    wire_length: usize,
    /// An error where it is more than the field may have.
    fits: Result<(), DecodeError>,
}

/// Units and wire bytes of a variable field.
fn read_length(
    shape: &Shape,
    cursor: &mut Cursor<'_>,
    field: FieldPath,
) -> Result<LengthRead, DecodeError> {
    let Length::Variable {
        digits,
        max,
        encoding,
        counts,
    } = shape.length
    else {
        return Ok(LengthRead {
            units: 0,
            wire_length: 0,
            fits: Ok(()),
        });
    };
    let offset = cursor.at;
    let prefix = cursor.take(prefix_length(encoding, digits), field)?;
    let Some(counted) = prefix_value(encoding, prefix) else {
        return Err(DecodeError {
            field,
            offset,
            reason: Reason::LengthPrefix,
        });
    };
    let units = match (shape.encoding, counts) {
        (Encoding::Bcd, Counts::Bytes) => counted * 2,
        (Encoding::Hex, _) if counted % 2 == 1 => {
            return Err(DecodeError {
                field,
                offset,
                reason: Reason::LengthPrefix,
            });
        }
        (Encoding::Hex, _) => counted / 2,
        (Encoding::Bcd, Counts::Digits)
        | (Encoding::Ascii | Encoding::Ebcdic | Encoding::Raw, _) => counted,
    };
    // The odd digit of a value counted in bytes is found once its last byte is here.
    let room = usize::from(max) + usize::from(counts_bytes_of_bcd(shape));
    let max = usize::from(max);
    let too_long = DecodeError {
        field,
        offset,
        reason: Reason::TooLong { length: units, max },
    };
    Ok(LengthRead {
        units,
        wire_length: wire_length(shape, units),
        fits: if units > room { Err(too_long) } else { Ok(()) },
    })
}

/// Bytes of a length prefix.
fn prefix_length(encoding: LengthEncoding, digits: u8) -> usize {
    match encoding {
        LengthEncoding::Ascii | LengthEncoding::Ebcdic => usize::from(digits),
        LengthEncoding::Bcd | LengthEncoding::Binary => usize::from(digits).div_ceil(2),
    }
}

fn prefix_value(encoding: LengthEncoding, prefix: &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for byte in prefix {
        value = match encoding {
            LengthEncoding::Binary => value << 8 | usize::from(*byte),
            LengthEncoding::Bcd => {
                let (high, low) = (byte >> 4, byte & 0x0F);
                if high > 9 || low > 9 {
                    return None;
                }
                value * 100 + usize::from(high) * 10 + usize::from(low)
            }
            LengthEncoding::Ascii => value * 10 + digit_value(*byte)?,
            LengthEncoding::Ebcdic => value * 10 + digit_value(characters::from_ebcdic(*byte)?)?,
        };
    }
    Some(value)
}

fn digit_value(character: u8) -> Option<usize> {
    character
        .is_ascii_digit()
        .then(|| usize::from(character - b'0'))
}

/// Finds the byte that does not fit and says why; an error tells the place inside the value.
fn validate(shape: &Shape, wire: &[u8], odd: Odd) -> Result<(), (usize, Reason)> {
    match shape.encoding {
        Encoding::Bcd => validate_bcd(shape, wire, odd),
        Encoding::Hex => match wire.iter().position(|byte| upper_hex(*byte).is_none()) {
            Some(place) => Err((place, Reason::Character("hex"))),
            None => Ok(()),
        },
        Encoding::Raw => Ok(()),
        Encoding::Ascii | Encoding::Ebcdic => {
            let wrong = wire.iter().enumerate().position(|(place, byte)| {
                !characters::from_wire(shape.encoding, *byte)
                    .is_some_and(|character| characters::allowed(shape.class, character, place))
            });
            match wrong {
                Some(place) => Err((
                    place,
                    Reason::Character(characters::class_name(shape.class)),
                )),
                None => Ok(()),
            }
        }
    }
}

fn validate_bcd(shape: &Shape, wire: &[u8], odd: Odd) -> Result<(), (usize, Reason)> {
    let track = shape.class == Class::Track;
    let fits = |nibble: u8| nibble <= 9 || (track && nibble == 0x0D);
    let wrong = |place| {
        (
            place,
            Reason::Character(characters::class_name(shape.class)),
        )
    };
    let last = wire.len().saturating_sub(1);
    for (place, byte) in wire.iter().enumerate() {
        let (high, low) = (byte >> 4, byte & 0x0F);
        if odd == Odd::Last && place == last {
            if !fits(high) {
                return Err(wrong(place));
            }
            if low != 0 && low != 0x0F {
                return Err((place, Reason::Pad));
            }
        } else if odd == Odd::First && place == 0 {
            if high != 0 {
                return Err((place, Reason::Pad));
            }
            if !fits(low) {
                return Err(wrong(place));
            }
        } else if !fits(high) || !fits(low) {
            return Err(wrong(place));
        }
    }
    Ok(())
}

/// Offsets of a value in hex count two characters a byte.
fn validate_tlv(shape: &Shape, number: u8, wire: &[u8], start: usize) -> Result<(), DecodeError> {
    let (checked, scale) = if shape.encoding == Encoding::Hex {
        let byte = |place: usize| {
            let high = hex::value(*wire.get(place * 2)?)?;
            let low = hex::value(*wire.get(place * 2 + 1)?)?;
            Some(high << 4 | low)
        };
        (tlv::check(&byte, wire.len() / 2), 2)
    } else {
        let byte = |place: usize| wire.get(place).copied();
        (tlv::check(&byte, wire.len()), 1)
    };
    checked.map_err(|error| DecodeError {
        field: match error.tag {
            Some(tag) => FieldPath::Tag(number, tag),
            None => FieldPath::Field(number),
        },
        offset: start + error.offset * scale,
        reason: Reason::Tlv(error.fault),
    })
}
