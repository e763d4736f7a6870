//! `decode`: hex to JSON.
//!
//! Beyond what is asked, three keys make the way back exact: `bitmap`, `hex` (text fields whose
//! bytes aren't printable and stand as hex) and `pads` (pad nibbles other than 0).

use super::arguments::{DecodeOptions, Output};
use super::{Answer, Failure};
use crate::codec::{self, Decoded, Field};
use crate::describe;
use crate::dialect::{Dialect, Part, Parts, Secrecy};
use crate::frame::Framing;
use crate::hex::{self, HexError};
use crate::tlv::Tlvs;
use serde_json::{Map, Value, json};
use std::path::Path;

pub(super) fn run(
    options: &DecodeOptions,
    input: &str,
    output: Option<Output>,
) -> Result<Answer, Failure> {
    let dialect = load(&options.dialect, options.length_counts_itself)?;
    let bytes = hex::decode(input).map_err(|error| match error {
        HexError::NotHex(place) => Failure::message("frame", place / 2, "input is not hex"),
        HexError::OddLength(count) => {
            Failure::message("frame", count / 2, "input is half a byte short")
        }
    })?;
    let frame = match options.no_length {
        true => bytes.as_slice(),
        false => strip_length(&dialect, &bytes)?,
    };
    let message = codec::decode(&dialect, frame)?;
    if output == Some(Output::Text) && !options.unmask {
        return Ok(Answer::Text(
            describe::describe(&message).trim_end().to_owned(),
        ));
    }
    Ok(Answer::Json(to_json(&message, options.unmask)))
}

/// A built-in dialect, or a file.
pub(super) fn load(name: &str, length_counts_itself: bool) -> Result<Dialect, Failure> {
    let is_file = name.contains(['/', '\\']) || name.ends_with(".toml");
    let dialect = if is_file {
        Dialect::read(Path::new(name))
    } else {
        Dialect::built_in(name)
    };
    let dialect = dialect.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Failure::usage(format!("{error}{}", cause.unwrap_or_default()))
    })?;
    Ok(match length_counts_itself {
        true => dialect.counting_prefix(true),
        false => dialect,
    })
}

/// What follows the length prefix, which must say exactly how much that is.
fn strip_length<'a>(dialect: &Dialect, bytes: &'a [u8]) -> Result<&'a [u8], Failure> {
    let framing = dialect.framing();
    let size = framing.prefix.length();
    let Some((prefix, frame)) = bytes.split_at_checked(size) else {
        let reason = format!("length prefix needs {size} bytes, {} there", bytes.len());
        return Err(Failure::message("frame", 0, reason));
    };
    let length = framing.length_of(prefix).map_err(|error| {
        let hint = hint(dialect, prefix, bytes);
        Failure::message("frame", 0, format!("length prefix: {error}{hint}"))
    })?;
    if length != frame.len() {
        let hint = hint(dialect, prefix, bytes);
        let reason = format!(
            "length prefix says {length} bytes, {} follow{hint}",
            frame.len()
        );
        return Err(Failure::message("frame", length.min(frame.len()), reason));
    }
    Ok(frame)
}

/// Which option may be meant.
fn hint(dialect: &Dialect, prefix: &[u8], bytes: &[u8]) -> &'static str {
    let framing = dialect.framing();
    let counting = Framing {
        counts_itself: !framing.counts_itself,
        ..framing
    };
    let follow = bytes.len().saturating_sub(prefix.len());
    if codec::decode(dialect, bytes).is_ok() {
        "; it is a message as it stands: try --no-length"
    } else if counting
        .length_of(prefix)
        .is_ok_and(|length| length == follow)
    {
        "; the prefix counts itself, or does not: try --length-counts-itself"
    } else {
        "; if the hex has no length prefix: --no-length"
    }
}

fn to_json(message: &Decoded<'_>, unmask: bool) -> Value {
    let mut fields = Map::new();
    let mut parts = Map::new();
    let mut hex_fields = Vec::new();
    let mut pads = Map::new();
    for field in message.fields() {
        let key = field.number().to_string();
        let shown = field.shown();
        if shown.hex_for_text {
            hex_fields.push(key.clone());
        }
        if field.pad() != 0 {
            pads.insert(key.clone(), json!(format!("{:X}", field.pad())));
        }
        if let Some(inside) = parts_of(&field, unmask) {
            parts.insert(key.clone(), inside);
        }
        let value = if unmask {
            shown.text.as_str().to_owned()
        } else {
            describe::masked(&field)
        };
        fields.insert(key, Value::String(value));
    }
    let bitmap = message.bitmap().to_be_bytes();
    let bitmap_bytes = if message.bitmap() >> 127 == 1 { 16 } else { 8 };
    let mut object = json!({
        "frame": {
            "length": message.frame().len(),
            "tpdu": message.tpdu().map(hex::encode),
            "header": hex::encode(message.header()),
        },
        "mti": message.mti().as_str(),
        "fields": fields,
        "parts": parts,
        "bitmap": hex::encode(bitmap.get(..bitmap_bytes).unwrap_or_default()),
    });
    if let Some(object) = object.as_object_mut() {
        if !hex_fields.is_empty() {
            object.insert("hex".to_owned(), json!(hex_fields));
        }
        if !pads.is_empty() {
            object.insert("pads".to_owned(), Value::Object(pads));
        }
    }
    object
}

fn parts_of(field: &Field<'_>, unmask: bool) -> Option<Value> {
    match &field.shape().parts {
        Parts::None => None,
        Parts::BerTlv => Some(Value::Object(tlv_parts(&field.value(), unmask))),
        Parts::Fixed {
            parts,
            repeat_from,
            alone,
        } => {
            let text = field.text()?;
            if let Some(part) = alone
                .as_ref()
                .filter(|part| usize::from(part.length) == text.len())
            {
                let name = part.name.as_str();
                return Some(json!({ name: masked_part(&text, part.secrecy, unmask) }));
            }
            Some(Value::Object(fixed_parts(
                &text,
                parts,
                *repeat_from,
                unmask,
            )))
        }
    }
}

fn fixed_parts(
    text: &str,
    parts: &[Part],
    repeat_from: Option<usize>,
    unmask: bool,
) -> Map<String, Value> {
    let mut found = Map::new();
    let mut rest = text;
    let once = repeat_from.unwrap_or(parts.len());
    let repeated = parts.get(once..).unwrap_or_default();
    let rounds = if repeated.is_empty() { 0 } else { text.len() };
    let first = parts
        .iter()
        .take(once)
        .map(|part| (part, part.name.clone()));
    let again = (1..=rounds).flat_map(|round| {
        repeated
            .iter()
            .map(move |part| (part, format!("{} {round}", part.name)))
    });
    for (part, name) in first.chain(again) {
        let (piece, after) = rest
            .split_at_checked(usize::from(part.length))
            .unwrap_or((rest, ""));
        if piece.is_empty() {
            break;
        }
        found.insert(name, json!(masked_part(piece, part.secrecy, unmask)));
        rest = after;
    }
    if !rest.is_empty() {
        found.insert("rest".to_owned(), json!(rest));
    }
    found
}

fn masked_part(piece: &str, secrecy: Secrecy, unmask: bool) -> String {
    match secrecy {
        _ if unmask => piece.to_owned(),
        Secrecy::Open => piece.to_owned(),
        Secrecy::Pan => crate::card::masked(piece.trim_start_matches('0')),
        Secrecy::Hidden | Secrecy::Tlv => "*".repeat(piece.len()),
    }
}

fn tlv_parts(bytes: &[u8], unmask: bool) -> Map<String, Value> {
    let mut found = Map::new();
    for item in Tlvs::new(bytes).filter_map(Result::ok) {
        let value = if item.constructed {
            Value::Object(tlv_parts(item.value, unmask))
        } else if item.is_sensitive() && !unmask {
            json!("*".repeat(item.value.len() * 2))
        } else if let Some(text) = item.private_text() {
            json!(text)
        } else {
            json!(hex::encode(item.value))
        };
        found.insert(format!("{:02X}", item.tag), value);
    }
    found
}
