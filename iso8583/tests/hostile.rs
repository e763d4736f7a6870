//! Input from an enemy: 100,000 seeded mutations of good messages, in every dialect. Each gives a
//! clean answer: a message that encodes to the same bytes, or an error that names its place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use iso8583::card::Track;
use iso8583::codec::{self, DecodeError, Reason};
use iso8583::describe;
use iso8583::dialect::{Class, Dialect, Length, Parts};
use iso8583::hex;
use iso8583::keys::{DesKey, KeyBlock, WorkingKeys};
use iso8583::message::{Message, Mti};
use iso8583::tlv::Tlvs;
use std::collections::BTreeMap;

/// SplitMix64: the same mutations on every machine.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 0xFF).unwrap()
    }
}

fn mutate(random: &mut Seeded, bytes: &mut Vec<u8>) {
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

fn seeds(dialect: &Dialect) -> Vec<Vec<u8>> {
    let mtis: &[&str] = match dialect.name() {
        "iso93-ascii" => &["1200", "1804"],
        _ => &["0200", "0320", "0500", "0800", "0810"],
    };
    let mut seeds: Vec<Vec<u8>> = mtis.iter().map(|mti| full(dialect, mti)).collect();
    if dialect.name() == "cup-pos" {
        for file in [
            include_str!("vectors/cup_pos_messages.json"),
            include_str!("vectors/cup_pos_financial.json"),
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

const fn kind(reason: Reason) -> &'static str {
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
        Reason::WrongLength { .. } | Reason::Envelope { .. } | Reason::MacKey => "encoder only",
    }
}

/// A good message gives the same bytes again; every eighth is also read in every way there is.
fn use_it(
    dialect: &Dialect,
    frame: &[u8],
    read_all: bool,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let decoded = codec::decode(dialect, frame)?;
    codec::encode(dialect, &decoded.to_message(), None, out).unwrap();
    assert_eq!(out.get(dialect.framing().prefix.length()..), Some(frame));
    if !read_all {
        return Ok(());
    }
    for field in decoded.fields() {
        let number = field.number();
        let _ = (field.shown(), field.to_number(), decoded.part(number, 2));
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

#[test]
fn a_hundred_thousand_mutations_give_clean_answers() {
    let mut random = Seeded(8583);
    let mut found: BTreeMap<&'static str, u32> = BTreeMap::new();
    let mut out = Vec::new();
    for name in Dialect::names() {
        let dialect = Dialect::named(name).unwrap();
        let seeds = seeds(&dialect);
        for round in 0..25_000 {
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
    for kind in [
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
    ] {
        assert!(found.contains_key(kind), "{kind} never seen: {found:?}");
    }
    assert!(!found.contains_key("encoder only"), "{found:?}");
    assert!(found["good"] > 5_000, "{found:?}");
}

#[test]
fn tracks_tlv_and_keys_from_an_enemy() {
    let mut random = Seeded(9564);
    let master = DesKey::from_bytes(&[9; 16]).unwrap();
    let track = ";4012345678909=30122011234567890?";
    let block = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A\
                 27E8E31DA05F7425509593D03A457DC34";
    let tlv = hex::decode("6F188407A0000000031010A50D500B5649534120435245444954").unwrap();
    for _ in 0..20_000 {
        let mut bytes = track.as_bytes().to_vec();
        mutate(&mut random, &mut bytes);
        let _ = Track::parse(&String::from_utf8_lossy(&bytes));
        let mut bytes = block.as_bytes().to_vec();
        mutate(&mut random, &mut bytes);
        let _ = KeyBlock::unwrap(&[3; 32], &String::from_utf8_lossy(&bytes));
        let mut bytes = tlv.clone();
        mutate(&mut random, &mut bytes);
        let _ = Tlvs::new(&bytes).count();
        let _ = describe::masked_tlv(&bytes);
        let length = random.below(70);
        let _ = WorkingKeys::unwrap(&master, &vec![random.byte(); length]);
    }
}

/// A message with one secret in each place, cut off or broken at every byte: none of it shows.
#[test]
fn no_secret_in_errors_or_debug() {
    let dialect = Dialect::named("cup-pos").unwrap();
    let file = include_str!("vectors/cup_pos_financial.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let frame = hex::decode(file["messages"][0]["hex"].as_str().unwrap())
        .unwrap()
        .split_off(2);
    let secrets = [
        "6216261000000000018",
        "000000000018",
        "3012201",
        "86C6F79E60035789",
    ];
    let clean = |text: String| {
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
    };
    let decoded = codec::decode(&dialect, &frame).unwrap();
    clean(describe::describe(&decoded));
    clean(format!(
        "{decoded:?} {:?} {:?}",
        decoded.to_message(),
        decoded.pan()
    ));
    assert!(describe::describe(&decoded).contains("621626*********0018"));
    for place in 0..frame.len() {
        for value in [0x00, 0x0A, 0xA0, 0xFF] {
            let mut broken = frame.clone();
            broken[place] = value;
            match codec::decode(&dialect, &broken) {
                Ok(decoded) => clean(format!("{decoded:?}").replace('*', "")),
                Err(error) => clean(format!("{error} {error:?}")),
            }
        }
        if let Err(error) = codec::decode(&dialect, &frame[..place]) {
            clean(format!("{error} {error:?}"));
        }
    }
}
