//! The TOML of a dialect and its checks.

use super::format::Format;
use super::layout::Layouts;
use super::{
    BitmapEncoding, Class, Counts, Dialect, DialectError, Encoding, FieldSpec, Justify, Length,
    LengthEncoding, MtiEncoding, Part, Parts, Secrecy, Settings, Shape, Variant, WalletMessages,
};
use crate::frame::{Framing, LengthPrefix};
use crate::hex;
use crate::mac::{MacAlgorithm, Padding};
use crate::message::Mti;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Offsets inside a message are kept in 16 bits.
const LENGTH_MAX: usize = 65_535;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    name: String,
    frame: FrameTable,
    message: MessageTable,
    encoding: EncodingTable,
    settings: SettingsTable,
    fields: BTreeMap<String, FieldTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameTable {
    length: LengthPrefix,
    length_max: usize,
    #[serde(default)]
    counts_itself: bool,
    tpdu: Option<String>,
    #[serde(default)]
    header: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageTable {
    mti: MtiEncoding,
    bitmap: BitmapEncoding,
    field_max: u8,
    mac_field: Option<u8>,
}

/// What holds for all fields that don't say otherwise.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncodingTable {
    digits: Encoding,
    text: Encoding,
    binary: Encoding,
    length: LengthEncoding,
    counts: Counts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsTable {
    mac_algorithm: MacAlgorithm,
    #[serde(default)]
    mac_padding: Padding,
    #[serde(default)]
    mac_absent: Vec<String>,
    payment_reference_field: Option<u8>,
    #[serde(default)]
    offline_upload_kind: String,
    wallet: Option<WalletTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WalletTable {
    pay_code: String,
    pay_kind: String,
    query_code: String,
    query_kind: String,
    code_field: u8,
    in_progress: String,
    reverse_within_s: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    name: String,
    #[serde(flatten)]
    shape: ShapeTable,
    #[serde(default)]
    when: Vec<VariantTable>,
}

#[derive(Deserialize)]
struct VariantTable {
    mti: Vec<String>,
    #[serde(flatten)]
    shape: ShapeTable,
}

#[derive(Deserialize)]
struct ShapeTable {
    format: String,
    encoding: Option<Encoding>,
    length: Option<LengthEncoding>,
    counts: Option<Counts>,
    #[serde(default)]
    justify: Justify,
    #[serde(default)]
    pad_spaces: bool,
    #[serde(default)]
    gbk: bool,
    #[serde(default)]
    secrecy: Secrecy,
    #[serde(default)]
    tlv: bool,
    #[serde(default)]
    parts: Vec<String>,
    repeat_from: Option<usize>,
    alone: Option<String>,
}

fn invalid(key: impl Into<String>, reason: impl Into<String>) -> DialectError {
    DialectError::Invalid {
        key: key.into(),
        reason: reason.into(),
    }
}

impl Definition {
    pub(super) fn read(text: &str) -> Result<Self, DialectError> {
        toml::from_str(text).map_err(DialectError::Toml)
    }

    pub(super) fn check(self) -> Result<Dialect, DialectError> {
        let field_max = self.message.field_max;
        if field_max != 64 && field_max != 128 {
            return Err(invalid("message.field_max", "is neither 64 nor 128"));
        }
        let fields = self.check_fields(field_max)?;
        self.check_mac_field(&fields)?;
        let settings = self.check_settings(&fields)?;
        let tpdu = self.check_tpdu()?;
        let header = hex::decode(&self.frame.header)
            .map_err(|error| invalid("frame.header", error.to_string()))?;
        Ok(Dialect {
            framing: self.check_framing()?,
            tpdu,
            envelope: tpdu.into_iter().flatten().chain(header).collect(),
            name: self.name,
            mti: self.message.mti,
            bitmap: self.message.bitmap,
            field_max,
            mac_field: self.message.mac_field,
            settings,
            layouts: Layouts::new(&fields),
            fields,
        })
    }

    fn check_framing(&self) -> Result<Framing, DialectError> {
        let own = match self.frame.counts_itself {
            true => self.frame.length.length(),
            false => 0,
        };
        let limit = (self.frame.length.max() - own).min(LENGTH_MAX);
        if self.frame.length_max == 0 || self.frame.length_max > limit {
            return Err(invalid(
                "frame.length_max",
                format!("is not between 1 and {limit}"),
            ));
        }
        Ok(Framing {
            prefix: self.frame.length,
            length_max: self.frame.length_max,
            counts_itself: self.frame.counts_itself,
        })
    }

    fn check_tpdu(&self) -> Result<Option<[u8; 5]>, DialectError> {
        let Some(text) = &self.frame.tpdu else {
            return Ok(None);
        };
        hex::decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Some)
            .ok_or_else(|| invalid("frame.tpdu", "is not ten hex digits"))
    }

    fn check_fields(&self, field_max: u8) -> Result<Vec<Option<FieldSpec>>, DialectError> {
        let mut fields: Vec<Option<FieldSpec>> = Vec::new();
        fields.resize_with(usize::from(field_max) + 1, || None);
        for (key, table) in &self.fields {
            let number: u8 = key
                .parse()
                .ok()
                .filter(|number| (2..=field_max).contains(number))
                .ok_or_else(|| {
                    invalid(
                        format!("fields.{key}"),
                        format!("is not from 2 to {field_max}"),
                    )
                })?;
            if let Some(place) = fields.get_mut(usize::from(number)) {
                *place = Some(self.check_field(number, table)?);
            }
        }
        Ok(fields)
    }

    fn check_field(&self, number: u8, table: &FieldTable) -> Result<FieldSpec, DialectError> {
        let key = format!("fields.{number}");
        let mut variants = Vec::new();
        for variant in &table.when {
            variants.push(Variant {
                mtis: message_types(&format!("{key}.when.mti"), &variant.mti)?,
                shape: variant.shape.check(&format!("{key}.when"), self.encoding)?,
            });
        }
        let shape = table.shape.check(&key, self.encoding)?;
        Ok(FieldSpec {
            number,
            name: table.name.clone(),
            shape,
            variants,
        })
    }

    fn check_mac_field(&self, fields: &[Option<FieldSpec>]) -> Result<(), DialectError> {
        let Some(number) = self.message.mac_field else {
            return Ok(());
        };
        let spec = fields.get(usize::from(number)).and_then(Option::as_ref);
        let fits = spec.is_some_and(|spec| {
            spec.shape.class == Class::Binary && spec.shape.length == Length::Fixed(8)
        });
        if number != self.message.field_max || !fits {
            return Err(invalid(
                "message.mac_field",
                "is not the last field or not b8",
            ));
        }
        Ok(())
    }

    fn check_settings(&self, fields: &[Option<FieldSpec>]) -> Result<Settings, DialectError> {
        let reference = self.settings.payment_reference_field;
        if let Some(number) = reference
            && fields
                .get(usize::from(number))
                .and_then(Option::as_ref)
                .is_none()
        {
            return Err(invalid(
                "settings.payment_reference_field",
                "is not a field",
            ));
        }
        Ok(Settings {
            mac_algorithm: self.settings.mac_algorithm,
            mac_padding: self.settings.mac_padding,
            mac_absent: message_types("settings.mac_absent", &self.settings.mac_absent)?,
            payment_reference_field: reference,
            offline_upload_kind: self.settings.offline_upload_kind.clone(),
            wallet: self.check_wallet(fields)?,
        })
    }

    fn check_wallet(
        &self,
        fields: &[Option<FieldSpec>],
    ) -> Result<Option<WalletMessages>, DialectError> {
        let Some(table) = &self.settings.wallet else {
            return Ok(None);
        };
        let key = |name: &str| format!("settings.wallet.{name}");
        for (name, code, digits) in [
            ("pay_code", &table.pay_code, 6),
            ("query_code", &table.query_code, 6),
            ("pay_kind", &table.pay_kind, 2),
            ("query_kind", &table.query_kind, 2),
        ] {
            if code.len() != digits || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(invalid(key(name), format!("is not {digits} digits")));
            }
        }
        if table.pay_code == table.query_code {
            return Err(invalid(key("query_code"), "is that of a payment"));
        }
        let answer = table.in_progress.as_bytes();
        if answer.len() != 2 || !answer.iter().all(u8::is_ascii_alphanumeric) {
            return Err(invalid(key("in_progress"), "is not two letters or digits"));
        }
        let field = fields.get(usize::from(table.code_field));
        if field.and_then(Option::as_ref).is_none() {
            return Err(invalid(key("code_field"), "is not a field"));
        }
        Ok(Some(WalletMessages {
            pay_code: table.pay_code.clone(),
            pay_kind: table.pay_kind.clone(),
            query_code: table.query_code.clone(),
            query_kind: table.query_kind.clone(),
            code_field: table.code_field,
            in_progress: table.in_progress.clone(),
            reverse_within_s: table.reverse_within_s,
        }))
    }
}

fn message_types(key: &str, texts: &[String]) -> Result<Vec<Mti>, DialectError> {
    texts
        .iter()
        .map(|text| Mti::new(text).map_err(|error| invalid(key, error.to_string())))
        .collect()
}

impl ShapeTable {
    fn check(&self, key: &str, defaults: EncodingTable) -> Result<Shape, DialectError> {
        let format = Format::parse(&self.format)
            .map_err(|reason| invalid(format!("{key}.format"), reason))?;
        let encoding = self.encoding.unwrap_or(match format.class {
            Class::Digits | Class::Track => defaults.digits,
            Class::SignedDigits | Class::Letters | Class::Text | Class::Any => defaults.text,
            Class::Binary => defaults.binary,
        });
        check_encoding(format.class, encoding)
            .map_err(|reason| invalid(format!("{key}.encoding"), reason))?;
        let length = match format.prefix {
            None => Length::Fixed(format.units),
            Some(digits) => Length::Variable {
                digits,
                max: format.units,
                encoding: self.length.unwrap_or(defaults.length),
                counts: self.counts.unwrap_or(defaults.counts),
            },
        };
        if self.justify == Justify::Right && format.prefix.is_some() {
            return Err(invalid(
                format!("{key}.justify"),
                "right is for fixed lengths",
            ));
        }
        check_prefix(encoding, length)
            .map_err(|reason| invalid(format!("{key}.format"), reason))?;
        Ok(Shape {
            class: format.class,
            encoding,
            length,
            justify: self.justify,
            pad_spaces: self.pad_spaces,
            gbk: self.gbk,
            secrecy: self.secrecy,
            parts: self.check_parts(key)?,
        })
    }

    fn check_parts(&self, key: &str) -> Result<Parts, DialectError> {
        if self.tlv {
            return Ok(Parts::BerTlv);
        }
        if self.parts.is_empty() {
            return Ok(Parts::None);
        }
        let read = |text: &String| {
            part(text).ok_or_else(|| invalid(format!("{key}.parts"), part_rule(text)))
        };
        let parts = self.parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let alone = self.alone.as_ref().map(read).transpose()?;
        if self.repeat_from.is_some_and(|from| from >= parts.len()) {
            return Err(invalid(
                format!("{key}.repeat_from"),
                "is past the last part",
            ));
        }
        Ok(Parts::Fixed {
            parts,
            repeat_from: self.repeat_from,
            alone,
        })
    }
}

fn part_rule(text: &str) -> String {
    format!("`{text}` is not `name: length`, `name: length pan` or `name: length hidden`")
}

/// `batch: 6`, `card number: 20 pan`.
fn part(text: &str) -> Option<Part> {
    let (name, rest) = text.split_once(": ")?;
    let (length, secrecy) = match rest.split_once(' ') {
        None => (rest, Secrecy::Open),
        Some((length, "pan")) => (length, Secrecy::Pan),
        Some((length, "hidden")) => (length, Secrecy::Hidden),
        Some(_) => return None,
    };
    let length = length.parse().ok().filter(|length| *length > 0)?;
    Some(Part {
        name: name.to_owned(),
        length,
        secrecy,
    })
}

/// A length counts two hex characters for each byte: the most must still fit its digits.
fn check_prefix(encoding: Encoding, length: Length) -> Result<(), String> {
    let (
        Encoding::Hex,
        Length::Variable {
            digits,
            max,
            encoding,
            ..
        },
    ) = (encoding, length)
    else {
        return Ok(());
    };
    let says = match (encoding, digits) {
        (LengthEncoding::Binary, 2) => 0xFF,
        (LengthEncoding::Binary, _) => 0xFFFF,
        _ => 10_usize.pow(digits.into()) - 1,
    };
    if usize::from(max) * 2 <= says {
        Ok(())
    } else {
        Err(format!(
            "its length counts hex characters, {says} at the most: {} bytes",
            says / 2
        ))
    }
}

fn check_encoding(class: Class, encoding: Encoding) -> Result<(), String> {
    let fits = match class {
        Class::Digits | Class::Track => {
            matches!(encoding, Encoding::Bcd | Encoding::Ascii | Encoding::Ebcdic)
        }
        Class::SignedDigits | Class::Letters | Class::Text => {
            matches!(encoding, Encoding::Ascii | Encoding::Ebcdic)
        }
        Class::Any => encoding == Encoding::Ascii,
        Class::Binary => matches!(encoding, Encoding::Raw | Encoding::Hex),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{encoding:?} does not suit the format").to_lowercase())
    }
}
