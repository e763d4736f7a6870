//! `tlv` and `track`.

use super::arguments::TlvOptions;
use super::{Answer, Failure};
use crate::card::{Swipe, Track1, Track2, Track3};
use crate::describe::masked_tlv;
use crate::hex;
use crate::tlv::{TlvError, Tlvs};
use serde_json::{Map, Value, json};

pub(super) fn tlv(options: &TlvOptions, input: &str) -> Result<Answer, Failure> {
    let bytes =
        hex::decode(input).map_err(|error| Failure::refused("bad tlv", error.to_string()))?;
    let items = tree(&bytes, options.unmask).map_err(|error| {
        let field = error
            .tag
            .map_or_else(String::new, |tag| format!("{tag:02X}"));
        Failure::message(field, error.offset, error.fault.to_string())
    })?;
    Ok(Answer::Json(Value::Array(items)))
}

fn tree(bytes: &[u8], unmask: bool) -> Result<Vec<Value>, TlvError> {
    let mut items = Vec::new();
    for item in Tlvs::new(bytes) {
        let item = item?;
        let mut object = Map::new();
        object.insert("tag".to_owned(), json!(format!("{:02X}", item.tag)));
        object.insert("length".to_owned(), json!(item.value.len()));
        let value = match unmask {
            true => hex::encode(item.value),
            false if item.is_sensitive() => "*".repeat(item.value.len() * 2),
            false if item.constructed => masked_tlv(item.value),
            false => hex::encode(item.value),
        };
        object.insert("value".to_owned(), json!(value));
        if let Some(text) = item
            .private_text()
            .filter(|_| unmask || !item.is_sensitive())
        {
            object.insert("text".to_owned(), json!(text));
        }
        if item.constructed {
            object.insert("parts".to_owned(), Value::Array(tree(item.value, unmask)?));
        }
        items.push(Value::Object(object));
    }
    Ok(items)
}

/// What is read of a swipe: as of its track 2, or the only one there is; and every track apart.
pub(super) fn track(input: &str) -> Result<Answer, Failure> {
    let swipe = Swipe::parse(input).map_err(|error| Failure::refused("bad track", error))?;
    let tracks: Vec<Value> = [
        swipe.one.as_ref().map(track_1),
        swipe.two.as_ref().map(track_2),
        swipe.three.as_ref().map(track_3),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [only] = tracks.as_slice() {
        return Ok(Answer::Json(only.clone()));
    }
    let sent = swipe.two.as_ref().map(track_2).or(tracks.first().cloned());
    let mut shown = match sent {
        Some(Value::Object(shown)) => shown,
        _ => Map::new(),
    };
    if let Some(one) = &swipe.one {
        shown.insert("name".to_owned(), json!(one.name));
    }
    shown.insert("tracks".to_owned(), Value::Array(tracks));
    Ok(Answer::Json(Value::Object(shown)))
}

fn track_1(track: &Track1) -> Value {
    json!({
        "track": 1,
        "pan": track.pan.masked(),
        "expiry": track.expiry,
        "service_code": track.service_code.map(|code| code.as_str().to_owned()),
        "name": track.name,
    })
}

fn track_2(track: &Track2) -> Value {
    json!({
        "track": 2,
        "pan": track.pan.masked(),
        "expiry": track.expiry,
        "service_code": track.service_code.map(|code| code.as_str().to_owned()),
    })
}

fn track_3(track: &Track3) -> Value {
    json!({
        "track": 3,
        "pan": track.pan.masked(),
        "expiry": track.expiry,
        "service_code": null,
    })
}
