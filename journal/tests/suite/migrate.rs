//! A journal moves from one engine to the other and is the same there.

use journal::{
    EngineKind, Head, Journal, LogId, MigrateError, OpenError, SimulatedDisk, Write, migrate,
    redb_engine, sled_engine, verify_folder,
};

use crate::draw::Draw;
use crate::place::{Place, all, commit_all, one, set};

const LANE: LogId = LogId(7 << 32);

/// Two logs and both tables, more than one step of a scan.
fn fill(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut draw = Draw(7);
    let mut head = Head::default();
    for n in 0..900u32 {
        let mut batch = one(draw.bytes(700));
        let bytes = draw.bytes(100);
        head = head.extended_by(&bytes);
        batch.replica(LANE, head.sequence, head.hash, bytes);
        batch.put(n.to_be_bytes(), draw.bytes(50));
        batch.put_side(n.to_be_bytes(), draw.bytes(50));
        journal.append(batch).unwrap();
    }
    commit_all(&mut committer);
}

fn moves(from: &Place, to: &Place) {
    fill(from);
    let report = migrate(from.engine().as_ref(), to.engine().as_ref()).unwrap();
    assert_eq!(report.keys, 1 + 2 + 4 * 900);
    let (old, _) = from.open();
    let (new, mut committer) = to.open();
    assert_eq!(new.logs(), [LogId::OWN, LANE]);
    for log in [LogId::OWN, LANE] {
        assert_eq!(new.durable_head(log), old.durable_head(log));
        assert_eq!(all(&new, log), all(&old, log));
    }
    assert_eq!(new.scan("").unwrap(), old.scan("").unwrap());
    assert_eq!(new.scan_side("").unwrap(), old.scan_side("").unwrap());
    assert_eq!(new.verify().unwrap(), report.verified);
    new.append(one("goes on")).unwrap();
    commit_all(&mut committer);
    assert_eq!(new.durable_head(LogId::OWN).sequence, 901);
}

#[test]
fn sled_to_redb() {
    moves(&Place::sled(), &Place::redb());
}

#[test]
fn redb_to_sled() {
    moves(&Place::redb(), &Place::sled());
}

#[test]
fn a_target_that_holds_something_is_refused() {
    let (from, to) = (Place::sled(), Place::redb());
    fill(&from);
    drop(to.open());
    let refused = migrate(from.engine().as_ref(), to.engine().as_ref());
    assert!(matches!(refused, Err(MigrateError::NotEmpty)));
    let witness_only = SimulatedDisk::new().engine();
    witness_only.set_witness(b"something").unwrap();
    let refused = migrate(from.engine().as_ref(), witness_only.as_ref());
    assert!(matches!(refused, Err(MigrateError::NotEmpty)));
}

#[test]
fn a_journal_that_cannot_be_trusted_stays_where_it_is() {
    let (from, to) = (SimulatedDisk::new(), SimulatedDisk::new());
    let nothing = migrate(from.engine().as_ref(), to.engine().as_ref());
    assert!(matches!(nothing, Err(MigrateError::Nothing)));
    let from = Place::Simulated(from);
    fill(&from);
    let key = [b"l".as_slice(), &[0; 8], &3u64.to_be_bytes()].concat();
    set(from.engine().as_ref(), &key, Some(vec![1; 60]));
    let refused = migrate(from.engine().as_ref(), to.engine().as_ref());
    assert!(matches!(refused, Err(MigrateError::Source(_))));
    assert_eq!(to.engine().scan(&[], None, 1).unwrap(), []);
}

/// What a migration leaves that was cut short: everything but the format.
#[test]
fn half_a_migration_does_not_open() {
    let from = Place::simulated();
    fill(&from);
    let to = SimulatedDisk::new();
    let pairs = from.engine().scan(b"g", None, usize::MAX).unwrap();
    let writes = pairs.into_iter().map(|(key, value)| Write {
        key,
        value: Some(value),
    });
    to.engine().write(&writes.collect::<Vec<_>>()).unwrap();
    assert!(matches!(
        Journal::open(to.engine()),
        Err(OpenError::NotAJournal)
    ));
}

#[test]
fn a_folder_is_opened_by_the_engine_that_made_it_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(EngineKind::of_folder(folder), None);
    drop(Journal::open(redb_engine(folder).unwrap()).unwrap());
    assert_eq!(EngineKind::of_folder(folder), Some(EngineKind::Redb));
    let refused = sled_engine(folder).unwrap_err();
    assert!(matches!(
        refused,
        OpenError::OtherEngine { engine: "redb", .. }
    ));
    verify_folder(folder).unwrap();
}
