//! What engine `sled` does with its files.

use std::fs;

use journal::{
    EngineError, EngineKind, Journal, OpenError, VerifyError, sled_engine, verify_sled_folder,
};

use crate::flip::{flip_bits, write_journal};
use crate::place::one;

#[test]
fn unfinished_snapshots_are_removed_before_opening() {
    let folder = tempfile::tempdir().unwrap();
    write_journal(EngineKind::Sled, folder.path(), 5);
    let unfinished = folder.path().join("snap.00000000000000FF.generating");
    fs::write(&unfinished, b"half a snapshot").unwrap();
    drop(sled_engine(folder.path()).unwrap());
    assert!(!unfinished.exists());
    assert_eq!(
        verify_sled_folder(folder.path()).unwrap().logs[0].records,
        5
    );
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
    write_journal(EngineKind::Sled, folder.path(), 5);
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

/// A bit flipped in sled's own file: it may hit what is no longer used, and then everything is
/// there; else it is found. Sled takes some damage for a torn tail and opens with less, or with
/// nothing; without the witness this test fails.
#[test]
fn a_flipped_bit_of_the_file_is_never_a_silent_loss() {
    for records in [300, 3000] {
        let folder = tempfile::tempdir().unwrap();
        let sound = folder.path().join("sound");
        write_journal(EngineKind::Sled, &sound, records);
        let seen = flip_bits("db", &sound, &folder.path().join("scratch"), 1, 40);
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
    let witness = || fs::read(folder.path().join("witness")).unwrap();
    let mut before = witness();
    // Soon while it is new, then after twice as many commits each time.
    for commits in [1, 2, 4, 8] {
        (1..commits).for_each(|_| commit(&mut committer));
        assert_eq!(witness(), before);
        commit(&mut committer);
        assert_ne!(witness(), before);
        before = witness();
    }
    (0..300).for_each(|_| commit(&mut committer));
    let renewed = witness();
    drop((journal, committer));
    // Opening renews it too: what was found there is known from now on.
    drop(Journal::open(sled_engine(folder.path()).unwrap()).unwrap());
    assert_ne!(witness(), renewed);
    assert_eq!(
        verify_sled_folder(folder.path()).unwrap().logs[0].records,
        315
    );
}
