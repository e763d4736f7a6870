//! A store day with real processes, and what its audit must find when somebody touches it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod killing;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tests::program;

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");

fn sim(args: &[&str]) -> Output {
    program(UNDER_TEST, "sim")
        .args(args)
        .output()
        .expect("sim starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    found
}

/// Runs the audit on a copy of `day` in which `change` has touched something.
fn audit_after(day: &Path, change: impl FnOnce(&Path)) -> Output {
    let copy = tempfile::tempdir().expect("a temporary folder");
    let target = copy.path().join("day");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(day)
        .arg(&target)
        .status()
        .expect("cp runs");
    assert!(copied.success());
    change(&target);
    sim(&["audit", target.to_str().expect("UTF-8")])
}

#[test]
fn a_day_with_faults_balances_and_its_audit_finds_every_touch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let day = folder.path().join("day");
    let day_text = day.to_str().expect("UTF-8");
    let run = sim(&[
        "store",
        "--baskets",
        "160",
        "--seed",
        "7",
        "--out",
        day_text,
        "--output",
        "json",
        "--log-format",
        "json",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let summary: Value = serde_json::from_slice(&run.stdout).expect("one JSON object on stdout");
    each_line_of_a_log_is_an_object(&day);

    assert_eq!(summary["baskets"], 160);
    assert_eq!(summary["invariants"]["broken"], Value::Array(Vec::new()));
    let payments = &summary["payments"];
    let count = |name: &str| {
        payments[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name}"))
    };
    let decisions = [
        "approved",
        "partially_approved",
        "declined",
        "unknown",
        "stand_in",
    ];
    let more = ["offline_approved", "refused"];
    let decided: u64 = decisions.iter().chain(&more).map(|name| count(name)).sum();
    assert_eq!(count("requested"), decided);
    assert!(count("stand_in") >= 1, "{payments}");
    assert!(count("reversed") >= 1, "{payments}");
    assert!(count("declined") >= 1, "{payments}");
    let faults = summary["faults"].as_array().expect("faults");
    let showed = faults.iter().filter(|fault| fault["showed"] == true);
    assert_eq!(showed.count(), 5, "{faults:?}");
    assert!(summary["resumed"].as_u64() >= Some(1), "{summary}");
    // Two bring the same piece back at once, each at another lane: one of them gets money.
    assert!(summary["returns"].as_u64() >= Some(2), "{summary}");
    let tenders = summary["tenders"].as_object().expect("tenders");
    let tendered: i64 = tenders.values().filter_map(Value::as_i64).sum();
    let change = summary["change_minor"].as_i64().expect("change");
    assert_eq!(summary["sales_minor"].as_i64(), Some(tendered - change));
    let settlement = &summary["settlement"];
    assert_eq!(settlement["lane_minor"], settlement["hub_minor"]);
    assert_eq!(settlement["hub_minor"], settlement["host_minor"]);

    let clean = sim(&["audit", day_text]);
    assert_eq!(
        clean.status.code(),
        Some(0),
        "{}{}",
        text(&clean.stdout),
        text(&clean.stderr)
    );
    a_removed_ledger_line_is_found(&day);
    a_changed_amount_is_found(&day);
    a_flipped_journal_byte_is_found(&day);
    every_kind_of_payment_can_be_followed(&day);
    no_clear_card_number_is_anywhere(&day);
}

/// The programs of the store write their logs as they were asked to; where they listen stands there
/// for people.
fn each_line_of_a_log_is_an_object(day: &Path) {
    let mut events = 0;
    for path in files_below(&day.join("logs")) {
        let log = fs::read_to_string(&path).expect("a log");
        for line in log
            .lines()
            .filter(|line| !line.starts_with("listening on "))
        {
            let told: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{}: {line}", path.display()));
            assert!(told["event"].is_string(), "{}: {line}", path.display());
            events += 1;
        }
    }
    assert!(events > 0, "a day with faults is told of");
}

fn ledger_without_touch(day: &Path) -> Vec<String> {
    let ledger = fs::read_to_string(day.join("host/ledger.jsonl")).expect("a ledger");
    ledger.lines().map(str::to_owned).collect()
}

fn approved_line(lines: &[String]) -> usize {
    lines
        .iter()
        .position(|line| {
            let line: Value = serde_json::from_str(line).expect("a ledger line is JSON");
            line["f39"] == "00" && line["mti"].as_str().is_some_and(|mti| mti.contains("200"))
        })
        .expect("an approved sale")
}

fn payment_of(line: &str) -> String {
    let line: Value = serde_json::from_str(line).expect("a ledger line is JSON");
    line["payment_ref"]
        .as_str()
        .expect("a payment reference")
        .to_owned()
}

fn a_removed_ledger_line_is_found(day: &Path) {
    let mut lines = ledger_without_touch(day);
    let removed = lines.remove(approved_line(&lines));
    let audit = audit_after(day, |copy| {
        fs::write(copy.join("host/ledger.jsonl"), lines.join("\n") + "\n").expect("written");
    });
    let said = text(&audit.stdout) + &text(&audit.stderr);
    assert_eq!(audit.status.code(), Some(1), "{said}");
    assert!(said.contains(&payment_of(&removed)), "{said}");
}

fn a_changed_amount_is_found(day: &Path) {
    let mut lines = ledger_without_touch(day);
    let index = approved_line(&lines);
    let mut line: Value = serde_json::from_str(&lines[index]).expect("JSON");
    let amount = line["amount_minor"].as_i64().expect("an amount");
    line["amount_minor"] = Value::from(amount + 1);
    lines[index] = line.to_string();
    let payment = payment_of(&lines[index]);
    let audit = audit_after(day, |copy| {
        fs::write(copy.join("host/ledger.jsonl"), lines.join("\n") + "\n").expect("written");
    });
    let said = text(&audit.stdout) + &text(&audit.stderr);
    assert_eq!(audit.status.code(), Some(1), "{said}");
    assert!(said.contains(&payment), "{said}");
}

fn a_flipped_journal_byte_is_found(day: &Path) {
    for folder in ["hub/journal", "lanes/1/journal"] {
        let audit = audit_after(day, |copy| {
            let largest = files_below(&copy.join(folder))
                .into_iter()
                .max_by_key(|path| fs::metadata(path).map_or(0, |data| data.len()))
                .expect("a journal file");
            let mut bytes = fs::read(&largest).expect("readable");
            let middle = bytes.len() / 3;
            bytes[middle] ^= 1;
            fs::write(&largest, bytes).expect("writable");
        });
        let said = text(&audit.stdout) + &text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{folder}: {said}");
    }
}

/// One reversed, one stood-in and one declined payment, each from receipt to bank.
fn every_kind_of_payment_can_be_followed(day: &Path) {
    let config = day.join("hub/store-hub.toml");
    let mut seen = std::collections::BTreeSet::new();
    for line in ledger_without_touch(day) {
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let kind = match (line["mti"].as_str(), line["f39"].as_str()) {
            (Some("0400"), Some("00")) => "reversed",
            (Some("0220"), Some("00")) => "stood in",
            (Some("0200"), Some(code)) if !["00", "10", "11"].contains(&code) => "declined",
            _ => continue,
        };
        if !seen.insert(kind) {
            continue;
        }
        let payment = line["payment_ref"].as_str().expect("a reference");
        let shown = program(UNDER_TEST, "store-hub")
            .args(["payment", payment, "--output", "json", "--config"])
            .arg(&config)
            .output()
            .expect("store-hub starts");
        assert_eq!(
            shown.status.code(),
            Some(0),
            "{kind}: {}",
            text(&shown.stderr)
        );
        let history: Value = serde_json::from_slice(&shown.stdout).expect("one JSON object");
        for side in ["lane", "hub", "host"] {
            let lines = history[side].as_array().map_or(0, Vec::len);
            assert!(lines > 0, "{kind}: nothing of the {side} in {history}");
        }
        let receipt = history["receipt_text"].as_str().unwrap_or("");
        assert!(receipt.contains("TOTAL"), "{kind}: no receipt in {history}");
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["declined", "reversed", "stood in"]
    );
}

/// I16: the numbers of all cards of the day, sought in everything the day left behind but the
/// inputs of the simulation.
fn no_clear_card_number_is_anywhere(day: &Path) {
    let accounts = fs::read_to_string(day.join("host/accounts.toml")).expect("accounts");
    let accounts: toml::Table = accounts.parse().expect("TOML");
    let pans: Vec<String> = accounts["account"]
        .as_array()
        .expect("accounts")
        .iter()
        .filter_map(|account| account["pan"].as_str().map(str::to_owned))
        .collect();
    assert!(pans.len() > 3, "{} cards", pans.len());
    let inputs = ["accounts.toml", "script.jsonl", "workload.jsonl"];
    for path in files_below(day) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if inputs.contains(&name) {
            continue;
        }
        let bytes = fs::read(&path).expect("readable");
        for pan in &pans {
            let found = bytes
                .windows(pan.len())
                .any(|window| window == pan.as_bytes());
            assert!(!found, "a card number stands in {}", path.display());
        }
    }
}

/// F9: of four lanes two sell nothing; with fewer baskets than lanes that is how it has to be.
#[test]
fn f9_lanes_that_sell_nothing_are_fine() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let out = home.path().join("run");
    let out = out.to_str().expect("UTF-8");
    let options = ["store", "--baskets", "2", "--faults", "none", "--out", out];
    let run = sim(&options);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stdout));
    assert_eq!(sim(&["audit", out]).status.code(), Some(0));
}

#[test]
fn bad_input_gets_one_clear_sentence_and_the_right_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let broken = folder.path().join("broken.csv");
    fs::write(&broken, b"whole milk\nyogurt,,butter\n").expect("written");
    let file_in_the_way = folder.path().join("file");
    fs::write(&file_in_the_way, b"").expect("written");
    let below_a_file = file_in_the_way.join("out");
    let cases: [(&[&str], &str); 7] = [
        (&["store", "--nonsense"], "--nonsense"),
        (&["store", "--faults", "close-kill"], "needs two days"),
        (&["store", "--days", "9", "--baskets", "40"], "at least 72"),
        (
            &["store", "--basket-file", "no-such-file.csv"],
            "no-such-file.csv",
        ),
        (
            &["store", "--basket-file", broken.to_str().expect("UTF-8")],
            "line 2",
        ),
        (&["store", "--faults", "earthquake"], "earthquake"),
        (
            &["store", "--out", below_a_file.to_str().expect("UTF-8")],
            "out",
        ),
    ];
    for (args, expected) in cases {
        let run = sim(args);
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(run.stdout.is_empty(), "{args:?} wrote to stdout");
    }
}

#[test]
fn a_day_in_which_somebody_kills_the_hub_the_bank_or_the_parent_audits_clean() {
    let killings = killing::kill_again_and_again(7, 3, 3, 2);
    let in_flight: usize = killings.iter().map(|killing| killing.in_flight).sum();
    assert!(in_flight >= 1, "no kill met a payment in flight");
}
