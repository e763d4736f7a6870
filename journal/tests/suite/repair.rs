//! A damaged log is put back from a peer's copy, and from nothing else.

use journal::{
    Engine, Head, Journal, LogId, Record, RepairError, SimulatedDisk, repair_log, verify_engine,
};

use crate::place::{all, commit_all, one, set};

const LOG: LogId = LogId::OWN;

/// A journal of six records, known to its witness, and the peer's copy of it.
fn journal_and_copy() -> (Box<dyn Engine>, Vec<Record>) {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    for n in 1..=6 {
        journal.append(one(format!("record {n}"))).unwrap();
    }
    commit_all(&mut committer);
    let copy = all(&journal, LOG);
    drop(journal);
    // Opening renews the witness.
    drop(Journal::open(disk.engine()).unwrap());
    (disk.engine(), copy)
}

fn record_key(sequence: u64) -> Vec<u8> {
    [
        b"l".as_slice(),
        &LOG.0.to_be_bytes(),
        &sequence.to_be_bytes(),
    ]
    .concat()
}

fn head_key() -> Vec<u8> {
    [b"h".as_slice(), &LOG.0.to_be_bytes()].concat()
}

fn flip(engine: &dyn Engine, key: &[u8]) {
    let mut value = engine.get(key).unwrap().unwrap();
    *value.last_mut().unwrap() ^= 1;
    set(engine, key, Some(value));
}

fn is_whole(engine: &dyn Engine, copy: &[Record]) {
    let report = verify_engine(engine).unwrap();
    let last = copy.last().unwrap();
    let head = Head {
        sequence: last.sequence,
        hash: last.hash,
    };
    assert_eq!(report.logs[0].head, head);
}

/// Damages the journal, puts `from..=to` of the copy back, and finds it whole.
fn repaired(damage: impl Fn(&dyn Engine), from: usize, to: usize, written: u64) {
    let (engine, copy) = journal_and_copy();
    damage(engine.as_ref());
    assert!(verify_engine(engine.as_ref()).is_err(), "nothing to repair");
    let report = repair_log(engine.as_ref(), LOG, &copy[from - 1..to]).unwrap();
    assert_eq!(report.records_written, written);
    assert_eq!(report.head.sequence, 6);
    is_whole(engine.as_ref(), &copy);
}

#[test]
fn damaged_records_are_put_back() {
    repaired(|engine| flip(engine, &record_key(3)), 3, 3, 1);
    repaired(|engine| set(engine, &record_key(3), None), 2, 5, 1);
    repaired(|engine| flip(engine, &record_key(1)), 1, 1, 1);
    repaired(|engine| flip(engine, &record_key(6)), 6, 6, 1);
    repaired(
        |engine| (2..=5).for_each(|n| set(engine, &record_key(n), None)),
        2,
        5,
        4,
    );
}

#[test]
fn a_lost_head_is_found_again() {
    repaired(|engine| flip(engine, &head_key()), 6, 6, 0);
    repaired(|engine| set(engine, &head_key(), None), 2, 3, 0);
}

#[test]
fn a_lost_end_is_put_back() {
    let (engine, copy) = journal_and_copy();
    let head_of_4 = {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        for n in 1..=4 {
            journal.append(one(format!("record {n}"))).unwrap();
        }
        commit_all(&mut committer);
        disk.engine().get(&head_key()).unwrap()
    };
    (5..=6).for_each(|n| set(engine.as_ref(), &record_key(n), None));
    set(engine.as_ref(), &head_key(), head_of_4);
    let said = verify_engine(engine.as_ref()).unwrap_err().to_string();
    assert!(
        said.contains("log 0, record 6: the log ends at 4"),
        "{said}"
    );
    // Less than what the witness knows is not enough.
    let short = repair_log(engine.as_ref(), LOG, &copy[4..5]).unwrap_err();
    assert!(matches!(short, RepairError::NotTied { sequence: 6, .. }));
    repair_log(engine.as_ref(), LOG, &copy[4..]).unwrap();
    is_whole(engine.as_ref(), &copy);
}

#[test]
fn a_sound_journal_is_left_alone() {
    let (engine, copy) = journal_and_copy();
    let before = engine.scan(&[], None, usize::MAX).unwrap();
    let report = repair_log(engine.as_ref(), LOG, &copy).unwrap();
    assert_eq!(report.records_written, 0);
    assert_eq!(engine.scan(&[], None, usize::MAX).unwrap(), before);
}

/// A chain of its own over other bytes, as another log has it.
fn chained(from: Head, bytes: &[&str]) -> Vec<Record> {
    let mut head = from;
    let record = |bytes: &&str| {
        head = head.extended_by(bytes.as_bytes());
        Record {
            sequence: head.sequence,
            hash: head.hash,
            bytes: bytes.as_bytes().to_vec(),
        }
    };
    bytes.iter().map(record).collect()
}

fn refused(damaged: &[u64], copy: &[Record]) -> RepairError {
    let (engine, _) = journal_and_copy();
    damaged
        .iter()
        .for_each(|n| flip(engine.as_ref(), &record_key(*n)));
    let before = engine.scan(&[], None, usize::MAX).unwrap();
    let error = repair_log(engine.as_ref(), LOG, copy).unwrap_err();
    assert_eq!(engine.scan(&[], None, usize::MAX).unwrap(), before);
    error
}

#[test]
fn a_copy_that_does_not_hold_together_is_refused() {
    let (_, copy) = journal_and_copy();
    assert!(matches!(refused(&[3], &[]), RepairError::Nothing));
    let mut changed = copy[2].clone();
    changed.bytes = b"record 9".to_vec();
    let error = refused(&[3], &[changed]);
    assert!(matches!(error, RepairError::BadCopy { sequence: 3, .. }));
    let gap = [copy[2].clone(), copy[4].clone()];
    let error = refused(&[3], &gap);
    assert!(matches!(error, RepairError::BadCopy { sequence: 5, .. }));
}

#[test]
fn a_copy_that_leads_elsewhere_is_a_fork() {
    let (_, copy) = journal_and_copy();
    let at_2 = Head {
        sequence: 2,
        hash: copy[1].hash,
    };
    // Over a damaged record: the next one doesn't follow from it.
    let error = refused(&[3], &chained(at_2, &["another"]));
    assert!(
        matches!(error, RepairError::Fork { sequence: 4, .. }),
        "{error}"
    );
    // Over a sound one.
    let error = refused(&[], &chained(at_2, &["another"]));
    assert!(matches!(error, RepairError::Fork { sequence: 3, .. }));
    // Up to the end, where only the head knows better.
    let error = refused(&[3, 4, 5, 6], &chained(at_2, &["a", "b", "c", "d"]));
    assert!(matches!(error, RepairError::Fork { sequence: 6, .. }));
    // And beyond it.
    let error = refused(&[3, 4, 5, 6], &chained(at_2, &["a", "b", "c", "d", "e"]));
    assert!(matches!(error, RepairError::Fork { sequence: 6, .. }));
    // The head is lost as well: the witness still knows.
    let (engine, _) = journal_and_copy();
    (3..=6).for_each(|n| flip(engine.as_ref(), &record_key(n)));
    flip(engine.as_ref(), &head_key());
    let forged = chained(at_2, &["a", "b", "c", "d"]);
    let error = repair_log(engine.as_ref(), LOG, &forged).unwrap_err();
    assert!(
        matches!(error, RepairError::Fork { sequence: 6, .. }),
        "{error}"
    );
}

#[test]
fn a_copy_that_nothing_ties_to_the_log_is_refused() {
    let (_, copy) = journal_and_copy();
    let error = refused(&[2, 3], &copy[2..3]);
    assert!(matches!(error, RepairError::NotTied { sequence: 2, .. }));
    let error = refused(&[3, 4], &copy[2..3]);
    assert!(matches!(error, RepairError::NotTied { sequence: 4, .. }));
}
