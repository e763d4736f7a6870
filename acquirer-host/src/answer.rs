//! The bytes of an answer: what a decision says, in the fields a terminal expects (the published
//! sale answer of cup-pos is the pattern).

use iso8583::{
    codec::{self, Decoded},
    dialect::Dialect,
    keys::DesKey,
    message::Message,
    tlv,
};

use crate::{civil::Civil, code::Code, decide::Answer, request::Request};

/// Institution of this host in fields 32 and 44.
const INSTITUTION: &str = "48021000";
/// Issuer in field 44.
const ISSUER: &str = "03080009";
/// Tag of the issuer's authentication data in field 55.
const ISSUER_AUTHENTICATION: u32 = 0x91;
const BALANCE: u8 = 54;

/// An answer that can't be written; says which field, never what is in it.
#[derive(Debug, thiserror::Error)]
#[error("answer can't be written: {0}")]
pub(crate) struct AnswerError(String);

/// Writes an answer, length prefix first, with a MAC where there is a key and the dialect wants
/// one.
pub(crate) fn write(
    dialect: &Dialect,
    decoded: &Decoded<'_>,
    request: &Request,
    answer: &Answer,
    civil: Civil,
    mac_key: Option<&DesKey>,
) -> Result<Vec<u8>, AnswerError> {
    let mut reply = decoded.reply();
    let code = answer.f39.unwrap_or(Code::FORMAT);
    for field in [11, 41, 42] {
        reply.copy_from(decoded, field);
    }
    reply
        .set(12, civil.time())
        .set(13, civil.date())
        .set(39, code.as_str());
    if !answer.rrn.is_empty() {
        reply.set(37, &answer.rrn);
    }
    set_batch(&mut reply, decoded, answer);
    if request.is_financial() {
        set_financial(&mut reply, decoded, answer, civil);
    }
    if let Some(result) = answer.settlement_result {
        set_settlement(&mut reply, decoded, result);
    }
    if let Some(keys) = &answer.keys {
        reply.set(32, INSTITUTION).set(62, keys);
    }
    let mut frame = Vec::new();
    codec::encode(dialect, &reply, mac_key, &mut frame)
        .map_err(|error| AnswerError(error.to_string()))?;
    Ok(frame)
}

/// An answer of 30 to a message that can't be understood; `None` where not even its terminal can be
/// told.
pub(crate) fn write_fault(
    dialect: &Dialect,
    decoded: &Decoded<'_>,
    mac_key: Option<&DesKey>,
) -> Option<Vec<u8>> {
    let mut reply = decoded.reply();
    for field in [3, 11, 41, 42, 60] {
        reply.copy_from(decoded, field);
    }
    reply.set(39, Code::FORMAT.as_str());
    let mut frame = Vec::new();
    codec::encode(dialect, &reply, mac_key, &mut frame).ok()?;
    (decoded.has(11) && decoded.has(41)).then_some(frame)
}

/// Makes the MAC wrong: it is the last field, so the frame's last byte is of it. The character
/// stays a hex digit.
pub(crate) fn spoil_mac(frame: &mut [u8]) {
    if let Some(last) = frame.last_mut() {
        *last = if *last == b'0' { b'1' } else { b'0' };
    }
}

/// Field 60: type, batch, and for service messages the network code.
fn set_batch(reply: &mut Message, decoded: &Decoded<'_>, answer: &Answer) {
    let part = |number| decoded.part(60, number).unwrap_or_default();
    let batch = answer.batch.clone().unwrap_or_else(|| part(2));
    let is_service = !decoded.has(3);
    let network = if is_service { part(3) } else { String::new() };
    reply.set(60, format!("{}{batch}{network}", part(1)));
}

fn set_financial(reply: &mut Message, decoded: &Decoded<'_>, answer: &Answer, civil: Civil) {
    for field in [2, 3, 4, 14, 25, 49] {
        reply.copy_from(decoded, field);
    }
    if let Some(reference) = decoded.dialect().settings().payment_reference_field {
        reply.copy_from(decoded, reference);
    }
    if let Some(amount_minor) = answer.amount_minor {
        reply.set_number(4, amount_minor, 12);
    }
    reply
        .set(15, civil.date())
        .set(32, INSTITUTION)
        .set(44, format!("{ISSUER:<11}{INSTITUTION:<11}"))
        .set(63, "CUP");
    if let Some(authorisation) = &answer.authorisation {
        reply.set(38, authorisation);
    }
    if let Some(balance_minor) = answer.balance_minor {
        reply.set(BALANCE, format!("0002156C{balance_minor:012}"));
    }
    if decoded.has(55) && answer.authorisation.is_some() {
        reply.set(55, issuer_authentication(&answer.rrn));
    }
}

/// Tag 91: eight bytes of cryptogram and the two of the code. The host has no issuer keys: the
/// cryptogram is made of the reference, so that it differs from payment to payment.
fn issuer_authentication(rrn: &str) -> Vec<u8> {
    let mut value: Vec<u8> = rrn.bytes().rev().take(8).collect();
    value.extend_from_slice(Code::APPROVED.as_str().as_bytes());
    let mut data = Vec::new();
    tlv::push(&mut data, ISSUER_AUTHENTICATION, &value);
    data
}

/// Field 48 of a 0510: the terminal's totals with the host's result; the foreign half the same.
fn set_settlement(reply: &mut Message, decoded: &Decoded<'_>, result: char) {
    let theirs = decoded.string(48).unwrap_or_default();
    let part = |range| {
        theirs
            .get(range)
            .map_or_else(|| "0".repeat(30), str::to_owned)
    };
    let domestic: String = part(0..30);
    let foreign: String = part(31..61);
    reply
        .copy_from(decoded, 49)
        .set(48, format!("{domestic}{result}{foreign}{result}"));
}
