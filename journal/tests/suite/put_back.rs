//! Damaged records of a replica are put back while the journal runs (F25), and its head stays its
//! own.

use std::fs;

use journal::{
    Damage, Hash, Head, Journal, JournalLimits, LogId, ReadError, Record, RepairError, Write,
};

use crate::place::{Place, all, commit_all, one};

const LANE: LogId = LogId(7 << 32);
const EARLY: JournalLimits = JournalLimits {
    kept_records: 40,
    segment_records: 50,
    ..JournalLimits::DEFAULT
};

fn lane_records(records: u64) -> Vec<Record> {
    let mut head = Head::default();
    let record = |n: u64| {
        let bytes = format!("lane record {n}").into_bytes();
        head = head.extended_by(&bytes);
        Record {
            sequence: head.sequence,
            hash: head.hash,
            bytes,
        }
    };
    (1..=records).map(record).collect()
}

fn take(journal: &Journal, records: &[Record]) {
    for record in records {
        let mut batch = one("of the hub");
        batch.replica(LANE, record.sequence, record.hash, record.bytes.clone());
        journal.append(batch).unwrap();
    }
}

fn flip(place: &Place, sequence: u64) {
    let key = [
        b"l".as_slice(),
        &LANE.0.to_be_bytes(),
        &sequence.to_be_bytes(),
    ]
    .concat();
    let engine = place.engine();
    let mut value = engine.get(&key).unwrap().unwrap();
    *value.last_mut().unwrap() ^= 1;
    let value = Some(value);
    engine.write(&[Write { key, value }]).unwrap();
    engine.sync().unwrap();
}

fn damage(journal: &Journal) -> Damage {
    match journal.read(LANE, 1, usize::MAX) {
        Err(ReadError::Record(damage)) => damage,
        other => panic!("no damage: {other:?}"),
    }
}

fn put_back_beside_a_committer(place: &Place) {
    let copy = lane_records(210);
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
    take(&journal, &copy[..200]);
    commit_all(&mut committer);
    while committer.seal_waiting().unwrap() {}
    drop((journal, committer));
    // One record in a sealed segment, three in the engine.
    let Place::Folder(_, folder) = place else {
        panic!("a folder was asked for");
    };
    let segment = format!("journal/segments/{LANE}-51-100.segment");
    let segment = folder.path().join(segment);
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.len() / 3;
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    (180..=182).for_each(|sequence| flip(place, sequence));

    let (journal, mut committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
    let first = damage(&journal).sequence;
    assert!((51..=100).contains(&first), "{first}");
    let run = journal.broken_run(LANE, first, 100).unwrap();
    let of = |run: &std::ops::RangeInclusive<u64>| {
        copy[*run.start() as usize - 1..*run.end() as usize].to_vec()
    };
    let mut forged = of(&run);
    forged[0].hash = Hash([1; 32]);
    let refused = journal.put_back(LANE, &forged).unwrap_err();
    assert!(matches!(refused, RepairError::BadCopy { .. }), "{refused}");
    journal.put_back(LANE, &of(&run)).unwrap();
    assert_eq!(damage(&journal).sequence, 180);
    let run = journal.broken_run(LANE, 180, 2).unwrap();
    assert_eq!(run, 180..=181, "no more than asked for");
    let run = journal.broken_run(LANE, 180, 100).unwrap();
    assert_eq!(run, 180..=182);
    // What is appended meanwhile stays where it is.
    take(&journal, &copy[200..205]);
    journal.put_back(LANE, &of(&run)).unwrap();
    commit_all(&mut committer);
    take(&journal, &copy[205..]);
    commit_all(&mut committer);
    assert_eq!(all(&journal, LANE), copy);
    journal.verify().unwrap();
    drop((journal, committer));
    let (journal, _committer) = place.open();
    assert_eq!(all(&journal, LANE), copy);
}

#[test]
fn f25_sled() {
    put_back_beside_a_committer(&Place::sled());
}

#[test]
fn f25_redb() {
    put_back_beside_a_committer(&Place::redb());
}
