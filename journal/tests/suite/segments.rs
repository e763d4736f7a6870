//! Old records sealed into segments: every reader finds them, every kind of damage is named and put
//! back, and a kill at any moment leaves each record once.

use std::fs;
use std::path::PathBuf;

use journal::{
    Engine, EngineKind, Head, Journal, JournalLimits, LogId, OpenError, Record, RepairError,
    migrate, repair_log, survey_log, verify_engine,
};

use crate::place::{Place, Watched, all, block_on, commit_all, one, set};

const LOG: LogId = LogId::OWN;
const LANE: LogId = LogId(7 << 32);

/// Seals early, so that a test needs few records.
const EARLY: JournalLimits = JournalLimits {
    kept_records: 40,
    segment_records: 50,
    ..JournalLimits::DEFAULT
};

macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod sled { $(#[test] fn $test() { super::$test(&super::Place::sled()); })* }
        mod redb { $(#[test] fn $test() { super::$test(&super::Place::redb()); })* }
    };
}

on_both_engines!(
    every_reader_finds_sealed_records,
    a_journal_with_segments_reopens_and_goes_on,
    records_are_sealed_when_asked,
    damage_is_named_with_file_and_position,
    a_flip_of_any_bit_of_a_segment_is_found_and_put_back,
    what_is_lost_is_put_back_from_a_copy,
    what_the_survey_names_of_a_segment_is_enough_to_mend_it,
    a_copy_that_leads_elsewhere_is_refused,
    leftovers_of_a_kill_are_removed,
    a_segment_takes_less_than_its_records_in_the_engine,
    the_thread_seals_by_itself,
);

fn folder(place: &Place) -> PathBuf {
    match place {
        Place::Folder(_, folder) => folder.path().join("journal"),
        Place::Simulated(_) => unreachable!("a folder was asked for"),
    }
}

fn file(place: &Place, name: &str) -> PathBuf {
    folder(place).join("segments").join(name)
}

fn lane_record(n: u64) -> String {
    format!("lane record {n}")
}

/// 200 records of each of two logs, with keyed state beside them.
fn fill(journal: &Journal) {
    let mut head = journal.head(LANE);
    for n in head.sequence + 1..=head.sequence + 200 {
        let mut batch = one(format!("own record {n}"));
        let bytes = lane_record(n);
        head = head.extended_by(bytes.as_bytes());
        batch.replica(LANE, head.sequence, head.hash, bytes);
        batch.put("last", n.to_be_bytes());
        journal.append(batch).unwrap();
    }
}

/// A closed journal with 200 records a log, 150 of them in three segments. Gives the own log.
fn sealed(place: &Place) -> Vec<Record> {
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
    fill(&journal);
    commit_all(&mut committer);
    let records = all(&journal, LOG);
    while committer.seal_waiting().unwrap() {}
    assert_eq!(journal.sealed_up_to(LOG).unwrap(), 150);
    assert_eq!(journal.sealed_up_to(LANE).unwrap(), 150);
    records
}

fn engine_holds(engine: &dyn Engine, sequence: u64) -> bool {
    engine.get(&record_key(sequence)).unwrap().is_some()
}

fn record_key(sequence: u64) -> Vec<u8> {
    [b"l".as_slice(), &[0; 8], &sequence.to_be_bytes()].concat()
}

fn segment_key(last: u64) -> Vec<u8> {
    [b"a".as_slice(), &[0; 8], &last.to_be_bytes()].concat()
}

fn every_reader_finds_sealed_records(place: &Place) {
    let before = sealed(place);
    let engine = place.engine();
    assert!(!engine_holds(engine.as_ref(), 1) && !engine_holds(engine.as_ref(), 150));
    assert!(engine_holds(engine.as_ref(), 151));
    let (journal, _committer) = Journal::open(engine).unwrap();
    assert_eq!(all(&journal, LOG), before);
    for (from, count) in [
        (1, 1),
        (49, 3),
        (50, 1),
        (51, 1),
        (100, 70),
        (149, 2),
        (150, 1),
        (151, 9),
    ] {
        let at = from as usize - 1;
        assert_eq!(
            journal.read(LOG, from, count).unwrap(),
            before[at..at + count]
        );
    }
    let lane = all(&journal, LANE);
    assert!(lane.iter().map(|record| record.sequence).eq(1..=200));
    assert_eq!(lane[77].bytes, lane_record(78).as_bytes());
    let report = journal.verify().unwrap();
    assert_eq!((report.segments, report.logs[0].records), (6, 200));
    // A replica that comes again is compared with the sealed record.
    let mut again = journal::Batch::new();
    again.replica(LANE, 30, lane[29].hash, lane[29].bytes.clone());
    journal.append(again).unwrap();
    let mut fork = journal::Batch::new();
    fork.replica(LANE, 30, lane[30].hash, "another");
    journal.append(fork).unwrap_err();
}

fn a_journal_with_segments_reopens_and_goes_on(place: &Place) {
    let mut records = sealed(place);
    for round in 1..=3 {
        let (journal, mut committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
        assert_eq!(all(&journal, LOG), records);
        fill(&journal);
        commit_all(&mut committer);
        while committer.seal_waiting().unwrap() {}
        assert_eq!(journal.sealed_up_to(LOG).unwrap(), 150 + 200 * round);
        records = all(&journal, LOG);
        assert_eq!(records.len() as u64, 200 + 200 * round);
        journal.verify().unwrap();
    }
}

fn records_are_sealed_when_asked(place: &Place) {
    let (journal, mut committer) = place.open();
    fill(&journal);
    commit_all(&mut committer);
    assert!(
        !committer.seal_waiting().unwrap(),
        "sealed what it should keep"
    );
    journal.seal_up_to(LOG, 120);
    journal.seal_up_to(LANE, u64::MAX);
    while committer.seal_waiting().unwrap() {}
    assert_eq!(journal.sealed_up_to(LOG).unwrap(), 120);
    assert_eq!(journal.sealed_up_to(LANE).unwrap(), 200);
    // Too few for a segment of their own.
    journal.seal_up_to(LOG, 130);
    assert!(!committer.seal_waiting().unwrap());
    assert_eq!(all(&journal, LANE).len(), 200);
    drop((journal, committer));
    let (journal, _committer) = place.open();
    assert_eq!(journal.head(LANE).sequence, 200);
    journal.verify().unwrap();
}

fn verified(place: &Place) -> String {
    verify_engine(place.engine().as_ref())
        .unwrap_err()
        .to_string()
}

fn damage_is_named_with_file_and_position(place: &Place) {
    sealed(place);
    let path = file(place, "0-51-100.segment");
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let missing = "log 0, record 51: segments/0-51-100.segment, at byte 0: the file is missing";
    assert_eq!(verified(place), missing);
    assert_eq!(place.try_open().unwrap_err().to_string(), missing);

    let mut flipped = whole.clone();
    let at = whole
        .windows(14)
        .position(|bytes| bytes == b"own record 52 ".get(..14).unwrap());
    assert_eq!(at, None, "the text has no blank behind it");
    let at = whole
        .windows(13)
        .position(|bytes| bytes == b"own record 52")
        .unwrap();
    flipped[at] ^= 1;
    fs::write(&path, &flipped).unwrap();
    let start = at - 36;
    assert_eq!(
        verified(place),
        format!(
            "log 0, record 52: segments/0-51-100.segment, at byte {start}: the record's checksum \
             does not match"
        )
    );
    // Opening reads no segment; a reader finds it, and reads on both sides of it.
    let (journal, _committer) = place.open();
    journal.read(LOG, 40, 20).unwrap_err();
    assert_eq!(journal.read(LOG, 54, 20).unwrap().len(), 20);
    drop((journal, _committer));

    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(verified(place).contains("its length is not that at which it was sealed"));
    fs::write(&path, whole).unwrap();
    verify_engine(place.engine().as_ref()).unwrap();
}

fn a_flip_of_any_bit_of_a_segment_is_found_and_put_back(place: &Place) {
    let copy = sealed(place);
    let path = file(place, "0-1-50.segment");
    let whole = fs::read(&path).unwrap();
    let engine = place.engine();
    for byte in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        fs::write(&path, flipped).unwrap();
        let found = verify_engine(engine.as_ref());
        assert!(found.is_err(), "a bit of byte {byte} was flipped unseen");
        if byte % 97 == 0 {
            repair_log(engine.as_ref(), LOG, &copy[..50]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole);
            verify_engine(engine.as_ref()).unwrap();
        }
    }
}

/// Whatever a flip breaks, the look over the log names enough of it: a copy of just that mends all.
fn what_the_survey_names_of_a_segment_is_enough_to_mend_it(place: &Place) {
    let copy = sealed(place);
    let path = file(place, "0-51-100.segment");
    let whole = fs::read(&path).unwrap();
    let engine = place.engine();
    // Header, records, index, and the checksum at the very end.
    for byte in (0..whole.len()).step_by(149).chain([whole.len() - 1]) {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1;
        fs::write(&path, flipped).unwrap();
        let survey = survey_log(engine.as_ref(), LOG, 0).unwrap();
        assert!(!survey.is_sound(), "byte {byte}");
        for run in &survey.broken {
            let wanted = copy.iter().filter(|record| run.contains(&record.sequence));
            let wanted: Vec<Record> = wanted.cloned().collect();
            repair_log(engine.as_ref(), LOG, &wanted).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), whole, "byte {byte}");
    }
    assert!(survey_log(engine.as_ref(), LOG, 0).unwrap().is_sound());
}

fn is_repaired(place: &Place, copy: &[Record], given: &[Record]) {
    let engine = place.engine();
    assert!(verify_engine(engine.as_ref()).is_err(), "nothing to repair");
    let report = repair_log(engine.as_ref(), LOG, given).unwrap();
    let last = copy.last().unwrap();
    let head = Head {
        sequence: last.sequence,
        hash: last.hash,
    };
    assert_eq!(report.head, head);
    verify_engine(engine.as_ref()).unwrap();
    drop(engine);
    let (journal, _committer) = place.open();
    assert_eq!(all(&journal, LOG), copy);
}

fn what_is_lost_is_put_back_from_a_copy(place: &Place) {
    let copy = sealed(place);
    let files = ["0-1-50.segment", "0-51-100.segment", "0-101-150.segment"];
    let remove = |name: &str| fs::remove_file(file(place, name)).unwrap();
    // One file; two neighbours at once; the last one, with records of the engine behind it.
    remove(files[0]);
    is_repaired(place, &copy, &copy[..50]);
    remove(files[0]);
    remove(files[1]);
    is_repaired(place, &copy, &copy[..100]);
    remove(files[2]);
    set(place.engine().as_ref(), &record_key(151), None);
    is_repaired(place, &copy, &copy[90..160]);
    // One record of a segment: the rest comes from the file.
    let path = file(place, files[1]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[76 + 40] ^= 1;
    fs::write(&path, bytes).unwrap();
    is_repaired(place, &copy, &copy[50..51]);
    // What the engine knows of a segment, with its file and without.
    for (last, given) in [
        (100, &copy[50..100]),
        (50, &copy[..50]),
        (150, &copy[100..150]),
    ] {
        let value = place.engine().get(&segment_key(last)).unwrap().unwrap();
        set(
            place.engine().as_ref(),
            &segment_key(last),
            Some(value[1..].to_vec()),
        );
        assert!(verified(place).contains("its entry in the engine is damaged"));
        is_repaired(place, &copy, given);
    }
    set(place.engine().as_ref(), &segment_key(50), None);
    remove(files[0]);
    assert_eq!(verified(place), "log 0, record 1: the record is missing");
    is_repaired(place, &copy, &copy[..50]);
}

/// A chain of its own behind a record of the log.
fn forged_from(record: &Record, last: u64) -> Vec<Record> {
    let mut head = Head {
        sequence: record.sequence,
        hash: record.hash,
    };
    let forged = |n: u64| {
        let bytes = format!("forged {n}").into_bytes();
        head = head.extended_by(&bytes);
        let Head { sequence, hash } = head;
        Record {
            sequence,
            hash,
            bytes,
        }
    };
    (record.sequence + 1..=last).map(forged).collect()
}

fn a_copy_that_leads_elsewhere_is_refused(place: &Place) {
    let copy = sealed(place);
    fs::remove_file(file(place, "0-51-100.segment")).unwrap();
    let forged = forged_from(&copy[49], 100);
    let engine = place.engine();
    let refused = repair_log(engine.as_ref(), LOG, &forged).unwrap_err();
    assert!(
        matches!(refused, RepairError::Fork { sequence: 100, .. }),
        "{refused}"
    );
    // Half of a lost segment is not enough.
    let short = repair_log(engine.as_ref(), LOG, &copy[50..80]).unwrap_err();
    assert!(
        matches!(short, RepairError::NotTied { sequence: 81, .. }),
        "{short}"
    );
    assert!(!file(place, "0-51-100.segment").exists());
    // With the head and all records behind lost, only the segments' entries know better.
    fs::remove_file(file(place, "0-101-150.segment")).unwrap();
    let forged = forged_from(&copy[49], 200);
    (151..=200).for_each(|sequence| set(engine.as_ref(), &record_key(sequence), None));
    let head_key = [b"h".as_slice(), &LOG.0.to_be_bytes()].concat();
    set(engine.as_ref(), &head_key, None);
    fs::remove_file(folder(place).join("witness")).unwrap();
    let refused = repair_log(engine.as_ref(), LOG, &forged).unwrap_err();
    assert!(matches!(refused, RepairError::Fork { sequence: 100, .. }));
    repair_log(engine.as_ref(), LOG, &copy[50..]).unwrap();
    verify_engine(engine.as_ref()).unwrap();
}

/// What a kill leaves before the commit that enters a segment, and what must never be there.
fn leftovers_of_a_kill_are_removed(place: &Place) {
    let records = sealed(place);
    let folder = folder(place).join("segments");
    fs::write(folder.join("unfinished.new"), b"half a segment").unwrap();
    fs::copy(
        folder.join("0-51-100.segment"),
        folder.join("0-151-200.segment"),
    )
    .unwrap();
    verify_engine(place.engine().as_ref()).unwrap();
    assert!(
        folder.join("unfinished.new").exists(),
        "verifying removes nothing"
    );
    let (journal, _committer) = place.open();
    assert_eq!(all(&journal, LOG), records);
    assert!(!folder.join("unfinished.new").exists());
    assert!(!folder.join("0-151-200.segment").exists());
    assert!(folder.join("0-51-100.segment").exists());
    drop((journal, _committer));
    // A record beside the segment that holds it was never left by a kill.
    set(place.engine().as_ref(), &record_key(150), Some(vec![1; 40]));
    let twice =
        "log 0, record 150: it is kept in the engine beside the sealed segment that holds it";
    assert_eq!(place.try_open().unwrap_err().to_string(), twice);
    set(place.engine().as_ref(), &record_key(150), None);
    // A head that was lost is told, even when all records of its log are sealed.
    let (journal, mut committer) = place.open();
    journal.seal_up_to(LANE, u64::MAX);
    while committer.seal_waiting().unwrap() {}
    drop((journal, committer));
    let head = [b"h".as_slice(), &LANE.0.to_be_bytes()].concat();
    set(place.engine().as_ref(), &head, None);
    let lost = place.try_open().unwrap_err();
    assert!(matches!(lost, OpenError::Damaged(_)), "{lost}");
}

fn a_segment_takes_less_than_its_records_in_the_engine(place: &Place) {
    let records = sealed(place);
    let in_engine: usize = records[..50]
        .iter()
        .map(|record| record_key(1).len() + 36 + record.bytes.len())
        .sum();
    let in_file = fs::metadata(file(place, "0-1-50.segment")).unwrap().len();
    assert!(
        in_file <= in_engine as u64,
        "{in_file} bytes for {in_engine}"
    );
}

/// The production driver: it seals while nothing waits, and wakes for it when asked.
fn the_thread_seals_by_itself(place: &Place) {
    let (journal, committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
    let driver = committer.run_on_thread().unwrap();
    fill(&journal);
    block_on(journal.wait(journal.last())).unwrap();
    while journal.sealed_up_to(LANE).unwrap() < 150 {
        std::thread::yield_now();
    }
    // The committer has gone to sleep by the time all is read; each request wakes it.
    for up_to in [166, 182, 198] {
        assert_eq!(all(&journal, LOG).len(), 200);
        journal.seal_up_to(LOG, up_to);
        while journal.sealed_up_to(LOG).unwrap() < up_to {
            std::thread::yield_now();
        }
    }
    drop(journal);
    driver.join().unwrap();
    verify_engine(place.engine().as_ref()).unwrap();
}

/// The very moment: the reader has looked for a segment and found none, and before it looks into
/// the engine the records are sealed.
#[test]
fn a_reader_that_is_overtaken_looks_again() {
    let place = Place::sled();
    let engine = Watched::new(place.engine());
    let on_scan = engine.on_scan();
    let (journal, mut committer) = Journal::open_with_limits(Box::new(engine), EARLY).unwrap();
    fill(&journal);
    commit_all(&mut committer);
    *on_scan.lock().unwrap() = Some(Box::new(move |from| {
        if from.starts_with(b"l") {
            while committer.seal_waiting().unwrap() {}
            return true;
        }
        false
    }));
    assert_eq!(journal.sealed_up_to(LOG).unwrap(), 0);
    assert_eq!(all(&journal, LOG).len(), 200);
    assert_eq!(journal.sealed_up_to(LOG).unwrap(), 150);
}

/// While each commit finds the next one waiting, what is long overdue is sealed all the same.
#[test]
fn work_that_never_ends_does_not_keep_records_from_being_sealed() {
    let place = Place::redb();
    let engine = Watched::new(place.engine());
    let on_sync = engine.on_sync();
    let (journal, committer) = Journal::open_with_limits(Box::new(engine), EARLY).unwrap();
    let (sealed, seen) = std::sync::mpsc::channel();
    let appends = journal.clone();
    *on_sync.lock().unwrap() = Some(Box::new(move || {
        match appends.head(LOG).sequence {
            ..400 => {
                appends.append(one("never rests")).unwrap();
            }
            400 => {
                sealed.send(appends.sealed_up_to(LOG).unwrap()).unwrap();
                appends.append(one("the last")).unwrap();
            }
            _ => {}
        }
        Ok(())
    }));
    let driver = committer.run_on_thread().unwrap();
    journal.append(one("the first")).unwrap();
    assert!(
        seen.recv().unwrap() >= 50,
        "nothing was sealed while work waited"
    );
    *on_sync.lock().unwrap() = None;
    drop(journal);
    driver.join().unwrap();
}

/// Readers beside the committer: a record that is being sealed is never missed and never damaged.
#[test]
fn readers_are_never_overtaken() {
    let place = Place::sled();
    let limits = JournalLimits {
        kept_records: 16,
        segment_records: 16,
        ..JournalLimits::DEFAULT
    };
    let (journal, committer) = Journal::open_with_limits(place.engine(), limits).unwrap();
    let driver = committer.run_on_thread().unwrap();
    for _ in 0..40 {
        for n in 0..40 {
            journal.append(one(format!("{n}"))).unwrap();
        }
        let ticket = journal.last();
        block_on(journal.wait(ticket)).unwrap();
        let head = journal.durable_head(LOG).sequence;
        assert_eq!(all(&journal, LOG).len() as u64, head);
        assert_eq!(journal.read(LOG, head - 30, 30).unwrap().len(), 30);
    }
    while journal.sealed_up_to(LOG).unwrap() < 1500 {
        assert_eq!(all(&journal, LOG).len(), 1600);
        journal.verify().unwrap();
    }
    drop(journal);
    driver.join().unwrap();
}

/// The engine's own files are lost, and the witness with them: what is sealed must not go too.
#[test]
fn segments_beside_an_empty_engine_are_not_taken_for_a_new_journal() {
    let place = Place::redb();
    sealed(&place);
    for lost in ["journal.redb", "witness"] {
        fs::remove_file(folder(&place).join(lost)).unwrap_or_default();
    }
    let refused = EngineKind::Redb.open(&folder(&place)).unwrap_err();
    assert!(matches!(refused, OpenError::FilesLost { .. }), "{refused}");
    assert!(file(&place, "0-1-50.segment").exists());
}

#[test]
fn segments_move_with_their_journal() {
    let (from, to) = (Place::sled(), Place::redb());
    let records = sealed(&from);
    let report = migrate(from.engine().as_ref(), to.engine().as_ref()).unwrap();
    assert_eq!(report.verified.segments, 6);
    let (journal, _committer) = to.open();
    assert_eq!(all(&journal, LOG), records);
    let simulated = Place::simulated();
    migrate(from.engine().as_ref(), simulated.engine().as_ref()).unwrap_err();
}

/// The simulated engine has no archive: every record stays where it is.
#[test]
fn the_simulated_engine_keeps_everything() {
    let place = Place::simulated();
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), EARLY).unwrap();
    fill(&journal);
    commit_all(&mut committer);
    journal.seal_up_to(LOG, u64::MAX);
    assert!(!committer.seal_waiting().unwrap());
    assert_eq!(journal.sealed_up_to(LOG).unwrap(), 0);
    assert_eq!(EngineKind::ALL.len(), 2);
}
