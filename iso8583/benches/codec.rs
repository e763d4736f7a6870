//! How fast one core decodes and encodes a sale of 22 fields, beside `iso8583_rs`.
//!
//! Decoding validates every field and then reads each of them; encoding checks and writes a message
//! that stands ready, on both sides. The peer speaks no BCD that is right, so it gets the nearest
//! message in ASCII, which our own ASCII dialect is measured with, too.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench has no callers and stops at the first surprise"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use iso8583::codec;
use iso8583::dialect::Dialect;
use iso8583::hex;
use iso8583::keys::DesKey;
use iso8583::message::{Message, Mti};
use iso8583_rs::iso8583::iso_spec;
use std::hint::black_box;
use std::process::{Command, ExitCode};

const FIELDS: usize = 22;
const PEER_TABLE: &str = "SPEC_FILE";
const PEER_TABLE_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/iso87.yaml");

const CHIP: &str = "9F2608A1B2C3D4E5F607089F2701809F101307010103A02000010A010000000000A1B2C3D4\
     9F3704112233449F36020017950500800460009A032611229C01009F02060000000123455F2A02015682027C00\
     9F1A0201569F03060000000000009F33036040C8";

/// Canonical values of text fields; 52, 55 and 64 are binary and stand apart.
const TEXTS: [(u8, &str); 19] = [
    (2, "6216261000000000018"),
    (3, "000000"),
    (4, "000000012345"),
    (11, "000123"),
    (12, "103000"),
    (13, "1122"),
    (14, "3012"),
    (22, "051"),
    (23, "001"),
    (25, "00"),
    (26, "06"),
    (32, "48080000"),
    (35, "6216261000000000018D30122010000000000"),
    (41, "LANE0007"),
    (42, "898310054110001"),
    (49, "156"),
    (53, "2600000000000000"),
    (59, "0193A7C4D2F07B6E8A1C5D4E3F2A1B0C"),
    (60, "2200004200050"),
];

fn sale(message: &mut Message) {
    message.clear(Mti::literal(b"0200"));
    for (field, value) in TEXTS {
        message.set(field, value);
    }
    message.set(52, [0x86, 0xC6, 0xF7, 0x9E, 0x60, 0x03, 0x57, 0x89]);
    message.set(64, b"C4A26F78");
}

/// The sale of one dialect, its chip data included.
fn prepared(dialect: &Dialect) -> (Message, Vec<u8>) {
    let mut message = Message::new(Mti::literal(b"0200"));
    sale(&mut message);
    message.set(55, hex::decode(CHIP).unwrap());
    let mut out = Vec::new();
    codec::encode(dialect, &message, None, &mut out).unwrap();
    let frame = out.split_off(dialect.framing().prefix.length());
    let decoded = codec::decode(dialect, &frame).unwrap();
    assert_eq!(decoded.fields().count(), FIELDS);
    (message, frame)
}

/// Our ASCII dialect with the bitmap in binary: what the peer can read.
fn ascii() -> Dialect {
    let text = include_str!("../dialects/iso87-ascii.toml");
    Dialect::parse(&text.replace("bitmap = \"hex\"", "bitmap = \"binary\"")).unwrap()
}

/// Decodes, then reads the canonical value of every field.
fn decode_and_read(dialect: &Dialect, frame: &[u8], text: &mut Vec<u8>) -> usize {
    let decoded = codec::decode(dialect, frame).unwrap();
    let values = decoded
        .fields()
        .map(|field| black_box(field.read(text)).len());
    values.sum()
}

fn ours(criterion: &mut Criterion, dialect: &Dialect) {
    let name = if dialect.name() == "cup-pos" {
        "cup-pos"
    } else {
        "iso87-ascii"
    };
    let (message, frame) = prepared(dialect);
    let chip = hex::decode(CHIP).unwrap();
    let mak = DesKey::from_bytes(&[0x5B; 16]).unwrap();
    let (mut out, mut value) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
    let mut group = criterion.benchmark_group("sale of 22 fields");
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("decode", name), |bencher| {
        bencher.iter(|| decode_and_read(dialect, black_box(&frame), &mut value));
    });
    group.bench_function(
        BenchmarkId::new("decode without reading", name),
        |bencher| {
            bencher.iter(|| codec::decode(dialect, black_box(&frame)).unwrap().bitmap());
        },
    );
    group.bench_function(BenchmarkId::new("encode", name), |bencher| {
        bencher.iter(|| codec::encode(dialect, black_box(&message), None, &mut out));
    });
    let mut built = Message::new(Mti::literal(b"0200"));
    group.bench_function(BenchmarkId::new("build and encode", name), |bencher| {
        bencher.iter(|| {
            sale(&mut built);
            built.set(55, &chip);
            codec::encode(dialect, black_box(&built), None, &mut out)
        });
    });
    if name == "cup-pos" {
        group.bench_function(
            BenchmarkId::new("encode with a 3DES MAC", name),
            |bencher| {
                bencher.iter(|| codec::encode(dialect, black_box(&message), Some(&mak), &mut out));
            },
        );
    }
    group.finish();
}

fn peer(criterion: &mut Criterion) {
    let (_, frame) = prepared(&ascii());
    let table = iso_spec::spec("");
    let mut bytes = frame.clone();
    let read = table.parse(&mut bytes).unwrap();
    let mut group = criterion.benchmark_group("sale of 22 fields");
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::new("decode", "iso8583_rs"), |bencher| {
        bencher.iter(|| {
            let message = table.parse(black_box(&mut bytes)).unwrap();
            let numbers = (2..=64).filter(|number| message.bmp.is_on(*number));
            let values = numbers.map(|number| message.bmp_child_value(number).unwrap());
            values.map(|value| black_box(value).len()).sum::<usize>()
        });
    });
    group.bench_function(BenchmarkId::new("encode", "iso8583_rs"), |bencher| {
        bencher.iter(|| black_box(&read).assemble().unwrap());
    });
    let texts: Vec<(u32, String)> = (2..=64)
        .filter(|number| read.bmp.is_on(*number))
        .map(|number| (number, read.bmp_child_value(number).unwrap()))
        .collect();
    let segment = table.get_message_from_header("0200").unwrap();
    group.bench_function(
        BenchmarkId::new("build and encode", "iso8583_rs"),
        |bencher| {
            bencher.iter(|| {
                let mut message = iso_spec::new_msg(table, segment);
                message.set("message_type", "0200").unwrap();
                for (number, text) in &texts {
                    message.set_on(*number, text).unwrap();
                }
                message.assemble().unwrap()
            });
        },
    );
    assert_eq!(
        read.assemble().unwrap(),
        frame,
        "the peer writes the same sale"
    );
    group.finish();
}

fn codecs(criterion: &mut Criterion) {
    ours(criterion, &Dialect::named("cup-pos").unwrap());
    ours(criterion, &ascii());
    peer(criterion);
}

criterion_group!(benches, codecs);

/// The peer takes its table from the environment, once, as it starts.
fn main() -> ExitCode {
    if std::env::var_os(PEER_TABLE).is_some() {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return ExitCode::SUCCESS;
    }
    let again = Command::new(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env(PEER_TABLE, PEER_TABLE_PATH)
        .status()
        .unwrap();
    if again.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
