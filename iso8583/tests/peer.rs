//! The ASCII dialect against `iso8583_rs`, an implementation that shares nothing with ours. Its
//! table of lengths is not ours either: `tests/peer/iso87.yaml`.
//!
//! It reads and writes binary bitmaps only, so the dialect gets one here. Where it is wrong it is
//! said so below, and in docs/adr/0002; nothing but tests may use it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod enemy;

use enemy::{Seeded, mutate};
use iso8583::codec;
use iso8583::dialect::{Class, Dialect};
use iso8583::hex;
use iso8583::message::{Message, Mti};
use iso8583_rs::crypto::pin::{PinFormat, generate_pin_block};
use iso8583_rs::iso8583::iso_spec::{self, Spec};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/iso87.yaml");

/// The peer takes its table from the environment, once, when it is first used: so each test runs
/// itself again as a process that has it. `None` in the outer one, after the inner one succeeded.
/// To see its figures, run the test with `SPEC_FILE` set and `--nocapture`.
fn peer(test: &str) -> Option<&'static Spec> {
    if std::env::var_os("SPEC_FILE").is_some() {
        return Some(iso_spec::spec(""));
    }
    // It prints card numbers and panics; neither belongs into our output.
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("SPEC_FILE", TABLE)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inner.stdout);
    assert!(
        inner.status.success(),
        "{test} failed in its own process: {said}"
    );
    None
}

fn dialect() -> Dialect {
    let text = include_str!("../dialects/iso87-ascii.toml");
    Dialect::parse(&text.replace("bitmap = \"hex\"", "bitmap = \"binary\"")).unwrap()
}

/// Text of random length and characters for every field that both sides know alike.
fn drawn(dialect: &Dialect, random: &mut Seeded) -> Message {
    let mti = Mti::literal(b"0200");
    let mut message = Message::new(mti);
    for number in 2..=dialect.field_max() {
        // It takes bit 65 for a third bitmap, which ISO 8583:1987 does not have.
        let wanted = number != 65 && random.below(3) == 0;
        let Some(spec) = dialect.field(number).filter(|_| wanted) else {
            continue;
        };
        let shape = spec.shape_in(mti);
        let most = usize::from(shape.length.max());
        let length = match shape.length {
            iso8583::dialect::Length::Fixed(_) => most,
            iso8583::dialect::Length::Variable { .. } => random.below(most.min(60)),
        };
        let value = match shape.class {
            Class::SignedDigits => format!("D{:0>1$}", random.below(1000), length - 1).into_bytes(),
            Class::Binary if number == 55 => hex::decode("9F2701805A00").unwrap(),
            Class::Binary => vec![random.byte(); length],
            _ => vec![b'0' + u8::try_from(random.below(10)).unwrap(); length],
        };
        message.set(number, value);
    }
    message
}

/// Text of a field as the peer has it: it knows no binary fields in hex, so they stay text.
fn text_of(value: &[u8], class: Class) -> String {
    match class {
        Class::Binary => hex::encode(value),
        _ => String::from_utf8(value.to_vec()).unwrap(),
    }
}

#[test]
fn what_we_write_it_reads_and_what_it_writes_we_read() {
    let Some(peer) = peer("what_we_write_it_reads_and_what_it_writes_we_read") else {
        return;
    };
    let dialect = dialect();
    let mut random = Seeded(1987);
    let mut out = Vec::new();
    let mut fields = 0;
    for _ in 0..2_000 {
        let message = drawn(&dialect, &mut random);
        codec::encode(&dialect, &message, None, &mut out).unwrap();
        let frame = out.split_off(2);

        let read = peer
            .parse(&mut frame.clone())
            .map_err(|error| error.msg)
            .unwrap();
        let segment = peer.get_message_from_header("0200").unwrap();
        let mut written = iso_spec::new_msg(peer, segment);
        written.set("message_type", "0200").unwrap();
        for (number, value) in message.fields() {
            let class = dialect.field(number).unwrap().shape.class;
            let text = text_of(value, class);
            assert_eq!(
                read.bmp_child_value(number.into()).unwrap(),
                text,
                "field {number}"
            );
            written.set_on(number.into(), &text).unwrap();
            fields += 1;
        }
        let theirs = written.assemble().unwrap();
        assert_eq!(theirs, frame);
        let decoded = codec::decode(&dialect, &theirs).unwrap();
        for (number, value) in message.fields() {
            assert_eq!(
                *decoded.field(number).unwrap().value(),
                value,
                "field {number}"
            );
        }
    }
    println!("peer: 2000 messages, {fields} fields, both ways");
}

/// The reason why it may meet no socket: bytes make it panic. Ours answers every one of them.
#[test]
fn hostile_bytes_make_it_panic_and_not_us() {
    let Some(peer) = peer("hostile_bytes_make_it_panic_and_not_us") else {
        return;
    };
    let dialect = dialect();
    let mut random = Seeded(8583);
    let (mut panics, mut lax, mut out) = (0_u32, 0_u32, Vec::new());
    for _ in 0..20_000 {
        codec::encode(&dialect, &drawn(&dialect, &mut random), None, &mut out).unwrap();
        let mut frame = out.split_off(2);
        mutate(&mut random, &mut frame);
        let ours = codec::decode(&dialect, &frame).is_ok();
        let read = || {
            let message = peer.parse(&mut frame.clone())?;
            for number in (2..=128).filter(|number| message.bmp.is_on(*number)) {
                let _ = message.bmp_child_value(number);
            }
            Ok::<_, iso8583_rs::iso8583::field::ParseError>(())
        };
        match catch_unwind(AssertUnwindSafe(read)) {
            Err(_) => panics += 1,
            Ok(Ok(())) if !ours => lax += 1,
            Ok(_) => {}
        }
    }
    println!("peer: of 20000 hostile inputs {panics} made it panic, {lax} wrong ones it took");
    assert!(
        panics > 100 && lax > 100,
        "{panics} {lax}: is it mended? then docs/adr/0002 is old"
    );
}

/// Its format 0 is not that of ISO 9564: documented, so that nobody takes it for a reference.
#[test]
fn its_pin_block_is_another_one() {
    use iso8583::pin_block;
    let (key, pan) = ([0x13_u8; 16], "43219876543210987");
    let pin = iso8583::pin_block::Pin::new("1234").unwrap();
    let ours = pin_block::encipher(
        &pin,
        &iso8583::card::Pan::new(pan).unwrap(),
        &iso8583::keys::DesKey::from_bytes(&key).unwrap(),
    );
    let theirs = catch_unwind(|| {
        generate_pin_block(&PinFormat::ISO0, "1234", pan, &key.to_vec()).map_err(|error| error.msg)
    });
    let same = matches!((&ours, &theirs), (Ok(ours), Ok(Ok(theirs))) if ours[..] == theirs[..]);
    assert!(!same, "it is right now: use it");
}
