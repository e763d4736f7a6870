//! A run that somebody ends in the middle: everything it started ends with it, and it can be gone
//! on with.

#![allow(clippy::expect_used, reason = "a test may stop at the first surprise")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

const SIM: &str = env!("CARGO_BIN_EXE_sim");

fn sim(arguments: &[&str]) -> Output {
    Command::new(SIM)
        .args(arguments)
        .output()
        .expect("sim starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Starts a run and comes back once it has sold something.
fn selling(out: &str) -> Child {
    let mut run = Command::new(SIM)
        .args(["store", "--baskets", "60", "--faults", "none", "--out", out])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sim starts");
    let stderr = run.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    let sold = lines.find(|line| {
        let line = line.as_ref().expect("text");
        line.contains("baskets,") && !line.contains(" 0 of 60")
    });
    assert!(sold.is_some(), "it ended before it sold anything");
    // The rest is read, so that the run never waits for its reader.
    std::thread::spawn(move || lines.count());
    run
}

fn signal(run: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &run.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

fn goes_on_and_is_clean(out: &Path) {
    let folder = out.to_str().expect("UTF-8");
    let audit = sim(&["audit", folder]);
    assert_eq!(audit.status.code(), Some(2));
    assert!(
        text(&audit.stderr).contains("--resume"),
        "{}",
        text(&audit.stderr)
    );
    // The hub's journal is locked by its process: going on shows that the first one has ended.
    let resumed = sim(&["store", "--resume", folder, "--output", "json"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", text(&resumed.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&resumed.stdout).expect("JSON");
    assert_eq!(summary["baskets"], 60);
    assert_eq!(sim(&["audit", folder]).status.code(), Some(0));
}

#[test]
fn ctrl_c_stops_everything_and_the_run_can_be_gone_on_with() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let mut run = selling(out.to_str().expect("UTF-8"));
    signal(&run, "-INT");
    assert_eq!(run.wait().expect("ends").code(), Some(1));
    goes_on_and_is_clean(&out);
}

#[test]
fn the_programs_end_when_their_parent_is_killed() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let mut run = selling(out.to_str().expect("UTF-8"));
    signal(&run, "-KILL");
    assert_eq!(run.wait().expect("ends").code(), None);
    goes_on_and_is_clean(&out);
}
