//! What every engine must do, through the journal and below it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::thread;

use journal::{
    AppendError, Batch, EngineError, Hash, Head, Journal, LogId, RECORD_BYTES_MAX, Ticket,
    VALUE_BYTES_MAX, Write,
};

use crate::place::{Place, Watched, all, block_on, bytes, commit_all, one};

macro_rules! on_every_engine {
    ($($test:ident),* $(,)?) => {
        mod sled { $(#[test] fn $test() { super::$test(&super::Place::sled()); })* }
        mod redb { $(#[test] fn $test() { super::$test(&super::Place::redb()); })* }
        mod simulated { $(#[test] fn $test() { super::$test(&super::Place::simulated()); })* }
    };
}

on_every_engine!(
    engine_keeps_an_ordered_map,
    engine_keeps_the_witness_apart,
    engine_refuses_large_values,
    append_is_durable_only_after_the_commit,
    one_commit_takes_all_that_waits,
    the_later_write_to_a_key_counts,
    read_gives_what_was_asked_for,
    readers_never_see_what_is_not_durable,
    state_and_side_come_and_go_with_their_batch,
    scan_keeps_to_its_prefix,
    replica_follows_its_log,
    replica_with_a_gap_is_refused_whole,
    replica_that_forks_is_refused_whole,
    replica_that_comes_again_is_compared,
    own_log_is_rebuilt_from_a_copy,
    reopen_finds_everything,
    largest_records_fit,
    many_commits_and_reopens,
    close_commits_what_waits,
    verify_reports_each_log,
    a_scan_sees_whole_commits_only,
    verify_runs_beside_the_committer,
);

fn write(key: &[u8], value: Option<&[u8]>) -> Write {
    Write {
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
    }
}

fn engine_keeps_an_ordered_map(place: &Place) {
    let engine = place.empty_engine();
    assert_eq!(engine.scan(&[], None, 10).unwrap(), []);
    let keys: [&[u8]; 5] = [b"a", b"ab", b"b", b"c", &[0xff, 0xff]];
    let batch: Vec<Write> = keys.iter().rev().map(|key| write(key, Some(key))).collect();
    engine.write(&batch).unwrap();
    engine.sync().unwrap();
    let found = |from: &[u8], to: Option<&[u8]>, max| -> Vec<Vec<u8>> {
        let pairs = engine.scan(from, to, max).unwrap();
        pairs
            .into_iter()
            .map(|(key, value)| {
                assert_eq!(key, value);
                key
            })
            .collect()
    };
    assert_eq!(found(&[], None, 10), keys);
    assert_eq!(
        found(b"ab", Some(b"c"), 10),
        [b"ab".to_vec(), b"b".to_vec()]
    );
    assert_eq!(found(&[], None, 2), [b"a".to_vec(), b"ab".to_vec()]);
    assert_eq!(found(b"c", Some(b"b"), 10), Vec::<Vec<u8>>::new());
    assert_eq!(found(b"b", Some(b"b"), 10), Vec::<Vec<u8>>::new());
    engine
        .write(&[
            write(b"b", None),
            write(b"zz", None),
            write(b"a", Some(b"")),
        ])
        .unwrap();
    assert_eq!(engine.get(b"b").unwrap(), None);
    assert_eq!(engine.get(b"a").unwrap(), Some(Vec::new()));
    assert_eq!(engine.get(b"ab").unwrap(), Some(b"ab".to_vec()));
}

fn engine_keeps_the_witness_apart(place: &Place) {
    let engine = place.empty_engine();
    assert_eq!(engine.witness().unwrap(), None);
    engine.set_witness(b"one").unwrap();
    engine.set_witness(b"two").unwrap();
    assert_eq!(engine.scan(&[], None, 10).unwrap(), []);
    drop(engine);
    assert_eq!(place.engine().witness().unwrap(), Some(b"two".to_vec()));
}

fn engine_refuses_large_values(place: &Place) {
    let engine = place.engine();
    let large = vec![7; VALUE_BYTES_MAX + 1];
    let batch = [write(b"small", Some(b"1")), write(b"large", Some(&large))];
    let refused = engine.write(&batch);
    assert!(matches!(
        refused,
        Err(EngineError::ValueTooLarge { value_bytes: 4097 })
    ));
    assert_eq!(engine.get(b"small").unwrap(), None);
    engine.write(&[write(b"large", Some(&large[1..]))]).unwrap();
}

fn append_is_durable_only_after_the_commit(place: &Place) {
    let (journal, mut committer) = place.open();
    let ticket = journal.append(one("first")).unwrap();
    assert_eq!(journal.last(), ticket);
    assert_eq!(journal.durable(), Ticket::NONE);
    let expected = Head {
        sequence: 1,
        hash: Hash::ZERO.next(1, b"first"),
    };
    assert_eq!(journal.head(LogId::OWN), expected);
    assert_eq!(journal.durable_head(LogId::OWN), Head::default());
    assert_eq!(all(&journal, LogId::OWN), []);
    let mut durable = journal.subscribe();
    assert!(committer.commit_waiting().unwrap());
    assert!(durable.has_changed().unwrap());
    assert_eq!(*durable.borrow_and_update(), ticket);
    assert_eq!(journal.durable_head(LogId::OWN), expected);
    assert_eq!(bytes(&all(&journal, LogId::OWN)), [b"first"]);
    assert!(!committer.commit_waiting().unwrap());
}

fn one_commit_takes_all_that_waits(place: &Place) {
    let engine = Watched::new(place.engine());
    let syncs = engine.syncs();
    let (journal, mut committer) = Journal::open(Box::new(engine)).unwrap();
    let before = syncs.load(Ordering::SeqCst);
    let tickets: Vec<Ticket> = (0..1000)
        .map(|n: u32| journal.append(one(n.to_be_bytes())).unwrap())
        .collect();
    assert!(committer.commit_waiting().unwrap());
    assert_eq!(journal.durable(), tickets[999]);
    assert_eq!(syncs.load(Ordering::SeqCst) - before, 1);
    let records = all(&journal, LogId::OWN);
    assert!(records.iter().map(|record| record.sequence).eq(1..=1000));
    assert!(
        records
            .iter()
            .zip(0u32..)
            .all(|(record, n)| record.bytes == n.to_be_bytes())
    );
}

fn the_later_write_to_a_key_counts(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut batch = Batch::new();
    batch
        .put("a", "1")
        .put("a", "2")
        .put("b", "1")
        .delete("b")
        .delete("c")
        .put("c", "1");
    journal.append(batch).unwrap();
    let mut batch = Batch::new();
    batch.put("a", "3").put_side("a", "side");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    assert_eq!(journal.get("a").unwrap(), Some(b"3".to_vec()));
    assert_eq!(journal.get("b").unwrap(), None);
    assert_eq!(journal.get("c").unwrap(), Some(b"1".to_vec()));
    assert_eq!(journal.get_side("a").unwrap(), Some(b"side".to_vec()));
}

fn read_gives_what_was_asked_for(place: &Place) {
    let (journal, mut committer) = place.open();
    for n in 0..1200u32 {
        journal.append(one(n.to_string())).unwrap();
    }
    commit_all(&mut committer);
    let read = |from, max| -> Vec<u64> {
        let records = journal.read(LogId::OWN, from, max).unwrap();
        records.iter().map(|record| record.sequence).collect()
    };
    assert_eq!(read(0, 2), [1, 2]);
    assert_eq!(read(1, 2), [1, 2]);
    assert_eq!(read(1199, 10), [1199, 1200]);
    assert_eq!(read(1201, 10), Vec::<u64>::new());
    assert_eq!(read(u64::MAX, usize::MAX), Vec::<u64>::new());
    assert_eq!(read(5, 0), Vec::<u64>::new());
    assert!(read(2, usize::MAX).into_iter().eq(2..=1200));
    assert_eq!(journal.read(LogId(9), 1, 10).unwrap(), []);
}

fn readers_never_see_what_is_not_durable(place: &Place) {
    let engine = Watched::new(place.engine());
    let on_sync = engine.on_sync();
    let (journal, mut committer) = Journal::open(Box::new(engine)).unwrap();
    let mut batch = one("old");
    batch
        .put("changed", "old")
        .put("deleted", "old")
        .put_side("side", "old");
    journal.append(batch).unwrap();
    commit_all(&mut committer);

    let seen = journal.clone();
    *on_sync.lock().unwrap() = Some(Box::new(move || {
        assert_eq!(bytes(&all(&seen, LogId::OWN)), [b"old"]);
        assert_eq!(seen.get("changed").unwrap(), Some(b"old".to_vec()));
        assert_eq!(seen.get("deleted").unwrap(), Some(b"old".to_vec()));
        assert_eq!(seen.get("added").unwrap(), None);
        assert_eq!(seen.get_side("side").unwrap(), Some(b"old".to_vec()));
        let keys: Vec<Vec<u8>> = seen
            .scan("")
            .unwrap()
            .into_iter()
            .map(|pair| pair.0)
            .collect();
        assert_eq!(keys, [b"changed".to_vec(), b"deleted".to_vec()]);
        seen.verify().unwrap();
        Ok(())
    }));
    let mut batch = one("new");
    batch
        .put("changed", "new")
        .delete("deleted")
        .put("added", "new")
        .delete_side("side");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    *on_sync.lock().unwrap() = None;
    assert_eq!(bytes(&all(&journal, LogId::OWN)), [b"old", b"new"]);
    assert_eq!(journal.get("deleted").unwrap(), None);
    assert_eq!(journal.get("added").unwrap(), Some(b"new".to_vec()));
    assert_eq!(journal.scan("").unwrap().len(), 2);
    assert_eq!(journal.get_side("side").unwrap(), None);
}

fn state_and_side_come_and_go_with_their_batch(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut batch = one("with");
    batch.put("k", "v").put_side("card", "sealed");
    journal.append(batch).unwrap();
    let mut refused = Batch::new();
    refused
        .put("k", "refused")
        .record(vec![0; RECORD_BYTES_MAX + 1]);
    let error = journal.append(refused).unwrap_err();
    assert!(matches!(error, AppendError::RecordTooLarge { .. }));
    commit_all(&mut committer);
    assert_eq!(journal.get("k").unwrap(), Some(b"v".to_vec()));
    assert_eq!(journal.get_side("card").unwrap(), Some(b"sealed".to_vec()));
    assert_eq!(journal.get("card").unwrap(), None);
    let mut batch = Batch::new();
    batch.delete_side("card");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    assert_eq!(journal.get_side("card").unwrap(), None);
    assert_eq!(journal.scan_side("").unwrap(), []);
}

fn scan_keeps_to_its_prefix(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut batch = Batch::new();
    for n in 0..1300u32 {
        batch.put(format!("queue/{n:05}"), n.to_be_bytes());
    }
    batch
        .put("queue", "")
        .put("queue0", "")
        .put([0xff, 0xff], "end")
        .put_side("queue/1", "");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    let pairs = journal.scan("queue/").unwrap();
    assert_eq!(pairs.len(), 1300);
    let keys = pairs
        .iter()
        .map(|(key, _)| String::from_utf8(key.clone()).unwrap());
    assert!(keys.eq((0..1300).map(|n| format!("queue/{n:05}"))));
    assert_eq!(
        journal.scan([0xff]).unwrap(),
        [(vec![0xff, 0xff], b"end".to_vec())]
    );
    assert_eq!(journal.scan("nothing").unwrap(), []);
    assert_eq!(journal.scan("").unwrap().len(), 1303);
}

const LANE: LogId = LogId((7 << 32) | 1);

/// The first records of some lane's log.
fn lane_records(count: u64) -> Vec<(u64, Hash, Vec<u8>)> {
    let mut head = Head::default();
    let record = |n: u64| {
        let bytes = format!("sale {n}").into_bytes();
        head = head.extended_by(&bytes);
        (head.sequence, head.hash, bytes)
    };
    (1..=count).map(record).collect()
}

fn replicate(log: LogId, records: &[(u64, Hash, Vec<u8>)]) -> Batch {
    let mut batch = Batch::new();
    for (sequence, hash, bytes) in records {
        batch.replica(log, *sequence, *hash, bytes.clone());
    }
    batch
}

fn replica_follows_its_log(place: &Place) {
    let (journal, mut committer) = place.open();
    let records = lane_records(5);
    journal.append(one("own")).unwrap();
    journal.append(replicate(LANE, &records[..3])).unwrap();
    let mut both = replicate(LANE, &records[3..]);
    both.record("own too");
    journal.append(both).unwrap();
    assert_eq!(
        journal.head(LANE),
        Head {
            sequence: 5,
            hash: records[4].1
        }
    );
    assert_eq!(journal.durable_head(LANE), Head::default());
    commit_all(&mut committer);
    assert_eq!(journal.durable_head(LANE).sequence, 5);
    assert_eq!(journal.logs(), [LogId::OWN, LANE]);
    let held = all(&journal, LANE);
    assert!(
        held.iter()
            .zip(&records)
            .all(|(held, sent)| held.hash == sent.1)
    );
    assert_eq!(
        bytes(&all(&journal, LogId::OWN)),
        [b"own".as_slice(), b"own too"]
    );
}

fn replica_with_a_gap_is_refused_whole(place: &Place) {
    let (journal, mut committer) = place.open();
    let records = lane_records(5);
    let mut batch = replicate(LANE, &[records[0].clone(), records[2].clone()]);
    batch.put("k", "v");
    let refused = journal.append(batch).unwrap_err();
    assert!(matches!(
        refused,
        AppendError::ReplicaGap {
            log: LANE,
            expected: 2,
            got: 3
        }
    ));
    assert_eq!(journal.head(LANE), Head::default());
    commit_all(&mut committer);
    assert_eq!(journal.get("k").unwrap(), None);
    let refused = journal.append(replicate(LANE, &records[1..2])).unwrap_err();
    assert!(matches!(
        refused,
        AppendError::ReplicaGap {
            expected: 1,
            got: 2,
            ..
        }
    ));
}

fn replica_that_forks_is_refused_whole(place: &Place) {
    let (journal, _committer) = place.open();
    let mut records = lane_records(3);
    records[1].2 = b"another sale".to_vec();
    let refused = journal.append(replicate(LANE, &records)).unwrap_err();
    assert!(matches!(
        refused,
        AppendError::ReplicaFork {
            log: LANE,
            sequence: 2
        }
    ));
    assert_eq!(journal.head(LANE), Head::default());
    // The same bytes with a hash that is not theirs fork too.
    let mut records = lane_records(3);
    records[2].1 = Hash([9; 32]);
    let refused = journal.append(replicate(LANE, &records)).unwrap_err();
    assert!(matches!(
        refused,
        AppendError::ReplicaFork { sequence: 3, .. }
    ));
}

fn replica_that_comes_again_is_compared(place: &Place) {
    let (journal, mut committer) = place.open();
    let records = lane_records(6);
    journal.append(replicate(LANE, &records[..2])).unwrap();
    commit_all(&mut committer);
    let waiting = journal.append(replicate(LANE, &records[2..4])).unwrap();
    // 1 and 2 are durable, 3 and 4 wait, 5 comes twice in one batch, 6 is new.
    assert_eq!(
        journal.append(replicate(LANE, &records[..4])).unwrap(),
        waiting
    );
    let mut twice = records.clone();
    twice.insert(5, records[4].clone());
    journal.append(replicate(LANE, &twice)).unwrap();
    for at in [0, 2, 4] {
        let mut forked = records[at].clone();
        forked.1 = Hash([9; 32]);
        let refused = journal.append(replicate(LANE, &[forked])).unwrap_err();
        let sequence = at as u64 + 1;
        assert!(matches!(refused, AppendError::ReplicaFork { sequence: s, .. } if s == sequence));
    }
    commit_all(&mut committer);
    assert_eq!(all(&journal, LANE).len(), 6);
    journal.verify().unwrap();
}

fn own_log_is_rebuilt_from_a_copy(place: &Place) {
    let (journal, mut committer) = place.open();
    journal
        .append(replicate(LogId::OWN, &lane_records(3)))
        .unwrap();
    journal.append(one("goes on")).unwrap();
    commit_all(&mut committer);
    assert_eq!(journal.durable_head(LogId::OWN).sequence, 4);
    journal.verify().unwrap();
}

fn reopen_finds_everything(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut batch = replicate(LANE, &lane_records(4));
    batch
        .record("one")
        .record("two")
        .put("k", "v")
        .put_side("x", "y");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    let heads = [LogId::OWN, LANE].map(|log| journal.head(log));
    drop((journal, committer));

    let (journal, mut committer) = place.open();
    assert_eq!([LogId::OWN, LANE].map(|log| journal.head(log)), heads);
    assert_eq!(
        [LogId::OWN, LANE].map(|log| journal.durable_head(log)),
        heads
    );
    assert_eq!(journal.durable(), Ticket::NONE);
    assert_eq!(journal.logs(), [LogId::OWN, LANE]);
    assert_eq!(journal.get("k").unwrap(), Some(b"v".to_vec()));
    assert_eq!(journal.get_side("x").unwrap(), Some(b"y".to_vec()));
    journal.append(one("three")).unwrap();
    commit_all(&mut committer);
    assert_eq!(
        bytes(&all(&journal, LogId::OWN)),
        [b"one".as_slice(), b"two", b"three"]
    );
    journal.verify().unwrap();
}

fn largest_records_fit(place: &Place) {
    let (journal, mut committer) = place.open();
    for n in 0..600u32 {
        let mut record = vec![0xa5; RECORD_BYTES_MAX];
        record[..4].copy_from_slice(&n.to_be_bytes());
        journal.append(one(record)).unwrap();
    }
    commit_all(&mut committer);
    drop((journal, committer));
    let (journal, _committer) = place.open();
    assert_eq!(all(&journal, LogId::OWN).len(), 600);
    assert_eq!(journal.verify().unwrap().logs[0].records, 600);
}

fn many_commits_and_reopens(place: &Place) {
    for round in 0..5u64 {
        let (journal, mut committer) = place.open();
        assert_eq!(journal.head(LogId::OWN).sequence, round * 40);
        for n in 0..40u64 {
            let mut batch = one(format!("{round}/{n}"));
            batch
                .put(format!("{}", n % 7), n.to_be_bytes())
                .delete(format!("{}", n % 5));
            journal.append(batch).unwrap();
            assert!(committer.commit_waiting().unwrap());
        }
        journal.verify().unwrap();
    }
}

fn close_commits_what_waits(place: &Place) {
    let (journal, committer) = place.open();
    let driver = committer.run_on_thread().unwrap();
    let ticket = journal.append(one("last")).unwrap();
    journal.close();
    assert!(matches!(
        journal.append(one("late")),
        Err(AppendError::Closed)
    ));
    driver.join().unwrap();
    assert_eq!(journal.durable(), ticket);
    drop(journal);
    let (journal, _committer) = place.open();
    assert_eq!(bytes(&all(&journal, LogId::OWN)), [b"last"]);
}

fn verify_reports_each_log(place: &Place) {
    let (journal, mut committer) = place.open();
    let mut batch = replicate(LANE, &lane_records(700));
    batch
        .record("own")
        .put("a", "1")
        .put("b", "2")
        .put_side("c", "3");
    journal.append(batch).unwrap();
    commit_all(&mut committer);
    let report = journal.verify().unwrap();
    let logs: Vec<_> = report
        .logs
        .iter()
        .map(|log| (log.log, log.records, log.head))
        .collect();
    let expected = [LogId::OWN, LANE].map(|log| {
        let head = journal.head(log);
        (log, head.sequence, head)
    });
    assert_eq!(logs, expected);
    assert_eq!((report.state_values, report.side_values), (2, 1));
}

/// Each batch sets every key to the same number: a scan that sees two numbers saw half a commit.
/// So many keys that one look into the engine doesn't get them all.
fn a_scan_sees_whole_commits_only(place: &Place) {
    const BATCHES: u64 = 60;
    let (journal, committer) = place.open();
    let driver = committer.run_on_thread().unwrap();
    let writing = journal.clone();
    let writer = thread::spawn(move || {
        for n in 1..=BATCHES {
            let mut batch = Batch::new();
            for key in 0..1200u16 {
                batch.put(key.to_be_bytes(), n.to_be_bytes());
            }
            let ticket = writing.append(batch).unwrap();
            block_on(writing.wait(ticket)).unwrap();
        }
    });
    let mut last = 0;
    while last < BATCHES {
        let pairs = journal.scan("").unwrap();
        let numbers: BTreeSet<Vec<u8>> = pairs.into_iter().map(|(_, value)| value).collect();
        assert!(numbers.len() <= 1, "a commit was half seen");
        if let Some(number) = numbers.first() {
            let number = u64::from_be_bytes(number.as_slice().try_into().unwrap());
            assert!(number >= last, "the journal went back");
            last = number;
        }
    }
    writer.join().unwrap();
    journal.close();
    driver.join().unwrap();
}

fn verify_runs_beside_the_committer(place: &Place) {
    let (journal, committer) = place.open();
    let driver = committer.run_on_thread().unwrap();
    let mut records = lane_records(300).into_iter();
    for n in 0..300u64 {
        let mut batch = replicate(LANE, &records.next().into_iter().collect::<Vec<_>>());
        batch
            .record(n.to_be_bytes())
            .put([n as u8], n.to_be_bytes());
        journal.append(batch).unwrap();
        if n % 10 == 0 {
            journal.verify().unwrap();
            let durable = journal.durable_head(LogId::OWN).sequence;
            assert!(all(&journal, LogId::OWN).len() as u64 >= durable);
        }
    }
    journal.close();
    driver.join().unwrap();
    assert_eq!(journal.verify().unwrap().logs[1].records, 300);
}
