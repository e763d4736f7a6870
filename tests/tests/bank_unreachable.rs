//! A bank that is never there (F21): what an operator sees without asking for more, and can do.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tests::{program, running::Running};

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");

fn link(config: &Path, more: &[&str]) -> Output {
    program(UNDER_TEST, "store-hub")
        .args(["link", "--output", "json", "--config"])
        .arg(config)
        .args(more)
        .output()
        .expect("store-hub starts")
}

#[test]
fn a_bank_that_is_never_there_is_named_at_the_default_level_and_tried_on_demand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = folder.path().join("hub");
    let made = program(UNDER_TEST, "store-hub")
        .args(["init", "--lanes", "1"])
        .arg(&home)
        .output()
        .expect("store-hub starts");
    assert!(made.status.success(), "{made:?}");
    // A port that nobody is given: one that was free a moment ago may become the hub's own.
    let nobody = "127.0.0.1:1";
    let config = home.join("store-hub.toml");
    let text = fs::read_to_string(&config).expect("a configuration");
    let text = text
        .replace("127.0.0.1:7001", "127.0.0.1:0")
        .replace("127.0.0.1:7201", "127.0.0.1:0")
        .replace("127.0.0.1:7002", nobody)
        .replace("[acquirer]\n", "[acquirer]\nline_down_after = \"200ms\"\n");
    fs::write(&config, text).expect("written");
    let mut hub = program(UNDER_TEST, "store-hub");
    let hub = Running::start(hub.args(["run", "--config"]).arg(&config));
    let down = hub.says("bank line down");
    for part in ["WARN", "HUB0035", nobody, "refused", "since"] {
        assert!(down.contains(part), "no {part} in {down}");
    }
    for more in [&[][..], &["--now"]] {
        let told = link(&config, more);
        assert_eq!(told.status.code(), Some(1), "the answer is no");
        let told: Value = serde_json::from_slice(&told.stdout).expect("one JSON object");
        assert_eq!(told["up"], false);
        assert_eq!(told["address"], nobody);
        assert!(told["reason"].as_str().is_some_and(|why| !why.is_empty()));
    }
}
