//! The program itself: exit codes, answers, kill -9, end of standard input.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use support::{Lane, PRICES, TestHub, barcode, card_order, cash_order};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lane-agent");

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn write_config(lane: &Lane, hub: SocketAddr) -> PathBuf {
    let path = lane.folder.path().join("lane.toml");
    fs::write(&path, Lane::config_text(hub)).unwrap();
    path
}

fn ask(command: &str, config: &Path) -> Output {
    Command::new(PROGRAM)
        .args([command, "--output", "json", "--config"])
        .arg(config)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn run(config: &Path) -> Child {
    Command::new(PROGRAM)
        .args(["run", "--stop-on-stdin-eof", "--config"])
        .arg(config)
        .stdin(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_minus_nine_and_started_again() {
    let hub = hub();
    let orders: Vec<String> = (0..30)
        .map(|number| {
            let name = format!("o-{number}");
            if number % 2 == 0 {
                cash_order(&name)
            } else {
                card_order(&name)
            }
        })
        .collect();
    let lane = Lane::new(&orders);
    let (address, serving) = hub.serve().await;
    let config = write_config(&lane, address);
    for records in [5, 20, 45, 80] {
        let mut child = run(&config);
        hub.until(|heard| heard.records.len() >= records).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut child = run(&config);
    hub.until_done().await;
    assert_eq!(hub.heard.lock().unwrap().status.sales_closed, 30);

    let busy = ask("status", &config);
    assert_eq!(busy.status.code(), Some(2), "the journal is in use");
    drop(child.stdin.take());
    assert_eq!(
        child.wait().unwrap().code(),
        Some(0),
        "the end of standard input stops it"
    );
    serving.abort();

    let verified = ask("verify", &config);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    assert_eq!(json(&verified)["receipts"], 30);
    let status = ask("status", &config);
    assert_eq!(status.status.code(), Some(0));
    assert_eq!(json(&status)["sales_closed"], 30);
    let texts = lane
        .receipts()
        .iter()
        .filter(|name| name.ends_with(".txt"))
        .count();
    assert_eq!(texts, 30);
}

/// F34: a running lane is asked at its own port, by whoever has no configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_lane_is_asked_by_its_address_alone_f34() {
    let hub = hub();
    let lane = Lane::new(&[cash_order("o-1")]);
    let (address, serving) = hub.serve().await;
    let config = write_config(&lane, address);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text + "\n[metrics]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["run", "--stop-on-stdin-eof", "--config"])
        .arg(&config)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let listens = said
        .find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("listening on ").map(str::to_owned)
        })
        .unwrap();
    hub.until_done().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let ask = |more: &[&str]| {
        Command::new(PROGRAM)
            .args(["status", "--address", &listens])
            .args(more)
            .current_dir(elsewhere.path())
            .output()
            .unwrap()
    };
    let told = ask(&["--output", "json"]);
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let told = json(&told);
    for (key, value) in [
        ("lane", serde_json::json!(1)),
        ("epoch", 1.into()),
        ("running", true.into()),
        ("state", "open".into()),
        ("can_sell", true.into()),
        ("hub_up", true.into()),
        ("sales_closed", 1.into()),
        ("no_room", serde_json::Value::Null),
    ] {
        assert_eq!(told[key], value, "{key} in {told}");
    }
    assert!(told["journal_sequence"].as_u64() > Some(1), "{told}");
    assert!(told["business_date"].is_string(), "{told}");
    let words = String::from_utf8(ask(&[]).stdout).unwrap();
    assert!(words.contains("lane-1 epoch 1: open"), "{words}");
    assert!(words.contains("hub there"), "{words}");
    drop(child.stdin.take());
    child.wait().unwrap();
    serving.abort();
    let gone = ask(&[]);
    assert_eq!(gone.status.code(), Some(3), "{gone:?}");
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(
        said.contains("nobody answers at") && said.contains("start the lane"),
        "{said}"
    );
}

#[tokio::test]
async fn configuration_and_self_test_say_what_is_wrong_f36() {
    let lane = Lane::new(&[cash_order("o-1")]);
    let (address, serving) = hub().serve().await;
    let config = write_config(&lane, address);
    let good = ask("check-config", &config);
    assert_eq!(
        (good.status.code(), &json(&good)["valid"]),
        (Some(0), &true.into())
    );

    let tested = ask("self-test", &config);
    assert_eq!(tested.status.code(), Some(0), "{tested:?}");
    serving.abort();
    let _ = serving.await;
    let tested = ask("self-test", &config);
    assert_eq!(
        tested.status.code(),
        Some(3),
        "no hub, but cash: {tested:?}"
    );
    assert_eq!(json(&tested)["can_sell"], true);
    fs::write(lane.folder.path().join("script.jsonl"), "{}").unwrap();
    let tested = ask("self-test", &config);
    assert_eq!(tested.status.code(), Some(1));

    fs::write(&config, "[lane]\nlane = 0\n[hub]\naddress = 5\n").unwrap();
    let bad = ask("check-config", &config);
    assert_eq!(bad.status.code(), Some(2));
    let said = String::from_utf8(bad.stderr.clone()).unwrap();
    for key in [
        "lane.lane",
        "lane.store_id",
        "hub.address",
        "journal: this section is missing",
    ] {
        assert!(said.contains(key), "{key} in {said}");
    }
    let told = json(&bad);
    assert_eq!(told["valid"], false);
    let faults = told["faults"].as_array().unwrap();
    let at = |key: &str| faults.iter().find(|fault| fault["key"] == key).unwrap();
    assert_eq!(at("lane.lane")["line"], 2);
    assert_eq!(at("hub.address")["line"], 4);
    assert_eq!(at("hub.address")["file"], config.to_str().unwrap());
    for command in ["run", "status", "verify", "self-test"] {
        let missing = lane.folder.path().join("nowhere.toml");
        let refused = Command::new(PROGRAM)
            .args([command, "--config"])
            .arg(missing)
            .output()
            .unwrap();
        assert_eq!(refused.status.code(), Some(2), "{command}");
    }
}

#[test]
fn usage_help_and_completions() {
    let exit = |args: &[&str]| Command::new(PROGRAM).args(args).output().unwrap();
    assert_eq!(exit(&["sell"]).status.code(), Some(2));
    assert_eq!(exit(&["--help"]).status.code(), Some(0));
    let completions = exit(&["completions", "bash"]);
    assert!(
        String::from_utf8(completions.stdout)
            .unwrap()
            .contains("self-test")
    );
}
