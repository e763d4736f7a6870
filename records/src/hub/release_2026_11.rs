//! Every kind of record as the release of November 2026 wrote it is read as what it meant, and
//! written again as the same bytes.

use std::{fs, path::Path};

use domain::desk::{DeskFact, DeskRecord};
use prost::Message;
use proto::journal::v1 as journal;

use super::{
    checkpoint_from_proto, decode, desk_record, encode, kept_tests::offline, record::samples,
    tests::record,
};

/// Kinds of records that later releases write with more in them than that one did.
const WRITTEN_WITH_MORE: &[&str] = &["DeadLetterResolved"];

/// Name and bytes of each line.
fn lines() -> Vec<(String, Vec<u8>)> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/release-2026-11/hub.records");
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let (name, hex) = line.split_once(' ').unwrap();
        (name.to_owned(), bytes(hex))
    };
    text.lines().map(line).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(hex).unwrap()
}

fn records() -> Vec<(String, Vec<u8>)> {
    let mut lines = lines();
    lines.retain(|(name, _)| !name.starts_with("checkpoint"));
    lines
}

#[test]
fn what_a_record_of_that_release_meant_it_means_today() {
    let all = [samples(), offline()].concat();
    let written = records();
    let (started, written) = written.split_first().unwrap();
    assert_eq!(desk_record(&decode(&started.1).unwrap()), Ok(None));
    let all: Vec<DeskRecord> = all.into_iter().map(record).collect();
    for (name, bytes) in written {
        let read = desk_record(&decode(bytes).unwrap()).unwrap().unwrap();
        // What was archived is compared with its files in `kept_tests`.
        let is_archive = matches!(read.fact, DeskFact::Archive(_));
        assert!(is_archive || all.contains(&read), "{name}: {read:?}");
    }
}

#[test]
fn each_record_of_that_release_is_written_again_as_it_was() {
    let mut kinds = std::collections::BTreeSet::new();
    for (name, bytes) in records() {
        if let Some(read) = desk_record(&decode(&bytes).unwrap()).unwrap() {
            let again = encode(&read);
            let reread = desk_record(&decode(&again).unwrap()).unwrap();
            assert_eq!(reread, Some(read), "{name}");
            if !WRITTEN_WITH_MORE.contains(&name.as_str()) {
                assert_eq!(again, bytes, "{name}");
            }
        }
        kinds.insert(name);
    }
    assert_eq!(kinds.len(), 28, "one of each kind: {kinds:?}");
}

/// It is of another form: what it says is not believed, and the log is read instead.
#[test]
fn the_checkpoint_of_that_release_is_left_alone() {
    let mut checkpoints = lines();
    checkpoints.retain(|(name, _)| name.starts_with("checkpoint"));
    assert_eq!(checkpoints.len(), 5);
    for (name, bytes) in checkpoints {
        let kept = journal::HubCheckpoint::decode(bytes.as_slice()).unwrap();
        let read = checkpoint_from_proto(&kept, 1);
        assert_eq!(read.unwrap_err().field, "form", "{name}");
    }
}
