//! Decoding allocates nothing, and neither does encoding into a buffer that is reused. Counted by
//! a global allocator, which is why these tests have a binary of their own.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use allocation_counter::measure;
use iso8583::codec;
use iso8583::dialect::Dialect;
use iso8583::hex;
use iso8583::keys::DesKey;
use iso8583::message::{Message, Mti};
use serde_json::Value;

/// Templates nested in chip data, too: they must not cost anything in hex either.
const CHIP: &str = "9F2608A1B2C3D4E5F607087206910100860100009F1A020156";

fn sale(message: &mut Message, entry_mode: &str, chip: &[u8]) {
    message.clear(Mti::literal(b"0200"));
    message
        .set(2, "6216261000000000018")
        .set(3, "000000")
        .set_number(4, 12_345, 12)
        .set(11, "000123")
        .set(22, entry_mode)
        .set(35, "6216261000000000018D30122010000000000")
        .set(41, "LANE0007")
        .set(42, "898310054110001")
        .set(52, [0xA5; 8])
        .set(55, chip);
}

#[test]
fn none_in_any_dialect() {
    let chip = hex::decode(CHIP).unwrap();
    for name in Dialect::names() {
        let dialect = Dialect::named(name).unwrap();
        let prefix = dialect.framing().prefix.length();
        let entry_mode = match name {
            "iso93-ascii" => "510101513344",
            _ => "051",
        };
        let mut message = Message::new(Mti::literal(b"0200"));
        let (mut out, mut value) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
        let mut text = Vec::with_capacity(4096);
        sale(&mut message, entry_mode, &chip);
        let written = measure(|| {
            for _ in 0..10 {
                sale(&mut message, entry_mode, &chip);
                codec::encode(&dialect, &message, None, &mut out).unwrap();
            }
        });
        assert_eq!(written.count_total, 0, "{name}: {written:?}");
        let frame = &out[prefix..];
        let read = measure(|| {
            let decoded = codec::decode(&dialect, frame).unwrap();
            for field in decoded.fields() {
                field.read_into(&mut value);
                assert_eq!(field.read(&mut text).len(), value.len());
            }
            assert_eq!(decoded.number(4), Some(12_345));
            assert!(decoded.matches(41, "LANE0007"));
        });
        assert_eq!(read.count_total, 0, "{name}: {read:?}");
    }
}

/// Every frame of the vectors, whole and cut off at each byte: an error allocates nothing either.
#[test]
fn none_for_good_frames_and_bad_ones() {
    let dialect = Dialect::named("cup-pos").unwrap();
    let file: Value = serde_json::from_str(include_str!("vectors/cup_pos_financial.json")).unwrap();
    for vector in file["messages"].as_array().unwrap() {
        let frame = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        let frame = &frame[2..];
        let info = measure(|| {
            for end in 0..=frame.len() {
                let _ = codec::decode(&dialect, &frame[..end]).map(|decoded| decoded.bitmap());
            }
        });
        assert_eq!(info.count_total, 0, "{info:?}");
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(
        measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total,
        1
    );
}

/// What a MAC costs: the key's schedule and the padded data may need memory, once.
#[test]
fn a_mac_allocates_at_most_once() {
    let dialect = Dialect::named("cup-pos").unwrap();
    let key = DesKey::from_bytes(&[0x5B; 16]).unwrap();
    let mut message = Message::new(Mti::literal(b"0200"));
    sale(&mut message, "051", &hex::decode(CHIP).unwrap());
    let mut out = Vec::with_capacity(4096);
    let info = measure(|| codec::encode(&dialect, &message, Some(&key), &mut out).unwrap());
    assert!(info.count_total <= 1, "{info:?}");
}
