//! Messages an enemy would send, and good ones drawn at random, the same on every machine.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by two test binaries, which stop at the first surprise"
)]

use iso8583::codec::{self, DecodeError, EncodeError, Reason};
use iso8583::describe;
use iso8583::dialect::{Class, Dialect, Encoding, Length, Parts, Shape};
use iso8583::hex;
use iso8583::keys::DesKey;
use iso8583::message::{Message, Mti};
use std::collections::BTreeMap;

/// SplitMix64: the same mutations on every machine.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 0xFF).unwrap()
    }
}

pub fn mutate(random: &mut Seeded, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let place = random.below(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place.min(bytes.len()), random.byte()),
            2 if !bytes.is_empty() => {
                bytes.remove(place);
            }
            3 => bytes.extend((0..random.below(40)).map(|_| 0x30)),
            4 => bytes.extend((0..random.below(5000)).map(|_| 0)),
            _ => {
                let value = random.byte();
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = if value & 1 == 0 {
                        value
                    } else {
                        *byte ^ (1 << (value >> 5))
                    };
                }
            }
        }
    }
}

/// A message with every field the dialect has, each as long as it may be.
fn full(dialect: &Dialect, mti: &str) -> Vec<u8> {
    let mti = Mti::new(mti).unwrap();
    let mut message = Message::new(mti);
    for number in 2..=dialect.field_max() {
        let Some(spec) = dialect.field(number) else {
            continue;
        };
        let shape = spec.shape_in(mti);
        let length = match shape.length {
            Length::Fixed(length) => usize::from(length),
            Length::Variable { max, .. } => usize::from(max).min(25),
        };
        let value = match shape.class {
            _ if shape.parts == Parts::BerTlv => hex::decode("9F26080102030405060708").unwrap(),
            Class::SignedDigits => format!("C{}", "1".repeat(length - 1)).into_bytes(),
            Class::Track => format!("{}D{}", "1".repeat(16), "3".repeat(length - 17)).into_bytes(),
            Class::Digits | Class::Letters | Class::Text | Class::Any => vec![b'1'; length],
            Class::Binary => vec![0xA5; length],
        };
        message.set(number, value);
    }
    let mut out = Vec::new();
    codec::encode(dialect, &message, None, &mut out).unwrap();
    out.split_off(dialect.framing().prefix.length())
}

pub fn seeds(dialect: &Dialect) -> Vec<Vec<u8>> {
    let mtis: &[&str] = match dialect.name() {
        "iso93-ascii" => &["1200", "1804"],
        _ => &["0200", "0320", "0500", "0800", "0810"],
    };
    let mut seeds: Vec<Vec<u8>> = mtis.iter().map(|mti| full(dialect, mti)).collect();
    if dialect.name() == "cup-pos" {
        for file in [
            include_str!("../vectors/cup_pos_messages.json"),
            include_str!("../vectors/cup_pos_financial.json"),
        ] {
            let file: serde_json::Value = serde_json::from_str(file).unwrap();
            for message in file["messages"].as_array().unwrap() {
                seeds.push(
                    hex::decode(message["hex"].as_str().unwrap())
                        .unwrap()
                        .split_off(2),
                );
            }
        }
    }
    seeds
}

pub const fn kind(reason: Reason) -> &'static str {
    match reason {
        Reason::TooLarge { .. } => "too large",
        Reason::Truncated { .. } => "truncated",
        Reason::Trailing { .. } => "trailing",
        Reason::MessageType => "message type",
        Reason::UnknownField => "unknown field",
        Reason::UnknownSecondaryBitmap => "unknown secondary bitmap",
        Reason::LengthPrefix => "length prefix",
        Reason::TooLong { .. } => "too long",
        Reason::Character(_) => "character",
        Reason::Pad => "pad",
        Reason::Tlv(_) => "tlv",
        Reason::WrongLength { .. } => "wrong length",
        Reason::Envelope { .. } => "envelope",
        Reason::MacKey => "mac key",
    }
}

/// A good message gives the same bytes again; every eighth is also read in every way there is.
pub fn use_it(
    dialect: &Dialect,
    frame: &[u8],
    read_all: bool,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let decoded = codec::decode(dialect, frame)?;
    let message = decoded.to_message();
    codec::encode(dialect, &message, None, out).unwrap();
    assert_eq!(out.get(dialect.framing().prefix.length()..), Some(frame));
    if !read_all {
        return Ok(());
    }
    let mut text = Vec::new();
    for field in decoded.fields() {
        let number = field.number();
        let _ = (field.shown(), field.to_number(), decoded.part(number, 2));
        let value = field.value();
        assert_eq!(field.read(&mut text), &**value, "field {number}");
        assert!(
            field.canonical().eq(value.iter().copied()),
            "field {number}"
        );
    }
    let _ = (
        describe::describe(&decoded),
        format!("{decoded:?}"),
        decoded.pan(),
        decoded.reply(),
    );
    let _ = decoded.verify_mac(&DesKey::from_bytes(&[7; 16]).unwrap());
    Ok(())
}

/// What was seen how often.
pub type Found = BTreeMap<&'static str, u32>;

/// Every answer that mutated bytes must have got, by the names of [`kind`].
pub const OF_DECODING: [&str; 12] = [
    "good",
    "too large",
    "truncated",
    "trailing",
    "message type",
    "unknown field",
    "unknown secondary bitmap",
    "length prefix",
    "too long",
    "character",
    "pad",
    "tlv",
];

/// Every answer that spoilt messages must have got.
pub const OF_ENCODING: [&str; 8] = [
    "good",
    "wrong length",
    "too long",
    "character",
    "unknown field",
    "envelope",
    "mac key",
    "tlv",
];

pub fn assert_all_seen(found: &Found, kinds: &[&str]) {
    for kind in kinds {
        assert!(found.contains_key(kind), "{kind} never seen: {found:?}");
    }
}

/// Mutations of good messages in every dialect, so many altogether; each gives a clean answer.
pub fn mutations(seed: u64, total: usize) -> Found {
    let mut random = Seeded(seed);
    let mut found = Found::new();
    let mut out = Vec::new();
    let dialects: Vec<_> = Dialect::names().collect();
    for name in &dialects {
        let dialect = Dialect::named(name).unwrap();
        let seeds = seeds(&dialect);
        for round in 0..total / dialects.len() {
            let mut frame = seeds[round % seeds.len()].clone();
            if round >= seeds.len() {
                mutate(&mut random, &mut frame);
            }
            match use_it(&dialect, &frame, round % 8 == 0, &mut out) {
                Ok(()) => *found.entry("good").or_default() += 1,
                Err(error) => {
                    assert!(error.offset <= frame.len(), "{error}");
                    *found.entry(kind(error.reason)).or_default() += 1;
                }
            }
        }
    }
    found
}

/// Good messages with fields, lengths and characters drawn at random: they must encode, decode to
/// the same values, and encode to the same bytes. Then one thing is made wrong, and the encoder
/// must say so.
pub fn valid_mutants(seed: u64, total: usize) -> Found {
    let mut random = Seeded(seed);
    let mut found = Found::new();
    let (mut out, mut again) = (Vec::new(), Vec::new());
    let dialects: Vec<_> = Dialect::names().collect();
    for name in &dialects {
        let dialect = Dialect::named(name).unwrap();
        for _ in 0..total / dialects.len() {
            let mut message = drawn(&dialect, &mut random);
            codec::encode(&dialect, &message, None, &mut out).unwrap();
            let frame = out.get(dialect.framing().prefix.length()..).unwrap();
            let decoded = codec::decode(&dialect, frame).unwrap();
            assert_eq!(decoded.fields().count(), message.fields().count());
            for (number, value) in message.fields() {
                assert_eq!(
                    *decoded.field(number).unwrap().value(),
                    value,
                    "{name} {number}"
                );
            }
            codec::encode(&dialect, &decoded.to_message(), None, &mut again).unwrap();
            assert_eq!(out, again);
            *found.entry("good").or_default() += 1;
            if let Err(error) = spoilt(&dialect, &mut message, &mut random, &mut again) {
                assert!(again.is_empty());
                *found.entry(kind(error.reason)).or_default() += 1;
            }
        }
    }
    found
}

fn drawn(dialect: &Dialect, random: &mut Seeded) -> Message {
    let mtis = ["0200", "0210", "0320", "0400", "0500", "0800", "0810"];
    let mti = Mti::new(mtis[random.below(mtis.len())]).unwrap();
    let mut message = Message::new(mti);
    let density = 1 + random.below(6);
    for number in 2..=dialect.field_max() {
        if random.below(6) >= density {
            continue;
        }
        if let Some(spec) = dialect.field(number) {
            message.set(number, value(spec.shape_in(mti), random));
        }
    }
    message
}

fn value(shape: &Shape, random: &mut Seeded) -> Vec<u8> {
    let length = match shape.length {
        Length::Fixed(length) => usize::from(length),
        // Short ones mostly: thousands of bytes in each would only be slow.
        Length::Variable { max, .. } => random.below(usize::from(max).min(40) + 1),
    };
    if shape.parts == Parts::BerTlv {
        return hex::decode(["", "9F260101", "5A00", "7203910100", "82027C00"][random.below(5)])
            .unwrap();
    }
    let any = shape.class == Class::Any && shape.encoding == Encoding::Ascii;
    let one = |place: usize, random: &mut Seeded| {
        let pick = |from: &[u8], random: &mut Seeded| from[random.below(from.len())];
        match shape.class {
            Class::SignedDigits if place == 0 => pick(b"CD", random),
            Class::Digits | Class::SignedDigits => pick(b"0123456789", random),
            Class::Track => pick(b"0123456789D", random),
            Class::Letters => pick(b"ABZaz09 ", random),
            Class::Text => 0x20 + u8::try_from(random.below(95)).unwrap(),
            Class::Any | Class::Binary => random.byte(),
        }
    };
    let value: Vec<u8> = (0..length).map(|place| one(place, random)).collect();
    assert!(!any || value.len() == length);
    value
}

/// Makes one thing wrong; sometimes what was drawn bears it.
fn spoilt(
    dialect: &Dialect,
    message: &mut Message,
    random: &mut Seeded,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let key = DesKey::from_bytes(&[7; 8]).unwrap();
    match random.below(8) {
        0 => message.set(3, "12345"),
        1 => message.set(2, "1".repeat(20)),
        2 => message.set(4, "00000000001D"),
        3 => message.set(130, "1"),
        4 => message.set_header([0; 7]),
        5 => message.set_tpdu([0x60, 0, 0, 0, 0]),
        6 => message.set(55, [0x9F]),
        // Nothing but a key that is too short for what the dialect does with it.
        _ => message,
    };
    codec::encode(dialect, message, None, out)?;
    codec::encode(dialect, message, Some(&key), out)
}
