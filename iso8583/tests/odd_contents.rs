//! Answers of hosts that are not quite what the dialect says, as they were seen: F19 and F20.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use iso8583::codec::{self, FieldPath};
use iso8583::describe;
use iso8583::dialect::Dialect;
use iso8583::hex;
use iso8583::keys::DesKey;
use iso8583::message::{Message, Mti};
use iso8583::tlv::{self, Tlvs};
use std::sync::Arc;

/// What decides an answer.
const STRICT: [u8; 9] = [3, 4, 11, 37, 38, 39, 41, 42, 64];

fn dialect() -> Arc<Dialect> {
    Dialect::named("cup-pos").unwrap()
}

fn chip(file: &str) -> Vec<u8> {
    hex::decode(file.trim()).unwrap()
}

fn approval(chip: &[u8]) -> Message {
    let mut message = Message::new(Mti::literal(b"0210"));
    message
        .set(3, "000000")
        .set_number(4, 12_345, 12)
        .set(11, "000123")
        .set(12, "101112")
        .set(37, "123456789012")
        .set(38, "654321")
        .set(39, "00")
        .set(41, "LANE0007")
        .set(42, "898310054110001")
        .set(44, "01020304")
        .set(49, "156")
        .set(55, chip)
        .set(60, "22000001000500");
    message
}

/// The frame without its prefix, under a MAC.
fn frame(message: &Message, key: &DesKey) -> Vec<u8> {
    let mut out = Vec::new();
    codec::encode(&dialect(), message, Some(key), &mut out).unwrap();
    out.split_off(2)
}

fn key() -> DesKey {
    DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap()
}

/// F19.
#[test]
fn an_approval_whose_chip_data_is_padded_with_ff_is_read() {
    let chip = chip(include_str!("vectors/f55_ff_padding.hex"));
    let dialect = dialect();
    let frame = frame(&approval(&chip), &key());
    let decoded = codec::decode(&dialect, &frame).unwrap();
    assert_eq!(decoded.verify_mac(&key()), Ok(()));
    assert_eq!(tlv::find(&chip, 0x91).map(<[u8]>::len), Some(10));
    assert_eq!(decoded.bytes(55), Some(chip.as_slice()));
    assert_eq!(decoded.to_message().get(55), Some(chip.as_slice()));
}

/// F20.
#[test]
fn the_slip_of_a_signature_is_taken_apart_by_tag() {
    let chip = chip(include_str!("vectors/f55_signature_slip.hex"));
    let dialect = dialect();
    let frame = frame(&approval(&chip), &key());
    codec::decode(&dialect, &frame).unwrap();
    let slip: Vec<_> = Tlvs::new(&chip)
        .map(|item| item.unwrap())
        .map(|item| (item.tag, item.private_text().unwrap_or_default()))
        .collect();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        slip,
        [
            (
                0xFF00,
                text("\u{793a}\u{4f8b}\u{8d85}\u{5e02}\u{4eba}\u{6c11}\u{8def}\u{5e97}")
            ),
            (0xFF01, text("\u{6d88}\u{8d39}")),
            (0xFF02, text("")),
            (0xFF06, text("")),
        ]
    );
    assert_eq!(describe::masked_tlv(&chip), hex::encode(&chip));
}

/// Puts one byte into the value of a field, and a MAC behind it that holds.
fn with_odd_byte(field: u8, byte: u8) -> Vec<u8> {
    let dialect = dialect();
    let mut frame = frame(&approval(&[0x95, 1, 0]), &key());
    let (at, mac_at, mab_from) = {
        let decoded = codec::decode(&dialect, &frame).unwrap();
        let mac = decoded.field(64).unwrap();
        (decoded.field(field).unwrap().offset(), mac.offset(), 11)
    };
    frame[at] = byte;
    let settings = dialect.settings();
    let mac = iso8583::mac::compute(
        settings.mac_algorithm,
        settings.mac_padding,
        &key(),
        &frame[mab_from..mac_at],
    )
    .unwrap();
    frame.splice(mac_at.., mac.iter().copied().take(8));
    frame
}

/// F19: a field that decides nothing may hold anything; one that decides may not.
#[test]
fn one_odd_byte_costs_an_approval_only_where_it_decides() {
    let dialect = dialect();
    for field in [12, 49, 60] {
        let frame = with_odd_byte(field, 0xFC);
        let error = codec::decode(&dialect, &frame).err().unwrap();
        assert_eq!(error.field, FieldPath::Field(field));
        let (decoded, odd) = codec::decode_tolerantly(&dialect, &frame, &STRICT).unwrap();
        assert_eq!(odd, [field]);
        assert_eq!(decoded.verify_mac(&key()), Ok(()), "field {field}");
        assert_eq!(decoded.number(4), Some(12_345));
        assert!(decoded.matches(39, "00"));
        assert_eq!(decoded.bytes(field).unwrap()[0], 0xFC);
        // Whatever is asked of it: no answer, or one of no meaning, and no panic.
        for field in decoded.fields() {
            let _ = (
                field.shown(),
                field.value(),
                field.to_number(),
                field.text(),
            );
        }
    }
    for field in [3, 4, 11, 37, 38, 39] {
        let frame = with_odd_byte(field, 0xFC);
        let refused = codec::decode_tolerantly(&dialect, &frame, &STRICT);
        let error = refused.err().unwrap();
        assert_eq!(error.field, FieldPath::Field(field));
    }
}

/// A template that is none, inside chip data.
#[test]
fn a_template_that_does_not_parse_is_kept_whole() {
    let dialect = dialect();
    let chip = [0x72, 3, 0x86, 9, 1, 0x95, 1, 7];
    let frame = frame(&approval(&chip), &key());
    let decoded = codec::decode(&dialect, &frame).unwrap();
    assert_eq!(decoded.bytes(55), Some(chip.as_slice()));
    assert_eq!(tlv::find(&chip, 0x95), Some(&[7][..]));
    assert_eq!(describe::masked_tlv(&chip), "7203******950107");
}

#[test]
fn where_a_field_ends_must_be_plain() {
    let dialect = dialect();
    let whole = frame(&approval(&[0x95, 1, 0]), &key());
    for end in 0..whole.len() {
        let cut = codec::decode_tolerantly(&dialect, &whole[..end], &STRICT);
        assert!(cut.is_err(), "cut at {end}");
    }
}
