//! Looking into a journal changes no byte of its folder (F24), and gives what opening it gives.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use journal::{
    AppendError, EngineError, EngineKind, Journal, JournalLimits, LogId, OpenError, verify_engine,
};

use crate::flip::copy_folder;
use crate::place::{all, bytes, one};

const EARLY: JournalLimits = JournalLimits {
    kept_records: 40,
    segment_records: 50,
    ..JournalLimits::DEFAULT
};

/// Each file with what is in it and when it was changed.
fn stock(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let changed = fs::metadata(&path).unwrap().modified().unwrap();
        match path.is_dir() {
            true => {
                found.extend(stock(&path));
                found.insert(path, (Vec::new(), changed));
            }
            false => drop(found.insert(path.clone(), (fs::read(&path).unwrap(), changed))),
        }
    }
    found
}

fn look(kind: EngineKind, folder: &Path) -> Journal {
    Journal::open_to_read(kind.open_to_read(folder).unwrap()).unwrap()
}

#[test]
fn f24_looking_changes_no_byte_of_a_journal_that_was_closed_or_killed() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        let (folder, copy) = (place.path().join("journal"), place.path().join("killed"));
        let engine = kind.open(&folder).unwrap();
        let (journal, mut committer) = Journal::open_with_limits(engine, EARLY).unwrap();
        for n in 0..200 {
            let mut batch = one(format!("record {n}"));
            batch.put("key", n.to_string());
            journal.append(batch).unwrap();
            committer.commit_waiting().unwrap();
            while n < 150 && committer.seal_waiting().unwrap() {}
        }
        // As a kill leaves it: what must be recovered, a snapshot half written, a segment that
        // nobody knows of.
        copy_folder(&folder, &copy);
        fs::write(copy.join("snap.00000000000000FF.generating"), b"half").unwrap();
        fs::write(copy.join("segments/unfinished.new"), b"half").unwrap();
        let records = all(&journal, LogId::OWN);
        drop(journal);
        committer.run_on_thread().unwrap().join().unwrap();

        for folder in [&folder, &copy] {
            let before = stock(folder);
            let seen = look(kind, folder);
            assert_eq!(all(&seen, LogId::OWN), records, "{kind}");
            assert_eq!(seen.get("key").unwrap().unwrap(), b"199");
            assert!(matches!(seen.append(one("x")), Err(AppendError::Closed)));
            drop(seen);
            let engine = kind.open_to_verify(folder).unwrap();
            assert_eq!(verify_engine(engine.as_ref()).unwrap().logs[0].records, 200);
            drop(engine);
            assert_eq!(stock(folder), before, "{kind}: something was changed");
        }
    }
}

#[test]
fn f24_many_may_look_at_once_and_nobody_at_what_runs() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        let (journal, mut committer) = Journal::open(kind.open(place.path()).unwrap()).unwrap();
        journal.append(one("record")).unwrap();
        committer.commit_waiting().unwrap();
        let refused = kind.open_to_read(place.path()).unwrap_err();
        assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
        drop((journal, committer));
        let (one, other) = (look(kind, place.path()), look(kind, place.path()));
        assert_eq!(
            bytes(&all(&one, LogId::OWN)),
            bytes(&all(&other, LogId::OWN))
        );
        let refused = kind.open(place.path()).unwrap_err();
        assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    }
}

#[test]
fn f24_what_is_looked_at_can_not_be_written() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        drop(Journal::open(kind.open(place.path()).unwrap()).unwrap());
        let engine = kind.open_to_read(place.path()).unwrap();
        for refused in [engine.write(&[]), engine.sync(), engine.set_witness(b"x")] {
            assert!(matches!(refused, Err(EngineError::Failed { .. })));
        }
        assert!(engine.short_of_room().unwrap().is_none());
    }
}

#[test]
fn f24_looking_makes_nothing_where_there_is_nothing() {
    for kind in EngineKind::ALL {
        let place = tempfile::tempdir().unwrap();
        let nowhere = place.path().join("nowhere");
        let refused = kind.open_to_read(&nowhere).unwrap_err();
        assert!(matches!(refused, OpenError::NoJournal { .. }), "{refused}");
        assert!(!nowhere.exists());
        let refused = kind.open_to_read(place.path()).unwrap_err();
        assert!(matches!(refused, OpenError::NoJournal { .. }), "{refused}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
