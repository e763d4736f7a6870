//! `sim load` from outside: what it prints, and that a bank that counts otherwise is found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

fn load(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    command.arg("load").args(arguments).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The object a load prints, and its exit code.
fn measured(arguments: &[&str], out: &Path) -> (Value, i32) {
    let out = ["--output", "json", "--out", out.to_str().unwrap()];
    let output = load(&[arguments, &out].concat()).output().unwrap();
    let object = serde_json::from_slice(&output.stdout);
    let object = object.unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    (object, output.status.code().unwrap())
}

/// Sales in the bank's ledger, counted by other eyes.
fn lines_of_lanes(out: &Path, lanes: u64) -> u64 {
    let text = fs::read_to_string(out.join("host/ledger.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let of_lanes = lines.filter(|line: &Value| {
        let tid = line["tid"].as_str().unwrap();
        let lane: u64 = tid.trim_start_matches("LANE").parse().unwrap();
        lane <= lanes && line["mti"] == "0200" && line["f39"] == "00"
    });
    u64::try_from(of_lanes.count()).unwrap()
}

/// On the disk of the build, which is none in memory.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

#[test]
fn a_second_of_load_is_measured_and_counted_by_the_bank() {
    for (engine, form) in [("redb", &["--full-life"][..]), ("sled", &[])] {
        let home = folder();
        let asked = ["--lanes", "3", "--seconds", "1", "--engine", engine];
        let (told, code) = measured(&[&asked, form].concat(), home.path());
        assert_eq!(code, 0, "{told:#}");
        assert_eq!(
            (&told["engine"], &told["lanes"]),
            (&engine.into(), &3.into())
        );
        assert_eq!(told["full_life"], !form.is_empty());
        assert_eq!(told["verified"], true);
        let answered = told["answered"].as_u64().unwrap();
        assert!(answered >= told["authorisations"].as_u64().unwrap());
        assert_eq!(answered, lines_of_lanes(home.path(), 3));
        for positive in [
            "authorisations",
            "authorisations_per_s",
            "p50_us",
            "p99_us",
            "hub_cpu_us_per_authorisation",
            "host_cpu_us_per_authorisation",
            "commits_per_authorisation",
            "bytes_written_per_authorisation",
            "echo_per_s",
            "echo_cpu_us_per_authorisation",
            "durable_records_per_s",
            "ratio_to_echo",
            "ratio_to_durable",
            "acquirer_answer_us",
        ] {
            assert!(
                told[positive].as_f64().unwrap() > 0.0,
                "{positive}: {told:#}"
            );
        }
    }
}

/// The count is no formality: one sale more in the bank's book than lanes were told of is a no.
#[test]
fn a_bank_that_counts_otherwise_is_found() {
    let home = folder();
    let out = ["--out", home.path().to_str().unwrap()];
    let asked = ["--lanes", "2", "--seconds", "2", "--output", "json"];
    let running = load(&[&asked[..], &out].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ledger = home.path().join("host/ledger.jsonl");
    let line = (0..3_000)
        .find_map(|_| {
            sleep(Duration::from_millis(20));
            let text = fs::read_to_string(&ledger).ok()?;
            let whole = text.split_inclusive('\n').find(|line| {
                line.ends_with('\n') && line.contains("\"0200\"") && line.contains("LANE0001")
            });
            whole.map(str::to_owned)
        })
        .expect("no sale reaches the bank");
    let mut file = fs::File::options().append(true).open(&ledger).unwrap();
    file.write_all(line.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told:#}\n{}", said(&output));
    let count = |name: &str| told[name].as_u64().unwrap();
    assert_eq!(count("in_ledger"), count("answered") + 1);
    assert_eq!(told["verified"], true);
}

#[test]
fn two_short_days_show_what_growth_is_made_of() {
    let home = folder();
    let asked = ["--days", "2", "--payments-per-day", "20", "--lanes", "2"];
    let (told, code) = measured(&asked, home.path());
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(told["answered"], 40);
    assert_eq!(lines_of_lanes(home.path(), 2), 40);
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 2);
    for (number, day) in (1_u64..).zip(days) {
        assert_eq!(day["day"], number);
        for positive in [
            "close_ms",
            "summary_ms",
            "rss_mib",
            "journal_mib",
            "restart_ms",
            "first_report_ms",
        ] {
            assert!(day[positive].as_f64().unwrap() > 0.0, "{positive}: {day:#}");
        }
    }
}

/// Lanes pay on over the turn of the date: none of these payments is lost from the count.
#[test]
fn payments_beside_summaries_and_the_close_are_counted() {
    let home = folder();
    let asked = ["--days", "1", "--payments-per-day", "9", "--lanes", "3"];
    let (told, code) = measured(&[&asked[..], &["--beside"]].concat(), home.path());
    assert_eq!(code, 0, "{told:#}");
    let beside = &told["beside"];
    let paid = |what: &str| beside[what]["payments"].as_u64().unwrap();
    assert_eq!((paid("quiet"), paid("summary")), (360, 360));
    assert!(paid("close") >= 3, "{told:#}");
    let all = 9 + 720 + paid("close");
    assert_eq!(told["answered"], all);
    assert_eq!(lines_of_lanes(home.path(), 3), all);
    for ratio in ["summary_ratio_p99", "close_ratio_p99"] {
        assert!(beside[ratio].as_f64().unwrap() > 0.0, "{told:#}");
    }
}

#[test]
fn what_can_not_be_measured_is_a_usage_error() {
    let refused = |arguments: &[&str], words: &str| {
        let output = load(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
        assert!(output.stdout.is_empty());
    };
    refused(&["--days", "3"], "--payments-per-day");
    refused(&["--days", "3", "--payments-per-day", "0"], "says nothing");
    let both = ["--days", "3", "--payments-per-day", "9", "--rate", "5"];
    refused(&both, "--rate");
    if Path::new("/dev/shm").is_dir() {
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        refused(&["--out", memory.path().to_str().unwrap()], "in memory");
    }
}
