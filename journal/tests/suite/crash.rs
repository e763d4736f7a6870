//! A power cut in the simulation: what was acknowledged is there, what was not may be.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use journal::{DiskFault, EngineError, Journal, LogId, ReadError, SimulatedDisk};
use tokio::runtime::{Builder, Runtime};

use crate::place::{all, commit_all, one};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

/// Runs the driver until it sleeps between write and sync, then drops it: the host is gone.
fn die_between_write_and_sync(committer: journal::Committer) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let mut driver = pin!(committer.run_simulated(|| Duration::from_secs(3600)));
    let polled = driver
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
}

/// Ten acknowledged records, then ten that are written and not synced, then a power cut. Gives
/// how many are left.
fn records_left_after_crash(disk: &SimulatedDisk, seed: u64) -> u64 {
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    for n in 1..=10 {
        journal.append(one(format!("acknowledged {n}"))).unwrap();
        commit_all(&mut committer);
    }
    for n in 11..=20u64 {
        let mut batch = one(format!("in flight {n}"));
        batch.put("last", n.to_be_bytes());
        journal.append(batch).unwrap();
    }
    die_between_write_and_sync(committer);
    disk.crash(seed);
    assert!(journal.get("last").is_err(), "an engine outlived its host");

    let Ok((journal, _committer)) = Journal::open(disk.engine()) else {
        return 0;
    };
    journal.verify().unwrap();
    let head = journal.head(LogId::OWN).sequence;
    assert_eq!(all(&journal, LogId::OWN).len() as u64, head);
    let last = journal.get("last").unwrap();
    assert_eq!(last.is_some(), head > 10, "state and log came apart");
    head
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let left: Vec<u64> = (0..300)
        .map(|seed| records_left_after_crash(&SimulatedDisk::new(), seed))
        .collect();
    assert!(
        left.iter().all(|left| *left >= 10),
        "an acknowledged record is lost"
    );
    // One commit is all there or not at all, and both were seen.
    assert!(left.iter().all(|left| [10, 20].contains(left)));
    assert!(left.contains(&10) && left.contains(&20));
}

/// The test above can fail: with a disk that forgets to sync it does.
#[test]
fn without_sync_a_power_cut_takes_acknowledged_records() {
    let left = (0..100).map(|seed| {
        let disk = SimulatedDisk::new();
        disk.set_fault(Some(DiskFault::SyncForgotten));
        records_left_after_crash(&disk, seed)
    });
    assert!(left.filter(|left| *left < 10).count() > 50);
}

/// What a look at the disk as a power cut would find it shows is what was made durable, no more.
#[test]
fn a_look_at_what_is_durable_shows_nothing_else() {
    let disk = SimulatedDisk::new();
    let records_seen = || {
        let (journal, _committer) = Journal::open(disk.durable().engine()).unwrap();
        let report = journal.verify().unwrap();
        report.logs.first().map_or(0, |log| log.records)
    };
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    journal.append(one("safe")).unwrap();
    commit_all(&mut committer);
    disk.set_fault(Some(DiskFault::SyncForgotten));
    journal.append(one("not safe")).unwrap();
    commit_all(&mut committer);
    assert_eq!(records_seen(), 1);
    disk.set_fault(None);
    journal.append(one("safe with the one before")).unwrap();
    commit_all(&mut committer);
    assert_eq!(records_seen(), 3);
}

#[test]
fn unsynced_commits_survive_in_order_or_not_at_all() {
    let mut left = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        journal.append(one("record 0")).unwrap();
        commit_all(&mut committer);
        // Not new any more: its witness lets it forget for a while.
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        disk.set_fault(Some(DiskFault::SyncForgotten));
        for n in 1..=8 {
            journal
                .append(one(format!("record {n}, {}", "x".repeat(n * 100))))
                .unwrap();
            commit_all(&mut committer);
        }
        assert!(disk.unsynced_bytes() > 8 * 100);
        disk.crash(seed);
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        left.insert(
            journal
                .verify()
                .unwrap()
                .logs
                .first()
                .map_or(0, |log| log.records),
        );
    }
    assert!(
        left.into_iter().eq(1..=9),
        "some number of commits is never left"
    );
}

#[test]
fn the_same_seed_leaves_the_same() {
    let disk_after = |seed| {
        let disk = SimulatedDisk::new();
        records_left_after_crash(&disk, seed);
        disk.engine().scan(&[], None, usize::MAX).unwrap()
    };
    for seed in 0..20 {
        assert_eq!(disk_after(seed), disk_after(seed));
    }
}

#[test]
fn a_killed_process_leaves_what_it_wrote() {
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    journal.append(one("written")).unwrap();
    die_between_write_and_sync(committer);
    let (reopened, _committer) = Journal::open(disk.engine()).unwrap();
    assert_eq!(reopened.durable_head(LogId::OWN).sequence, 1);
    // Opening said it is durable: now a power cut may not take it either.
    disk.crash(0);
    let (reopened_again, _committer) = Journal::open(disk.engine()).unwrap();
    assert_eq!(reopened_again.durable_head(LogId::OWN).sequence, 1);
    assert!(matches!(
        reopened.get("k"),
        Err(ReadError::Engine(EngineError::Lost))
    ));
}

#[test]
fn a_failing_disk_ends_the_driver_and_takes_nothing_acknowledged() {
    for fault in [DiskFault::WriteFails, DiskFault::SyncFails] {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let acknowledged = journal.append(one("acknowledged")).unwrap();
        commit_all(&mut committer);
        disk.set_fault(Some(fault));
        let refused = journal.append(one("refused")).unwrap();
        let ended = runtime().block_on(committer.run_simulated(|| Duration::ZERO));
        assert_eq!(
            ended.unwrap_err().to_string(),
            "a commit failed, and what it held may be lost"
        );
        assert_eq!(journal.durable(), acknowledged);
        assert!(runtime().block_on(journal.wait(refused)).is_err());
        assert!(matches!(
            journal.append(one("late")),
            Err(journal::AppendError::Closed)
        ));

        disk.set_fault(None);
        disk.crash(1);
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        assert_eq!(all(&journal, LogId::OWN)[0].bytes, b"acknowledged");
        journal.verify().unwrap();
    }
}
