//! What a stopped lane's journal goes through: damage and repair from the hub's copy, the other
//! engine, a key that nobody wrote. The programs are the real ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and kills a program after some real time"
)]

mod support;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use journal::{Batch, EngineKind, Journal, LogId, SimulatedDisk, Write};
use support::{Lane, PRICES, TestHub, barcode, card_order, cash_order};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lane-agent");

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn orders(names: std::ops::Range<u32>) -> Vec<String> {
    names
        .map(|number| match number % 2 {
            0 => cash_order(&format!("o-{number}")),
            _ => card_order(&format!("o-{number}")),
        })
        .collect()
}

fn configure(lane: &Lane, hub: SocketAddr, engine: EngineKind) -> PathBuf {
    let path = lane.folder.path().join("lane.toml");
    let text = Lane::config_text(hub);
    let text = text.replace("[journal]", &format!("[journal]\nengine = \"{engine}\""));
    fs::write(&path, text).unwrap();
    path
}

fn ask(arguments: &[&str], config: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .args(["--output", "json", "--config"]);
    command.arg(config).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn json(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn run(config: &Path) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--stop-on-stdin-eof", "--config"]);
    command.arg(config).stdin(Stdio::piped()).spawn().unwrap()
}

/// Sells everything in the script and stops cleanly.
async fn sell(hub: &TestHub, config: &Path) {
    hub.heard.lock().unwrap().status = Default::default();
    let mut child = run(config);
    hub.until_done().await;
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn record_key(sequence: u64) -> Vec<u8> {
    [
        b"l".as_slice(),
        &LogId::OWN.0.to_be_bytes(),
        &sequence.to_be_bytes(),
    ]
    .concat()
}

fn head_key() -> Vec<u8> {
    [b"h".as_slice(), &LogId::OWN.0.to_be_bytes()].concat()
}

/// Changes stored values below the journal, as a bad disk does.
fn set(lane: &Lane, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
    let folder = lane.folder.path().join("journal");
    let engine = EngineKind::of_folder(&folder)
        .unwrap()
        .open(&folder)
        .unwrap();
    let write = |(key, value)| Write { key, value };
    let writes: Vec<Write> = changes.into_iter().map(write).collect();
    engine.write(&writes).unwrap();
    engine.sync().unwrap();
}

fn stored(lane: &Lane, key: &[u8]) -> Vec<u8> {
    let folder = lane.folder.path().join("journal");
    let engine = EngineKind::of_folder(&folder)
        .unwrap()
        .open(&folder)
        .unwrap();
    engine.get(key).unwrap().unwrap()
}

fn flip(lane: &Lane, sequence: u64) {
    let mut value = stored(lane, &record_key(sequence));
    *value.last_mut().unwrap() ^= 1;
    set(lane, vec![(record_key(sequence), Some(value))]);
}

/// The journal as it was when it had fewer records, in a way that the journal alone can't see but
/// for its witness.
fn tear(lane: &Lane, records: &[Vec<u8>], lost: usize) {
    let disk = SimulatedDisk::new();
    let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
    for bytes in &records[..records.len() - lost] {
        let mut batch = Batch::new();
        batch.record(bytes.clone());
        journal.append(batch).unwrap();
    }
    while committer.commit_waiting().unwrap() {}
    let head = disk.engine().get(&head_key()).unwrap();
    let kept = records.len() - lost;
    let gone = (kept + 1..=records.len()).map(|n| (record_key(n as u64), None));
    set(lane, gone.chain([(head_key(), head)]).collect());
}

/// What verify must find, what repair must do about it, and that all is well afterwards.
fn mended(config: &Path, named: &str, runs: &[(u64, u64)]) {
    let found = ask(&["verify"], config);
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    assert!(said(&found).contains(named), "{named}: {}", said(&found));
    let repaired = json(&ask(&["repair"], config));
    let told: Vec<(u64, u64)> = repaired["repaired"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["from"].as_u64().unwrap(), run["to"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, runs);
    assert_eq!(json(&ask(&["verify"], config))["sound"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_journal_is_repaired_from_the_hub_and_sells_on() {
    for kind in EngineKind::ALL {
        let hub = hub();
        let lane = Lane::new(&orders(0..4));
        let (address, serving) = hub.serve().await;
        let config = configure(&lane, address, kind);
        sell(&hub, &config).await;
        let records: Vec<Vec<u8>> = {
            let heard = hub.heard.lock().unwrap();
            heard
                .records
                .iter()
                .map(|entry| entry.record.to_vec())
                .collect()
        };
        let end = records.len() as u64;
        assert_eq!(
            json(&ask(&["repair"], &config))["repaired"],
            serde_json::json!([])
        );

        flip(&lane, 7);
        mended(&config, "record 7: its checksum does not match", &[(7, 7)]);
        set(&lane, vec![(record_key(9), None)]);
        mended(&config, "record 9: the record is missing", &[(9, 9)]);
        flip(&lane, 1);
        set(&lane, vec![(record_key(3), None), (record_key(end), None)]);
        mended(
            &config,
            &format!("record {end}"),
            &[(1, 1), (3, 3), (end, end)],
        );
        tear(&lane, &records, 3);
        mended(
            &config,
            &format!("the log ends at {}", end - 3),
            &[(end - 2, end)],
        );
        // Nobody but the hub knows that there was more.
        fs::remove_file(lane.folder.path().join("journal/witness")).unwrap();
        tear(&lane, &records, 2);
        assert_eq!(json(&ask(&["verify"], &config))["records"], end - 2);
        assert_eq!(json(&ask(&["repair"], &config))["records"], end);

        let script = lane.folder.path().join("script.jsonl");
        fs::write(script, orders(0..6).join("\n")).unwrap();
        sell(&hub, &config).await;
        assert_eq!(json(&ask(&["verify"], &config))["receipts"], 6);
        assert_eq!(json(&ask(&["status"], &config))["sales_closed"], 6);
        serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_hub_does_not_hold_and_what_is_not_this_lanes_is_refused() {
    let hub = hub();
    let lane = Lane::new(&orders(0..2));
    let (address, serving) = hub.serve().await;
    let config = configure(&lane, address, EngineKind::Sled);
    sell(&hub, &config).await;
    flip(&lane, 4);
    let whole = hub.heard.lock().unwrap().records.clone();
    hub.heard.lock().unwrap().records.truncate(3);
    let refused = ask(&["repair"], &config);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(
        said(&refused).contains("records 4 to 4 are broken"),
        "{}",
        said(&refused)
    );
    assert!(said(&refused).contains("up to 3"), "{}", said(&refused));
    let mut other = whole.clone();
    other[3].record = b"something else".to_vec().into();
    hub.heard.lock().unwrap().records = other;
    let refused = ask(&["repair"], &config);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("does not hold together"),
        "{}",
        said(&refused)
    );
    serving.abort();
    let _ = serving.await;
    let alone = ask(&["repair"], &config);
    assert_eq!(alone.status.code(), Some(3), "{}", said(&alone));
    let still = ask(&["verify"], &config);
    assert!(said(&still).contains("record 4:"), "nothing was written");
}

/// Kills that must meet a move under way: fewer prove nothing.
const KILLS_MIN: u32 = 4;
/// Orders tried for that, whole moves among them.
const TRIES_MAX: u32 = 600;

/// Orders the move and kills it after some time. True when the kill met the move: it had begun to
/// copy and was not at its end.
fn kill_a_move(config: &Path, to: EngineKind, after: Duration) -> Killed {
    let mut moving = Command::new(PROGRAM)
        .args(["migrate", "--to", to.name(), "--config"])
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(after);
    moving.kill().unwrap();
    let ended = moving.wait_with_output().unwrap();
    if ended.status.success() {
        Killed::TooLate
    } else if said(&ended).contains("copying from") {
        Killed::Moving
    } else {
        Killed::TooEarly
    }
}

/// What a kill met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Killed {
    /// A program that had not begun to copy.
    TooEarly,
    Moving,
    /// A program that was done.
    TooLate,
}

/// Kills at moments that are spread over the length of a move as this machine does it, until
/// enough of them met one (F44). The folder holds a whole journal of the one engine or of the other
/// all the time, and nothing is left over at the end.
fn move_through_kills(lane: &Lane, config: &Path, to: EngineKind, records: u64) {
    let folder = lane.folder.path().join("journal");
    let from = EngineKind::of_folder(&folder).unwrap();
    let begun = Instant::now();
    json(&ask(&["migrate", "--to", to.name()], config));
    let whole = begun.elapsed();
    json(&ask(&["migrate", "--to", from.name()], config));

    let mut met = 0;
    for tried in 0..TRIES_MAX {
        if met >= KILLS_MIN {
            break;
        }
        // Steps of a length that never meets the same moment twice.
        let part = (u64::from(tried) * 617) % 1000;
        let after = whole * u32::try_from(part).unwrap() / 1000;
        match kill_a_move(config, to, after) {
            Killed::Moving => met += 1,
            Killed::TooEarly => {}
            Killed::TooLate => {
                json(&ask(&["migrate", "--to", from.name()], config));
            }
        }
        assert_eq!(
            journal::verify_folder(&folder).unwrap().logs[0].records,
            records
        );
    }
    assert!(
        met >= KILLS_MIN,
        "{met} of {TRIES_MAX} kills met a move: they prove nothing"
    );
    let done = json(&ask(&["migrate", "--to", to.name()], config));
    assert_eq!(done["to"].as_str(), Some(to.name()));
    assert_eq!(done["configured"], to == EngineKind::Sled);
    let kept = lane.folder.path().read_dir().unwrap();
    let names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains(".to-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_moves_to_the_other_engine_through_kills_at_any_moment() {
    let hub = hub();
    let lane = Lane::new(&orders(0..4));
    let (address, serving) = hub.serve().await;
    let config = configure(&lane, address, EngineKind::Sled);
    sell(&hub, &config).await;
    let records = json(&ask(&["verify"], &config))["records"].clone();
    let mut running = run(&config);
    hub.until(|heard| heard.records.len() as u64 > records.as_u64().unwrap())
        .await;
    let busy = ask(&["migrate", "--to", "redb"], &config);
    assert_eq!(busy.status.code(), Some(2), "{}", said(&busy));
    assert!(said(&busy).contains("in use"), "{}", said(&busy));
    drop(running.stdin.take());
    running.wait().unwrap();
    let records = json(&ask(&["verify"], &config))["records"].clone();

    for to in [EngineKind::Redb, EngineKind::Sled] {
        move_through_kills(&lane, &config, to, records.as_u64().unwrap());
    }
    assert_eq!(json(&ask(&["verify"], &config))["records"], records);

    json(&ask(&["migrate", "--to", "redb"], &config));
    for command in ["status", "verify"] {
        let refused = ask(&[command], &config);
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{command}: {}",
            said(&refused)
        );
        assert!(said(&refused).contains("`migrate`"), "{}", said(&refused));
    }
    let mut refused = run(&config);
    assert_eq!(refused.wait().unwrap().code(), Some(2));
    let config = configure(&lane, address, EngineKind::Redb);
    assert_eq!(json(&ask(&["verify"], &config))["records"], records);
    fs::write(
        lane.folder.path().join("script.jsonl"),
        orders(0..6).join("\n"),
    )
    .unwrap();
    sell(&hub, &config).await;
    assert_eq!(json(&ask(&["verify", "--rebuild"], &config))["receipts"], 6);
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_no_lane_writes_is_named_and_removed_when_asked() {
    let hub = hub();
    let lane = Lane::new(&orders(0..1));
    let (address, serving) = hub.serve().await;
    let config = configure(&lane, address, EngineKind::Sled);
    sell(&hub, &config).await;
    serving.abort();
    assert_eq!(json(&ask(&["verify", "--rebuild"], &config))["sound"], true);
    let folder = lane.folder.path().join("journal");
    let (journal, mut committer) = Journal::open(EngineKind::Sled.open(&folder).unwrap()).unwrap();
    let mut batch = Batch::new();
    batch.put("strange", "value");
    journal.append(batch).unwrap();
    while committer.commit_waiting().unwrap() {}
    drop((journal, committer));
    assert_eq!(json(&ask(&["verify"], &config))["sound"], true);
    let found = ask(&["verify", "--rebuild"], &config);
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    assert!(said(&found).contains("\"strange\""), "{}", said(&found));
    let restored = ask(&["verify", "--rebuild", "--restore"], &config);
    assert_eq!(json(&restored)["sound"], true);
    assert_eq!(json(&ask(&["verify", "--rebuild"], &config))["sound"], true);
}
