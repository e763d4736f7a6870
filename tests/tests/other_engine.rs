//! A store day on the engine that isn't the default: it balances, its audit is clean and finds a
//! flipped byte, and afterwards the journals move to the other engine and say the same there. Then
//! a lane that lost records of its journal gets them back from its hub.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use journal::{EngineKind, LogId, Write};
use serde_json::Value;
use tests::program;

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");

fn run(name: &str, args: &[&str]) -> Output {
    program(UNDER_TEST, name)
        .args(args)
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
}

/// Program and configuration of the hub and of each lane.
fn programs(day: &Path) -> Vec<(&'static str, PathBuf)> {
    let lane = |lane: u8| ("lane-agent", day.join(format!("lanes/{lane}/lane.toml")));
    let hub = ("store-hub", day.join("hub/store-hub.toml"));
    vec![hub, lane(1), lane(2)]
}

fn ask(day: &Path, args: &[&str]) -> Vec<Output> {
    let asked = programs(day).into_iter().map(|(name, config)| {
        let config = config.to_str().expect("UTF-8");
        run(
            name,
            &[args, &["--output", "json", "--config", config]].concat(),
        )
    });
    asked.collect()
}

#[test]
fn a_day_on_redb_balances_audits_clean_and_moves_to_sled() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let day = folder.path().join("day");
    let out = day.to_str().expect("UTF-8");
    let options =
        "store --engine redb --lanes 2 --baskets 40 --seed 11 --faults lane-kill,hub-kill";
    let options: Vec<&str> = options.split(' ').collect();
    let options = [&options[..], &["--output", "json", "--out", out]].concat();
    let summary = json(&run("sim", &options));
    assert_eq!(summary["invariants"]["broken"], Value::Array(Vec::new()));
    for journal in ["hub/journal", "lanes/1/journal", "lanes/2/journal"] {
        assert!(
            day.join(journal).join("journal.redb").is_file(),
            "{journal}"
        );
    }
    json(&run("sim", &["audit", out, "--output", "json"]));
    a_flipped_byte_is_found(&day);

    let rebuilt = ask(&day, &["verify", "--rebuild"]);
    let records: Vec<Value> = rebuilt
        .iter()
        .map(|one| json(one)["records"].clone())
        .collect();
    for moved in ask(&day, &["migrate", "--to", "sled"]) {
        let moved = json(&moved);
        assert_eq!(
            (&moved["moved"], &moved["configured"]),
            (&true.into(), &false.into())
        );
    }
    for refused in ask(&day, &["verify"]) {
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("`migrate`"), "{}", said(&refused));
    }
    for (_, config) in programs(&day) {
        let text = fs::read_to_string(&config).expect("a configuration");
        let text = text.replace("engine = \"redb\"", "engine = \"sled\"");
        fs::write(config, text).expect("written");
    }
    let again = ask(&day, &["verify", "--rebuild"]);
    let again: Vec<Value> = again
        .iter()
        .map(|one| json(one)["records"].clone())
        .collect();
    assert_eq!(again, records);
    a_lane_gets_its_records_back_from_its_hub(&day);
}

/// The real hub gives, the real lane takes.
fn a_lane_gets_its_records_back_from_its_hub(day: &Path) {
    let (hub, lane) = (
        day.join("hub/store-hub.toml"),
        day.join("lanes/1/lane.toml"),
    );
    let text = fs::read_to_string(&hub).expect("a configuration");
    let at = text.find("[listen]\naddress = \"").expect("an address") + 20;
    let end = at + text[at..].find('"').expect("its end");
    let listen_address = text[at..end].to_owned();
    fs::write(&hub, text.replacen(&listen_address, "127.0.0.1:0", 1)).expect("written");
    let mut running = program(UNDER_TEST, "store-hub")
        .args(["run", "--stop-on-stdin-eof", "--config"])
        .arg(&hub)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the hub starts");
    let mut said_by_hub = BufReader::new(running.stderr.take().expect("its stderr"));
    let address = loop {
        let mut line = String::new();
        let read = said_by_hub.read_line(&mut line).expect("readable");
        assert!(read > 0, "the hub ended");
        if let Some(address) = line.strip_prefix("listening on ") {
            break address.trim().to_owned();
        }
    };
    let text = fs::read_to_string(&lane).expect("a configuration");
    fs::write(&lane, text.replace(&listen_address, &address)).expect("written");
    damage(&day.join("lanes/1/journal"));
    let config = lane.to_str().expect("UTF-8");
    let ask = |command| {
        run(
            "lane-agent",
            &[command, "--output", "json", "--config", config],
        )
    };
    let damaged = ask("verify");
    assert_eq!(damaged.status.code(), Some(1), "{}", said(&damaged));
    assert!(said(&damaged).contains("record 3"), "{}", said(&damaged));
    let repaired = json(&ask("repair"));
    let runs = serde_json::json!([{"from": 3, "to": 3}, {"from": 10, "to": 11}]);
    assert_eq!(repaired["repaired"], runs);
    assert_eq!(json(&ask("verify"))["sound"], true);
    drop(running.stdin.take());
    assert!(running.wait().expect("it ends").success());
}

fn damage(folder: &Path) {
    let engine = EngineKind::Sled.open(folder).expect("a journal");
    let key = |sequence: u64| {
        let own = LogId::OWN.0.to_be_bytes();
        [b"l".as_slice(), &own, &sequence.to_be_bytes()].concat()
    };
    let mut flipped = engine.get(&key(10)).expect("readable").expect("a record");
    flipped[40] ^= 1;
    let changes = [(3, None), (10, Some(flipped)), (11, None)];
    let writes = changes.map(|(sequence, value)| Write {
        key: key(sequence),
        value,
    });
    engine.write(&writes).expect("written");
    engine.sync().expect("durable");
}

/// Both what the audit says of the journal itself (I14) and that the run's files were touched.
fn a_flipped_byte_is_found(day: &Path) {
    for journal in ["hub/journal", "lanes/1/journal"] {
        let file = day.join(journal).join("journal.redb");
        let sound = fs::read(&file).expect("readable");
        let mut flipped = sound.clone();
        let last = flipped.iter().rposition(|byte| *byte != 0).expect("a byte");
        flipped[last / 2] ^= 1;
        fs::write(&file, flipped).expect("writable");
        let audit = run("sim", &["audit", day.to_str().expect("UTF-8")]);
        assert_eq!(audit.status.code(), Some(1), "{journal}: {}", said(&audit));
        fs::write(&file, sound).expect("writable");
    }
}

#[test]
fn an_engine_that_nobody_knows_is_refused_with_the_known_names() {
    let refused = run("sim", &["store", "--engine", "tape"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said(&refused).contains("known: sled, redb"),
        "{}",
        said(&refused)
    );
}
