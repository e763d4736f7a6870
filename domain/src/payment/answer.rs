//! An answer of the host, as fields; the codec and the MAC key live elsewhere.

use crate::{
    ids::{AuthCode, BatchNumber, Mid, Rrn, Stan, Tid},
    response_code::ResponseCode,
};

/// What the MAC of an answer was worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MacCheck {
    /// Present and right.
    Good,
    /// Present and wrong.
    Bad,
    /// Not there.
    Missing,
}

/// A decoded answer: response MTI and the fields that rules look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Response MTI as a number: 210, 230, 410, 510 …
    pub mti: u16,
    /// Field 41.
    pub tid: Tid,
    /// Field 42.
    pub mid: Mid,
    /// Field 11.
    pub stan: Stan,
    /// Field 3, where the message has one.
    pub processing_code: Option<u32>,
    /// Field 4 in minor units, where the message has one.
    pub amount_minor: Option<i64>,
    /// Field 60.2, where echoed.
    pub batch: Option<BatchNumber>,
    /// Field 37.
    pub rrn: Option<Rrn>,
    /// Field 38.
    pub auth_code: Option<AuthCode>,
    /// Field 39.
    pub code: ResponseCode,
    /// Field 48 of a 0510: 1 balanced, 2 not balanced, 3 error.
    pub settlement_result: Option<u8>,
    /// Field 64.
    pub mac: MacCheck,
}
