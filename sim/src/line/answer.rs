//! Recognises an approved sale among the host's messages (dialect cup-pos), by walking over the
//! fields up to the terminal id. Anything it does not understand is not one.

use serde::{Deserialize, Serialize};

/// TPDU (5 bytes) and header (6 bytes) before the message.
const ENVELOPE_BYTES: usize = 11;
const SALE_ANSWER: [u8; 2] = [0x02, 0x10];

/// An approved sale as its answer names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Field 41.
    pub tid: String,
    /// Field 11.
    pub stan: u32,
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

/// Fields 2 to 41 that an answer may carry; others end the walk.
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

/// The approval in this message, if it is one: 0210, processing code 000000, response code 00.
pub(super) fn approved_sale(payload: &[u8]) -> Option<Approval> {
    let message = payload.get(ENVELOPE_BYTES..)?;
    let (mti, rest) = message.split_at_checked(2)?;
    let (bitmap, mut rest) = rest.split_at_checked(8)?;
    if mti != SALE_ANSWER {
        return None;
    }
    let bitmap = u64::from_be_bytes(bitmap.try_into().ok()?);
    let (mut stan, mut is_sale, mut is_approved) = (None, false, false);
    for field in 2..=41_u8 {
        if bitmap & (1 << (64 - field)) == 0 {
            continue;
        }
        let value = take(&mut rest, length_of(field)?)?;
        match field {
            3 => is_sale = value == [0, 0, 0],
            11 => stan = bcd(value),
            39 => is_approved = value == b"00",
            41 if is_sale && is_approved => {
                let tid = String::from_utf8(value.to_vec()).ok()?;
                return Some(Approval { tid, stan: stan? });
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer to a sale: fields 2, 3, 4, 11, 12, 13, 32, 37, 39, 41, 42.
    pub(in crate::line) fn sale_answer(stan: u8, code: &str) -> Vec<u8> {
        let fields = [2, 3, 4, 11, 12, 13, 32, 37, 39, 41, 42];
        let bitmap = fields
            .iter()
            .fold(0_u64, |bits, field| bits | 1 << (64 - field));
        let mut payload = vec![0x60, 0, 0, 0, 0, 0x60, 0x31, 0, 0, 0, 0, 0x02, 0x10];
        payload.extend_from_slice(&bitmap.to_be_bytes());
        payload.extend_from_slice(&[0x19, 0x62, 0x21, 0x26, 0, 0, 0, 0, 0, 0, 0x10]);
        payload.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0x12, 0x34]);
        payload.extend_from_slice(&[0, 0, ((stan / 10) << 4) | (stan % 10)]);
        payload.extend_from_slice(&[0x12, 0x30, 0, 0x11, 0x22, 0x08, 0, 0, 0, 0]);
        payload.extend_from_slice(b"000000000042");
        payload.extend_from_slice(code.as_bytes());
        payload.extend_from_slice(b"LANE0001898310054110001");
        payload
    }

    #[test]
    fn an_approved_sale_is_seen_and_others_are_not() {
        let approval = approved_sale(&sale_answer(42, "00")).unwrap();
        assert_eq!(
            approval,
            Approval {
                tid: "LANE0001".into(),
                stan: 42
            }
        );
        assert_eq!(approved_sale(&sale_answer(42, "51")), None);
        let mut reversal = sale_answer(42, "00");
        reversal[11] = 0x04;
        assert_eq!(approved_sale(&reversal), None);
    }

    #[test]
    fn a_message_cut_short_anywhere_is_not_an_approval() {
        let answer = sale_answer(42, "00");
        let until_tid = answer.len() - 15;
        for length in 0..until_tid {
            assert_eq!(approved_sale(&answer[..length]), None, "{length}");
        }
    }
}
