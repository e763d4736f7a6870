//! What names a message of dialect cup-pos, found by walking over its fields up to the terminal
//! id. Anything that is not understood has no name.

/// TPDU (5 bytes) and header (6 bytes) before the message.
const ENVELOPE_BYTES: usize = 11;

/// Type, kind, number and terminal of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Message type, as 0x0200.
    pub(crate) mti: u16,
    /// Field 3.
    pub(crate) processing_code: Option<u32>,
    /// Field 11.
    pub(crate) stan: u32,
    /// Field 39.
    pub(crate) response_code: Option<[u8; 2]>,
    /// Field 41.
    pub(crate) tid: String,
}

/// How long a field is on the wire.
#[derive(Clone, Copy)]
enum Length {
    Fixed(usize),
    /// One byte BCD that counts digits of a BCD field.
    Digits2,
    /// Two bytes BCD that count digits of a BCD field.
    Digits3,
}

/// Fields 2 to 41 that a message may carry; others end the walk.
const fn length_of(field: u8) -> Option<Length> {
    match field {
        3 | 11 | 12 => Some(Length::Fixed(3)),
        4 | 38 => Some(Length::Fixed(6)),
        13..=15 | 22 | 23 | 39 => Some(Length::Fixed(2)),
        25 | 26 => Some(Length::Fixed(1)),
        37 => Some(Length::Fixed(12)),
        41 => Some(Length::Fixed(8)),
        2 | 32 | 33 | 35 => Some(Length::Digits2),
        36 => Some(Length::Digits3),
        _ => None,
    }
}

/// The name of a message without its length prefix, if it has one.
pub(crate) fn heading(payload: &[u8]) -> Option<Heading> {
    let message = payload.get(ENVELOPE_BYTES..)?;
    let (mti, rest) = message.split_first_chunk::<2>()?;
    let (bitmap, mut rest) = rest.split_first_chunk::<8>()?;
    let bitmap = u64::from_be_bytes(*bitmap);
    let (mut stan, mut processing_code, mut response_code) = (None, None, None);
    for field in 2..=41_u8 {
        if bitmap & (1 << (64 - field)) == 0 {
            continue;
        }
        let value = take(&mut rest, length_of(field)?)?;
        match field {
            3 => processing_code = bcd(value),
            11 => stan = bcd(value),
            39 => response_code = value.try_into().ok(),
            41 => {
                return Some(Heading {
                    mti: u16::from_be_bytes(*mti),
                    processing_code,
                    stan: stan?,
                    response_code,
                    tid: String::from_utf8(value.to_vec()).ok()?,
                });
            }
            _ => {}
        }
    }
    None
}

fn take<'rest>(rest: &mut &'rest [u8], length: Length) -> Option<&'rest [u8]> {
    let bytes = match length {
        Length::Fixed(bytes) => bytes,
        Length::Digits2 => digits_as_bytes(rest, 1)?,
        Length::Digits3 => digits_as_bytes(rest, 2)?,
    };
    let (value, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    Some(value)
}

fn digits_as_bytes(rest: &mut &[u8], prefix_bytes: usize) -> Option<usize> {
    let (prefix, after) = rest.split_at_checked(prefix_bytes)?;
    *rest = after;
    usize::try_from(bcd(prefix)?.div_ceil(2)).ok()
}

fn bcd(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |number: u32, byte| {
        let (high, low) = (u32::from(byte >> 4), u32::from(byte & 0x0f));
        let both = (high < 10 && low < 10).then_some(high * 10 + low)?;
        number.checked_mul(100)?.checked_add(both)
    })
}
