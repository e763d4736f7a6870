//! What engine `redb` does with its file.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use journal::{EngineKind, Journal, LogId, OpenError, redb_engine, verify_folder};

use crate::draw::Draw;
use crate::flip::{flip_bits, write_journal};
use crate::place::all;

const FILE: &str = "journal.redb";

#[test]
fn a_flipped_bit_of_the_file_is_never_a_silent_loss() {
    for records in [300, 3000] {
        let folder = tempfile::tempdir().unwrap();
        let sound = folder.path().join("sound");
        write_journal(EngineKind::Redb, &sound, records);
        let seen = flip_bits(FILE, &sound, &folder.path().join("scratch"), 1, 40);
        assert_eq!(seen.different, 0, "records were lost unseen");
        assert_eq!(seen.panicked, 0, "verifying panicked");
        assert!(seen.refused > 0);
    }
}

#[test]
fn a_file_that_is_cut_or_is_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(EngineKind::Redb, folder.path(), 300);
    let path = folder.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    for length in [100, 4096, whole.len() / 2, whole.len() - 4096] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(verify_folder(folder.path()).is_err(), "cut to {length}");
    }
    fs::write(&path, vec![b'x'; 100_000]).unwrap();
    let refused = redb_engine(folder.path()).unwrap_err();
    assert!(matches!(refused, OpenError::Engine(_)), "{refused}");
    // An empty file is a new database to redb; the witness knows better.
    fs::write(&path, b"").unwrap();
    assert!(verify_folder(folder.path()).is_err());
    fs::write(&path, whole).unwrap();
    verify_folder(folder.path()).unwrap();
}

fn read_all(folder: &Path) -> Result<usize, ()> {
    let engine = redb_engine(folder).map_err(drop)?;
    let (journal, _committer) = Journal::open(engine).map_err(drop)?;
    let records = journal.read(LogId::OWN, 1, usize::MAX).map_err(drop)?;
    journal.scan("").map_err(drop)?;
    Ok(records.len())
}

/// Opened for work, not for verifying: redb believes a file that was closed cleanly. What is read
/// is right or is an error; redb may panic, and that is counted here, not hidden.
#[test]
fn a_flipped_bit_is_never_read_as_a_record() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(EngineKind::Redb, folder.path(), 500);
    let path = folder.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let mut draw = Draw(3);
    let (mut refused, mut panicked) = (0, 0);
    for _ in 0..60 {
        let mut flipped = whole.clone();
        flipped[draw.below(whole.len() as u64) as usize] ^= 1 << draw.below(8);
        fs::write(&path, flipped).unwrap();
        match catch_unwind(|| read_all(folder.path())) {
            Ok(Ok(records)) => assert_eq!(records, 500),
            Ok(Err(())) => refused += 1,
            Err(_) => panicked += 1,
        }
    }
    println!("{refused} refused, {panicked} panicked of 60");
    assert!(refused > 0);
    let (journal, _committer) = {
        fs::write(&path, &whole).unwrap();
        Journal::open(redb_engine(folder.path()).unwrap()).unwrap()
    };
    assert_eq!(all(&journal, LogId::OWN).len(), 500);
}
