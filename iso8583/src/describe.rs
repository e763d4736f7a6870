//! A message for people's eyes, with secrets masked.
//!
//! Card numbers show their first six and last four digits; tracks, PIN blocks, card verification
//! values and keys show only how long they are; inside BER-TLV the values of sensitive tags are
//! starred out.

use crate::card::masked as masked_pan;
use crate::codec::{Decoded, Field};
use crate::dialect::{Class, Secrecy};
use crate::hex;
use crate::tlv::Tlvs;
use std::fmt::{self, Write};

/// One field a line: number, name, masked value.
pub fn describe(message: &Decoded<'_>) -> String {
    let mut text = format!("{} {}\n", message.mti(), message.dialect().name());
    for field in message.fields() {
        let value = masked(&field);
        // Writing to a String can't fail.
        let _ = writeln!(text, "{:>3} {:<28} {value}", field.number(), field.name());
    }
    text
}

/// A field's value with what is secret hidden.
pub fn masked(field: &Field<'_>) -> String {
    match field.shape().secrecy {
        Secrecy::Open => field.shown().text.as_str().to_owned(),
        Secrecy::Pan => masked_pan(&field.shown().text),
        Secrecy::Hidden => hidden(field.units(), field.shape().class),
        Secrecy::Tlv => masked_tlv(&field.value()),
    }
}

/// Number and masked value.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.number(), masked(self))
    }
}

/// Every value masked.
impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        map.entry(&"mti", &self.mti().as_str());
        for field in self.fields() {
            map.entry(&field.number(), &masked(&field));
        }
        map.finish()
    }
}

/// How long a hidden value is.
pub(crate) fn hidden(units: usize, class: Class) -> String {
    let unit = match class {
        Class::Digits | Class::SignedDigits | Class::Track => "digits",
        Class::Letters | Class::Text | Class::Any => "characters",
        Class::Binary => "bytes",
    };
    format!("[hidden, {units} {unit}]")
}

/// Hex, with two stars for each byte of a sensitive value.
pub fn masked_tlv(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut at = 0;
    for item in Tlvs::new(bytes) {
        let Ok(item) = item else { break };
        text.push_str(&hex::encode(
            bytes.get(at..item.value_offset).unwrap_or_default(),
        ));
        if item.is_sensitive() {
            text.push_str(&"*".repeat(item.value.len() * 2));
        } else if item.constructed {
            text.push_str(&masked_tlv(item.value));
        } else {
            text.push_str(&hex::encode(item.value));
        }
        at = item.value_offset + item.value.len();
    }
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.iter().all(|byte| matches!(byte, 0 | 0xFF)) {
        text.push_str(&hex::encode(rest));
    } else {
        text.push_str(&"*".repeat(rest.len() * 2));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv;

    #[test]
    fn sensitive_tags_are_starred_at_any_depth() {
        let mut inner = Vec::new();
        tlv::push(&mut inner, 0x57, &[0x62, 0x16]);
        tlv::push(&mut inner, 0x95, &[0x01]);
        let mut bytes = Vec::new();
        tlv::push(&mut bytes, 0x70, &inner);
        tlv::push(&mut bytes, 0x5A, &[0x62]);
        bytes.push(0);
        assert_eq!(masked_tlv(&bytes), "70075702****9501015A01**00");
        assert_eq!(masked_tlv(&[0x5A, 0x05, 0x62]), "******");
    }
}
