//! kill -9 of a process that writes: what it acknowledged is there, and the folder opens.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use journal::{EngineKind, Journal, LogId, OpenError, VerifyError, verify_folder};
use tokio::runtime::Builder;

use crate::place::one;

const FOLDER: &str = "JOURNAL_TEST_WRITER_FOLDER";
const ENGINE: &str = "JOURNAL_TEST_WRITER_ENGINE";

/// Not a test of its own: what the child process does. It prints each sequence it acknowledges.
#[test]
fn writer_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let kind: EngineKind = std::env::var(ENGINE).unwrap().parse().unwrap();
    let (journal, committer) = Journal::open(kind.open(Path::new(&folder)).unwrap()).unwrap();
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
            let mut writer = start_writer(kind, &journal_folder);
            // Not a wait for something to happen: the moment of the kill, anywhere in the opening.
            std::thread::sleep(std::time::Duration::from_micros(round * 1379 % 30_000));
            writer.kill().unwrap();
            let output = writer.wait_with_output().unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            records = output
                .lines()
                .filter_map(acknowledged)
                .fold(records, u64::max);
            drop(kind.open(&journal_folder).unwrap());
            let (journal, _committer) = Journal::open(kind.open(&journal_folder).unwrap()).unwrap();
            assert!(journal.head(LogId::OWN).sequence >= records, "{kind}");
        }
    }
}
