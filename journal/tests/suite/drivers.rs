//! Both drivers of the committer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use journal::{AppendError, Closed, Journal, JournalLimits, LogId, SimulatedDisk, Ticket};

use crate::place::{Place, Watched, all, block_on, one};

#[test]
fn many_threads_share_commits_and_none_is_lost() {
    let place = Place::sled();
    let engine = Watched::new(place.engine());
    let syncs = engine.syncs();
    let (journal, committer) = Journal::open(Box::new(engine)).unwrap();
    let driver = committer.run_on_thread().unwrap();
    let writer = |writer: u32| {
        let journal = journal.clone();
        thread::spawn(move || {
            for n in 0..50u32 {
                let ticket = journal.append(one(format!("{writer}/{n}"))).unwrap();
                block_on(journal.wait(ticket)).unwrap();
                assert!(journal.durable() >= ticket);
            }
        })
    };
    let writers: Vec<_> = (0..16).map(writer).collect();
    writers
        .into_iter()
        .for_each(|writer| writer.join().unwrap());
    let records = all(&journal, LogId::OWN);
    assert_eq!(records.len(), 16 * 50);
    for writer in 0..16 {
        let mine = records
            .iter()
            .map(|record| String::from_utf8(record.bytes.clone()).unwrap());
        let mine = mine.filter(|bytes| bytes.starts_with(&format!("{writer}/")));
        assert!(mine.eq((0..50).map(|n| format!("{writer}/{n}"))));
    }
    assert!(
        syncs.load(Ordering::SeqCst) < 16 * 50,
        "no two appends shared a commit"
    );
    drop(journal);
    driver.join().unwrap();
    Place::open(&place).0.verify().unwrap();
}

#[test]
fn what_waits_while_the_disk_is_busy_shares_the_next_commit() {
    let engine = Watched::new(SimulatedDisk::new().engine());
    let (on_sync, syncs) = (engine.on_sync(), engine.syncs());
    let (journal, committer) = Journal::open(Box::new(engine)).unwrap();
    let before = syncs.load(Ordering::SeqCst);
    let (busy, started) = std::sync::mpsc::channel();
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let mut first = Some((busy, held));
    *on_sync.lock().unwrap() = Some(Box::new(move || {
        if let Some((busy, held)) = first.take() {
            busy.send(()).unwrap();
            held.recv().unwrap();
        }
        Ok(())
    }));
    let driver = committer.run_on_thread().unwrap();
    journal.append(one("first")).unwrap();
    started.recv().unwrap();
    let last = (0..64)
        .map(|n| journal.append(one(format!("{n}"))).unwrap())
        .max()
        .unwrap();
    assert_eq!(journal.durable(), Ticket::NONE);
    go_on.send(()).unwrap();
    block_on(journal.wait(last)).unwrap();
    assert_eq!(syncs.load(Ordering::SeqCst) - before, 2);
    drop(journal);
    driver.join().unwrap();
}

#[test]
fn the_simulated_driver_writes_sleeps_syncs_and_wakes() {
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    let delays = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let drawn = Arc::clone(&delays);
    block_on(async {
        let driver = committer.run_simulated(move || {
            drawn.fetch_add(1, Ordering::SeqCst);
            Duration::from_micros(10)
        });
        let user = async {
            let mut durable = journal.subscribe();
            for n in 1..=3u64 {
                let ticket = journal.append(one(format!("{n}"))).unwrap();
                durable.changed().await.unwrap();
                assert_eq!(*durable.borrow_and_update(), ticket);
                assert_eq!(journal.durable_head(LogId::OWN).sequence, n);
            }
            journal.close();
        };
        let (ended, ()) = tokio::join!(driver, user);
        ended.unwrap();
    });
    assert_eq!(delays.load(Ordering::SeqCst), 3);
    assert_eq!(disk.unsynced_bytes(), 0);
}

#[test]
fn waiting_ends_when_the_committer_is_gone() {
    let (journal, mut committer) = Place::simulated().open();
    let durable = journal.append(one("durable")).unwrap();
    committer.commit_waiting().unwrap();
    let lost = journal.append(one("lost")).unwrap();
    drop(committer);
    assert_eq!(block_on(journal.wait(durable)), Ok(()));
    assert_eq!(block_on(journal.wait(lost)), Err(Closed));
    assert!(matches!(
        journal.append(one("late")),
        Err(AppendError::Closed)
    ));
}

#[test]
fn a_full_journal_refuses_and_moves_on() {
    let limits = JournalLimits {
        batches_waiting_max: 3,
        ..JournalLimits::DEFAULT
    };
    let engine = SimulatedDisk::new().engine();
    let (journal, mut committer) = Journal::open_with_limits(engine, limits).unwrap();
    for n in 0..3 {
        journal.append(one(format!("{n}"))).unwrap();
    }
    assert_eq!(journal.batches_waiting(), 3);
    let full = journal.append(one("3")).unwrap_err();
    assert_eq!(
        full.to_string(),
        "the journal is full: 3 batches wait for the disk"
    );
    committer.commit_waiting().unwrap();
    journal.append(one("3")).unwrap();
    committer.commit_waiting().unwrap();
    assert_eq!(journal.durable_head(LogId::OWN).sequence, 4);
}
