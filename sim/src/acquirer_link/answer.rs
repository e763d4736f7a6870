//! Recognises an approved sale among the host's messages (dialect cup-pos).

use serde::{Deserialize, Serialize};

use super::heading::heading;

const SALE_ANSWER: u16 = 0x0210;
const SALE: u32 = 0;
const APPROVED: [u8; 2] = *b"00";

/// An approved sale as its answer names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Field 41.
    pub tid: String,
    /// Field 11.
    pub stan: u32,
}

/// The approval in this message, if it is one: 0210, processing code 000000, response code 00.
pub(super) fn approved_sale(payload: &[u8]) -> Option<Approval> {
    let heading = heading(payload)?;
    let is_approval = heading.mti == SALE_ANSWER
        && heading.processing_code == Some(SALE)
        && heading.response_code == Some(APPROVED);
    is_approval.then_some(Approval {
        tid: heading.tid,
        stan: heading.stan,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer to a sale: fields 2, 3, 4, 11, 12, 13, 32, 37, 39, 41, 42.
    pub(in crate::acquirer_link) fn sale_answer(stan: u8, code: &str) -> Vec<u8> {
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
