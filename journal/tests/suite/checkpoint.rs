//! Checkpoints: they move with their records in one commit, whole or not at all, and a start reads
//! the tail behind them only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal::{
    AppendError, Batch, CHECKPOINT_BYTES_MAX, Checkpoint, DiskFault, Engine, Journal,
    JournalLimits, LogId, ReadError, SimulatedDisk, VerifyError, migrate, remove_checkpoint,
    verify_checkpoint, verify_engine,
};

use crate::draw::Draw;
use crate::place::{Place, Watched, commit_all, one, set};

const NAME: &str = "desk";
const LOG: LogId = LogId::OWN;

macro_rules! on_every_engine {
    ($($test:ident),* $(,)?) => {
        mod sled { $(#[test] fn $test() { super::$test(&super::Place::sled()); })* }
        mod redb { $(#[test] fn $test() { super::$test(&super::Place::redb()); })* }
        mod simulated { $(#[test] fn $test() { super::$test(&super::Place::simulated()); })* }
    };
}

on_every_engine!(
    a_checkpoint_is_read_back_with_its_place,
    a_large_one_goes_in_bounded_commits_and_replaces_the_one_before,
    damage_is_named_and_the_log_is_the_way_back,
);

fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut draw = Draw(seed);
    (0..length).map(|_| draw.next() as u8).collect()
}

fn read(journal: &Journal) -> Checkpoint {
    journal.checkpoint(NAME).unwrap().unwrap()
}

fn a_checkpoint_is_read_back_with_its_place(place: &Place) {
    let (journal, mut committer) = place.open();
    assert_eq!(journal.checkpoint(NAME).unwrap(), None);
    for n in 1..=5 {
        journal.append(one(format!("record {n}"))).unwrap();
    }
    let mut batch = one("record 6");
    batch.record("record 7").put("key", "value");
    journal
        .append_with_checkpoint(batch, NAME, LOG, b"state of 7")
        .unwrap();
    assert_eq!(
        journal.checkpoint(NAME).unwrap(),
        None,
        "it is not durable yet"
    );
    commit_all(&mut committer);
    journal.append(one("record 8")).unwrap();
    journal
        .append_with_checkpoint(Batch::new(), "empty", LOG, b"")
        .unwrap();
    commit_all(&mut committer);
    drop((journal, committer));

    let (journal, _committer) = place.open();
    let checkpoint = read(&journal);
    assert_eq!(checkpoint.bytes, b"state of 7");
    assert_eq!((checkpoint.log, checkpoint.applied.sequence), (LOG, 7));
    let tail = journal
        .read(LOG, checkpoint.applied.sequence + 1, 100)
        .unwrap();
    assert_eq!(tail.len(), 1);
    assert_eq!(tail[0].bytes, b"record 8");
    let empty = journal.checkpoint("empty").unwrap().unwrap();
    assert_eq!((empty.bytes.len(), empty.applied.sequence), (0, 8));
    assert_eq!(journal.verify().unwrap().checkpoints, 2);
    assert_eq!(journal.get("key").unwrap(), Some(b"value".to_vec()));
}

fn a_large_one_goes_in_bounded_commits_and_replaces_the_one_before(place: &Place) {
    let limits = JournalLimits {
        commit_bytes_max: 1,
        ..JournalLimits::DEFAULT
    };
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), limits).unwrap();
    let mut kept: Option<Checkpoint> = None;
    for (n, length) in [900_000, 300, 2_000_000, 1_000_000, 0, 40_000]
        .into_iter()
        .enumerate()
    {
        let state = bytes(n as u64, length);
        journal
            .append_with_checkpoint(one(format!("{n}")), NAME, LOG, &state)
            .unwrap();
        let mut commits = 0;
        while committer.commit_waiting().unwrap() {
            commits += 1;
            // Until the last of its commits, the one before stands.
            if journal.head(LOG) != journal.durable_head(LOG) {
                assert_eq!(journal.checkpoint(NAME).unwrap(), kept);
            }
        }
        assert!(
            commits > length / 270_000,
            "{commits} commits for {length} bytes"
        );
        kept = Some(read(&journal));
        let now = kept.as_ref().unwrap();
        assert!(
            now.bytes == state,
            "another state of {length} bytes came back"
        );
        assert_eq!(now.applied, journal.durable_head(LOG));
    }
    drop((journal, committer));
    // Nothing is left of the longer ones: the last has 10 pieces, the one before none.
    let pieces = place.engine().scan(b"p", Some(b"q"), usize::MAX).unwrap();
    assert_eq!(pieces.len(), 10);
    let (journal, _committer) = place.open();
    assert_eq!(journal.checkpoint(NAME).unwrap(), kept);
    journal.verify().unwrap();
}

/// What is decided can't be taken back, and waits for room in memory. Its checkpoint is a cache: it
/// would only take the place of what else must wait.
#[test]
fn without_room_the_batch_waits_alone_and_the_checkpoint_is_left_out() {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    journal
        .append_with_checkpoint(one("1"), NAME, LOG, b"state of 1")
        .unwrap();
    commit_all(&mut committer);
    let before = read(&journal);
    disk.set_fault(Some(DiskFault::Full));
    journal.append(one("2")).unwrap();
    assert!(committer.commit_waiting().is_err());
    let decided = journal
        .append_with_checkpoint(one("3"), NAME, LOG, &bytes(3, 900_000))
        .unwrap();
    assert_eq!(journal.figures().batches_waiting, 1);
    assert!(journal.figures().waiting_bytes < 1000);
    assert!(committer.commit_waiting().is_err());
    assert!(journal.durable() < decided);
    disk.set_fault(None);
    commit_all(&mut committer);
    assert_eq!(journal.durable(), decided);
    assert_eq!(journal.durable_head(LOG).sequence, 3);
    assert_eq!(read(&journal), before, "the one before stands");
    journal
        .append_with_checkpoint(one("4"), NAME, LOG, b"state of 4")
        .unwrap();
    commit_all(&mut committer);
    let after = read(&journal);
    assert_eq!(after.bytes, b"state of 4");
    assert_eq!(after.applied, journal.durable_head(LOG));
    journal.verify().unwrap();
}

#[test]
fn what_is_too_large_is_refused_whole() {
    let (journal, mut committer) = Place::simulated().open();
    let large = vec![0; CHECKPOINT_BYTES_MAX + 1];
    let refused = journal
        .append_with_checkpoint(one("r"), NAME, LOG, &large)
        .unwrap_err();
    assert!(matches!(refused, AppendError::CheckpointTooLarge { .. }));
    let refused = journal.append_with_checkpoint(one("r"), &"n".repeat(201), LOG, b"");
    assert!(matches!(
        refused,
        Err(AppendError::CheckpointTooLarge { .. })
    ));
    assert!(!committer.commit_waiting().unwrap());
    journal
        .append_with_checkpoint(one("r"), NAME, LOG, &large[1..])
        .unwrap();
    commit_all(&mut committer);
    assert_eq!(read(&journal).bytes.len(), CHECKPOINT_BYTES_MAX);
}

/// A power cut between any two commits of a checkpoint leaves the one before or the new one.
#[test]
fn a_power_cut_leaves_one_or_the_other() {
    let limits = JournalLimits {
        commit_bytes_max: 1,
        ..JournalLimits::DEFAULT
    };
    let [before, after] = [bytes(1, 900_000), bytes(2, 700_000)];
    let mut seen = std::collections::BTreeSet::new();
    for commits in 0..8 {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open_with_limits(disk.engine(), limits).unwrap();
        journal
            .append_with_checkpoint(one("1"), NAME, LOG, &before)
            .unwrap();
        commit_all(&mut committer);
        // One in the other slot, so that the third goes where the first was.
        journal
            .append_with_checkpoint(one("2"), NAME, LOG, &before)
            .unwrap();
        commit_all(&mut committer);
        journal
            .append_with_checkpoint(one("3"), NAME, LOG, &after)
            .unwrap();
        for _ in 0..commits {
            committer.commit_waiting().unwrap();
        }
        disk.crash(commits);
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        journal.verify().unwrap();
        let left = read(&journal);
        let expected = match left.applied.sequence {
            2 => &before,
            _ => &after,
        };
        assert!(left.bytes == *expected && left.applied == journal.head(LOG));
        seen.insert(left.applied.sequence);
    }
    assert!(seen.into_iter().eq([2, 3]));
}

/// The second doesn't go where the first goes, though that is not durable yet.
#[test]
fn two_checkpoints_one_right_behind_the_other_do_not_mix() {
    let limits = JournalLimits {
        commit_bytes_max: 1,
        ..JournalLimits::DEFAULT
    };
    let engine = SimulatedDisk::new().engine();
    let (journal, mut committer) = Journal::open_with_limits(engine, limits).unwrap();
    let states = [1, 2, 3].map(|seed| bytes(seed, 600_000));
    for state in &states {
        journal
            .append_with_checkpoint(one("r"), NAME, LOG, state)
            .unwrap();
    }
    while committer.commit_waiting().unwrap() {
        if let Some(checkpoint) = journal.checkpoint(NAME).unwrap() {
            let at = checkpoint.applied.sequence as usize;
            assert!(checkpoint.bytes == states[at - 1]);
        }
        journal.verify().unwrap();
    }
    assert_eq!(read(&journal).applied.sequence, 3);
}

/// Two of them in one commit go into both slots; until it is durable, the one before is read whole.
#[test]
fn a_checkpoint_is_not_seen_before_it_is_durable() {
    let engine = Watched::new(SimulatedDisk::new().engine());
    let on_sync = engine.on_sync();
    let (journal, mut committer) = Journal::open(Box::new(engine)).unwrap();
    let states = [1, 2, 3].map(|seed| bytes(seed, 50_000));
    journal
        .append_with_checkpoint(one("r"), NAME, LOG, &states[0])
        .unwrap();
    commit_all(&mut committer);
    for state in &states[1..] {
        journal
            .append_with_checkpoint(one("r"), NAME, LOG, state)
            .unwrap();
    }
    let (reader, first) = (journal.clone(), states[0].clone());
    let seen = Arc::new(AtomicBool::new(false));
    let sets = Arc::clone(&seen);
    *on_sync.lock().unwrap() = Some(Box::new(move || {
        sets.store(read(&reader).bytes == first, Ordering::SeqCst);
        Ok(())
    }));
    commit_all(&mut committer);
    assert!(seen.load(Ordering::SeqCst), "another one was seen");
    *on_sync.lock().unwrap() = None;
    assert!(read(&journal).bytes == states[2]);
}

/// A piece that is sound in itself and belongs to an older checkpoint.
#[test]
fn a_piece_of_an_older_checkpoint_is_found() {
    let place = Place::simulated();
    let mut older = None;
    for n in 1..=3 {
        let (journal, mut committer) = place.open();
        journal
            .append_with_checkpoint(one("r"), NAME, LOG, &bytes(n, 9000))
            .unwrap();
        commit_all(&mut committer);
        drop((journal, committer));
        let pieces = place.engine().scan(b"p", Some(b"q"), 1).unwrap();
        older = older.or(pieces.into_iter().next());
    }
    let (key, value) = older.unwrap();
    verify_engine(place.engine().as_ref()).unwrap();
    set(place.engine().as_ref(), &key, Some(value));
    let found = verify_engine(place.engine().as_ref()).unwrap_err();
    assert!(matches!(found, VerifyError::Keyed(_)), "{found}");
}

#[test]
fn two_checkpoints_of_one_commit_do_not_mix() {
    let (journal, mut committer) = Place::simulated().open();
    for n in 1..=4u64 {
        let state = bytes(n, 50_000);
        journal
            .append_with_checkpoint(one("r"), NAME, LOG, &state)
            .unwrap();
    }
    commit_all(&mut committer);
    assert!(read(&journal).bytes == bytes(4, 50_000));
    assert_eq!(read(&journal).applied.sequence, 4);
}

fn entry_key() -> Vec<u8> {
    [b"c".as_slice(), &[NAME.len() as u8], NAME.as_bytes()].concat()
}

fn damage_is_named_and_the_log_is_the_way_back(place: &Place) {
    let (journal, mut committer) = place.open();
    journal
        .append_with_checkpoint(one("1"), NAME, LOG, &bytes(1, 9000))
        .unwrap();
    commit_all(&mut committer);
    drop((journal, committer));
    let engine = place.engine();
    let pieces = engine.scan(b"p", Some(b"q"), 10).unwrap();
    assert_eq!(pieces.len(), 3);
    let entry = (entry_key(), engine.get(&entry_key()).unwrap().unwrap());
    for (key, value) in pieces.iter().chain([&entry]) {
        let mut flipped = value.clone();
        flipped[20] ^= 1;
        for damage in [Some(flipped), None, Some(Vec::new())] {
            let entry_gone = damage.is_none() && *key == entry.0;
            set(engine.as_ref(), key, damage);
            let found = verify_engine(engine.as_ref());
            assert_eq!(found.is_err(), !entry_gone, "{key:?}");
        }
        set(engine.as_ref(), key, Some(value.clone()));
    }
    // Two sound pieces that changed places.
    set(engine.as_ref(), &pieces[0].0, Some(pieces[1].1.clone()));
    let error = verify_engine(engine.as_ref()).unwrap_err();
    assert!(matches!(error, VerifyError::Keyed(_)), "{error}");
    remove_checkpoint(engine.as_ref(), NAME).unwrap();
    verify_engine(engine.as_ref()).unwrap();
}

/// A checkpoint of another log than the one that is there: nobody may build on it.
#[test]
fn a_checkpoint_that_does_not_belong_to_the_log_is_refused() {
    let log_of = |text: &str| {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        journal
            .append_with_checkpoint(one(text), NAME, LOG, text.as_bytes())
            .unwrap();
        commit_all(&mut committer);
        disk
    };
    let (one_log, other) = (log_of("one"), log_of("other"));
    let stranger = other.engine().get(&entry_key()).unwrap();
    let engine = one_log.engine();
    for (key, value) in other.engine().scan(b"p", Some(b"q"), 10).unwrap() {
        set(engine.as_ref(), &key, Some(value));
    }
    set(engine.as_ref(), &entry_key(), stranger);
    drop(engine);
    let (journal, _committer) = Journal::open(one_log.engine()).unwrap();
    let refused = journal.checkpoint(NAME).unwrap_err();
    assert!(matches!(refused, ReadError::Keyed(_)), "{refused}");
    let said = refused.to_string();
    assert!(
        said.contains("another record is known to have been durable"),
        "{said}"
    );
}

fn count(sum: &mut u64, record: &journal::Record) {
    *sum += record.bytes.len() as u64;
}

#[test]
fn it_is_compared_with_what_the_log_gives() {
    let place = Place::simulated();
    let (journal, mut committer) = place.open();
    let mut sum = 0u64;
    for n in 1..=700u64 {
        sum += 5;
        let batch = one("12345");
        match n % 100 {
            0 => journal.append_with_checkpoint(batch, NAME, LOG, &sum.to_be_bytes()),
            _ => journal.append(batch),
        }
        .unwrap();
    }
    journal.append(one("behind it")).unwrap();
    commit_all(&mut committer);
    let compared = |engine: &dyn Engine, name: &str, start: u64| {
        let encode = |sum: u64, _: &[u8]| sum.to_be_bytes().to_vec();
        verify_checkpoint(engine, name, |_| true, start, count, encode).unwrap()
    };
    let engine = place.engine();
    let report = compared(engine.as_ref(), NAME, 0).unwrap();
    assert!(report.is_same);
    assert_eq!(report.applied.sequence, 700);
    assert!(!compared(engine.as_ref(), NAME, 1).unwrap().is_same);
    assert_eq!(compared(engine.as_ref(), "nobody's", 0), None);
    // It moves with its journal.
    let to = Place::sled();
    migrate(engine.as_ref(), to.engine().as_ref()).unwrap();
    assert!(compared(to.engine().as_ref(), NAME, 0).unwrap().is_same);
}
