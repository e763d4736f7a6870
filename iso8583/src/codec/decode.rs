//! From the bytes of a frame to borrowed, validated fields.

use super::characters;
use super::decoded::{Decoded, Span};
use super::error::{DecodeError, FieldPath, Reason};
use super::fast_path;
use crate::dialect::{
    BitmapEncoding, Class, Counts, Dialect, Encoding, Justify, Length, LengthEncoding, MtiEncoding,
    Parts, Shape, Step,
};
use crate::hex;
use crate::message::{ByPlace, FieldSet, Half, Mti, Places, set_value_at, value_at};
use crate::tlv;

/// Where the decoder stands.
struct Cursor<'a> {
    frame: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.frame.len().saturating_sub(self.at)
    }

    fn take(&mut self, count: usize, field: FieldPath) -> Result<&'a [u8], DecodeError> {
        let taken = self
            .at
            .checked_add(count)
            .and_then(|end| self.frame.get(self.at..end));
        let Some(bytes) = taken else {
            let reason = Reason::Truncated {
                needed: count,
                left: self.left(),
            };
            return Err(DecodeError {
                field,
                offset: self.at,
                reason,
            });
        };
        self.at += count;
        Ok(bytes)
    }
}

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

/// Which fields have to fit their format, and which of the others did not.
struct Tolerance {
    strict: FieldSet,
    odd: FieldSet,
}

impl Tolerance {
    /// Whether what is wrong with the contents of this field is passed over.
    fn takes(tolerance: &mut Option<&mut Self>, field: u8) -> bool {
        match tolerance {
            Some(tolerance) if !tolerance.strict.has(field) => {
                tolerance.odd = tolerance.odd.with(field);
                true
            }
            Some(_) | None => false,
        }
    }
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

/// Lower case is refused: it would not be the same bytes when written again.
fn upper_hex(character: u8) -> Option<u8> {
    if character.is_ascii_lowercase() {
        None
    } else {
        hex::value(character)
    }
}

/// The careful way: for what is rare, and to say what is wrong.
#[cold]
fn read_field(
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
