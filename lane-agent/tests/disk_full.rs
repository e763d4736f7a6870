//! The real program on a real disk that fills up: a loop-mounted ext4 image, both engines.
//!
//! It needs root and a loop device, and fails without them. So a plain `cargo test` leaves it out
//! (`test = false` in the manifest) and `.ci/run` asks for it by name:
//! `cargo test -p lane-agent --test disk_full`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use journal::EngineKind;
use loop_disk::LoopDisk;
use support::{Lane, PRICES, TestHub, barcode, card_order, cash_order};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lane-agent");
const IMAGE_BYTES: u64 = 96 * 1024 * 1024;
/// Free bytes that are less than new work needs and more than work under way does.
const NEARLY_FULL_BYTES: u64 = 24 * 1024 * 1024;

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn write_script(lane: &Lane, orders: u32) {
    let orders = (0..orders).map(|number| match number % 2 {
        0 => cash_order(&format!("o-{number}")),
        _ => card_order(&format!("o-{number}")),
    });
    let script = orders.collect::<Vec<_>>().join("\n");
    fs::write(lane.folder.path().join("script.jsonl"), script).unwrap();
}

fn configure(lane: &Lane, disk: &LoopDisk, hub: SocketAddr, engine: EngineKind) -> PathBuf {
    let path = lane.folder.path().join("lane.toml");
    let journal = disk.path().join("journal");
    let text = Lane::config_text(hub).replace(
        "folder = \"journal\"",
        &format!("engine = \"{engine}\"\nfolder = {journal:?}"),
    );
    fs::write(&path, text).unwrap();
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
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn start(config: &Path) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--stop-on-stdin-eof", "--config"]);
    command.arg(config).stdin(Stdio::piped()).spawn().unwrap()
}

fn stop(mut lane: Child) {
    drop(lane.stdin.take());
    assert_eq!(lane.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_whose_disk_fills_up_refuses_sells_on_and_loses_nothing() {
    for kind in EngineKind::ALL {
        let disk = LoopDisk::new(IMAGE_BYTES);
        let hub = hub();
        let lane = Lane::new(&[]);
        write_script(&lane, 2);
        let (address, serving) = hub.serve().await;
        let config = configure(&lane, &disk, address, kind);
        let running = start(&config);
        hub.until_done().await;
        stop(running);

        disk.fill(NEARLY_FULL_BYTES);
        let tested = ask("self-test", &config);
        assert_eq!(tested.status.code(), Some(1), "{tested:?}");
        assert!(json(&tested)["checks"].to_string().contains("LANE0009"));
        assert!(json(&ask("status", &config))["no_room"].is_string());
        write_script(&lane, 4);
        hub.heard.lock().unwrap().status = Default::default();
        let running = start(&config);
        hub.until(|heard| heard.status.state == "no-room").await;
        assert_eq!(hub.heard.lock().unwrap().status.sales_closed, 2);
        disk.empty();
        hub.until_done().await;
        assert_eq!(hub.heard.lock().unwrap().status.sales_closed, 4);

        // To the last byte, and a kill on top.
        disk.fill(0);
        hub.until(|heard| heard.status.state == "no-room").await;
        let mut running = running;
        running.kill().unwrap();
        running.wait().unwrap();
        disk.empty();
        let verified = ask("verify", &config);
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
        assert_eq!(json(&verified)["receipts"], 4);
        write_script(&lane, 6);
        hub.heard.lock().unwrap().status = Default::default();
        let running = start(&config);
        hub.until_done().await;
        stop(running);
        assert_eq!(json(&ask("verify", &config))["receipts"], 6);
        serving.abort();
    }
}
