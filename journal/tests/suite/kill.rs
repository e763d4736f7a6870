//! kill -9 of a process that writes: what it acknowledged is there, and the folder opens.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use journal::{EngineKind, Journal, JournalLimits, LogId, OpenError, VerifyError, verify_folder};
use tokio::runtime::Builder;

use crate::place::one;

const FOLDER: &str = "JOURNAL_TEST_WRITER_FOLDER";
const ENGINE: &str = "JOURNAL_TEST_WRITER_ENGINE";

/// Seals a segment every 32 commits, so that kills meet that too.
const LIMITS: JournalLimits = JournalLimits {
    kept_records: 48,
    segment_records: 32,
    ..JournalLimits::DEFAULT
};

/// Not a test of its own: what the child process does. It prints each sequence it acknowledges.
#[test]
fn writer_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let kind: EngineKind = std::env::var(ENGINE).unwrap().parse().unwrap();
    let engine = kind.open(Path::new(&folder)).unwrap();
    let (journal, committer) = Journal::open_with_limits(engine, LIMITS).unwrap();
    let _driver = committer.run_on_thread().unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    loop {
        let mut batch = one(vec![b'r'; 700]);
        let next = journal.head(LogId::OWN).sequence + 1;
        batch.put("last", next.to_be_bytes());
        let ticket = journal.append(batch).unwrap();
        runtime.block_on(journal.wait(ticket)).unwrap();
        println!("acknowledged {next}");
    }
}

fn start_writer(kind: EngineKind, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::writer_child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .env(ENGINE, kind.name())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn acknowledged(line: &str) -> Option<u64> {
    line.split("acknowledged ").nth(1)?.trim().parse().ok()
}

#[test]
fn kill_takes_nothing_that_sled_acknowledged() {
    kill_takes_nothing_that_was_acknowledged(EngineKind::Sled);
}

#[test]
fn kill_takes_nothing_that_redb_acknowledged() {
    kill_takes_nothing_that_was_acknowledged(EngineKind::Redb);
}

fn kill_takes_nothing_that_was_acknowledged(kind: EngineKind) {
    let folder = tempfile::tempdir().unwrap();
    let journal_folder = folder.path().join("deep/journal");
    let mut highest = 0;
    for round in 0..6u64 {
        let mut writer = start_writer(kind, &journal_folder);
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let enough = highest + 20 + round * 13;
        while highest < enough {
            let line = lines.next().expect("the writer ended by itself").unwrap();
            highest = acknowledged(&line).unwrap_or(highest);
        }
        if round == 0 {
            refuses_a_second_opener(kind, &journal_folder);
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let rest = lines
            .map_while(Result::ok)
            .filter_map(|line| acknowledged(&line));
        highest = rest.max().unwrap_or(highest).max(highest);
        check(kind, &journal_folder, highest);
    }
}

fn check(kind: EngineKind, folder: &Path, highest: u64) {
    let report = verify_folder(folder).unwrap();
    let head = report.logs[0].head.sequence;
    // At most one more than was acknowledged: the writer waits for each.
    assert!(
        head == highest || head == highest + 1,
        "head {head}, acknowledged {highest}"
    );
    let (journal, _committer) = Journal::open(kind.open(folder).unwrap()).unwrap();
    assert_eq!(
        journal.get("last").unwrap(),
        Some(head.to_be_bytes().to_vec())
    );
}

fn refuses_a_second_opener(kind: EngineKind, folder: &Path) {
    let expected = format!(
        "the journal in {} is in use by another process",
        folder.display()
    );
    let refused = kind.open(folder).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }));
    assert_eq!(refused.to_string(), expected);
    let refused = verify_folder(folder).unwrap_err();
    assert!(matches!(
        refused,
        VerifyError::Open(OpenError::InUse { .. })
    ));
}

/// Kills at any moment from the start on: while it opens, repairs and makes its first files too.
#[test]
fn a_kill_while_opening_leaves_a_journal_that_opens() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let journal_folder = folder.path().join("journal");
        let mut records = 0;
        for round in 0..25u64 {
            records = records.max(kill_at(kind, &journal_folder, round * 1379 % 30_000));
            drop(kind.open(&journal_folder).unwrap());
            let (journal, _committer) = Journal::open(kind.open(&journal_folder).unwrap()).unwrap();
            assert!(journal.head(LogId::OWN).sequence >= records, "{kind}");
        }
    }
}

/// The same with something behind it, so that opening takes its time: one kill after the other,
/// and nobody opens it in between.
#[test]
fn kills_while_opening_one_after_the_other_lose_nothing() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let journal_folder = folder.path().join("journal");
        let mut highest = fill(kind, &journal_folder);
        for round in 0..20u64 {
            let at = kill_at(kind, &journal_folder, 2_000 + round * 2711 % 40_000);
            highest = highest.max(at);
        }
        holds_all(kind, &journal_folder, highest);
    }
}

/// Starts a writer and kills it at a moment; gives the last record that it acknowledged.
fn kill_at(kind: EngineKind, folder: &Path, moment_us: u64) -> u64 {
    let mut writer = start_writer(kind, folder);
    // Not a wait for something to happen: the moment of the kill, anywhere in the opening.
    std::thread::sleep(std::time::Duration::from_micros(moment_us));
    writer.kill().unwrap();
    last_acknowledged(writer)
}

fn last_acknowledged(writer: Child) -> u64 {
    let output = writer.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().filter_map(acknowledged).fold(0, u64::max)
}

/// Twelve thousand records, closed: enough that opening does more than it takes to look.
fn fill(kind: EngineKind, folder: &Path) -> u64 {
    let engine = kind.open(folder).unwrap();
    let (journal, mut committer) = Journal::open_with_limits(engine, LIMITS).unwrap();
    for _ in 0..12_000 {
        let mut batch = one(vec![b'r'; 700]);
        let next = journal.head(LogId::OWN).sequence + 1;
        batch.put("last", next.to_be_bytes());
        if journal.append(batch.clone()).is_err() {
            committer.commit_waiting().unwrap();
            journal.append(batch).unwrap();
        }
    }
    while committer.commit_waiting().unwrap() {}
    journal.head(LogId::OWN).sequence
}

/// Sound, with each record once, and the state of its head.
fn holds_all(kind: EngineKind, folder: &Path, acknowledged: u64) {
    verify_folder(folder).unwrap();
    let (journal, _committer) = Journal::open(kind.open(folder).unwrap()).unwrap();
    let head = journal.head(LogId::OWN).sequence;
    assert!(head >= acknowledged, "{kind}: {head} of {acknowledged}");
    let records = journal.read(LogId::OWN, 1, usize::MAX).unwrap();
    assert!(records.iter().map(|record| record.sequence).eq(1..=head));
    assert_eq!(
        journal.get("last").unwrap(),
        Some(head.to_be_bytes().to_vec())
    );
}

/// Kills as soon as a file is there that `is_meant` means; gives up when the writer has
/// acknowledged `records_max` records. Gives whether it was met, and the last record acknowledged.
fn kill_when(
    kind: EngineKind,
    folder: &Path,
    looked_at: &Path,
    records_max: u64,
    is_meant: &dyn Fn(&str) -> bool,
) -> (bool, u64) {
    let mut writer = start_writer(kind, folder);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let (said, heard) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let numbers = lines.map_while(Result::ok);
        let numbers = numbers.filter_map(|line| acknowledged(&line));
        numbers.fold(0, |_, number| {
            said.send(()).ok();
            number
        })
    });
    let mut met = false;
    let mut acknowledged = 0;
    while !met && acknowledged < records_max {
        let files = fs::read_dir(looked_at).into_iter().flatten();
        met = files
            .map_while(Result::ok)
            .any(|file| file.file_name().to_str().is_some_and(is_meant));
        acknowledged += heard.try_iter().count() as u64;
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    (met, reader.join().unwrap())
}

/// Kills tried until enough of them met what they are meant for: how many that takes is luck, that
/// it happens is not (F44).
const TRIES_MAX: u32 = 400;

#[test]
fn a_kill_while_sealing_leaves_each_record_once() {
    for kind in EngineKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let journal_folder = folder.path().join("journal");
        let segments = journal_folder.join("segments");
        let mut highest = 0;
        let (mut round, mut tries) = (0, 0);
        while round < 12 {
            tries += 1;
            assert!(tries <= TRIES_MAX, "{kind}: {round} kills met a segment");
            let known: Vec<String> = fs::read_dir(&segments)
                .into_iter()
                .flatten()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            // In turns: a file in the making, one that was just given its name, and one more after
            // a first that the engine knows of by then.
            let in_the_making = round % 2 == 0;
            let wanted = if round % 4 == 3 { 2 } else { 1 };
            let named = RefCell::new(BTreeSet::new());
            let is_meant = |name: &str| {
                if in_the_making {
                    return name == "unfinished.new";
                }
                if name.ends_with(".segment") && !known.iter().any(|known| known == name) {
                    named.borrow_mut().insert(name.to_owned());
                }
                named.borrow().len() >= wanted
            };
            let (met, last) = kill_when(kind, &journal_folder, &segments, 5000, &is_meant);
            // A file may come and go between two looks: then its turn comes again.
            round += u32::from(met);
            highest = highest.max(last);
            holds_all(kind, &journal_folder, highest);
        }
        assert!(fs::read_dir(&segments).unwrap().count() > 0);
    }
}

/// sled writes a snapshot while it opens a journal that was not closed; a kill in the middle leaves
/// a file that it chokes on, unless somebody removes it.
#[test]
fn a_kill_while_sled_writes_a_snapshot_leaves_a_journal_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let journal_folder = folder.path().join("journal");
    let mut highest = fill(EngineKind::Sled, &journal_folder);
    let (mut times_met, mut tries) = (0, 0);
    while times_met < 3 {
        tries += 1;
        assert!(tries <= TRIES_MAX, "{times_met} kills met a snapshot");
        let is_meant = |name: &str| name.ends_with(".generating");
        let at = &journal_folder;
        let (met, last) = kill_when(EngineKind::Sled, at, at, 5, &is_meant);
        times_met += u32::from(met);
        highest = highest.max(last);
    }
    holds_all(EngineKind::Sled, &journal_folder, highest);
}
