//! The host's frames as the desk's answers.

use domain::{
    ids::{AuthCode, BatchNumber, Mid, Rrn, Stan, Tid},
    payment::{Answer, MacCheck},
    response_code::ResponseCode,
};
use iso8583::{
    codec::{self, Decoded},
    dialect::Dialect,
};

use crate::keys::KeyStore;

/// What came from the bank.
#[derive(Debug)]
pub(crate) enum FromBank {
    /// An answer to a message of the desk.
    Answer(Answer),
    /// 0810: the batch, and the working keys under the master key.
    SignOn {
        tid: Tid,
        code: ResponseCode,
        batch: Option<BatchNumber>,
        keys: Vec<u8>,
    },
    /// 0830: somebody is there.
    Echo,
}

/// Why a frame from the bank was not understood. It is logged and counted; the message it may have
/// been meant for runs into its time-out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotUnderstood {
    /// Not a message of the dialect: field, offset, reason.
    #[error("{0}")]
    Codec(String),
    /// A field that every answer needs is missing or malformed.
    #[error("field {0} is missing or malformed")]
    Field(u8),
    /// A request, or an answer to nothing that is ever sent.
    #[error("unexpected message type {0}")]
    Mti(String),
}

/// Decodes a frame (without its length prefix) and checks its MAC.
pub(crate) fn read(
    frame: &[u8],
    dialect: &Dialect,
    keys: &dyn KeyStore,
) -> Result<FromBank, NotUnderstood> {
    let decoded =
        codec::decode(dialect, frame).map_err(|error| NotUnderstood::Codec(error.to_string()))?;
    let mti = decoded.mti();
    match mti.as_str() {
        "0810" => sign_on(&decoded),
        "0830" => Ok(FromBank::Echo),
        "0210" | "0230" | "0330" | "0410" | "0510" => {
            let number = mti.as_str().parse().map_err(|_| NotUnderstood::Field(0))?;
            answer(&decoded, number, dialect, keys).map(FromBank::Answer)
        }
        other => Err(NotUnderstood::Mti(other.to_owned())),
    }
}

fn sign_on(decoded: &Decoded<'_>) -> Result<FromBank, NotUnderstood> {
    Ok(FromBank::SignOn {
        tid: tid(decoded)?,
        code: code(decoded)?,
        batch: batch(decoded),
        keys: decoded.bytes(62).unwrap_or_default().to_vec(),
    })
}

fn answer(
    decoded: &Decoded<'_>,
    mti: u16,
    dialect: &Dialect,
    keys: &dyn KeyStore,
) -> Result<Answer, NotUnderstood> {
    let tid = tid(decoded)?;
    let mac = if dialect.takes_mac(decoded.mti()) {
        keys.check_mac(&tid, decoded)
    } else {
        MacCheck::Missing
    };
    let text = |field: u8| decoded.string(field);
    Ok(Answer {
        mti,
        mid: text(42)
            .and_then(|text| Mid::new(&text).ok())
            .ok_or(NotUnderstood::Field(42))?,
        stan: decoded
            .number(11)
            .and_then(|number| u32::try_from(number).ok())
            .and_then(|number| Stan::new(number).ok())
            .ok_or(NotUnderstood::Field(11))?,
        processing_code: decoded.number(3).and_then(|code| u32::try_from(code).ok()),
        amount_minor: decoded
            .number(4)
            .and_then(|minor| i64::try_from(minor).ok()),
        batch: batch(decoded),
        rrn: text(37).and_then(|text| Rrn::new(&text).ok()),
        auth_code: text(38).and_then(|text| AuthCode::new(&text).ok()),
        code: code(decoded)?,
        settlement_result: settlement_result(mti, decoded),
        mac,
        tid,
    })
}

fn tid(decoded: &Decoded<'_>) -> Result<Tid, NotUnderstood> {
    decoded
        .string(41)
        .and_then(|text| Tid::new(&text).ok())
        .ok_or(NotUnderstood::Field(41))
}

/// A 0510 says what it means in field 48; where it has no field 39 it is an answer all the same.
fn code(decoded: &Decoded<'_>) -> Result<ResponseCode, NotUnderstood> {
    match decoded.string(39) {
        Some(text) => ResponseCode::new(&text).map_err(|_| NotUnderstood::Field(39)),
        None if decoded.mti().as_str() == "0510" => Ok(ResponseCode::APPROVED),
        None => Err(NotUnderstood::Field(39)),
    }
}

fn batch(decoded: &Decoded<'_>) -> Option<BatchNumber> {
    let batch: u32 = decoded.part(60, 2)?.parse().ok()?;
    BatchNumber::new(batch).ok()
}

/// Digit 31 of field 48, for domestic cards.
fn settlement_result(mti: u16, decoded: &Decoded<'_>) -> Option<u8> {
    if mti != 510 {
        return None;
    }
    let digits = decoded.string(48)?;
    let digit = digits.as_bytes().get(30)?;
    digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))
}
