//! What metrics show of a journal.

use journal::{DiskFault, Journal, JournalFigures, JournalLimits, NoRoom, SimulatedDisk};

use crate::place::{Place, block_on, commit_all, one};

const LIMITS: JournalLimits = JournalLimits {
    batches_waiting_max: 10,
    waiting_bytes_max: 100_000,
    kept_records: 20,
    segment_records: 20,
    ..JournalLimits::DEFAULT
};

#[test]
fn what_waits_and_what_was_done_is_shown() {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open_with_limits(disk.engine(), LIMITS).unwrap();
    let expected = JournalFigures {
        batches_waiting_max: 10,
        waiting_bytes_max: 100_000,
        ..JournalFigures::default()
    };
    assert_eq!(journal.figures(), expected);
    assert_eq!(journal.disk_space(), None);
    let mut batch = one("first");
    batch.record("second");
    journal.append(batch).unwrap();
    journal.append(one("third")).unwrap();
    let figures = journal.figures();
    assert_eq!(
        (figures.batches_waiting, figures.batches_not_durable),
        (2, 2)
    );
    assert!(figures.waiting_bytes > 0);
    assert_eq!(figures.batch_credits(), 8);
    assert_eq!(figures.byte_credits(), 100_000 - figures.waiting_bytes);
    commit_all(&mut committer);
    journal.append(one("fourth")).unwrap();
    commit_all(&mut committer);
    let expected = JournalFigures {
        commits: 2,
        records: 4,
        last_commit_records: 1,
        ..expected
    };
    assert_eq!(journal.figures(), expected);

    disk.set_fault(Some(DiskFault::ReadOnly));
    journal.append(one("waits")).unwrap();
    committer.commit_waiting().unwrap_err();
    let figures = journal.figures();
    assert_eq!(figures.no_room, Some(NoRoom::ReadOnly));
    // Taken for the commit that found no room: nothing waits, and one is not durable.
    assert_eq!(
        (figures.batches_waiting, figures.batches_not_durable),
        (0, 1)
    );
}

#[test]
fn the_thread_says_how_long_a_commit_took_and_what_it_sealed() {
    let place = Place::redb();
    let (journal, committer) = Journal::open_with_limits(place.engine(), LIMITS).unwrap();
    let driver = committer.run_on_thread().unwrap();
    for n in 0..60 {
        let ticket = journal.append(one(format!("{n}"))).unwrap();
        block_on(journal.wait(ticket)).unwrap();
    }
    while journal.figures().segments_sealed < 2 || journal.figures().last_commit.is_none() {
        std::thread::yield_now();
    }
    let figures = journal.figures();
    assert!(!figures.sealing_stopped);
    assert_eq!(figures.records, 60);
    let counted: u64 = figures.commit_times.counts.iter().sum();
    assert_eq!(counted, figures.commits);
    assert!(figures.commit_times.sum >= figures.last_commit.unwrap());
    let disk = journal.disk_space().unwrap();
    assert!(0 < disk.free_bytes && disk.free_bytes <= disk.size_bytes);
    drop(journal);
    driver.join().unwrap();
}

/// Damage gets no seal: what is damaged stays where it can be told and repaired.
#[test]
fn sealing_stops_at_a_damaged_record() {
    let place = Place::sled();
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), LIMITS).unwrap();
    for n in 0..60 {
        journal.append(one(format!("{n}"))).unwrap();
        commit_all(&mut committer);
    }
    drop((journal, committer));
    let key = [b"l".as_slice(), &[0; 8], &7u64.to_be_bytes()].concat();
    crate::place::set(place.engine().as_ref(), &key, Some(vec![1; 50]));
    let (journal, mut committer) = Journal::open_with_limits(place.engine(), LIMITS).unwrap();
    while committer.seal_waiting().unwrap() {}
    assert!(journal.figures().sealing_stopped);
    assert_eq!(journal.sealed_up_to(journal::LogId::OWN).unwrap(), 0);
    journal.append(one("goes on")).unwrap();
    commit_all(&mut committer);
    assert_eq!(journal.durable_head(journal::LogId::OWN).sequence, 61);
}
