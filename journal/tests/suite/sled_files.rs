//! What engine `sled` does with its files.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use journal::{
    EngineError, Journal, OpenError, VerifyError, VerifyReport, sled_engine, verify_sled_folder,
};

use crate::draw::Draw;
use crate::place::one;

/// Writes some records through the driver of production and closes.
fn write_journal(folder: &Path, records: u32) {
    let (journal, committer) = Journal::open(sled_engine(folder).unwrap()).unwrap();
    let driver = committer.run_on_thread().unwrap();
    for n in 0..records {
        let mut batch = one(format!("record {n} {}", "x".repeat(200)));
        batch.put(format!("key {}", n % 10), n.to_be_bytes());
        journal.append(batch).unwrap();
    }
    drop(journal);
    driver.join().unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[test]
fn unfinished_snapshots_are_removed_before_opening() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(folder.path(), 5);
    let unfinished = folder.path().join("snap.00000000000000FF.generating");
    fs::write(&unfinished, b"half a snapshot").unwrap();
    assert_eq!(
        verify_sled_folder(folder.path()).unwrap().logs[0].records,
        5
    );
    assert!(!unfinished.exists());
}

/// Whoever is refused must not have touched the files of the one that runs.
#[test]
fn a_second_opener_is_refused_before_it_removes_anything() {
    let folder = tempfile::tempdir().unwrap();
    let engine = sled_engine(folder.path()).unwrap();
    let in_work = folder.path().join("snap.00000000000000FF.generating");
    fs::write(&in_work, b"half a snapshot").unwrap();
    assert!(matches!(
        sled_engine(folder.path()),
        Err(OpenError::InUse { .. })
    ));
    assert!(in_work.exists());
    drop(engine);
    sled_engine(folder.path()).unwrap();
    assert!(!in_work.exists());
}

#[test]
fn a_file_in_blobs_is_fatal() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(folder.path(), 5);
    let blob = folder.path().join("blobs/1");
    fs::write(&blob, b"a value").unwrap();
    assert!(matches!(
        sled_engine(folder.path()),
        Err(OpenError::Blobs { .. })
    ));
    fs::remove_file(&blob).unwrap();
    let engine = sled_engine(folder.path()).unwrap();
    engine.sync().unwrap();
    fs::write(&blob, b"a value").unwrap();
    assert!(matches!(engine.sync(), Err(EngineError::Failed { .. })));
}

#[test]
fn verify_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let refused = verify_sled_folder(&nowhere).unwrap_err();
    assert!(matches!(
        refused,
        VerifyError::Open(OpenError::NoJournal { .. })
    ));
    assert!(!nowhere.exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = sled_engine(&file.join("journal")).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot create") && error.contains("file/journal"),
        "{error}"
    );
}

enum Seen {
    Same,
    Refused,
    Panicked,
    Different,
}

fn verified(folder: &Path, expected: &VerifyReport) -> Seen {
    match catch_unwind(|| verify_sled_folder(folder)) {
        Err(_) => Seen::Panicked,
        Ok(Err(_)) => Seen::Refused,
        Ok(Ok(report)) if report == *expected => Seen::Same,
        Ok(Ok(_)) => Seen::Different,
    }
}

#[derive(Debug, Default)]
struct Counts {
    same: u32,
    refused: u32,
    /// Sled itself panics on some damage while it opens. Nothing is lost by it.
    panicked: u32,
    different: u32,
}

/// Verifies copies of a folder, each with one bit of sled's file flipped.
fn flip_bits(sound: &Path, scratch: &Path, seed: u64, rounds: u32) -> Counts {
    let reference = scratch.join("reference");
    copy_folder(sound, &reference);
    let expected = verify_sled_folder(&reference).unwrap();
    let used = fs::read(sound.join("db")).unwrap();
    let used = used.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    let mut draw = Draw(seed);
    let mut seen = Counts::default();
    for round in 0..rounds {
        let copy = scratch.join(format!("{round}"));
        copy_folder(sound, &copy);
        let mut bytes = fs::read(copy.join("db")).unwrap();
        let at = draw.below(used) as usize;
        bytes[at] ^= 1 << draw.below(8);
        fs::write(copy.join("db"), bytes).unwrap();
        match verified(&copy, &expected) {
            Seen::Same => seen.same += 1,
            Seen::Refused => seen.refused += 1,
            Seen::Panicked => seen.panicked += 1,
            Seen::Different => seen.different += 1,
        }
        fs::remove_dir_all(&copy).unwrap();
    }
    println!("{seen:?} in {used} bytes");
    seen
}

/// A bit flipped in sled's own file: it may hit what is no longer used, and then everything is
/// there; else it is found. Sled takes some damage for a torn tail and opens with less, or with
/// nothing; without the witness this test fails.
#[test]
fn a_flipped_bit_of_the_file_is_never_a_silent_loss() {
    for records in [300, 3000] {
        let folder = tempfile::tempdir().unwrap();
        let sound = folder.path().join("sound");
        write_journal(&sound, records);
        let seen = flip_bits(&sound, &folder.path().join("scratch"), 1, 40);
        assert_eq!(seen.different, 0, "records were lost unseen");
        assert!(seen.refused > 0);
    }
}

#[test]
fn the_witness_is_renewed_while_running() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, mut committer) = Journal::open(sled_engine(folder.path()).unwrap()).unwrap();
    let commit = |committer: &mut journal::Committer| {
        journal.append(one("record")).unwrap();
        committer.commit_waiting().unwrap();
    };
    let witness = folder.path().join("witness");
    commit(&mut committer);
    assert!(!witness.exists());
    (0..300).for_each(|_| commit(&mut committer));
    let renewed = fs::read(&witness).unwrap();
    drop((journal, committer));
    // Opening renews it too: what was found there is known from now on.
    drop(Journal::open(sled_engine(folder.path()).unwrap()).unwrap());
    assert_ne!(fs::read(&witness).unwrap(), renewed);
    assert_eq!(
        verify_sled_folder(folder.path()).unwrap().logs[0].records,
        301
    );
}
