//! A failed commit ends the process, and says why first.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use journal::{DiskFault, Journal, SimulatedDisk};

use crate::place::one;

const CHILD: &str = "JOURNAL_TEST_FAILED_COMMIT";
const SIGABRT: i32 = 6;

/// Not a test of its own: a process whose disk fails.
#[test]
fn failing_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let disk = SimulatedDisk::new();
    let (journal, committer) = Journal::open(disk.engine()).unwrap();
    disk.set_fault(Some(DiskFault::WriteFails));
    let driver = committer.run_on_thread().unwrap();
    journal.append(one("never acknowledged")).unwrap();
    driver.join().unwrap();
    println!("still alive");
}

#[test]
fn a_failed_commit_aborts_the_process() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "abort::failing_child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(SIGABRT));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("still alive"));
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = "a commit failed, and what it held may be lost: cannot write (simulated disk)";
    assert!(said.contains(reason), "{said}");
}
