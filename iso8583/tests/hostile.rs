//! Input from an enemy: the committed corpus and 50,000 seeded inputs in every dialect. Each gives
//! a clean answer: a message that encodes to the same bytes, or an error that names its place.
//! `tests/million.rs` does the same a million times.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod enemy;

use enemy::{
    OF_DECODING, OF_ENCODING, Seeded, assert_all_seen, mutate, mutations, use_it, valid_mutants,
};
use iso8583::card::{Swipe, Track};
use iso8583::codec;
use iso8583::describe;
use iso8583::dialect::Dialect;
use iso8583::frame::{FrameReader, FrameTimeouts, Framing, LengthPrefix};
use iso8583::hex;
use iso8583::keys::{DesKey, KeyBlock, WorkingKeys};
use iso8583::tlv::Tlvs;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn forty_thousand_mutations_give_clean_answers() {
    let found = mutations(8583, 40_000);
    assert_all_seen(&found, &OF_DECODING);
    assert!(found["good"] > 2_000, "{found:?}");
}

#[test]
fn ten_thousand_drawn_messages_come_back_and_their_faults_are_named() {
    let found = valid_mutants(1987, 10_000);
    assert_eq!(found["good"], 10_000);
    assert_all_seen(&found, &OF_ENCODING);
}

/// The seeds of a fuzz target, by their names.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds of {target}");
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// The first byte of a seed says which dialect it is in.
#[test]
fn the_corpus_of_messages_gives_clean_answers() {
    let names: Vec<_> = Dialect::names().collect();
    let (mut good, mut out) = (0, Vec::new());
    for (path, bytes) in corpus("decode") {
        let (first, frame) = bytes.split_first().unwrap();
        let dialect = Dialect::named(names[usize::from(*first) % names.len()]).unwrap();
        let clean = use_it(&dialect, frame, true, &mut out).is_ok();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(clean, !name.starts_with("bad-"), "{name}");
        good += u32::from(clean);
    }
    assert!(good >= 20, "only {good} good seeds");
}

#[test]
fn the_corpus_of_tracks_and_tlv_gives_clean_answers() {
    for (path, bytes) in corpus("tlv") {
        let fine = Tlvs::new(&bytes).all(|item| item.is_ok());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(fine, !name.starts_with("bad-"), "{name}");
    }
    for (path, bytes) in corpus("tracks") {
        let fine = Track::parse(&String::from_utf8_lossy(&bytes)).is_ok();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(fine, !name.starts_with("bad-"), "{name}");
    }
}

#[tokio::test]
async fn the_corpus_of_streams_gives_frames_or_an_error() {
    let framing = Framing {
        prefix: LengthPrefix::Binary2,
        length_max: 300,
        counts_itself: false,
    };
    let timeouts = FrameTimeouts {
        idle: None,
        partial: Duration::from_secs(60),
    };
    for (path, bytes) in corpus("frames") {
        let mut reader = FrameReader::new(bytes.as_slice(), framing, timeouts);
        let mut result = Ok(());
        loop {
            match reader.next().await {
                Ok(Some(frame)) => assert!(frame.len() <= 300),
                Ok(None) => break,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(result.is_ok(), !name.starts_with("bad-"), "{name}");
    }
}

#[test]
fn tracks_tlv_and_keys_from_an_enemy() {
    let mut random = Seeded(9564);
    let master = DesKey::from_bytes(&[9; 16]).unwrap();
    let track = ";4012345678909=30122011234567890?";
    let block = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A\
                 27E8E31DA05F7425509593D03A457DC34";
    let tlv = hex::decode("6F188407A0000000031010A50D500B5649534120435245444954").unwrap();
    for _ in 0..10_000 {
        let mut bytes = track.as_bytes().to_vec();
        mutate(&mut random, &mut bytes);
        let _ = Track::parse(&String::from_utf8_lossy(&bytes));
        let mut bytes = format!("%B4012345678909^LANE/KEEPER^3012201?{track}+E?").into_bytes();
        mutate(&mut random, &mut bytes);
        let _ = Swipe::parse(&String::from_utf8_lossy(&bytes));
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
