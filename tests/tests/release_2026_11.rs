//! What the release of November 2026 left on a disk is read by every later state of the code: its
//! journals are sound, say what they said then, and a hub and a lane go on with them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use journal::{EngineKind, Write};
use serde_json::Value;
use tempfile::TempDir;
use tests::{
    program,
    running::{Running, until},
    workspace,
};

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
const HUB_RECORDS: u64 = 137;
const LANE_RECORDS: u64 = 173;
const LANE_SALES: u64 = 20;

fn fixtures() -> PathBuf {
    workspace().join("tests/fixtures/release-2026-11")
}

fn bytes(hex: &str) -> Vec<u8> {
    iso8583::hex::decode(hex).expect("hex digits")
}

/// The folder of a program of that day, its journal written into the default engine.
fn left_behind(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(fixtures().join(name)).expect("the fixture") {
        let from = entry.expect("an entry").path();
        let to = folder.path().join(from.file_name().expect("a name"));
        fs::copy(&from, to).expect("copied");
    }
    let pairs = fs::read_to_string(folder.path().join("journal.pairs")).expect("pairs");
    let mut lines = pairs.lines();
    let witness = lines.next().and_then(|line| line.strip_prefix("witness "));
    let writes: Vec<Write> = lines
        .map(|line| {
            let (key, value) = line.split_once(' ').expect("key and value");
            Write {
                key: bytes(key),
                value: Some(bytes(value)),
            }
        })
        .collect();
    let engine = EngineKind::Sled.open(&folder.path().join("journal"));
    let engine = engine.expect("an empty engine");
    engine.write(&writes).expect("written");
    engine.sync().expect("synced");
    let witness = bytes(witness.expect("a witness"));
    engine.set_witness(&witness).expect("written");
    folder
}

fn command(name: &str, args: &[&str], config: &Path) -> Command {
    let mut command = program(UNDER_TEST, name);
    command.args(args).arg("--config").arg(config);
    command
}

fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{said}");
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
}

fn ask(name: &str, args: &[&str], config: &Path) -> Value {
    let args = [args, &["--output", "json"]].concat();
    json(&command(name, &args, config).output().expect("it starts"))
}

fn start(name: &str, config: &Path) -> Running {
    Running::start(&mut command(name, &["run"], config))
}

fn the_journal_says_what_it_said(config: &Path) {
    let verified = ask("store-hub", &["verify", "--rebuild"], config);
    assert_eq!(verified["verified"], true, "{verified}");
    assert_eq!(verified["records"], 506);
    assert_eq!(verified["logs"][0]["records"], HUB_RECORDS);
    let status = ask("store-hub", &["status"], config);
    assert_eq!(status["business_date"], "2026-11-23", "{status}");
    assert_eq!(status["day_state"], "open");
    assert_eq!(status["queue_depth"], 0);
    assert_eq!(status["terminals"][1]["batch"], "000002");
    let leases = ask("store-hub", &["leases"], config);
    assert_eq!(leases["counts"]["amount_minor"], 2_463_943);
    let unresolved = ask("store-hub", &["unresolved"], config);
    assert_eq!(unresolved["unresolved"], Value::Array(Vec::new()));
}

/// Both are archived: their day was closed.
fn each_payment_says_what_became_of_it(config: &Path) {
    let cases = [
        ("aa5d847125fa4b9e9c09bc27018042b3", "reversed"),
        ("93f1c0ed22d4d0c71e5db2e2b269527a", "delivered"),
        ("3580b5ea1dcf565252e2251fc13ef5e2", "approved"),
    ];
    for (id, expected) in cases {
        let payment = ask("store-hub", &["payment", id], config);
        let status = payment["standing"].as_str().expect("a word");
        assert!(status.contains(expected), "{id}: {payment}");
        for side in ["lane", "hub", "host"] {
            assert!(payment[side].as_array().is_some_and(|all| !all.is_empty()));
        }
    }
}

#[test]
fn a_hub_reads_the_journal_of_november_2026() {
    let hub = left_behind("hub");
    let config = hub.path().join("store-hub.toml");
    the_journal_says_what_it_said(&config);
    each_payment_says_what_became_of_it(&config);
}

#[test]
fn a_hub_goes_on_with_the_journal_of_november_2026_and_shows_the_day_as_it_was_sealed() {
    let hub = left_behind("hub");
    let sealed = hub.path().join("days/2026-11-22/v1");
    fs::create_dir_all(&sealed).expect("made");
    let names = ["day.html", "day.json", "day.txt", "manifest.json"];
    for name in names {
        fs::copy(fixtures().join("sealed").join(name), sealed.join(name)).expect("copied");
    }
    let config = hub.path().join("store-hub.toml");
    let running = start("store-hub", &config);
    let address = || fs::read_to_string(hub.path().join("store-hub.address")).ok();
    let address = until("the hub listens", address);
    let stores = hub.path().join("stores.toml");
    let list = format!(
        "[[store]]\nid = \"0001\"\naddress = \"{}\"\n",
        address.trim()
    );
    fs::write(&stores, list).expect("written");
    let lake = hub.path().join("lake");
    let pulled = program(UNDER_TEST, "head-office")
        .args([
            "pull",
            "--date",
            "2026-11-22",
            "--output",
            "json",
            "--stores",
        ])
        .args([&stores, Path::new("--lake"), &lake])
        .output()
        .expect("head-office starts");
    json(&pulled);
    let day = find(&lake, "day.json").expect("the day landed");
    let as_sealed = fs::read(fixtures().join("sealed/day.json")).expect("the fixture");
    assert_eq!(fs::read(day).expect("readable"), as_sealed);
    let status = ask("store-hub", &["status"], &config);
    assert_eq!(status["running"], true, "{status}");
    assert_eq!(status["hub_epoch"], 3, "a third start: {status}");
    running.kill();
    let verified = ask("store-hub", &["verify", "--rebuild"], &config);
    let records = verified["logs"][0]["records"].as_u64();
    assert!(
        records > Some(HUB_RECORDS),
        "its start is written: {verified}"
    );
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find_map(|path| match path.is_dir() {
        true => find(&path, name),
        false => path.ends_with(name).then_some(path),
    })
}

/// No hub answers: the lane has its own journal and what it knew of the hub, and sells.
#[test]
fn a_lane_sells_alone_on_the_journal_of_november_2026() {
    let lane = left_behind("lane-1");
    let config = lane.path().join("lane.toml");
    let verified = ask("lane-agent", &["verify"], &config);
    assert_eq!(verified["sound"], true, "{verified}");
    assert_eq!(verified["records"], LANE_RECORDS);
    assert_eq!(verified["receipts"], LANE_SALES);

    let running = start("lane-agent", &config);
    let receipt = lane.path().join("receipts/1-1-000021.txt");
    until("the receipt is out", || receipt.is_file().then_some(()));
    running.kill();

    let verified = ask("lane-agent", &["verify"], &config);
    assert_eq!(verified["sound"], true, "{verified}");
    assert_eq!(
        verified["receipts"],
        LANE_SALES + 1,
        "numbered without a gap"
    );
}
