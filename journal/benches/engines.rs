//! Both engines beside a raw append with fdatasync, in one run on one disk: what a commit costs,
//! how waiters share one, reading, space, bytes written and memory. Opening: `opening.rs`.
//!
//! Commits are timed in turns, one of each kind after the other: what a sync costs on a disk that
//! others use changes by the minute, and would else be taken for a difference between engines.
//!
//! `cargo bench -p journal --bench engines`. `JOURNAL_BENCH_ENTRIES` sets the size of the queue,
//! 100,000 if unset; the figures in docs/performance.md were taken with 1,000,000. Each engine runs
//! in a process of its own, so that its memory is its own.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use journal::{
    Batch, Committer, Engine, Journal, LogId, RedbRepair, Ticket, redb_engine_with, sled_engine,
};
use tokio::runtime::{Builder, Runtime};

/// The process that times commits of all kinds in turns.
const IN_TURNS: &str = "in turns";
const KIND: &str = "JOURNAL_BENCH_KIND";
const FOLDER: &str = "JOURNAL_BENCH_FOLDER";
const ENTRIES: &str = "JOURNAL_BENCH_ENTRIES";
const KINDS: [&str; 5] = [
    "raw",
    "raw, allocated before",
    "sled",
    "redb",
    "redb, quick repair",
];
/// What is written and synced before the second raw measurement, so that no append makes the file
/// longer: a file system has less to make durable then.
const ALLOCATED_BYTES: usize = 64 * 1024 * 1024;

const RECORD: [u8; 300] = [0x5a; 300];
/// Waiters that share a commit, and how often.
const ROUNDS: [(u64, u64); 3] = [(1, 1000), (64, 150), (1000, 25)];
const SALES: u64 = 200;
/// Commits of one sale of some lines with a card: lines, tender, intent, answer, receipt, end.
const COMMITS_A_SALE: u64 = 6;
const ENTRIES_A_COMMIT: u64 = 1000;
const QUEUE_DEPTH: u64 = 10_000;

fn main() {
    match std::env::var(KIND) {
        Ok(kind) => measure(&kind),
        Err(_) => print_table(),
    }
}

fn entries() -> u64 {
    std::env::var(ENTRIES).map_or(100_000, |entries| entries.parse().unwrap())
}

type Rows = Vec<(String, BTreeMap<String, String>)>;

/// One column a kind, one row a figure, as Markdown.
fn print_table() {
    let mut rows = Rows::new();
    for kind in std::iter::once(IN_TURNS).chain(KINDS) {
        take_figures(kind, &mut rows);
    }
    println!("| {} entries | {} |", entries(), KINDS.join(" | "));
    println!("|---|{}", "---|".repeat(KINDS.len()));
    for (name, values) in rows {
        let value = |kind: &str| values.get(kind).map_or("", String::as_str);
        println!("| {name} | {} |", KINDS.map(value).join(" | "));
    }
}

/// Runs a process of this program and takes its lines: kind, name and value.
fn take_figures(kind: &str, rows: &mut Rows) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .env(KIND, kind)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (said, failed) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{failed}");
    for line in String::from_utf8(said).unwrap().lines() {
        let mut fields = line.splitn(3, '=').map(str::to_owned);
        let [kind, name, value] = [(); 3].map(|()| fields.next().unwrap());
        match rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => drop(row.1.insert(kind, value)),
            None => rows.push((name, BTreeMap::from([(kind, value)]))),
        }
    }
}

fn say(kind: &str, name: &str, value: impl std::fmt::Display) {
    println!("{kind}={name}={value}");
}

fn measure(kind: &str) {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    if kind == IN_TURNS {
        return measure_in_turns(&folder);
    }
    if kind.starts_with("raw") {
        return;
    }
    measure_sales(kind, &folder.join("sales"));
    measure_push_and_pop(kind, &folder.join("queue"));
    let memory = status_bytes("VmHWM");
    say(kind, "memory of sales and queue, MB", mega_bytes(memory));
    measure_reading(kind, &folder.join("queued"));
}

fn engine(kind: &str, folder: &Path) -> Box<dyn Engine> {
    match kind {
        "sled" => sled_engine(folder).unwrap(),
        "redb" => redb_engine_with(folder, RedbRepair::Full).unwrap(),
        _ => redb_engine_with(folder, RedbRepair::Quick).unwrap(),
    }
}

/// Something that makes appends durable.
enum Writer {
    Raw(File),
    Journal(Journal, JoinHandle<()>),
}

impl Writer {
    fn new(kind: &str, path: &Path) -> Writer {
        match kind {
            "raw" => Writer::Raw(File::create(path).unwrap()),
            "raw, allocated before" => Writer::Raw(allocated(path)),
            _ => {
                let (journal, committer) = Journal::open(engine(kind, path)).unwrap();
                let driver = committer.run_on_thread().unwrap();
                Writer::Journal(journal, driver)
            }
        }
    }

    /// Appends for so many waiters at once, and waits until all of it is durable.
    fn commit(&mut self, runtime: &Runtime, waiters: u64) -> Duration {
        let started = Instant::now();
        match self {
            Writer::Raw(file) => {
                file.write_all(&RECORD.repeat(waiters as usize)).unwrap();
                file.sync_data().unwrap();
            }
            Writer::Journal(journal, _) => {
                let tickets = (0..waiters).map(|number| journal.append(batch(number)).unwrap());
                let last = tickets.max().unwrap();
                runtime.block_on(journal.wait(last)).unwrap();
            }
        }
        started.elapsed()
    }
}

/// In small pieces: what the system cached in large ones, it writes in large ones.
fn allocated(path: &Path) -> File {
    let mut file = File::create(path).unwrap();
    for _ in 0..ALLOCATED_BYTES / 4096 {
        file.write_all(&[1; 4096]).unwrap();
    }
    file.sync_all().unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

fn measure_in_turns(folder: &Path) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut writers = KINDS.map(|kind| Writer::new(kind, &folder.join(kind)));
    for (waiters, rounds) in ROUNDS {
        let mut taken = KINDS.map(|_| Vec::new());
        for _ in 0..rounds {
            for (writer, taken) in writers.iter_mut().zip(&mut taken) {
                taken.push(writer.commit(&runtime, waiters));
            }
        }
        for (kind, taken) in KINDS.into_iter().zip(taken) {
            say_taken(kind, waiters, taken);
        }
    }
    for writer in writers {
        if let Writer::Journal(journal, driver) = writer {
            drop(journal);
            driver.join().unwrap();
        }
    }
}

fn say_taken(kind: &str, waiters: u64, mut taken: Vec<Duration>) {
    taken.sort();
    let at = |share: usize| taken[taken.len() * share / 100];
    let of = |what| format!("waiters {waiters}: {what}");
    say(kind, &of("a commit, median µs"), at(50).as_micros());
    say(kind, &of("a commit, 95 % under µs"), at(95).as_micros());
    if waiters > 1 {
        let a_second = waiters as f64 / at(50).as_secs_f64();
        say(
            kind,
            &of("batches a second at the median"),
            a_second.round(),
        );
    }
}

fn batch(number: u64) -> Batch {
    let mut batch = Batch::new();
    batch.record(RECORD).put("last", number.to_be_bytes());
    batch
}

/// A sale queues one entry, replaces it once and removes it at the end.
fn measure_sales(kind: &str, folder: &Path) {
    let (journal, mut committer) = Journal::open(engine(kind, folder)).unwrap();
    let before = io_bytes();
    for sale in 0..SALES {
        for step in 0..COMMITS_A_SALE {
            let mut batch = batch(sale);
            match step {
                1 | 3 => drop(batch.put(sale.to_be_bytes(), RECORD)),
                5 => drop(batch.delete(sale.to_be_bytes())),
                _ => {}
            }
            commit(&journal, &mut committer, batch);
        }
    }
    say(
        kind,
        "bytes written a sale, KB",
        kilo_bytes((io_bytes() - before) / SALES),
    );
}

fn commit(journal: &Journal, committer: &mut Committer, batch: Batch) -> Ticket {
    let ticket = journal.append(batch).unwrap();
    while committer.commit_waiting().unwrap() {}
    ticket
}

fn measure_push_and_pop(kind: &str, folder: &Path) {
    let (journal, mut committer) = Journal::open(engine(kind, folder)).unwrap();
    let started = Instant::now();
    let mut peak_bytes = 0;
    for first in (0..entries()).step_by(ENTRIES_A_COMMIT as usize) {
        let mut batch = Batch::new();
        for number in first..first + ENTRIES_A_COMMIT {
            batch.put(number.to_be_bytes(), RECORD);
            if let Some(done) = number.checked_sub(QUEUE_DEPTH) {
                batch.delete(done.to_be_bytes());
            }
        }
        commit(&journal, &mut committer, batch);
        peak_bytes = peak_bytes.max(disk_bytes(folder));
    }
    say(
        kind,
        "push and pop of the entries, s",
        seconds(started.elapsed()),
    );
    say(kind, "space at most meanwhile, MB", mega_bytes(peak_bytes));
    drop((journal, committer));
    say(
        kind,
        "space after it and a close, MB",
        mega_bytes(disk_bytes(folder)),
    );
}

/// A queue of all entries, with a record for ten of them.
fn measure_reading(kind: &str, folder: &Path) {
    let (journal, mut committer) = Journal::open(engine(kind, folder)).unwrap();
    let started = Instant::now();
    for first in (0..entries()).step_by(ENTRIES_A_COMMIT as usize) {
        let mut batch = Batch::new();
        for number in first..first + ENTRIES_A_COMMIT {
            batch.put(number.to_be_bytes(), RECORD);
            if number % 10 == 0 {
                batch.record(RECORD);
            }
        }
        commit(&journal, &mut committer, batch);
    }
    say(kind, "queueing the entries, s", seconds(started.elapsed()));
    drop((journal, committer));
    say(
        kind,
        "space of the queue, MB",
        mega_bytes(disk_bytes(folder)),
    );
    let (opened, _committer) = Journal::open(engine(kind, folder)).unwrap();
    let started = Instant::now();
    let mut next = 1;
    while let Some(last) = opened.read(LogId::OWN, next, 512).unwrap().last() {
        next = last.sequence + 1;
    }
    let a_second = (next - 1) as f64 / started.elapsed().as_secs_f64();
    say(kind, "reading the log: records a second", a_second.round());
    let started = Instant::now();
    assert_eq!(opened.scan("").unwrap().len() as u64, entries());
    say(
        kind,
        "scan of the whole queue, s",
        seconds(started.elapsed()),
    );
}

/// What the files take on the disk, without their holes.
fn disk_bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    files
        .map(|file| file.metadata().unwrap().blocks() * 512)
        .sum()
}

/// What this process had the system write to its disks.
fn io_bytes() -> u64 {
    number_after(
        &fs::read_to_string("/proc/self/io").unwrap(),
        "write_bytes:",
    )
}

fn status_bytes(name: &str) -> u64 {
    number_after(&fs::read_to_string("/proc/self/status").unwrap(), name) * 1024
}

fn number_after(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    let digits = line.chars().filter(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap()
}

fn kilo_bytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e3)
}

fn mega_bytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}
