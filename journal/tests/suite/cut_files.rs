//! Files of a journal's folder that were cut off or emptied (F22): whatever is left, it is never
//! taken for a journal that begins, and no record is lost without a word.

use std::fs::{self, File};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use journal::{EngineKind, Fault, Journal, JournalLimits, LogId, OpenError, verify_folder};

use crate::flip::copy_folder;
use crate::place::{all, one};

const EARLY: JournalLimits = JournalLimits {
    kept_records: 40,
    segment_records: 50,
    ..JournalLimits::DEFAULT
};

const fn engine_file(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sled => "db",
        EngineKind::Redb => "journal.redb",
    }
}

/// A closed journal with sealed segments.
fn closed(kind: EngineKind, folder: &Path, records: u32) {
    let engine = kind.open(folder).unwrap();
    let (journal, mut committer) = Journal::open_with_limits(engine, EARLY).unwrap();
    for n in 0..records {
        journal.append(one(format!("record {n}"))).unwrap();
        committer.commit_waiting().unwrap();
        while committer.seal_waiting().unwrap() {}
    }
    drop(journal);
    committer.run_on_thread().unwrap().join().unwrap();
}

/// What a kill leaves after so many commits, one record each.
fn killed(kind: EngineKind, folder: &Path, copy: &Path, records: u32) {
    let (journal, mut committer) = Journal::open(kind.open(folder).unwrap()).unwrap();
    for n in 0..records {
        journal.append(one(format!("record {n}"))).unwrap();
        committer.commit_waiting().unwrap();
    }
    copy_folder(folder, copy);
}

/// Every file that a journal needs; whoever is first makes the lock anew.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.ends_with("lock") => {}
            false => found.push(path),
        }
    }
    found
}

/// How many records it opens with; `None` when it does not open.
fn opens_with(kind: EngineKind, folder: &Path) -> Option<usize> {
    let opened = catch_unwind(|| {
        let (journal, _committer) = Journal::open(kind.open(folder)?)?;
        Ok::<_, OpenError>(all(&journal, LogId::OWN).len())
    });
    // Sled panics on some damage: our programs abort then, and nothing is given out.
    opened.ok().and_then(Result::ok)
}

fn cut(file: &Path, bytes: u64) {
    File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_len(bytes)
        .unwrap();
}

#[test]
fn f22_a_cut_file_of_a_closed_journal_is_never_a_silent_loss() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        let sound = place.path().join("sound");
        closed(kind, &sound, 200);
        assert_eq!(opens_with(kind, &sound), Some(200));
        let mut refused = 0;
        for file in files(&sound) {
            let whole = fs::metadata(&file).unwrap().len();
            for bytes in [0, 1, 7, whole / 2, whole.saturating_sub(1)] {
                let copy = place.path().join("copy");
                copy_folder(&sound, &copy);
                cut(&copy.join(file.strip_prefix(&sound).unwrap()), bytes);
                let found = opens_with(kind, &copy);
                let what = format!("{kind}: {} cut to {bytes} of {whole}", file.display());
                assert!(found.is_none_or(|found| found == 200), "{what}: {found:?}");
                refused += u32::from(found.is_none());
                fs::remove_dir_all(&copy).unwrap();
            }
        }
        assert!(refused > 10, "{kind}: {refused} refused");
    }
}

#[test]
fn f22_an_emptied_file_is_damage_and_not_a_new_journal() {
    for kind in EngineKind::ALL {
        for records in 0..4 {
            let place = tempfile::tempdir().unwrap();
            let (folder, copy) = (place.path().join("journal"), place.path().join("copy"));
            killed(kind, &folder, &copy, records);
            let file = copy.join(engine_file(kind));
            let whole = fs::read(&file).unwrap();
            cut(&file, 0);
            let refused = kind.open(&copy).unwrap_err();
            let OpenError::Emptied { file: named } = refused else {
                panic!("{kind}: {refused}");
            };
            assert_eq!(named, file);
            assert_eq!(fs::read(&file).unwrap(), b"", "it was touched");
            for bytes in [1, 100, 5000] {
                fs::write(&file, &whole[..whole.len().min(bytes)]).unwrap();
                let found = opens_with(kind, &copy);
                // What is cut off may have been room that is not used yet.
                let whole = bytes == 5000 && found == Some(records as usize);
                let what = format!("{kind}: {records} records, {bytes} bytes left");
                assert!(found.is_none() || whole, "{what}: {found:?}");
            }
            fs::remove_file(&file).unwrap();
            let refused = kind.open(&copy).unwrap_err();
            assert!(matches!(refused, OpenError::FilesLost { .. }), "{refused}");
            let refused = verify_folder(&copy).unwrap_err().to_string();
            assert!(refused.contains("has lost the files"), "{refused}");
        }
    }
}

/// The witness knows what was durable: an engine that opens with an older state, or with another
/// journal, is refused by the record that is not there any more.
#[test]
fn f22_what_the_witness_knows_and_the_engine_has_lost_is_named() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| place.path().join(name);
        closed(kind, &folder("older"), 3);
        closed(kind, &folder("newer"), 5);
        let (journal, committer) = Journal::open(kind.open(&folder("another")).unwrap()).unwrap();
        journal.append(one("another record")).unwrap();
        drop(journal);
        committer.run_on_thread().unwrap().join().unwrap();
        for (witness, sequence, what) in [
            ("newer", 5, Fault::Lost { head_sequence: 3 }),
            ("another", 1, Fault::Replaced),
        ] {
            let from = folder(witness).join("witness");
            fs::copy(from, folder("older").join("witness")).unwrap();
            let engine = kind.open(&folder("older")).unwrap();
            let OpenError::Damaged(found) = Journal::open(engine).unwrap_err() else {
                panic!("{kind}, the witness of {witness}");
            };
            assert_eq!((found.sequence, found.what), (sequence, what), "{kind}");
        }
    }
}

/// A witness of no byte says nothing, and is not taken for one that was never there.
#[test]
fn f22_an_emptied_witness_is_damage() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        closed(kind, place.path(), 3);
        cut(&place.path().join("witness"), 0);
        let refused = Journal::open(kind.open(place.path()).unwrap()).unwrap_err();
        assert!(matches!(refused, OpenError::Witness(_)), "{refused}");
    }
}

/// A kill while an engine's first file is made leaves something under another name, which the next
/// opening makes anew.
#[test]
fn f22_a_first_start_that_was_cut_short_begins_again() {
    for (kind, leftover) in [
        (EngineKind::Sled, "new/db"),
        (EngineKind::Redb, "journal.redb.new"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let leftover = place.path().join(leftover);
        fs::create_dir_all(leftover.parent().unwrap()).unwrap();
        fs::write(&leftover, b"half").unwrap();
        drop(kind.open(place.path()).unwrap());
        assert!(!leftover.exists());
        // Whole from its first moment, before a journal was ever opened on it.
        assert_eq!(opens_with(kind, place.path()), Some(0));
    }
}
