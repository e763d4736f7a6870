//! Several business days with real processes: lanes sell through each end of a day, rest, are away,
//! come back; and the sealed days add up.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tests::program;

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
const FIRST: &str = "2026-11-22";
const SECOND: &str = "2026-11-23";

fn sim(arguments: &[&str]) -> Output {
    let mut sim = program(UNDER_TEST, "sim");
    sim.args(arguments).output().expect("sim starts")
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

/// Trades `options` into a folder of `home`, and gives the folder and the summary.
fn traded(home: &Path, options: &str) -> (PathBuf, Value) {
    let folder = home.join("run");
    let out = folder.to_str().expect("UTF-8");
    let options: Vec<&str> = options.split(' ').collect();
    let run = sim(&[&options, &["--output", "json", "--out", out][..]].concat());
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let summary = serde_json::from_slice(&run.stdout).expect("one JSON object");
    (folder, summary)
}

fn audit(folder: &Path) -> Output {
    sim(&["audit", folder.to_str().expect("UTF-8")])
}

fn sealed(folder: &Path, date: &str, version: u64) -> Value {
    let path = folder.join(format!("hub/days/{date}/v{version}/day.json"));
    let text = fs::read_to_string(&path).expect("a sealed day");
    serde_json::from_str(&text).expect("JSON")
}

/// What a sealed day says of its lanes, by number: sales, and whether it is complete.
fn lane_in(day: &Value, lane: u64) -> (u64, bool) {
    let own = |rows: &Value| {
        let mut rows = rows.as_array().expect("rows").iter();
        rows.find(|row| row["lane"] == lane).cloned()
    };
    let sales = own(&day["by_lane"]).and_then(|row| row["sales"].as_u64());
    let complete = own(&day["completeness"]).and_then(|row| row["complete"].as_bool());
    (sales.unwrap_or(0), complete.unwrap_or(false))
}

fn minor(value: &Value) -> i64 {
    value.as_i64().expect("an amount")
}

/// In a copy of the run: what the audit says once somebody has touched it.
fn audited_after(folder: &Path, change: impl FnOnce(&Path)) -> String {
    let home = tempfile::tempdir().expect("a temporary folder");
    let copy = home.path().join("run");
    let copied = Command::new("cp").arg("-a").arg(folder).arg(&copy).status();
    assert!(copied.expect("cp runs").success());
    change(&copy);
    let audit = audit(&copy);
    assert_eq!(audit.status.code(), Some(1), "{}", said(&audit));
    said(&audit)
}

/// F1: a lane that stays connected over a close sells on under the next date, and what it sells
/// stands in a sealed day.
#[test]
fn second_day() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let options = "store --days 2 --lanes 2 --baskets 60 --seed 3 --faults none";
    let (folder, summary) = traded(home.path(), options);
    let days = summary["days"].as_array().expect("days");
    let dates: Vec<_> = days.iter().map(|day| day["date"].as_str()).collect();
    assert_eq!(dates, [Some(FIRST), Some(SECOND)]);
    let sums: i64 = days.iter().map(|day| minor(&day["sales_minor"])).sum();
    assert_eq!(sums, minor(&summary["sales_minor"]));
    assert!(days[0]["at_bank_at_turn"].as_u64() >= Some(1), "{summary}");
    let (first, second) = (sealed(&folder, FIRST, 1), sealed(&folder, SECOND, 1));
    for day in [&first, &second] {
        for lane in [1, 2] {
            let (sales, complete) = lane_in(day, lane);
            assert!(complete && sales > 0, "lane {lane}: {day}");
        }
    }
    let in_seals: i64 = [&first, &second]
        .iter()
        .map(|day| minor(&day["sales"]["total_minor"]))
        .sum();
    assert_eq!(in_seals, minor(&summary["sales_minor"]));
    assert_eq!(audit(&folder).status.code(), Some(0));

    let edited = audited_after(&folder, |copy| {
        let path = copy.join(format!("hub/days/{FIRST}/v1/day.json"));
        let text = fs::read_to_string(&path).expect("readable");
        let total = first["sales"]["total_minor"].to_string();
        let other = (minor(&first["sales"]["total_minor"]) + 1).to_string();
        fs::write(&path, text.replace(&total, &other)).expect("writable");
    });
    assert!(
        edited.contains(&format!("I20: hub/days/{FIRST}/v1")),
        "{edited}"
    );
    let removed = audited_after(&folder, |copy| {
        fs::remove_dir_all(copy.join(format!("hub/days/{SECOND}/v1"))).expect("removed");
    });
    assert!(
        removed.contains(&format!("sales of {SECOND}")) && removed.contains("are in no sealed day"),
        "{removed}"
    );
}

/// F2: a lane that was away at the close is named and not complete; what it had sold makes version
/// 2 once it is back, and version 1 stays.
#[test]
fn late_lane_new_version() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let options =
        "store --days 2 --lanes 3 --baskets 90 --seed 4 --faults lane-away,close-kill,empty-card";
    let (folder, summary) = traded(home.path(), options);
    let first = &summary["days"][0];
    // The others may come late, too: the hub was killed while they were ending their day.
    let newest = first["version"].as_u64().expect("a version");
    assert!(newest >= 2, "{summary}");
    assert_eq!(first["lanes_complete"], 3, "{summary}");
    assert!(first["lanes_late"].as_u64() >= Some(1), "{summary}");
    let away = 2;
    let (before, after) = (sealed(&folder, FIRST, 1), sealed(&folder, FIRST, newest));
    let (known, complete) = lane_in(&before, away);
    assert!(!complete, "{before}");
    let (all, complete) = lane_in(&after, away);
    assert!(complete && all > known, "{after}");
    assert_eq!(
        minor(&after["sales"]["total_minor"]),
        minor(&first["sales_minor"])
    );
    assert_eq!(audit(&folder).status.code(), Some(0));
    let removed = audited_after(&folder, |copy| {
        for version in 2..=newest {
            let version = copy.join(format!("hub/days/{FIRST}/v{version}"));
            fs::remove_dir_all(version).expect("removed");
        }
    });
    assert!(
        removed.contains(&format!("I20: {FIRST} version 1: lane {away}")),
        "{removed}"
    );
}

/// Goods that were bought on the first day come back on the second, on another lane: the lanes and
/// the hub were closed and turned in between, and the books of both days are right.
#[test]
fn a_return_on_another_lane_on_the_next_day() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let options = "store --days 2 --lanes 2 --baskets 100 --seed 5 --faults none";
    let (folder, summary) = traded(home.path(), options);
    let workload = fs::read_to_string(folder.join("workload.jsonl")).expect("the workload");
    let visits: Vec<Value> = workload
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of_yesterday: Vec<(u64, &str)> = visits
        .iter()
        .filter_map(|visit| {
            let receipt = visit["brings_back"]["receipt"].as_str()?;
            let lane = visit["lane"].as_u64()?;
            let (bought_on, day) = bought(&visits, receipt)?;
            (bought_on != lane && day == 1 && visit["day"] == 2).then_some((lane, receipt))
        })
        .collect();
    assert!(!of_yesterday.is_empty(), "the seed draws none: {visits:?}");
    let came_back = of_yesterday
        .iter()
        .filter(|(lane, receipt)| stands_on_a_receipt_of(&folder, *lane, receipt));
    assert!(came_back.count() >= 1, "{of_yesterday:?}");
    assert!(summary["returns"].as_u64() >= Some(1), "{summary}");
    let (first, second) = (sealed(&folder, FIRST, 1), sealed(&folder, SECOND, 1));
    let in_seals: i64 = [&first, &second]
        .iter()
        .map(|day| minor(&day["sales"]["total_minor"]))
        .sum();
    assert_eq!(in_seals, minor(&summary["sales_minor"]));
    let audit = audit(&folder);
    assert_eq!(audit.status.code(), Some(0), "{}", said(&audit));
}

/// Lane and day of the sale with this receipt: each customer of a lane gets the next number.
fn bought(visits: &[Value], receipt: &str) -> Option<(u64, u64)> {
    let mut parts = receipt.split('-');
    let lane: u64 = parts.next()?.parse().ok()?;
    let number: usize = parts.nth(1)?.parse().ok()?;
    let mut own = visits.iter().filter(|visit| visit["lane"] == lane);
    let visit = own.nth(number.checked_sub(1)?)?;
    Some((lane, visit["day"].as_u64().unwrap_or(1)))
}

/// Whether a receipt of the lane names this one.
fn stands_on_a_receipt_of(folder: &Path, lane: u64, receipt: &str) -> bool {
    let printed = fs::read_dir(folder.join(format!("receipts/lane-{lane}"))).expect("receipts");
    let mut texts = printed.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    texts.any(|text| text.contains(receipt))
}
