//! What sealing old records costs the commits that come meanwhile, and how long it takes.
//!
//! `cargo bench -p journal --bench sealing`. Two journals of each engine stand side by side, one
//! that seals and one that keeps everything; a record is committed to each in turn, with a pause
//! between as a lane has one, so that sealing happens between commits as it does there. What a sync
//! costs on the disk changes by the minute and is the same for both.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]

use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use journal::{Batch, EngineKind, Journal, JournalLimits, LogId};
use tokio::runtime::{Builder, Runtime};

const RECORD: [u8; 250] = [0x5a; 250];
/// Records to seal before the first commit is timed: the whole backlog is worked off meanwhile.
const BACKLOG: u64 = 40 * 1024;
const COMMITS: usize = 3000;
const PAUSE: Duration = Duration::from_millis(2);

fn main() {
    println!("| a commit, µs | median | 95 % under | 99 % under | longest | segments sealed |");
    println!("|---|---|---|---|---|---|");
    for kind in EngineKind::ALL {
        measure(kind);
    }
}

fn measure(kind: EngineKind) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let names = ["seals", "keeps all"];
    let journals = [JournalLimits::DEFAULT.kept_records, u64::MAX].map(|kept_records| {
        open(
            kind,
            &folder.path().join(kept_records.to_string()),
            kept_records,
        )
    });
    let mut taken = [Vec::new(), Vec::new()];
    for _ in 0..COMMITS {
        for ((journal, _), taken) in journals.iter().zip(&mut taken) {
            thread::sleep(PAUSE);
            taken.push(commit(&runtime, journal));
        }
    }
    for (name, ((journal, driver), mut taken)) in names.iter().zip(journals.into_iter().zip(taken))
    {
        taken.sort();
        let at = |part: usize| taken[(taken.len() - 1) * part / 1000].as_micros();
        let sealed = journal.figures().segments_sealed;
        println!(
            "| {kind}, {name} | {} | {} | {} | {} | {sealed} |",
            at(500),
            at(950),
            at(990),
            at(1000)
        );
        drop(journal);
        driver.join().unwrap();
    }
}

/// With a backlog behind it, written by one that seals nothing.
fn open(kind: EngineKind, folder: &Path, kept_records: u64) -> (Journal, JoinHandle<()>) {
    let limits = JournalLimits {
        kept_records: u64::MAX,
        ..JournalLimits::DEFAULT
    };
    let engine = kind.open(folder).unwrap();
    let (journal, mut committer) = Journal::open_with_limits(engine, limits).unwrap();
    while journal.head(LogId::OWN).sequence < BACKLOG {
        let mut batch = Batch::new();
        for _ in 0..1024 {
            batch.record(RECORD);
        }
        journal.append(batch).unwrap();
        while committer.commit_waiting().unwrap() {}
    }
    drop((journal, committer));
    let limits = JournalLimits {
        kept_records,
        ..limits
    };
    let engine = kind.open(folder).unwrap();
    let (journal, committer) = Journal::open_with_limits(engine, limits).unwrap();
    let driver = committer.run_on_thread().unwrap();
    (journal, driver)
}

fn commit(runtime: &Runtime, journal: &Journal) -> Duration {
    let mut batch = Batch::new();
    batch.record(RECORD).put("last", RECORD);
    let started = Instant::now();
    let ticket = journal.append(batch).unwrap();
    runtime.block_on(journal.wait(ticket)).unwrap();
    started.elapsed()
}
