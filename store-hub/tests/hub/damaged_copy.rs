//! A damaged copy of a lane's journal (F25): found in the background after the start, told, and
//! repaired from the lane by itself where the lane has it.

use std::time::Duration;

use acquirer_host::MemoryLedger;
use journal::{EngineKind, LogId, Write};
use proto::{
    journal::v1::lane_record::Body,
    store::v1::{LaneView, TroubleKind},
};

use crate::{
    lane::{Lane, record},
    real_lane::{Machine, Wire},
    stopped_journal::{done, store_hub},
    store::{Host, Hub, Store},
};

/// The log of lane 1, epoch 1.
const LANE: LogId = LogId((1 << 32) | 1);

async fn lane_until(hub: &Hub, what: &str, wanted: impl Fn(&LaneView) -> bool) -> LaneView {
    let mut last = None;
    for _ in 0..2000 {
        let lanes = hub.operations().await;
        let mut lanes = lanes;
        let lanes = lanes.lanes(proto::store::v1::LanesRequest {}).await;
        let lanes = lanes.unwrap().into_inner().lanes;
        let lane = lanes.into_iter().find(|lane| lane.lane == 1).unwrap();
        if wanted(&lane) {
            return lane;
        }
        last = Some(lane);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}; {last:#?}");
}

fn flip(store: &Store, sequences: impl IntoIterator<Item = u64>) {
    let folder = store.folder.path().join("journal");
    let engine = EngineKind::Sled.open(&folder).unwrap();
    for sequence in sequences {
        let key = [
            b"l".as_slice(),
            &LANE.0.to_be_bytes(),
            &sequence.to_be_bytes(),
        ]
        .concat();
        let mut value = engine.get(&key).unwrap().unwrap();
        *value.last_mut().unwrap() ^= 1;
        let value = Some(value);
        engine.write(&[Write { key, value }]).unwrap();
    }
    engine.sync().unwrap();
}

#[tokio::test]
async fn f25_a_damaged_copy_is_found_told_and_repaired_from_the_lane() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    let machine = Machine::new(1);
    let receipts: Vec<_> = (1..=300)
        .map(|number| {
            record(Body::ReceiptPrinted(proto::journal::v1::ReceiptPrinted {
                receipt_number: format!("1-1-{number:06}"),
                ..Default::default()
            }))
        })
        .collect();
    machine.has_written(&receipts);
    let complete = lane_until(&hub, "the copy is complete", |lane| {
        lane.replicated_sequence == 302
    });
    machine.live(hub.address, Wire::default(), complete).await;
    hub.stop();
    flip(&store, [1, 2, 140, 141, 142, 301]);

    // It starts, serves, and says so by itself.
    let hub = store.start();
    hub.signed_on().await;
    let told = lane_until(&hub, "it is told", |lane| !lane.troubles.is_empty()).await;
    let trouble = &told.troubles[0];
    assert_eq!(
        (trouble.kind(), trouble.sequence),
        (TroubleKind::CopyDamaged, 1)
    );
    assert!(trouble.blocks, "such a lane is not complete");
    assert_eq!(hub.status().await.lanes_in_trouble.len(), 1);
    let mut other = Lane::attach(&hub, 2).await;
    let sale = other.sale(300, &[]);
    other.replicate(sale).await.unwrap();

    // The lane comes, and one run after the other is put back.
    let whole = lane_until(&hub, "it is whole again", |lane| {
        lane.connected && lane.replicated_sequence > 302 && lane.troubles.is_empty()
    });
    machine.live(hub.address, Wire::default(), whole).await;
    // Each run is found only once the one before it is back: until all were.
    let whole = async {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            lane_until(&hub, "it stays whole", |lane| lane.troubles.is_empty()).await;
        }
    };
    machine.live(hub.address, Wire::default(), whole).await;
    hub.stop();
    done(&store_hub(&store, &["verify"]));
}

/// A lane that does not have them either: it stays told, and nobody else is held up.
#[tokio::test]
async fn f25_what_the_lane_does_not_have_either_stays_told() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    for _ in 0..3 {
        let sale = lane.sale(300, &[]);
        lane.replicate(sale).await.unwrap();
    }
    drop(lane);
    hub.stop();
    flip(&store, [3]);
    let hub = store.start();
    let told = lane_until(&hub, "it is told", |lane| !lane.troubles.is_empty()).await;
    assert_eq!(told.troubles[0].sequence, 3);
    assert_eq!(
        Lane::where_to_go_on(&hub, 1, 1).await.sequence,
        2,
        "asked for"
    );
}
