//! A whole hub on a real disk that fills up: a loop-mounted ext4 image, both engines.
//!
//! It needs root and a loop device, and fails without them. So a plain `cargo test` leaves it out
//! (`test = false` in the manifest) and `.ci/run` asks for it by name:
//! `cargo test -p store-hub --test disk_full`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may stop at the first surprise, and uses a part of what the hub's tests share"
)]

#[path = "hub/lane.rs"]
mod lane;
#[path = "hub/store.rs"]
mod store;

use std::{fs, process::Command};

use acquirer_host::MemoryLedger;
use journal::EngineKind;
use loop_disk::LoopDisk;
use proto::store::v1::{DecisionKind, RefusalReason};

use lane::{Lane, new_id};
use store::{APPROVED_PAN, Host, Hub, Store};

const IMAGE_BYTES: u64 = 96 * 1024 * 1024;
/// Free bytes that are less than new work needs and more than work under way does.
const NEARLY_FULL_BYTES: u64 = 24 * 1024 * 1024;

fn move_journal(store: &Store, disk: &LoopDisk, engine: EngineKind) {
    let text = fs::read_to_string(store.config()).unwrap();
    let journal = disk.path().join("journal");
    let text = text
        .replace("engine = \"sled\"", &format!("engine = \"{engine}\""))
        .replace("folder = \"journal\"", &format!("folder = {journal:?}"));
    fs::write(store.config(), text).unwrap();
}

async fn approved(lane: &mut Lane) {
    let decision = lane.pay(new_id(), APPROVED_PAN, 700).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
}

async fn refused(hub: &Hub, lane: &mut Lane) {
    hub.status_until("no room", |status| status.disk.is_some())
        .await;
    let decision = lane.pay(new_id(), APPROVED_PAN, 700).await;
    assert_eq!(decision.kind(), DecisionKind::Refused);
    assert_eq!(decision.refusal_reason(), RefusalReason::NoRoom);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_whose_disk_fills_up_refuses_goes_on_and_loses_nothing() {
    for kind in EngineKind::ALL {
        let disk = LoopDisk::new(IMAGE_BYTES);
        let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
        let store = Store::new(bank.address);
        move_journal(&store, &disk, kind);
        let hub = store.start();
        hub.signed_on().await;
        let mut lane = Lane::attach(&hub, 1).await;
        approved(&mut lane).await;
        for left_bytes in [NEARLY_FULL_BYTES, 0] {
            disk.fill(left_bytes);
            refused(&hub, &mut lane).await;
            disk.empty();
            hub.status_until("room again", |status| status.disk.is_none())
                .await;
            approved(&mut lane).await;
        }
        disk.fill(0);
        drop(lane);
        // Everything is dropped where it stands, on a full disk.
        hub.crash();
        disk.empty();
        let hub = store.start();
        assert_eq!(hub.status().await.counts.unwrap().approved, 3);
        hub.stop();
        let verified = Command::new(env!("CARGO_BIN_EXE_store-hub"))
            .args(["verify", "--rebuild", "--config"])
            .arg(store.config())
            .output()
            .unwrap();
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    }
}
