//! A disk that is full or read-only: appends are refused and say why, nothing acknowledged is lost,
//! what waits is committed when there is room again, and the process lives on.

use std::time::Duration;

use journal::{AppendError, CommitError, DiskFault, Journal, LogId, NoRoom, SimulatedDisk};

use crate::place::{all, block_on, bytes, commit_all, one};

/// The two faults, and what a refusal looks like.
const FAULTS: [(DiskFault, &str); 2] = [
    (
        DiskFault::Full,
        "the journal takes nothing new: the disk is full: 0 bytes are free, ",
    ),
    (
        DiskFault::ReadOnly,
        "the journal takes nothing new: the disk is read-only",
    ),
];

#[test]
fn appends_are_refused_until_there_is_room() {
    for (fault, sentence) in FAULTS {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let acknowledged = journal.append(one("acknowledged")).unwrap();
        commit_all(&mut committer);
        disk.set_fault(Some(fault));
        let mut waits = one("waits");
        waits.put("key", "new");
        let waits = journal.append(waits).unwrap();
        for _ in 0..3 {
            let nothing = committer.commit_waiting().unwrap_err();
            assert!(matches!(nothing, CommitError::NoRoom(_)));
        }
        let refused = journal.append(one("refused")).unwrap_err();
        assert!(refused.to_string().starts_with(sentence), "{refused}");
        assert!(matches!(refused, AppendError::NoRoom(_)));
        assert!(journal.no_room().is_some());
        assert_eq!(journal.durable(), acknowledged);
        assert_eq!(journal.head(LogId::OWN).sequence, 2);
        assert_eq!(bytes(&all(&journal, LogId::OWN)), [b"acknowledged"]);
        assert_eq!(journal.get("key").unwrap(), None);
        journal.verify().unwrap();

        disk.set_fault(None);
        assert!(committer.commit_waiting().unwrap());
        assert_eq!(journal.durable(), waits);
        assert_eq!(journal.no_room(), None);
        journal.append(one("taken again")).unwrap();
        commit_all(&mut committer);
        let expected: [&[u8]; 3] = [b"acknowledged", b"waits", b"taken again"];
        assert_eq!(bytes(&all(&journal, LogId::OWN)), expected);
        assert_eq!(journal.get("key").unwrap(), Some(b"new".to_vec()));
        journal.verify().unwrap();
    }
}

#[test]
fn a_power_cut_on_a_full_disk_takes_nothing_acknowledged() {
    for seed in 0..20 {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        journal.append(one("acknowledged")).unwrap();
        commit_all(&mut committer);
        disk.set_fault(Some(DiskFault::Full));
        journal.append(one("waits")).unwrap();
        assert!(committer.commit_waiting().is_err());
        disk.crash(seed);
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        assert_eq!(bytes(&all(&journal, LogId::OWN)), [b"acknowledged"]);
        journal.verify().unwrap();
    }
}

#[test]
fn the_simulated_driver_tries_again_by_itself() {
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    disk.set_fault(Some(DiskFault::Full));
    let ticket = journal.append(one("waits")).unwrap();
    block_on(async {
        let driver = committer.run_simulated(|| Duration::from_millis(1));
        let user = async {
            while journal.no_room().is_none() {
                tokio::task::yield_now().await;
            }
            let full = journal.no_room().unwrap();
            assert!(matches!(
                full,
                NoRoom::Full {
                    available_bytes: 0,
                    ..
                }
            ));
            assert!(journal.durable() < ticket);
            disk.set_fault(None);
            journal.wait(ticket).await.unwrap();
            assert_eq!(journal.no_room(), None);
            journal.close();
        };
        let (ended, ()) = tokio::join!(driver, user);
        ended.unwrap();
    });
}

#[test]
fn the_thread_tries_again_by_itself() {
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    disk.set_fault(Some(DiskFault::Full));
    let driver = committer.run_on_thread().unwrap();
    let ticket = journal.append(one("waits")).unwrap();
    while journal.no_room().is_none() {
        std::thread::yield_now();
    }
    disk.set_fault(None);
    block_on(journal.wait(ticket)).unwrap();
    journal.append(one("taken again")).unwrap();
    drop(journal);
    driver.join().unwrap();
    let (journal, _committer) = Journal::open(disk.engine()).unwrap();
    assert_eq!(all(&journal, LogId::OWN).len(), 2);
}

/// A stop must not wait for room that may never come: what was not acknowledged is given up.
#[test]
fn closing_ends_the_driver_on_a_full_disk() {
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    disk.set_fault(Some(DiskFault::ReadOnly));
    let driver = committer.run_on_thread().unwrap();
    let ticket = journal.append(one("waits")).unwrap();
    while journal.no_room().is_none() {
        std::thread::yield_now();
    }
    journal.close();
    driver.join().unwrap();
    assert!(block_on(journal.wait(ticket)).is_err());
    assert!(matches!(
        journal.append(one("late")),
        Err(AppendError::Closed)
    ));
}
