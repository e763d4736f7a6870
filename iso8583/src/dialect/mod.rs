//! Dialects as data: what a message looks like on one acquirer's wire.
//!
//! A dialect is a TOML table, checked whole when it is loaded, so that the codec needs no doubt
//! afterwards. Four are built in; [`Dialect::open`] reads a user's own: `dialects/example.toml`
//! is one, with every key there is.

mod definition;
mod field;
mod format;
mod layout;

pub(crate) use layout::{Content, Layout, Masks, Prefix, Reading, Step};

pub use field::{
    Class, Counts, Encoding, FieldSpec, Justify, Length, LengthEncoding, Part, Parts, Secrecy,
    Shape, Variant,
};

use crate::frame::Framing;
use crate::mac::{MacAlgorithm, Padding};
use crate::message::Mti;
use layout::Layouts;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

const BUILT_IN: [(&str, &str); 4] = [
    ("cup-pos", include_str!("../../dialects/cup-pos.toml")),
    (
        "iso87-ascii",
        include_str!("../../dialects/iso87-ascii.toml"),
    ),
    (
        "iso87-binary",
        include_str!("../../dialects/iso87-binary.toml"),
    ),
    (
        "iso93-ascii",
        include_str!("../../dialects/iso93-ascii.toml"),
    ),
];

/// How the message type is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MtiEncoding {
    /// Two bytes.
    Bcd,
    /// Four bytes.
    Ascii,
    /// Four bytes.
    Ebcdic,
}

/// How each bitmap of 64 bits is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BitmapEncoding {
    /// Eight bytes.
    Binary,
    /// Sixteen upper-case hex characters.
    Hex,
    /// Sixteen upper-case hex characters in EBCDIC.
    HexEbcdic,
}

/// What differs between acquirers of the same dialect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// How the MAC field is computed.
    pub mac_algorithm: MacAlgorithm,
    /// How the data is padded to whole blocks.
    pub mac_padding: Padding,
    /// Message types that carry no MAC.
    pub mac_absent: Vec<Mti>,
    /// The field that carries the sale's own reference to the bank and back, if one does.
    pub payment_reference_field: Option<u8>,
    /// F60.1 of an offline sale's upload: `30`, at some acquirers `36`.
    pub offline_upload_kind: String,
    /// How payments of wallets are told to this acquirer, if they are.
    pub wallet: Option<WalletMessages>,
}

/// Messages of a wallet's payment: acquirer-private (A). A query is a 0200 under its own number, a
/// reversal a 0400 under the number of its original.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalletMessages {
    /// F3 of the 0200 that pays, and of its 0400.
    pub pay_code: String,
    /// F60.1 of both.
    pub pay_kind: String,
    /// F3 of a query.
    pub query_code: String,
    /// F60.1 of a query.
    pub query_kind: String,
    /// The field that carries the customer's code in the 0200 that pays.
    pub code_field: u8,
    /// F39 while the customer has not confirmed.
    pub in_progress: String,
    /// How long its provider takes a reversal, in seconds.
    pub reverse_within_s: u32,
}

/// One acquirer's message format, checked.
#[derive(Debug)]
pub struct Dialect {
    name: String,
    framing: Framing,
    tpdu: Option<[u8; 5]>,
    /// TPDU and header.
    envelope: Vec<u8>,
    mti: MtiEncoding,
    bitmap: BitmapEncoding,
    field_max: u8,
    mac_field: Option<u8>,
    settings: Settings,
    fields: Vec<Option<FieldSpec>>,
    layouts: Layouts,
}

/// Why a dialect can't be used.
#[derive(Debug, Error)]
pub enum DialectError {
    /// No built-in dialect has the name.
    #[error("no dialect named {name}; built in are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// All names there are.
        known: String,
    },
    /// The file can't be read.
    #[error("dialect file can't be read")]
    Io(#[source] std::io::Error),
    /// The text is no TOML of this shape.
    #[error("dialect is malformed")]
    Toml(#[source] toml::de::Error),
    /// A value contradicts itself or another.
    #[error("dialect key {key}: {reason}")]
    Invalid {
        /// The TOML key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

static ABSENT: Shape = Shape {
    class: Class::Binary,
    encoding: Encoding::Raw,
    length: Length::Fixed(0),
    justify: Justify::Left,
    pad_spaces: false,
    gbk: false,
    secrecy: Secrecy::Hidden,
    parts: Parts::None,
};

impl Dialect {
    /// A built-in dialect: `cup-pos`, `iso87-ascii`, `iso87-binary`, `iso93-ascii`.
    pub fn named(name: &str) -> Result<Arc<Self>, DialectError> {
        Self::built_in(name).map(Arc::new)
    }

    /// A built-in dialect, to be changed where an acquirer deviates from it.
    pub fn built_in(name: &str) -> Result<Self, DialectError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(text),
            None => Err(DialectError::Unknown {
                name: name.to_owned(),
                known: Self::names().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Names of the built-in dialects.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A dialect out of TOML text.
    pub fn parse(text: &str) -> Result<Self, DialectError> {
        definition::Definition::read(text)?.check()
    }

    /// A dialect out of a TOML file.
    pub fn open(path: &Path) -> Result<Arc<Self>, DialectError> {
        Self::read(path).map(Arc::new)
    }

    /// As [`Dialect::open`], to be changed where an acquirer deviates from it.
    pub fn read(path: &Path) -> Result<Self, DialectError> {
        let text = std::fs::read_to_string(path).map_err(DialectError::Io)?;
        Self::parse(&text)
    }

    /// As this acquirer speaks it: its length prefix counts itself, or does not (A).
    #[must_use]
    pub fn counting_prefix(mut self, counts_itself: bool) -> Self {
        self.framing.counts_itself = counts_itself;
        self
    }

    /// Its name, as configurations use it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How frames are told apart on a stream.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// TPDU sent where the message names none; `None`: the dialect has no TPDU.
    pub fn tpdu(&self) -> Option<[u8; 5]> {
        self.tpdu
    }

    /// Header sent where the message names none; empty: the dialect has no header.
    pub fn header(&self) -> &[u8] {
        let tpdu = self.tpdu.map_or(0, |tpdu| tpdu.len());
        self.envelope.get(tpdu..).unwrap_or_default()
    }

    /// TPDU and header that are sent where the message names neither.
    pub(crate) fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// How the message type is written.
    pub fn mti_encoding(&self) -> MtiEncoding {
        self.mti
    }

    /// How bitmaps are written.
    pub fn bitmap_encoding(&self) -> BitmapEncoding {
        self.bitmap
    }

    /// The highest field number: 64, or 128 with a secondary bitmap.
    pub fn field_max(&self) -> u8 {
        self.field_max
    }

    /// What is known of a field.
    #[inline]
    pub fn field(&self, number: u8) -> Option<&FieldSpec> {
        self.fields.get(usize::from(number))?.as_ref()
    }

    /// What a field is; nothing of one that isn't in the dialect.
    pub fn name_of(&self, number: u8) -> &str {
        self.field(number).map_or("", |spec| &spec.name)
    }

    /// A field's shape in messages of this type; of one that isn't in the dialect some bytes.
    pub(crate) fn shape(&self, number: u8, mti: Mti) -> &Shape {
        self.field(number)
            .map_or(&ABSENT, |spec| spec.shape_in(mti))
    }

    /// How the fields stand on the wire in messages of this type.
    #[inline]
    pub(crate) fn layout(&self, mti: Mti) -> &Layout {
        self.layouts.of(mti)
    }

    /// The layout of most message types.
    #[inline]
    pub(crate) fn usual_layout(&self) -> &Layout {
        self.layouts.usual()
    }

    /// Settings of the acquirer.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The field that holds the MAC, always the last one a message can have.
    pub fn mac_field(&self) -> Option<u8> {
        self.mac_field
    }

    /// Whether messages of this type carry a MAC.
    pub fn takes_mac(&self, mti: Mti) -> bool {
        self.mac_field.is_some() && !self.settings.mac_absent.contains(&mti)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use crate::keys::DesKey;
    use crate::message::Message;

    #[test]
    fn every_built_in_dialect_loads_under_its_name() {
        for name in Dialect::names() {
            assert_eq!(Dialect::named(name).unwrap().name(), name);
        }
        let error = Dialect::named("cup").unwrap_err().to_string();
        assert!(error.contains("cup-pos"), "{error}");
    }

    /// Every key that a file may have stands in it, and none that it may not.
    #[test]
    fn the_example_is_a_dialect() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects/example.toml");
        let example = Dialect::open(&path).unwrap();
        let mut message = Message::new(Mti::literal(b"0200"));
        let text = "超市";
        message
            .set(2, "6216261000000000018")
            .set(4, "000000012345")
            .set(22, "051")
            .set(23, "001")
            .set(28, "D00000100")
            .set(32, "48080000123")
            .set(35, "6216261000000000018D3012201")
            .set(41, "LANE7")
            .set(43, &*encoding_rs::GBK.encode(text).0)
            .set(48, "lane 7")
            .set(52, [0xA5; 8])
            .set(55, [0x9F, 0x26, 1, 7]);
        let key = DesKey::from_bytes(&[7; 16]).unwrap();
        let (mut frame, mut again) = (Vec::new(), Vec::new());
        codec::encode(&example, &message, Some(&key), &mut frame).unwrap();
        let decoded = codec::decode(&example, &frame[4..]).unwrap();
        assert_eq!(decoded.verify_mac(&key), Ok(()));
        assert!(decoded.string(43).unwrap().starts_with(text));
        assert_eq!(decoded.string(32).as_deref(), Some("48080000123"));
        codec::encode(&example, &decoded.to_message(), None, &mut again).unwrap();
        assert_eq!(again, frame);
        let totals = example.field(48).unwrap().shape_in(Mti::literal(b"0500"));
        assert!(matches!(&totals.parts, Parts::Fixed { parts, .. } if parts.len() == 4));
    }

    #[test]
    fn cup_pos_settings() {
        let dialect = Dialect::named("cup-pos").unwrap();
        assert_eq!(dialect.settings().payment_reference_field, Some(59));
        assert_eq!(dialect.settings().offline_upload_kind, "30");
        for (mti, takes) in [
            (b"0200", true),
            (b"0410", true),
            (b"0810", false),
            (b"0500", false),
        ] {
            assert_eq!(dialect.takes_mac(Mti::literal(mti)), takes);
        }
    }

    #[test]
    fn a_wrong_dialect_names_its_key() {
        let good = include_str!("../../dialects/cup-pos.toml");
        for (from, to, key) in [
            ("\"n..19 LL\"", "\"n..190 LL\"", "fields.2.format"),
            ("\"n6\"", "\"q6\"", "format"),
            ("mac_field = 64", "mac_field = 63", "message.mac_field"),
            ("tpdu = \"6000030000\"", "tpdu = \"60000300\"", "frame.tpdu"),
            (
                "length_max = 4096",
                "length_max = 70000",
                "frame.length_max",
            ),
            (
                "payment_reference_field = 59",
                "payment_reference_field = 5",
                "settings.payment_ref",
            ),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Dialect::parse(&good.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(key), "{error}");
        }
        let hex = include_str!("../../dialects/iso93-ascii.toml");
        assert!(hex.contains("b..48 LL"));
        for (most, fits) in [
            ("49 LL\"", true),
            ("50 LL\"", false),
            ("50 LL\", length = \"binary\"", true),
            ("499 LLL\"", true),
            ("500 LLL\"", false),
            ("999 LLL\", length = \"binary\"", true),
        ] {
            let text = hex.replacen("b..48 LL\"", &format!("b..{most}"), 1);
            let error = Dialect::parse(&text).err().map(|error| error.to_string());
            assert_eq!(error.is_none(), fits, "{error:?}");
            assert!(
                error.is_none_or(
                    |it| it.contains("fields.53.format") && it.contains("99 at the most")
                )
            );
        }
        let unknown = good.replacen("[frame]", "[frame]\nlenght = 2", 1);
        assert!(matches!(
            Dialect::parse(&unknown),
            Err(DialectError::Toml(_))
        ));
    }
}
