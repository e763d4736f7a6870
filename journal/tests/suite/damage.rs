//! Damage of any kind is found and named, and never ends in a panic.

use journal::{
    Archive, Engine, EngineError, Fault, Journal, LogId, OpenError, Pair, ReadError, SimulatedDisk,
    Write, verify_engine,
};

use crate::place::{commit_all, one, set};

const LANE: LogId = LogId(3);
const RECORDS: u64 = 4;

/// A journal with two logs and both tables, closed.
fn journal_on_disk() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    let mut head = journal::Head::default();
    for n in 1..=RECORDS {
        let mut batch = one(format!("own record {n}"));
        head = head.extended_by(b"lane record");
        batch.replica(LANE, head.sequence, head.hash, "lane record");
        batch
            .put(format!("state {n}"), "value")
            .put_side(format!("side {n}"), "value");
        journal.append(batch).unwrap();
    }
    commit_all(&mut committer);
    disk
}

fn record_key(log: LogId, sequence: u64) -> Vec<u8> {
    let mut key = vec![b'l'];
    key.extend_from_slice(&log.0.to_be_bytes());
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// What verification says of the damage, as one line.
fn verified(engine: &dyn Engine) -> String {
    verify_engine(engine).unwrap_err().to_string()
}

#[test]
fn a_flip_of_any_bit_of_any_stored_value_is_found() {
    let engine = journal_on_disk().engine();
    let pairs = engine.scan(&[], None, usize::MAX).unwrap();
    // Format, two heads, and for each record the two logs and the two tables.
    assert_eq!(pairs.len() as u64, 1 + 2 + 4 * RECORDS);
    verify_engine(engine.as_ref()).unwrap();
    for (key, value) in pairs {
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            set(engine.as_ref(), &key, Some(flipped));
            let found = verify_engine(engine.as_ref());
            assert!(
                found.is_err(),
                "bit {bit} of the value of {key:?} was flipped unseen"
            );
        }
        set(engine.as_ref(), &key, Some(value));
    }
    verify_engine(engine.as_ref()).unwrap();
}

#[test]
fn a_value_that_is_gone_cut_or_lengthened_is_found() {
    let engine = journal_on_disk().engine();
    let keyed = |key: &[u8]| matches!(key.first(), Some(b's' | b'x'));
    for (key, value) in engine.scan(&[], None, usize::MAX).unwrap() {
        for length in 0..value.len() {
            set(engine.as_ref(), &key, Some(value[..length].to_vec()));
            assert!(
                verify_engine(engine.as_ref()).is_err(),
                "{key:?} cut to {length}"
            );
        }
        set(
            engine.as_ref(),
            &key,
            Some([value.as_slice(), b"0"].concat()),
        );
        assert!(
            verify_engine(engine.as_ref()).is_err(),
            "{key:?} lengthened"
        );
        if !keyed(&key) {
            set(engine.as_ref(), &key, None);
            assert!(verify_engine(engine.as_ref()).is_err(), "{key:?} removed");
        }
        set(engine.as_ref(), &key, Some(value));
    }
}

#[test]
fn damage_is_named_with_log_and_sequence() {
    let engine = journal_on_disk().engine();
    let key = record_key(LANE, 2);
    let value = engine.get(&key).unwrap().unwrap();

    set(engine.as_ref(), &key, None);
    assert_eq!(
        verified(engine.as_ref()),
        "log 3, record 2: the record is missing"
    );

    let mut flipped = value.clone();
    flipped[40] ^= 1;
    set(engine.as_ref(), &key, Some(flipped));
    assert_eq!(
        verified(engine.as_ref()),
        "log 3, record 2: its checksum does not match"
    );
    set(engine.as_ref(), &key, Some(value));

    let last = record_key(LANE, RECORDS);
    let other = engine.get(&record_key(LogId::OWN, RECORDS)).unwrap();
    set(engine.as_ref(), &last, other);
    assert_eq!(
        verified(engine.as_ref()),
        "log 3, record 4: its checksum does not match"
    );
}

/// A value as the journal would store it: an attacker, or a bug, can make a checksum too.
fn resealed(key: &[u8], hash: &[u8], bytes: &[u8]) -> Vec<u8> {
    let body = [hash, bytes].concat();
    let sum = crc32c::crc32c_append(crc32c::crc32c(key), &body);
    [sum.to_be_bytes().as_slice(), &body].concat()
}

#[test]
fn a_record_rewritten_with_a_good_checksum_breaks_the_chain() {
    let engine = journal_on_disk().engine();
    let key = record_key(LogId::OWN, 2);
    let value = engine.get(&key).unwrap().unwrap();
    let (hash, bytes) = value[4..].split_at(32);
    assert_eq!(resealed(&key, hash, bytes), value);
    set(
        engine.as_ref(),
        &key,
        Some(resealed(&key, hash, b"own record 9")),
    );
    let expected = "log 0, record 2: its hash does not follow from the record before it";
    assert_eq!(verified(engine.as_ref()), expected);

    // With a hash that fits its new bytes, the next record gives it away.
    let first = engine.get(&record_key(LogId::OWN, 1)).unwrap().unwrap();
    let first = journal::Hash::from_slice(&first[4..36]).unwrap();
    let forged = first.next(2, b"own record 9");
    set(
        engine.as_ref(),
        &key,
        Some(resealed(&key, &forged.0, b"own record 9")),
    );
    let expected = "log 0, record 3: its hash does not follow from the record before it";
    assert_eq!(verified(engine.as_ref()), expected);
}

/// Writes one value into a sound journal, and gives what opening says and what verifying says.
fn after_writing(key: &[u8], value: Option<Vec<u8>>) -> [Fault; 2] {
    let disk = journal_on_disk();
    set(disk.engine().as_ref(), key, value);
    let verified = verify_engine(disk.engine().as_ref()).unwrap_err();
    let Err(OpenError::Damaged(opened)) = Journal::open(disk.engine()) else {
        panic!("opened in spite of damage at the end of a log");
    };
    [opened.what, verified.damage().unwrap().what]
}

#[test]
fn open_checks_both_ends_of_each_log_against_its_head() {
    let behind = Fault::BehindHead {
        head_sequence: RECORDS,
    };
    let last = record_key(LANE, RECORDS);
    assert_eq!(after_writing(&last, None), [Fault::Missing; 2]);
    assert_eq!(
        after_writing(&last, Some(vec![1; 50])),
        [Fault::Checksum; 2]
    );
    let zeros = resealed(&last, &[0; 32], b"lane record");
    assert_eq!(after_writing(&last, Some(zeros)), [Fault::HeadHash; 2]);
    assert_eq!(
        after_writing(&record_key(LANE, RECORDS + 1), Some(vec![1])),
        [behind; 2]
    );
    assert_eq!(
        after_writing(&record_key(LANE, RECORDS + 9), Some(vec![1])),
        [behind; 2]
    );
    assert_eq!(
        after_writing(&record_key(LANE, 0), Some(vec![1])),
        [Fault::BeforeFirst; 2]
    );
    assert_eq!(
        after_writing(&record_key(LogId(8), 1), Some(vec![1])),
        [Fault::HeadMissing; 2]
    );
    let head = [b"h".as_slice(), &LANE.0.to_be_bytes()].concat();
    assert_eq!(
        after_writing(&head, Some(vec![1; 44])),
        [Fault::HeadDamaged; 2]
    );
    assert_eq!(after_writing(&head, None), [Fault::HeadMissing; 2]);
}

#[test]
fn a_key_that_no_journal_writes_is_found() {
    let engine = journal_on_disk().engine();
    set(engine.as_ref(), b"q", Some(vec![1]));
    assert_eq!(
        verified(engine.as_ref()),
        "a key of an unknown kind was found"
    );
}

fn restore(engine: &dyn Engine, pairs: &[journal::Pair]) {
    for (key, value) in pairs {
        set(engine, key, Some(value.clone()));
    }
}

#[test]
fn readers_report_damage_in_the_middle() {
    let disk = journal_on_disk();
    let key = record_key(LogId::OWN, 2);
    let engine = disk.engine();
    let mut value = engine.get(&key).unwrap().unwrap();
    *value.last_mut().unwrap() ^= 1;
    set(engine.as_ref(), &key, Some(value));
    set(engine.as_ref(), b"sstate 1", Some(b"broken".to_vec()));

    // Opening reads the ends only; reading finds it.
    let (journal, _committer) = Journal::open(disk.engine()).unwrap();
    let error = journal.read(LogId::OWN, 1, 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "log 0, record 2: its checksum does not match"
    );
    assert_eq!(journal.read(LogId::OWN, 1, 1).unwrap().len(), 1);
    let error = journal.read(LogId::OWN, 3, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "log 0, record 2: its checksum does not match"
    );
    assert_eq!(journal.read(LogId::OWN, 4, 1).unwrap().len(), 1);
    assert!(matches!(journal.get("state 1"), Err(ReadError::Keyed(_))));
    let error = journal.scan("state").unwrap_err();
    let expected = "keyed state, key 73746174652031: its checksum does not match";
    assert_eq!(error.to_string(), expected);
    assert_eq!(journal.get("state 2").unwrap(), Some(b"value".to_vec()));
    assert!(journal.verify().is_err());
}

#[test]
fn a_log_that_lost_its_end_is_told_by_the_witness() {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    journal.append(one("kept")).unwrap();
    commit_all(&mut committer);
    let engine = disk.engine();
    let older = engine.scan(&[], None, usize::MAX).unwrap();
    drop((journal, committer, engine));

    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    journal.append(one("lost")).unwrap();
    let driver = committer.run_on_thread().unwrap();
    drop(journal);
    driver.join().unwrap();

    // The map falls back to an older state, whole in itself.
    let engine = disk.engine();
    set(engine.as_ref(), &record_key(LogId::OWN, 2), None);
    restore(engine.as_ref(), &older);
    let expected = "log 0, record 2: the log ends at 1, and this record is known to have been \
                    durable";
    assert_eq!(verified(engine.as_ref()), expected);
    assert!(matches!(
        Journal::open(disk.engine()),
        Err(OpenError::Damaged(_))
    ));

    // Or to nothing at all.
    let engine = disk.engine();
    older
        .iter()
        .for_each(|(key, _)| set(engine.as_ref(), key, None));
    let expected = "log 0, record 2: the log ends at 0, and this record is known to have been \
                    durable";
    assert_eq!(
        Journal::open(disk.engine()).unwrap_err().to_string(),
        expected
    );
}

#[test]
fn something_else_is_not_taken_for_a_journal() {
    let disk = SimulatedDisk::new();
    set(disk.engine().as_ref(), b"k", Some(b"v".to_vec()));
    assert!(matches!(
        Journal::open(disk.engine()),
        Err(OpenError::NotAJournal)
    ));
}

/// An engine whose own files are damaged under one key.
struct Spoiled {
    engine: Box<dyn Engine>,
    key: Vec<u8>,
}

impl Spoiled {
    fn check(&self, hit: bool) -> Result<(), EngineError> {
        let reason = "it does not say where".to_owned();
        match hit {
            true => Err(EngineError::Damaged {
                engine: "spoiled",
                reason,
            }),
            false => Ok(()),
        }
    }
}

impl Engine for Spoiled {
    fn name(&self) -> &'static str {
        "spoiled"
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.check(key == self.key)?;
        self.engine.get(key)
    }

    fn scan(&self, from: &[u8], to: Option<&[u8]>, max: usize) -> Result<Vec<Pair>, EngineError> {
        let pairs = self.engine.scan(from, to, max)?;
        self.check(pairs.iter().any(|(key, _)| *key == self.key))?;
        Ok(pairs)
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.engine.write(batch)
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.engine.sync()
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.witness()
    }

    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        self.engine.set_witness(witness)
    }

    fn begins_empty(&self) -> bool {
        self.engine.begins_empty()
    }

    fn archive(&self) -> Option<&Archive> {
        self.engine.archive()
    }
}

#[test]
fn a_record_that_the_engine_cannot_read_is_named() {
    let engine = journal_on_disk().engine();
    let spoiled = Spoiled {
        engine,
        key: record_key(LANE, 3),
    };
    let expected = "log 3, record 3: the engine cannot read it: its files are damaged there";
    assert_eq!(verified(&spoiled), expected);
    let (journal, _committer) = Journal::open(Box::new(spoiled)).unwrap();
    assert_eq!(journal.read(LANE, 1, 10).unwrap_err().to_string(), expected);
    assert_eq!(journal.read(LANE, 1, 2).unwrap().len(), 2);
}
