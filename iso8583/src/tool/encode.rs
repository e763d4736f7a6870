//! `encode`: the JSON of `decode --unmask` back to hex.

use super::arguments::EncodeOptions;
use super::decode::load;
use super::{Answer, Failure};
use crate::codec::{self, FieldPath};
use crate::dialect::{Class, Dialect, Length, Shape};
use crate::hex;
use crate::message::{Message, Mti};
use serde::Deserialize;
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// `length`, `parts` and anything else are for reading.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    tpdu: Option<String>,
    #[serde(default)]
    header: Option<String>,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    frame: Option<Frame>,
    mti: String,
    fields: BTreeMap<String, String>,
    #[serde(default)]
    bitmap: Option<String>,
    #[serde(default)]
    hex: Vec<String>,
    #[serde(default)]
    pads: BTreeMap<String, String>,
}

impl Drop for Input {
    fn drop(&mut self) {
        self.fields.values_mut().for_each(Zeroize::zeroize);
    }
}

pub(super) fn run(options: &EncodeOptions, text: &str) -> Result<Answer, Failure> {
    let dialect = load(&options.dialect, options.length_counts_itself)?;
    // The parser's own words may quote a value: only the place is told.
    let input: Input = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::message(
            "frame",
            0,
            format!("input is not the JSON of a message: {place}"),
        )
    })?;
    let mut message = envelope(&input)?;
    for (key, value) in &input.fields {
        let number = field_number(key)?;
        let spec = dialect
            .field(number)
            .ok_or_else(|| Failure::message(key.clone(), 0, "field is not in the dialect"))?;
        let shape = spec.shape_in(message.mti());
        let as_hex = input.hex.contains(key);
        message.set(number, &*canonical(number, shape, value, as_hex)?);
    }
    for (key, nibble) in &input.pads {
        let nibble = u8::from_str_radix(nibble, 16)
            .ok()
            .filter(|nibble| *nibble == 0 || *nibble == 0x0F)
            .ok_or_else(|| Failure::message(key.clone(), 0, "pad nibble is not allowed"))?;
        message.set_pad(field_number(key)?, nibble);
    }
    encode(&dialect, &message)
}

fn encode(dialect: &Dialect, message: &Message) -> Result<Answer, Failure> {
    let mut out = Zeroizing::new(Vec::new());
    codec::encode(dialect, message, None, &mut out)?;
    Ok(Answer::One("hex", Zeroizing::new(hex::encode(&out))))
}

fn envelope(input: &Input) -> Result<Message, Failure> {
    let mti = Mti::new(&input.mti)
        .map_err(|error| Failure::message(FieldPath::Mti.to_string(), 0, error.to_string()))?;
    let mut message = Message::new(mti);
    if let Some(text) = input.frame.as_ref().and_then(|frame| frame.tpdu.as_ref()) {
        let tpdu = hex::decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Failure::message("tpdu", 0, "is not ten hex digits"))?;
        message.set_tpdu(tpdu);
    }
    if let Some(text) = input.frame.as_ref().and_then(|frame| frame.header.as_ref()) {
        let header =
            hex::decode(text).map_err(|error| Failure::message("header", 0, error.to_string()))?;
        message.set_header(header);
    }
    let announces_second =
        |text: &String| text.starts_with(['8', '9', 'A', 'B', 'C', 'D', 'E', 'F']);
    message.set_secondary_bitmap(input.bitmap.as_ref().is_some_and(announces_second));
    Ok(message)
}

fn field_number(key: &str) -> Result<u8, Failure> {
    key.parse()
        .ok()
        .filter(|number| (2..=128).contains(number))
        .ok_or_else(|| Failure::message(key.to_owned(), 0, "is not a field number from 2 to 128"))
}

/// What `decode` shows, as the value the encoder takes.
fn canonical(
    number: u8,
    shape: &Shape,
    value: &str,
    as_hex: bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let refuse = |reason: &str| Failure::message(number.to_string(), 0, reason);
    if as_hex || shape.class == Class::Binary || is_hex_of_fixed_text(shape, value) {
        return hex::decode(value)
            .map(Zeroizing::new)
            .map_err(|error| refuse(&error.to_string()));
    }
    if value.is_ascii() {
        return Ok(Zeroizing::new(value.as_bytes().to_vec()));
    }
    if !shape.gbk {
        return Err(refuse("is not ASCII"));
    }
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(value);
    if unmappable {
        Err(refuse("can't be written in GBK"))
    } else {
        Ok(Zeroizing::new(bytes.into_owned()))
    }
}

/// A fixed field twice as long as it can be is hex, also where the `hex` key was left out.
fn is_hex_of_fixed_text(shape: &Shape, value: &str) -> bool {
    let Length::Fixed(length) = shape.length else {
        return false;
    };
    shape.class == Class::Any
        && value.len() == usize::from(length) * 2
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
