//! The host's frames as the desk's answers.

use domain::{
    ids::{AuthCode, BatchNumber, Mid, Rrn, Stan, Tid},
    payment::{Answer, MacCheck},
    response_code::ResponseCode,
};
use iso8583::{
    codec::{self, Decoded},
    dialect::Dialect,
    message::Mti,
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

/// The fields that decide what an answer means: these are what their format says, or the answer is
/// not understood.
const DECIDE: [u8; 9] = [3, 4, 11, 37, 38, 39, 41, 42, 64];

/// What a frame says.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) mti: Mti,
    pub(crate) said: FromBank,
    /// Fields that decide nothing and are not what their format says.
    pub(crate) odd_fields: Vec<u8>,
}

/// Decodes a frame (without its length prefix) and checks its MAC.
pub(crate) fn read(
    frame: &[u8],
    dialect: &Dialect,
    keys: &dyn KeyStore,
) -> Result<Read, NotUnderstood> {
    let (decoded, odd_fields) = match codec::decode(dialect, frame) {
        Ok(decoded) => (decoded, Vec::new()),
        Err(error) => {
            tolerate(frame, dialect, keys).ok_or_else(|| NotUnderstood::Codec(error.to_string()))?
        }
    };
    let mti = decoded.mti();
    let said = match mti.as_str() {
        "0810" => sign_on(&decoded)?,
        "0830" => FromBank::Echo,
        "0210" | "0230" | "0410" | "0510" => {
            let number = mti.as_str().parse().map_err(|_| NotUnderstood::Field(0))?;
            FromBank::Answer(answer(&decoded, number, dialect, keys)?)
        }
        other => return Err(NotUnderstood::Mti(other.to_owned())),
    };
    Ok(Read {
        mti,
        said,
        odd_fields,
    })
}

/// One odd character in a field nobody needs must not cost an approval: the MAC says that the host
/// meant it. A message that has no MAC at all is taken by the fields that decide.
fn tolerate<'a>(
    frame: &'a [u8],
    dialect: &'a Dialect,
    keys: &dyn KeyStore,
) -> Option<(Decoded<'a>, Vec<u8>)> {
    let (decoded, odd_fields) = codec::decode_tolerantly(dialect, frame, &DECIDE).ok()?;
    let is_meant = !dialect.takes_mac(decoded.mti())
        || keys.check_mac(&tid(&decoded).ok()?, &decoded) == MacCheck::Good;
    is_meant.then_some((decoded, odd_fields))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyFile, SoftwareKeys};
    use iso8583::{
        keys::{DesKey, WorkingKeys},
        message::Message,
    };

    const MASTER: &str = "0123456789ABCDEFFEDCBA9876543210";
    const CUP_POS: &str = include_str!("../../../iso8583/dialects/cup-pos.toml");

    fn lane() -> Tid {
        Tid::new("LANE0001").unwrap()
    }

    fn keys() -> SoftwareKeys {
        let file = format!(
            "mode = \"test\"\n[[terminal]]\ntid = \"LANE0001\"\ntmk = \"{MASTER}\"\n[pin]\n\
             bdk = \"{MASTER}\"\n[card_sealing]\nprivate_key = \"{}\"\n[card_hash]\nkey = \"{}\"\n",
            "11".repeat(32),
            "22".repeat(32)
        );
        let keys = SoftwareKeys::new(KeyFile::parse(&file).unwrap()).unwrap();
        let working = WorkingKeys {
            pin: DesKey::from_bytes(&[3; 16]).unwrap(),
            mac: DesKey::from_bytes(&[5; 16]).unwrap(),
            track: None,
        };
        let wrapped = working.wrap(&DesKey::from_hex(MASTER).unwrap()).unwrap();
        keys.accept_working_keys(&lane(), &wrapped).unwrap();
        keys
    }

    fn approval() -> Message {
        let mut message = Message::new(Mti::literal(b"0210"));
        message
            .set(3, "000000")
            .set_number(4, 1_250, 12)
            .set(11, "000123")
            .set(37, "123456789012")
            .set(38, "654321")
            .set(39, "00")
            .set(41, "LANE0001")
            .set(42, "898310054110001");
        message
    }

    /// A frame of a host for which this field is binary, under a good MAC.
    fn odd(field: &str, is: &str, message: &Message, keys: &SoftwareKeys) -> Vec<u8> {
        assert!(CUP_POS.contains(field), "{field}");
        let theirs = Dialect::parse(&CUP_POS.replacen(field, is, 1)).unwrap();
        let mut frame = Vec::new();
        keys.encode(&lane(), &theirs, message, &mut frame).unwrap();
        frame.split_off(2)
    }

    /// F19: with a good MAC, what decides nothing costs nothing; it is named, and not shown.
    #[test]
    fn an_odd_field_that_decides_nothing_is_kept_where_the_mac_is_good() {
        let (keys, ours) = (keys(), Dialect::named("cup-pos").unwrap());
        let was = "12 = { name = \"local time\", format = \"n6\" }";
        let is = "12 = { name = \"local time\", format = \"b3\" }";
        let mut message = approval();
        message.set(12, [0xFF, 0xFE, 0xFD]);
        let mut frame = odd(was, is, &message, &keys);
        let read = read(&frame, &ours, &keys).unwrap();
        assert_eq!(read.odd_fields, [12]);
        let FromBank::Answer(answer) = read.said else {
            panic!("{:?}", read.said);
        };
        assert_eq!(
            (answer.code, answer.mac),
            (ResponseCode::APPROVED, MacCheck::Good)
        );
        assert_eq!(answer.amount_minor, Some(1_250));
        *frame.last_mut().unwrap() ^= 1;
        assert!(super::read(&frame, &ours, &keys).is_err(), "a bad MAC");
    }

    /// F19: what decides is what its format says, whatever the MAC.
    #[test]
    fn an_odd_field_that_decides_is_not_understood() {
        let (keys, ours) = (keys(), Dialect::named("cup-pos").unwrap());
        let was = "38 = { name = \"authorisation code\", format = \"an6\" }";
        let is = "38 = { name = \"authorisation code\", format = \"b6\" }";
        let mut message = approval();
        message.set(38, [0xFF; 6]);
        let frame = odd(was, is, &message, &keys);
        assert!(read(&frame, &ours, &keys).is_err());
    }

    /// F19: an answer that has no MAC at all, as that to a sign-on.
    #[test]
    fn an_odd_field_of_a_sign_on_answer_costs_nothing() {
        let (keys, ours) = (keys(), Dialect::named("cup-pos").unwrap());
        let was = "13 = { name = \"local date\", format = \"n4\" }";
        let is = "13 = { name = \"local date\", format = \"b2\" }";
        let mut message = Message::new(Mti::literal(b"0810"));
        message
            .set(11, "000001")
            .set(13, [0xAB, 0xCD])
            .set(39, "00")
            .set(41, "LANE0001")
            .set(42, "898310054110001")
            .set(60, "00000007003");
        let frame = odd(was, is, &message, &keys);
        let read = read(&frame, &ours, &keys).unwrap();
        assert_eq!(read.odd_fields, [13]);
        assert!(matches!(read.said, FromBank::SignOn { .. }));
    }
}
