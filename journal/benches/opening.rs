//! How long opening takes: a lane's journal of 30 days, and a hub's with a queue of 1,000,000
//! entries; after a clean end and after a kill; on each engine.
//!
//! `cargo bench -p journal --bench opening`. Each folder is made once; then a copy of it, made
//! durable first, is opened several times, each time as it was left. The fastest says what the
//! machine can do, the median what it did beside its other work. `JOURNAL_BENCH_DAYS`,
//! `JOURNAL_BENCH_ENTRIES` and `JOURNAL_BENCH_OPENS` change the sizes; `JOURNAL_BENCH_SEAL=off`
//! leaves every record in the engine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use journal::{Batch, Committer, EngineKind, Journal, JournalLimits, LogId};

const SALES_A_DAY: u64 = 1200;
const RECORDS_A_SALE: u64 = 12;
/// What the log records of a sale; see `RECORDS_A_SALE`.
const RECORD: [u8; 250] = [0x5a; 250];
const ENTRY: [u8; 300] = [0x71; 300];
const CHANGES_A_COMMIT: u64 = 1000;

fn main() {
    println!(
        "| opening, ms (fastest, median) | after a clean end | after a kill | MB | segments |"
    );
    println!("|---|---|---|---|---|");
    for kind in EngineKind::ALL {
        measure(kind, "a lane's 30 days", fill_lane);
        measure(kind, "1,000,000 queued", fill_hub);
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

fn limits() -> JournalLimits {
    let kept_records = match std::env::var("JOURNAL_BENCH_SEAL").as_deref() {
        Ok("off") => u64::MAX,
        _ => JournalLimits::DEFAULT.kept_records,
    };
    JournalLimits {
        kept_records,
        ..JournalLimits::DEFAULT
    }
}

fn measure(kind: EngineKind, name: &str, fill: fn(&Journal, &mut Committer)) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let [clean, killed] = ["clean", "killed"].map(|name| folder.path().join(name));
    let engine = kind.open(&clean).unwrap();
    let (journal, mut committer) = Journal::open_with_limits(engine, limits()).unwrap();
    fill(&journal, &mut committer);
    copy_folder(&clean, &killed);
    drop((journal, committer));
    let megabytes = disk_bytes(&clean) / 1_000_000;
    let segments = fs::read_dir(clean.join("segments")).map_or(0, Iterator::count);
    let copy = folder.path().join("copy");
    let clean = opened(kind, &clean, &copy);
    let killed = opened(kind, &killed, &copy);
    println!("| {name}, {kind} | {clean} | {killed} | {megabytes} | {segments} |");
}

fn fill_lane(journal: &Journal, committer: &mut Committer) {
    let records = setting("JOURNAL_BENCH_DAYS", 30) * SALES_A_DAY * RECORDS_A_SALE;
    for first in (0..records).step_by(CHANGES_A_COMMIT as usize) {
        let mut batch = Batch::new();
        for number in first..records.min(first + CHANGES_A_COMMIT) {
            batch.record(RECORD);
            batch.put((number % 40).to_be_bytes(), number.to_be_bytes());
        }
        journal.append(batch).unwrap();
        while committer.commit_waiting().unwrap() || committer.seal_waiting().unwrap() {}
    }
}

fn fill_hub(journal: &Journal, committer: &mut Committer) {
    let entries = setting("JOURNAL_BENCH_ENTRIES", 1_000_000);
    for first in (0..entries).step_by(CHANGES_A_COMMIT as usize) {
        let mut batch = Batch::new();
        for number in first..entries.min(first + CHANGES_A_COMMIT) {
            batch.put(number.to_be_bytes(), ENTRY);
        }
        batch.record(RECORD);
        journal.append(batch).unwrap();
        while committer.commit_waiting().unwrap() {}
    }
}

/// Opens a copy several times. Fastest and median.
fn opened(kind: EngineKind, folder: &Path, copy: &Path) -> String {
    let opens = setting("JOURNAL_BENCH_OPENS", 7);
    let mut taken: Vec<Duration> = (0..opens)
        .map(|_| {
            copy_folder(folder, copy);
            let started = Instant::now();
            let journal = Journal::open(kind.open(copy).unwrap()).unwrap();
            let taken = started.elapsed();
            drop(journal);
            fs::remove_dir_all(copy).unwrap();
            taken
        })
        .collect();
    taken.sort();
    let median = taken[taken.len() / 2];
    format!("{}, {}", taken[0].as_millis(), median.as_millis())
}

/// A copy is durable before it is opened, or the opening would have to make it so.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), &target).unwrap();
                File::open(&target).unwrap().sync_all().unwrap();
            }
        }
    }
}

fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => disk_bytes(&entry.path()),
            false => entry.metadata().unwrap().blocks() * 512,
        })
        .sum()
}
