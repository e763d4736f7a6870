//! A look over a damaged log names everything that is broken, and nothing else; what it names, a
//! copy mends.

use journal::{
    Engine, Journal, LogId, Record, SimulatedDisk, Survey, logs_found, records_of, repair_log,
    state_value, survey_log, verify_engine,
};

use crate::place::{all, commit_all, one, set};

const LOG: LogId = LogId::OWN;

fn journal_and_copy() -> (Box<dyn Engine>, Vec<Record>) {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    for n in 1..=9 {
        let mut batch = one(format!("record {n}"));
        batch.put("last", [n]);
        journal.append(batch).unwrap();
    }
    commit_all(&mut committer);
    let copy = all(&journal, LOG);
    drop(journal);
    (disk.engine(), copy)
}

fn key(sequence: u64) -> Vec<u8> {
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

/// What is found, and that a copy of just that mends the log.
fn found(damage: impl Fn(&dyn Engine), known_end: u64) -> Vec<(u64, u64)> {
    let (engine, copy) = journal_and_copy();
    damage(engine.as_ref());
    let survey = survey_log(engine.as_ref(), LOG, known_end).unwrap();
    for run in &survey.broken {
        let wanted = copy.iter().filter(|record| run.contains(&record.sequence));
        repair_log(engine.as_ref(), LOG, &wanted.cloned().collect::<Vec<_>>()).unwrap();
    }
    let report = verify_engine(engine.as_ref()).unwrap();
    assert_eq!(report.logs[0].records, 9);
    let again = survey_log(engine.as_ref(), LOG, known_end).unwrap();
    assert!(again.is_sound(), "{again:?}");
    let runs = survey.broken.iter();
    runs.map(|run| (*run.start(), *run.end())).collect()
}

#[test]
fn every_broken_run_is_found_and_nothing_else() {
    assert_eq!(found(|_| {}, 9), []);
    assert_eq!(found(|engine| flip(engine, &key(3)), 0), [(3, 3)]);
    let several = |engine: &dyn Engine| {
        flip(engine, &key(1));
        set(engine, &key(4), None);
        flip(engine, &key(5));
        set(engine, &key(9), None);
    };
    assert_eq!(found(several, 0), [(1, 1), (4, 5), (9, 9)]);
}

/// A record of another log with a right checksum: only its neighbours show that it is wrong.
#[test]
fn a_record_that_does_not_follow_is_found() {
    let (other, _) = {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        for n in 1..=5 {
            journal.append(one(format!("other {n}"))).unwrap();
        }
        commit_all(&mut committer);
        (disk.engine().get(&key(5)).unwrap(), ())
    };
    let forged = |engine: &dyn Engine| set(engine, &key(5), other.clone());
    assert_eq!(found(forged, 0), [(5, 5)]);
}

#[test]
fn a_lost_head_is_broken_at_the_last_record() {
    assert_eq!(found(|engine| set(engine, &head_key(), None), 0), [(9, 9)]);
    assert_eq!(found(|engine| flip(engine, &head_key()), 0), [(9, 9)]);
}

/// A torn tail that only the peer knows of: head and records are older, and sound in themselves.
#[test]
fn a_torn_tail_is_found_by_what_the_peer_knows() {
    let torn = |engine: &dyn Engine| {
        let (younger, _) = {
            let disk = SimulatedDisk::new();
            let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
            for n in 1..=6 {
                journal.append(one(format!("record {n}"))).unwrap();
            }
            commit_all(&mut committer);
            (disk.engine().get(&head_key()).unwrap(), ())
        };
        set(engine, &head_key(), younger);
        (7..=9).for_each(|n| set(engine, &key(n), None));
    };
    let (engine, _) = journal_and_copy();
    torn(engine.as_ref());
    engine.set_witness(b"").unwrap();
    let alone = survey_log(engine.as_ref(), LOG, 0).unwrap();
    let sound = Survey {
        log: LOG,
        end: 6,
        broken: Vec::new(),
    };
    assert_eq!(alone, sound);
    assert_eq!(found(torn, 9), [(7, 9)]);
}

#[test]
fn logs_records_and_values_are_read_from_a_journal_that_does_not_open() {
    let (engine, copy) = journal_and_copy();
    flip(engine.as_ref(), &head_key());
    assert!(verify_engine(engine.as_ref()).is_err());
    assert_eq!(logs_found(engine.as_ref()).unwrap(), [LOG]);
    assert_eq!(records_of(engine.as_ref(), LOG, 4..=6).unwrap(), copy[3..6]);
    assert!(records_of(engine.as_ref(), LOG, 4..=10).is_err());
    let value = state_value(engine.as_ref(), b"last").unwrap();
    assert_eq!(value, Some(vec![9]));
}
