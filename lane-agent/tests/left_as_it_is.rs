//! What a lane leaves on its disk when it is asked to stop, and that commands which only ask change
//! no byte of it. The programs are the real ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use journal::{EngineKind, verify_folder};
use support::{Lane, PRICES, TestHub, barcode, card_order, cash_order};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lane-agent");

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn configure(lane: &Lane, hub: SocketAddr, engine: EngineKind) -> PathBuf {
    let path = lane.folder.path().join("lane.toml");
    let text = Lane::config_text(hub);
    let text = text.replace("[journal]", &format!("[journal]\nengine = \"{engine}\""));
    fs::write(&path, text).unwrap();
    path
}

fn run(hub: &TestHub, config: &Path) -> Child {
    hub.heard.lock().unwrap().status = Default::default();
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--config"]).arg(config);
    command.stdin(Stdio::null()).spawn().unwrap()
}

fn terminate(mut lane: Child) {
    let order = format!("kill -TERM {}", lane.id());
    let sent = Command::new("sh").args(["-c", &order]).status().unwrap();
    assert!(sent.success());
    assert_eq!(lane.wait().unwrap().code(), Some(0));
}

/// Every file, and what is in it.
fn stock(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => {
                found.extend(stock(&path));
                found.insert(path, Vec::new());
            }
            false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_a_lane_that_is_told_to_stop_leaves_nothing_half_done() {
    for kind in EngineKind::ALL {
        let hub = hub();
        let lane = Lane::new(&[cash_order("o-0"), card_order("o-1")]);
        let (address, serving) = hub.serve().await;
        let config = configure(&lane, address, kind);
        let journal = lane.folder.path().join("journal");
        for start in 1..=6 {
            let running = run(&hub, &config);
            hub.until_done().await;
            terminate(running);
            assert!(
                !journal.join("witness.new").exists(),
                "{kind}, start {start}"
            );
            // The witness is the one of the very end: whatever is cut off now is missed.
            let before = fs::read(journal.join("witness")).unwrap();
            let engine = kind.open(&journal).unwrap();
            drop(journal::Journal::open(engine).unwrap());
            let renewed = fs::read(journal.join("witness")).unwrap();
            assert_eq!(before, renewed, "{kind}, start {start}");
        }
        serving.abort();
    }
}

/// Each of them twice: what the first has left, the second reads.
fn ask_everything(config: &Path) {
    let questions: [&[&str]; 6] = [
        &["status"],
        &["verify"],
        &["verify", "--rebuild"],
        &["self-test"],
        &["check-config"],
        &["status", "--output", "json"],
    ];
    for question in questions.iter().chain(&questions) {
        let mut command = Command::new(PROGRAM);
        let asked = command.args(*question).arg("--config").arg(config);
        let answer = asked.output().unwrap();
        let may_fail = question[0] == "self-test";
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert!(answer.status.success() || may_fail, "{question:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f24_commands_that_only_ask_change_no_byte() {
    for kind in EngineKind::ALL {
        let hub = hub();
        let lane = Lane::new(&[cash_order("o-0"), card_order("o-1"), cash_order("o-2")]);
        let (address, serving) = hub.serve().await;
        let config = configure(&lane, address, kind);

        let mut killed = run(&hub, &config);
        hub.until_done().await;
        killed.kill().unwrap();
        killed.wait().unwrap();
        let before = stock(lane.folder.path());
        ask_everything(&config);
        assert_eq!(stock(lane.folder.path()), before, "{kind}, killed");

        let running = run(&hub, &config);
        hub.until_done().await;
        terminate(running);
        let before = stock(lane.folder.path());
        ask_everything(&config);
        assert_eq!(stock(lane.folder.path()), before, "{kind}, stopped");
        verify_folder(&lane.folder.path().join("journal")).unwrap();
        serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f24_asking_makes_no_journal_where_there_is_none() {
    let lane = Lane::new(&[]);
    let config = configure(
        &lane,
        SocketAddr::from(([127, 0, 0, 1], 1)),
        EngineKind::Sled,
    );
    for question in ["status", "verify", "self-test"] {
        let mut command = Command::new(PROGRAM);
        command.args([question, "--config"]).arg(&config);
        command.output().unwrap();
        assert!(!lane.folder.path().join("journal").exists(), "{question}");
    }
}
