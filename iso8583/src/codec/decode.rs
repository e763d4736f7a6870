//! From the bytes of a frame to borrowed, validated fields.

use super::careful::read_field;
use super::characters;
use super::cursor::{Cursor, Tolerance, upper_hex};
use super::decoded::Decoded;
use super::error::{DecodeError, FieldPath, Reason};
use super::fast_path;
use super::span::Span;
use crate::dialect::{BitmapEncoding, Dialect, MtiEncoding, Step};
use crate::message::{ByPlace, FieldSet, Half, Mti, Places, set_value_at, value_at};

/// Reads one message: `frame` is what follows the length prefix.
///
/// Every field is validated here; the accessors of [`Decoded`] can't fail afterwards.
#[inline]
pub fn decode<'a>(dialect: &'a Dialect, frame: &'a [u8]) -> Result<Decoded<'a>, DecodeError> {
    let mut decoded = Decoded::unread(dialect, frame);
    read(&mut decoded, None)?;
    Ok(decoded)
}

/// Reads one message of which only some fields have to be what their format says; of the others
/// any contents are taken as they are, as long as it is plain where they end. Tells which of them
/// have contents that their format does not allow: what their accessors give is of no meaning,
/// but for [`Decoded::bytes`].
pub fn decode_tolerantly<'a>(
    dialect: &'a Dialect,
    frame: &'a [u8],
    strict: &[u8],
) -> Result<(Decoded<'a>, Vec<u8>), DecodeError> {
    let mut decoded = Decoded::unread(dialect, frame);
    let mut tolerance = Tolerance {
        strict: strict
            .iter()
            .fold(FieldSet::EMPTY, |fields, field| fields.with(*field)),
        odd: FieldSet::EMPTY,
    };
    read(&mut decoded, Some(&mut tolerance))?;
    let odd = (2..=dialect.field_max()).filter(|field| tolerance.odd.has(*field));
    Ok((decoded, odd.collect()))
}

/// Apart, so that [`decode`] is small enough to be inlined: that spares the message one more copy.
#[inline(never)]
fn read(decoded: &mut Decoded<'_>, tolerance: Option<&mut Tolerance>) -> Result<(), DecodeError> {
    let (dialect, frame) = (decoded.dialect, decoded.frame);
    let limit = dialect.framing().length_max;
    if frame.len() > limit {
        let reason = Reason::TooLarge {
            length: frame.len(),
            limit,
        };
        return Err(DecodeError {
            field: FieldPath::Frame,
            offset: limit,
            reason,
        });
    }
    let mut cursor = Cursor { frame, at: 0 };
    if frame.len() < dialect.envelope().len() {
        missing_envelope(dialect, &mut cursor)?;
    }
    cursor.at = dialect.envelope().len();
    decoded.start = cursor.at;
    decoded.mti = read_mti(dialect, &mut cursor)?;
    decoded.fields = read_bitmaps(dialect, &mut cursor)?;
    decoded.layout = dialect.layout(decoded.mti);
    read_fields(decoded, &mut cursor, tolerance)?;
    if cursor.left() > 0 {
        let reason = Reason::Trailing {
            left: cursor.left(),
        };
        return Err(DecodeError {
            field: FieldPath::Frame,
            offset: cursor.at,
            reason,
        });
    }
    Ok(())
}

/// Says what is missing of TPDU and header.
#[cold]
fn missing_envelope(dialect: &Dialect, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    if let Some(default) = dialect.tpdu() {
        cursor.take(default.len(), FieldPath::Tpdu)?;
    }
    cursor.take(dialect.header().len(), FieldPath::Header)?;
    Ok(())
}

#[inline]
fn read_fields(
    decoded: &mut Decoded<'_>,
    cursor: &mut Cursor<'_>,
    mut tolerance: Option<&mut Tolerance>,
) -> Result<(), DecodeError> {
    let first = Unread::of(decoded, Half::First);
    first.read(cursor, &mut decoded.spans, tolerance.as_deref_mut())?;
    decoded.second_half = cursor.at;
    if decoded.fields.needs_secondary() {
        read_second_half(decoded, cursor, tolerance)?;
    }
    Ok(())
}

#[cold]
fn read_second_half(
    decoded: &Decoded<'_>,
    cursor: &mut Cursor<'_>,
    tolerance: Option<&mut Tolerance>,
) -> Result<(), DecodeError> {
    let mut spans = Span::NOWHERES;
    Unread::of(decoded, Half::Second).read(cursor, &mut spans, tolerance)
}

/// Reads fields above 64, which were found valid and of which the first stands at a place in the
/// frame; gives where they lie, and where the last ends.
pub(super) fn second_half(
    decoded: &Decoded<'_>,
    places: Places,
    at: usize,
) -> (ByPlace<Span>, usize) {
    let frame = decoded.frame;
    let (mut cursor, mut spans) = (Cursor { frame, at }, Span::NOWHERES);
    let unread = Unread {
        places,
        ..Unread::of(decoded, Half::Second)
    };
    let mut found_before = Tolerance {
        strict: FieldSet::EMPTY,
        odd: FieldSet::EMPTY,
    };
    match unread.read(&mut cursor, &mut spans, Some(&mut found_before)) {
        Ok(()) => (spans, cursor.at),
        Err(_) => (Span::NOWHERES, at),
    }
}

/// What is to be read of a half.
struct Unread<'a> {
    dialect: &'a Dialect,
    mti: Mti,
    steps: &'a ByPlace<Step>,
    half: Half,
    places: Places,
}

impl<'a> Unread<'a> {
    #[inline]
    fn of(decoded: &Decoded<'a>, half: Half) -> Self {
        Self {
            dialect: decoded.dialect,
            mti: decoded.mti,
            steps: decoded.layout.half(half),
            half,
            places: decoded.fields.without(1).places(half),
        }
    }

    #[inline]
    fn read(
        self,
        cursor: &mut Cursor<'_>,
        spans: &mut ByPlace<Span>,
        mut tolerance: Option<&mut Tolerance>,
    ) -> Result<(), DecodeError> {
        let mut left = self.places;
        loop {
            let (end, stopped) =
                read_fast(self.steps, cursor.frame, cursor.at, left.clone(), spans);
            cursor.at = end;
            let Some(place) = stopped else {
                return Ok(());
            };
            let number = self.half.number(place);
            let tolerance = tolerance.as_deref_mut();
            let span = read_field(self.dialect, self.mti, number, cursor, tolerance)?;
            set_value_at(spans, place, span);
            left = left.above(place);
        }
    }
}

/// The fast way: reads fields until one needs the careful way. Gives where it stands then, and the
/// place of that one.
#[inline(never)]
fn read_fast(
    steps: &ByPlace<Step>,
    frame: &[u8],
    start: usize,
    places: Places,
    spans: &mut ByPlace<Span>,
) -> (usize, Option<usize>) {
    let mut at = start;
    for place in places {
        let Some(found) = fast_path::read(value_at(steps, place), frame, at) else {
            return (at, Some(place));
        };
        set_value_at(spans, place, Span::new(found.start, found.units));
        at = found.end;
    }
    (at, None)
}

fn read_mti(dialect: &Dialect, cursor: &mut Cursor<'_>) -> Result<Mti, DecodeError> {
    let offset = cursor.at;
    let wrong = DecodeError {
        field: FieldPath::Mti,
        offset,
        reason: Reason::MessageType,
    };
    let digits = match dialect.mti_encoding() {
        // A nibble over nine gives a character that is no digit.
        MtiEncoding::Bcd => match *cursor.take(2, FieldPath::Mti)? {
            [first, second] => {
                [first >> 4, first & 0x0F, second >> 4, second & 0x0F].map(|nibble| nibble + b'0')
            }
            _ => return Err(wrong),
        },
        MtiEncoding::Ascii => cursor
            .take(4, FieldPath::Mti)?
            .try_into()
            .map_err(|_| wrong)?,
        MtiEncoding::Ebcdic => {
            let mut digits = [0; 4];
            for (digit, byte) in digits.iter_mut().zip(cursor.take(4, FieldPath::Mti)?) {
                *digit = characters::from_ebcdic(*byte).unwrap_or(0);
            }
            digits
        }
    };
    Mti::from_ascii(&digits).ok_or(wrong)
}

fn read_bitmaps(dialect: &Dialect, cursor: &mut Cursor<'_>) -> Result<FieldSet, DecodeError> {
    let offset = cursor.at;
    let primary = read_bitmap(dialect, cursor, FieldPath::Bitmap)?;
    let fields = FieldSet::from_bitmaps(primary, None);
    if !fields.has(1) {
        return Ok(fields);
    }
    if dialect.field_max() <= 64 {
        let reason = Reason::UnknownSecondaryBitmap;
        return Err(DecodeError {
            field: FieldPath::Bitmap,
            offset,
            reason,
        });
    }
    let secondary = read_bitmap(dialect, cursor, FieldPath::SecondaryBitmap)?;
    Ok(FieldSet::from_bitmaps(primary, Some(secondary)))
}

#[inline]
fn read_bitmap(
    dialect: &Dialect,
    cursor: &mut Cursor<'_>,
    field: FieldPath,
) -> Result<u64, DecodeError> {
    match dialect.bitmap_encoding() {
        BitmapEncoding::Binary => {
            let bytes = cursor.take(8, field)?;
            let word = bytes.first_chunk().copied().unwrap_or_default();
            Ok(u64::from_be_bytes(word))
        }
        BitmapEncoding::Hex => read_hex_bitmap(false, cursor, field),
        BitmapEncoding::HexEbcdic => read_hex_bitmap(true, cursor, field),
    }
}

fn read_hex_bitmap(
    ebcdic: bool,
    cursor: &mut Cursor<'_>,
    field: FieldPath,
) -> Result<u64, DecodeError> {
    let offset = cursor.at;
    let mut bits = 0;
    for (place, byte) in cursor.take(16, field)?.iter().enumerate() {
        let character = if ebcdic {
            characters::from_ebcdic(*byte)
        } else {
            Some(*byte)
        };
        let Some(nibble) = character.and_then(upper_hex) else {
            let reason = Reason::Character("hex");
            return Err(DecodeError {
                field,
                offset: offset + place,
                reason,
            });
        };
        bits = bits << 4 | u64::from(nibble);
    }
    Ok(bits)
}

/// One field by the careful way alone: where its value lies and where it ends.
#[cfg(test)]
pub(super) fn careful(
    dialect: &Dialect,
    mti: Mti,
    number: u8,
    frame: &[u8],
    at: usize,
) -> Result<(Span, usize), DecodeError> {
    let mut cursor = Cursor { frame, at };
    let span = read_field(dialect, mti, number, &mut cursor, None)?;
    Ok((span, cursor.at))
}
