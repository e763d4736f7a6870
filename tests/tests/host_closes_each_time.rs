//! Scenario `host_closes_each_time` (F17): a bank that closes its connection after each answer, all
//! day or from noon on, with a lane's terminal each on its own. Real processes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{fs, path::Path};

use serde_json::Value;
use tests::program;

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
const LANES: u64 = 4;

/// A day without any fault but the bank's habit; what `sim store` says of it, and its folder.
fn day(folder: &Path, personality: &str) -> Value {
    let habits = folder.join("personality.toml");
    fs::write(&habits, personality).expect("written");
    let run = program(UNDER_TEST, "sim")
        .args(["store", "--baskets", "80", "--lanes", "4", "--seed", "11"])
        .args(["--faults", "none", "--output", "json", "--bank-personality"])
        .arg(&habits)
        .arg("--out")
        .arg(folder.join("day"))
        .output()
        .expect("sim starts");
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
    serde_json::from_slice(&run.stdout).expect("one JSON object on stdout")
}

fn number(of: &Value, name: &str) -> u64 {
    let number = of[name].as_u64();
    number.unwrap_or_else(|| panic!("no {name} in {of}"))
}

/// What holds of a day with a bank that can be asked at any moment, however it treats connections.
fn the_bank_was_asked_and_agrees(summary: &Value) {
    let (payments, forward) = (&summary["payments"], &summary["forward"]);
    assert!(number(payments, "approved") >= 10, "{payments}");
    assert_eq!(number(payments, "stand_in"), 0, "{payments}");
    assert_eq!(number(payments, "offline_approved"), 0, "{payments}");
    assert_eq!(number(forward, "dead_letters"), 0, "{forward}");
    assert_eq!(
        number(forward, "queued"),
        number(forward, "delivered") + number(forward, "withdrawn"),
        "{forward}"
    );
    let settlement = &summary["settlement"];
    assert_eq!(number(settlement, "batches"), LANES, "{settlement}");
    assert_eq!(number(settlement, "balanced"), LANES, "{settlement}");
    assert_eq!(settlement["lane_minor"], settlement["hub_minor"]);
    assert_eq!(settlement["hub_minor"], settlement["host_minor"]);
    assert_eq!(summary["invariants"]["broken"], Value::Array(Vec::new()));
}

#[test]
fn host_closes_each_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = day(folder.path(), "close_from_answer = 1\n");
    the_bank_was_asked_and_agrees(&summary);
    assert_eq!(number(&summary["payments"], "unknown"), 0, "{summary}");
}

/// Whoever is at the bank when it begins to close is in doubt, and taken back; nobody after that.
#[test]
fn host_closes_each_time_from_noon_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = day(folder.path(), "close_from_time = \"12:00\"\n");
    the_bank_was_asked_and_agrees(&summary);
    let payments = &summary["payments"];
    let unknown = number(payments, "unknown");
    assert!(unknown <= 2 * LANES, "{payments}");
    assert_eq!(number(payments, "reversed"), unknown, "{payments}");
}
