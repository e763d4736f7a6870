//! 0800 sign-on and 0820 echo: no MAC, no card.

use domain::ids::{BatchNumber, Mid, Stan, Tid};
use iso8583::message::{Message, Mti};

const SIGN_ON: Mti = Mti::literal(b"0800");
const ECHO: Mti = Mti::literal(b"0820");
/// Field 60.3 of a sign-on: working keys of 16 bytes, 40 bytes in all.
const DOUBLE_LENGTH_KEYS: &str = "003";
const ECHO_CODE: &str = "301";
const OPERATOR: &str = "001";

/// 0800: asks for working keys and the batch.
pub(crate) fn sign_on(tid: &Tid, mid: &Mid, stan: Stan, batch: Option<BatchNumber>) -> Message {
    let batch = batch.map_or_else(|| "000000".to_owned(), |batch| batch.to_string());
    let mut message = Message::new(SIGN_ON);
    message
        .set(11, stan.to_string())
        .set(41, tid.as_str())
        .set(42, mid.as_str())
        .set(60, format!("00{batch}{DOUBLE_LENGTH_KEYS}"))
        .set(62, format!("LK{tid}"))
        .set(63, OPERATOR);
    message
}

/// 0820 301: is anybody there.
pub(crate) fn echo(tid: &Tid, mid: &Mid, stan: Stan) -> Message {
    let mut message = Message::new(ECHO);
    message
        .set(11, stan.to_string())
        .set(41, tid.as_str())
        .set(42, mid.as_str())
        .set(60, format!("00000000{ECHO_CODE}"));
    message
}
