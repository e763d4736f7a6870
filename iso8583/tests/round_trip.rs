//! What goes in comes out, for all four dialects and any values that fit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use iso8583::codec;
use iso8583::dialect::{Class, Dialect, Encoding, Length, Parts, Shape};
use iso8583::keys::DesKey;
use iso8583::message::{Message, Mti};
use iso8583::tlv;
use proptest::collection::vec;
use proptest::prelude::*;

/// Values of a field's format, of any length it allows.
fn value(shape: &Shape) -> BoxedStrategy<Vec<u8>> {
    let max = usize::from(shape.length.max());
    let lengths = match shape.length {
        Length::Fixed(length) => usize::from(length)..=usize::from(length),
        Length::Variable { .. } => 0..=max.min(40),
    };
    if shape.parts == Parts::BerTlv {
        return vec((1_u8..=0x1E, vec(any::<u8>(), 0..20)), 0..6)
            .prop_map(|items| {
                let mut bytes = Vec::new();
                for (tag, value) in items {
                    tlv::push(&mut bytes, u32::from(tag) | 0x80, &value);
                }
                bytes
            })
            .boxed();
    }
    let separators: &'static [u8] = if shape.encoding == Encoding::Bcd {
        b"0123456789D"
    } else {
        b"0123456789D="
    };
    match shape.class {
        Class::Digits => vec(b'0'..=b'9', lengths).boxed(),
        Class::Track => vec(prop::sample::select(separators), lengths).boxed(),
        Class::SignedDigits => (Just(b'C'), vec(b'0'..=b'9', max - 1))
            .prop_map(|(sign, digits)| [vec![sign], digits].concat())
            .boxed(),
        Class::Letters => vec(prop::sample::select(b"ABCxyz 0189".as_slice()), lengths).boxed(),
        Class::Text => vec(0x20_u8..=0x7E, lengths).boxed(),
        Class::Any | Class::Binary => vec(any::<u8>(), lengths).boxed(),
    }
}

fn message(name: &'static str, mti: &'static str) -> BoxedStrategy<Message> {
    let dialect = Dialect::named(name).unwrap();
    let mti = Mti::new(mti).unwrap();
    let fields: Vec<_> = (2..=dialect.field_max())
        .filter_map(|number| Some((number, dialect.field(number)?.shape_in(mti).clone())))
        .map(|(number, shape)| prop::option::of(value(&shape)).prop_map(move |it| (number, it)))
        .collect();
    fields
        .prop_map(move |fields| {
            let mut message = Message::new(mti);
            for (number, value) in fields {
                if let Some(value) = value {
                    message.set(number, value);
                }
            }
            message
        })
        .boxed()
}

fn check(name: &str, message: &Message) {
    let dialect = Dialect::named(name).unwrap();
    let mut out = Vec::new();
    codec::encode(&dialect, message, None, &mut out).unwrap();
    let prefix = dialect.framing().prefix.length();
    let decoded = codec::decode(&dialect, &out[prefix..]).unwrap();
    let back = decoded.to_message();
    assert_eq!(decoded.mti(), message.mti());
    assert!(back.fields().eq(message.fields()), "{decoded:?}");
    let mut again = Vec::new();
    codec::encode(&dialect, &back, None, &mut again).unwrap();
    assert_eq!(again, out);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn cup_pos_sale(message in message("cup-pos", "0200")) {
        check("cup-pos", &message);
    }

    #[test]
    fn cup_pos_settlement(message in message("cup-pos", "0500")) {
        check("cup-pos", &message);
    }

    #[test]
    fn cup_pos_batch_upload(message in message("cup-pos", "0320")) {
        check("cup-pos", &message);
    }

    #[test]
    fn cup_pos_sign_on(message in message("cup-pos", "0810")) {
        check("cup-pos", &message);
    }

    #[test]
    fn iso87_ascii(message in message("iso87-ascii", "0200")) {
        check("iso87-ascii", &message);
    }

    #[test]
    fn iso87_binary(message in message("iso87-binary", "0200")) {
        check("iso87-binary", &message);
    }

    #[test]
    fn iso93_ascii(message in message("iso93-ascii", "1200")) {
        check("iso93-ascii", &message);
    }

    /// A MAC holds for its message and for no other bit of it.
    #[test]
    fn any_flipped_bit_breaks_the_mac_or_the_message(
        message in message("cup-pos", "0200"),
        key in any::<[u8; 16]>(),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let dialect = Dialect::named("cup-pos").unwrap();
        let key = DesKey::from_bytes(&key).unwrap();
        let mut out = Vec::new();
        codec::encode(&dialect, &message, Some(&key), &mut out).unwrap();
        prop_assert_eq!(codec::decode(&dialect, &out[2..]).unwrap().verify_mac(&key), Ok(()));
        // From the message type on: TPDU and header are not authenticated.
        let place = 13 + place.index(out.len() - 13);
        out[place] ^= 1 << bit;
        if let Ok(decoded) = codec::decode(&dialect, &out[2..]) {
            prop_assert!(decoded.verify_mac(&key).is_err());
        }
    }
}

/// Where the length counts bytes, only a last nibble F can say that there is one digit less.
#[test]
fn an_odd_digit_survives_a_length_in_bytes() {
    let text = include_str!("../dialects/cup-pos.toml");
    let counted = text.replace("counts = \"digits\"", "counts = \"bytes\"");
    let dialect = Dialect::parse(&counted).unwrap();
    let mut out = Vec::new();
    for digits in [
        "",
        "6",
        "62162610000000000",
        "621626100000000001",
        "6216261000000000018",
    ] {
        let mut message = Message::new(Mti::literal(b"0200"));
        message.set(2, digits);
        codec::encode(&dialect, &message, None, &mut out).unwrap();
        let decoded = codec::decode(&dialect, &out[2..]).unwrap();
        assert_eq!(decoded.string(2).as_deref(), Some(digits));
        let again = decoded.to_message();
        let mut second = Vec::new();
        codec::encode(&dialect, &again, None, &mut second).unwrap();
        assert_eq!(out, second);
    }
    // Ten bytes without an F are twenty digits, one too many.
    let mut message = Message::new(Mti::literal(b"0200"));
    message.set(2, "6216261000000000018");
    codec::encode(&dialect, &message, None, &mut out).unwrap();
    let last = out.len() - 1;
    assert_eq!(out[last], 0x8F);
    out[last] = 0x80;
    let error = codec::decode(&dialect, &out[2..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field 2 at byte 22: length 20, at most 19 allowed"
    );
}

/// Of chip data in hex an offset counts characters, when it is written as when it is read.
#[test]
fn an_error_in_chip_data_has_the_same_place_both_ways() {
    for name in ["iso87-ascii", "iso87-binary"] {
        let dialect = Dialect::named(name).unwrap();
        let mut message = Message::new(Mti::literal(b"0200"));
        let mut frame = Vec::new();
        message
            .set(3, "000000")
            .set(55, [0x82, 2, 1, 2, 0x95, 1, 9]);
        codec::encode(&dialect, &message, None, &mut frame).unwrap();
        let mut wire = frame.split_off(dialect.framing().prefix.length());
        // The length of the second value: more than there is.
        match name {
            "iso87-ascii" => *wire.iter_mut().nth_back(2).unwrap() = b'9',
            _ => *wire.iter_mut().nth_back(1).unwrap() = 9,
        }
        let read = codec::decode(&dialect, &wire).unwrap_err();
        message.set(55, [0x82, 2, 1, 2, 0x95, 9, 9]);
        let written = codec::encode(&dialect, &message, None, &mut frame).unwrap_err();
        assert_eq!(read.field, written.field);
        assert_eq!(read.offset, written.offset, "{name}: {read} {written}");
    }
}
