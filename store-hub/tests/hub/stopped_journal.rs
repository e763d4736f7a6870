//! What a stopped hub's journal goes through: its keyed state compared with its logs, damage and
//! repair from a lane's copy, the other engine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use journal::{Batch, EngineKind, Journal, LogId, Write};
use prost::Message;
use proto::journal::v1::LaneRecord;

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, Store, at_work},
};

/// The log of lane 1, epoch 1.
const LANE: LogId = LogId((1 << 32) | 1);

struct Stopped {
    store: Store,
    /// The lane's own journal, as it was replicated.
    lane: Vec<LaneRecord>,
    _bank: Host,
}

pub(crate) fn store_hub(store: &Store, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_store-hub"))
        .args(args)
        .arg("--config")
        .arg(store.config())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub(crate) fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    said(output)
}

pub(crate) fn refused(output: &Output, code: i32, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part} not in {said}");
    }
}

/// A hub that has taken some payments and sales, one card still held, and stopped.
async fn stopped() -> Stopped {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = Vec::new();
    for paid in 0..3 {
        let id = new_id();
        lane.pay(id, APPROVED_PAN, 1250).await;
        if paid < 2 {
            let sale = lane.sale(1250, &[(id, 1250)]);
            records.extend(sale.clone());
            lane.replicate(sale).await.unwrap();
        }
    }
    drop(lane);
    hub.stop();
    Stopped {
        store,
        lane: records,
        _bank: bank,
    }
}

impl Stopped {
    fn ask(&self, args: &[&str]) -> Output {
        store_hub(&self.store, args)
    }

    fn journal(&self) -> PathBuf {
        self.store.folder.path().join("journal")
    }

    fn configure(&self, from: &str, to: &str) {
        let path = self.store.config();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Changes a stored value below the journal, as a bad disk does.
    fn change(&self, key: &[u8], change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) {
        let folder = self.journal();
        let kind = EngineKind::of_folder(&folder).unwrap();
        let engine = kind.open(&folder).unwrap();
        let value = engine.get(key).unwrap().unwrap();
        let write = Write {
            key: key.to_vec(),
            value: change(value),
        };
        engine.write(&[write]).unwrap();
        engine.sync().unwrap();
    }

    fn flip(&self, key: &[u8]) {
        self.change(key, |mut value| {
            *value.last_mut().unwrap() ^= 1;
            Some(value)
        });
    }

    /// Writes keyed state behind the hub's back, well-formed.
    fn append(&self, batch: Batch) {
        let engine = EngineKind::Sled.open(&self.journal()).unwrap();
        let (journal, mut committer) = Journal::open(engine).unwrap();
        journal.append(batch).unwrap();
        while committer.commit_waiting().unwrap() {}
    }

    /// The lane's own journal folder.
    fn lane_copy(&self, kind: EngineKind) -> PathBuf {
        let folder = self.store.folder.path().join(format!("copy-{kind}"));
        let (journal, mut committer) = Journal::open(kind.open(&folder).unwrap()).unwrap();
        for record in &self.lane {
            let mut batch = Batch::new();
            batch.record(record.encode_to_vec());
            journal.append(batch).unwrap();
        }
        while committer.commit_waiting().unwrap() {}
        folder
    }

    fn repair(&self, copy: &Path) -> Output {
        self.ask(&["repair", "--lane", "1", "--from", copy.to_str().unwrap()])
    }
}

fn record_key(log: LogId, sequence: u64) -> Vec<u8> {
    [
        b"l".as_slice(),
        &log.0.to_be_bytes(),
        &sequence.to_be_bytes(),
    ]
    .concat()
}

fn position_key() -> Vec<u8> {
    [b"projection/".as_slice(), &LANE.0.to_be_bytes()].concat()
}

#[tokio::test]
async fn the_keyed_state_is_what_the_logs_give_and_is_put_right_when_it_is_not() {
    let hub = stopped().await;
    let told = done(&hub.ask(&["verify", "--rebuild"]));
    // How far lane 1 was drawn, the prices, the day's key, and the cards: held until their batch is
    // over, since a batch upload names each card.
    assert!(told.contains("6 values of the keyed state"), "{told}");

    let mut batch = Batch::new();
    batch.put(position_key(), 3u64.to_be_bytes());
    batch.put([b"held/".as_slice(), &[9; 16]].concat(), "2026-11-22");
    hub.append(batch);
    let held = "held/09090909090909090909090909090909: a value is stored that the logs don't give";
    let drawn = "projection/lane-1 epoch 1: another value is stored than the logs give";
    refused(
        &hub.ask(&["verify", "--rebuild"]),
        1,
        &[held, drawn, "2 keys", "--restore"],
    );
    done(&hub.ask(&["verify", "--rebuild", "--restore"]));
    done(&hub.ask(&["verify", "--rebuild"]));

    // A value whose checksum is wrong: verify alone finds it, too.
    hub.flip(&[b"s".as_slice(), &position_key()].concat());
    refused(&hub.ask(&["verify"]), 1, &["keyed state"]);
    refused(&hub.ask(&["verify", "--rebuild"]), 1, &[drawn]);
    done(&hub.ask(&["verify", "--rebuild", "--restore"]));
    done(&hub.ask(&["verify"]));
}

#[tokio::test]
async fn a_lanes_log_is_repaired_from_that_lanes_folder() {
    let hub = stopped().await;
    done(&hub.ask(&["repair"]));
    for kind in EngineKind::ALL {
        let copy = hub.lane_copy(kind);
        hub.flip(&record_key(LANE, 2));
        refused(
            &hub.ask(&["verify"]),
            1,
            &["lane-1 epoch 1, record 2", "checksum"],
        );
        let remedy = "store-hub repair --lane 1 --epoch 1 --from FOLDER";
        refused(&hub.ask(&["repair"]), 1, &["records 2 to 2", remedy]);
        assert!(done(&hub.repair(&copy)).contains("records 2 to 2: put back"));
        done(&hub.ask(&["verify", "--rebuild"]));

        hub.change(&record_key(LANE, 1), |_| None);
        hub.change(&record_key(LANE, 4), |_| None);
        refused(&hub.ask(&["verify"]), 1, &["lane-1 epoch 1, record"]);
        let told = done(&hub.repair(&copy));
        assert!(
            told.contains("records 1 to 1") && told.contains("records 4 to 4"),
            "{told}"
        );
        done(&hub.ask(&["verify", "--rebuild"]));
    }
    let nothing = hub.store.folder.path().join("nothing");
    refused(&hub.repair(&nothing), 2, &["there is no journal"]);
    // It goes on from there.
    let running = hub.store.start();
    let lane = Lane::attach(&running, 1).await;
    drop(lane);
    running.stop();
}

#[tokio::test]
async fn the_hubs_own_log_has_no_second_holder() {
    let hub = stopped().await;
    hub.flip(&record_key(LogId::OWN, 5));
    refused(&hub.ask(&["verify"]), 1, &["the hub's own log, record 5"]);
    let copy = hub.lane_copy(EngineKind::Sled);
    for output in [hub.ask(&["repair"]), hub.repair(&copy)] {
        refused(&output, 1, &["the hub's own log: records 5 to 5", "backup"]);
    }
}

#[tokio::test]
async fn the_journal_moves_to_the_other_engine_and_the_hub_runs_on_it() {
    let hub = stopped().await;
    let before = done(&hub.ask(&["verify", "--rebuild"]));
    let engine = EngineKind::Sled.open(&hub.journal()).unwrap();
    refused(&hub.ask(&["migrate", "--to", "redb"]), 2, &["in use"]);
    drop(engine);
    refused(
        &hub.ask(&["migrate", "--to", "tape"]),
        2,
        &["known: sled, redb"],
    );
    let told = done(&hub.ask(&["migrate", "--to", "redb"]));
    assert!(told.contains("the same in redb as in sled"), "{told}");
    assert!(told.contains("engine = \"redb\""), "{told}");
    for args in [&["verify"][..], &["status"], &["run"], &["repair"]] {
        refused(&hub.ask(args), 2, &["one of engine redb", "`migrate`"]);
    }
    hub.configure("engine = \"sled\"", "engine = \"tape\"");
    refused(
        &hub.ask(&["status"]),
        2,
        &["journal.engine", "must be one of: sled, redb"],
    );
    hub.configure("engine = \"tape\"", "engine = \"redb\"");
    assert_eq!(done(&hub.ask(&["verify", "--rebuild"])), before);
    assert!(done(&hub.ask(&["migrate", "--to", "redb"])).contains("already"));
    let running = hub.store.start();
    let mut lane = Lane::attach(&running, 1).await;
    lane.pay(new_id(), APPROVED_PAN, 700).await;
    drop(lane);
    running.stop();
    done(&hub.ask(&["verify", "--rebuild"]));
}
