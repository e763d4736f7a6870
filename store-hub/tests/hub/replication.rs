//! Lane to hub, the real code of both: in order, only what is durable, acknowledged, resumed; gaps
//! and forks told and kept out; machines of a lane kept apart (I14).

use std::time::Duration;

use acquirer_host::MemoryLedger;
use journal::{Journal, LogId, Record, SimulatedDisk};
use prost::Message;
use proto::{
    journal::v1::{HubRecord, LaneRecord, hub_record::Body as HubBody, lane_record::Body},
    store::v1::{JournalEntry, LaneView, LanesRequest, TroubleKind},
};
use tonic::Code;

use crate::{
    lane::{Lane, new_id, record},
    real_lane::{Machine, Wire},
    store::{APPROVED_PAN, Host, Hub, Store},
};

fn store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    (bank, store)
}

/// The log of lane 1 under an epoch, as the hub names it.
fn log(epoch: u64) -> LogId {
    LogId((1 << 32) | epoch)
}

/// What the hub holds of a log, once it is stopped.
fn copy(store: &Store, log: LogId) -> Vec<Record> {
    let folder = store.folder.path().join("journal");
    let (journal, _committer) =
        Journal::open(crate::store::engine(&crate::store::sled_in(&folder))).unwrap();
    journal.verify().unwrap();
    journal.read(log, 1, usize::MAX).unwrap()
}

/// I14: the copy is a prefix of the lane's journal, and holds what was complete once. The lane may
/// have written on after it was last heard.
fn is_begin_of(copy: &[Record], lived: &Machine, complete: usize) {
    let own = lived.records();
    assert!(
        copy.len() >= complete,
        "{} of {} records",
        copy.len(),
        own.len()
    );
    assert!(own.starts_with(copy), "the copy is no prefix");
}

async fn lanes(hub: &Hub) -> Vec<LaneView> {
    let mut operations = hub.operations().await;
    let lanes = operations.lanes(LanesRequest {}).await;
    lanes.unwrap().into_inner().lanes
}

async fn lane_until(hub: &Hub, what: &str, wanted: impl Fn(&LaneView) -> bool) -> LaneView {
    for _ in 0..2000 {
        if let Some(lane) = lanes(hub).await.into_iter().find(|lane| lane.lane == 1)
            && wanted(&lane)
        {
            return lane;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}; {:#?}", lanes(hub).await);
}

/// Records of cash sales, as many as asked for.
fn cash_sales(records: usize) -> Vec<LaneRecord> {
    let lines = (0..records).map(|number| {
        record(Body::ReceiptPrinted(proto::journal::v1::ReceiptPrinted {
            receipt_number: format!("1-1-{number:06}"),
            text: "DEMO STORE\nmilk 12.50\n".repeat(8),
            reprint: false,
        }))
    });
    lines.collect()
}

fn entries(records: &[Record]) -> Vec<JournalEntry> {
    let entries = records.iter().map(|record| JournalEntry {
        sequence: record.sequence,
        hash: record.hash.0.to_vec().into(),
        record: record.bytes.clone().into(),
    });
    entries.collect()
}

#[tokio::test]
async fn a_lane_whose_connection_breaks_in_mid_catch_up_goes_on_where_the_hub_stands() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    machine.has_written(&cash_sales(12_000));
    let bytes: usize = machine.records().iter().map(|one| one.bytes.len()).sum();
    let bytes = u64::try_from(bytes).unwrap();
    let wire = Wire::breaking_after(&[bytes / 4, bytes / 4, bytes / 4]);
    let complete = lane_until(&hub, "the copy is complete", |lane| {
        lane.replicated_sequence > 12_000
    });
    machine.live(hub.address, wire.clone(), complete).await;
    hub.stop();
    let connections = wire.connections();
    assert!(connections >= 4, "{connections} connections");
    // What was on the way is lost with each break, eight batches at most: a fifth of it all here.
    // A lane that began anew each time would send three quarters more.
    let most = bytes + bytes / 2;
    assert!(wire.written() < most, "{} of {bytes} bytes", wire.written());
    is_begin_of(&copy(&store, log(1)), &machine, 12_001);
}

#[tokio::test]
async fn a_gap_is_told_shown_and_over_when_records_come_in_order() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1250, &[]);
    lane.replicate(sale).await.unwrap();
    let machine = Machine::new(1);
    let other = lane.sale(300, &[]);
    let mut all: Vec<LaneRecord> = cash_sales(0);
    all.extend(other);
    let held = lane.head;
    machine.has_written(&all);
    let one = machine.records();
    // Record 3 is left out.
    let mut skipping = entries(&one[1..]);
    skipping[0].sequence = held.sequence + 2;
    for refusals in 1..=2 {
        let refused = lane.replicate_entries(skipping.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::OutOfRange);
        assert!(refused.message().starts_with("HUB0013"), "{refused}");
        let lane = lane_until(&hub, "the gap is shown", |lane| {
            lane.troubles.first().map(|one| one.refusals) == Some(refusals)
        })
        .await;
        let [trouble] = &lane.troubles[..] else {
            panic!("one trouble: {:?}", lane.troubles);
        };
        assert_eq!((trouble.kind(), trouble.epoch), (TroubleKind::Gap, 1));
        assert_eq!((trouble.held, trouble.sequence), (3, 4));
        assert_eq!(lane.replicated_sequence, 2);
    }
    // It may still be paid: a gap is no other history, and the records may come yet.
    hub.signed_on().await;
    let id = new_id();
    assert!(lane.pay(id, APPROVED_PAN, 100).await.approved.is_some());
    let sale = lane.sale(100, &[(id, 100)]);
    lane.replicate(sale).await.unwrap();
    let shown = lane_until(&hub, "the gap is over", |lane| lane.troubles.is_empty()).await;
    assert_eq!(shown.replicated_sequence, 4);
}

#[tokio::test]
async fn what_no_journal_can_hold_is_refused_and_the_hub_goes_on() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let large = vec![b'x'; journal::RECORD_BYTES_MAX + 1];
    let next = lane.head.extended_by(&large);
    let entry = JournalEntry {
        sequence: next.sequence,
        hash: next.hash.0.to_vec().into(),
        record: large.into(),
    };
    let refused = lane.replicate_entries(vec![entry]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let machine = Machine::new(1);
    machine.has_written(&cash_sales(65));
    let many = entries(&machine.records());
    let refused = lane.replicate_entries(many).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let sale = lane.sale(1250, &[]);
    assert_eq!(lane.replicate(sale).await.unwrap().sequence, 2);
}

#[tokio::test]
async fn a_lane_from_an_old_image_that_sold_on_is_refused_and_its_fork_kept_out() {
    let (_bank, store) = store();
    let hub = store.start();
    let lived = Machine::new(1);
    lived.has_written(&cash_sales(10));
    let image = Machine::new(1);
    image.has_written(&cash_sales(5));
    let complete = lane_until(&hub, "the copy is complete", |lane| {
        lane.replicated_sequence == 12
    });
    lived.live(hub.address, Wire::default(), complete).await;
    // The image begins like the lane, and then sold other things, more of them.
    image.has_written(&cash_sales(30)[10..]);
    // While the session of the first one is not seen to have ended, the image is only told that the
    // lane is at work.
    let shown = lane_until(&hub, "the fork is shown", |lane| {
        let mut troubles = lane.troubles.iter();
        troubles.any(|one| one.kind() == TroubleKind::Fork && one.sequence > 0)
    });
    let shown = image.live(hub.address, Wire::default(), shown).await;
    assert!(!shown.connected, "it has no session");
    let [trouble] = &shown.troubles[..] else {
        panic!("one trouble: {:?}", shown.troubles);
    };
    // One more than it sold: a lane that stops says that it rests.
    assert_eq!((trouble.epoch, trouble.sequence), (1, 13));
    assert_eq!(trouble.kind(), TroubleKind::Fork);
    // Whoever comes with that history gets no session, and hears why.
    let Err(refused) = Lane::attach_as(&hub, 1, 1, &[]).await else {
        panic!("a forked lane was taken");
    };
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().starts_with("HUB0014"), "{refused}");
    let next = Lane::attach_as(&hub, 1, 2, &[]).await;
    assert!(next.is_ok(), "the next epoch");
    hub.stop();
    is_begin_of(&copy(&store, log(1)), &lived, 12);
}

#[tokio::test]
async fn the_old_machine_of_a_lane_is_refused_and_its_tail_is_read_in_under_its_own_epoch() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    // It starts, learns its prices, and takes a lease; then it is swapped out, with a record that
    // nobody has heard of.
    let known = lane_until(&hub, "started, lease taken", |lane| {
        lane.replicated_sequence == 2
    });
    machine.live(hub.address, Wire::default(), known).await;
    machine.has_written(&cash_sales(1));
    let new = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    // The tail, the start, and the lease it gives back because it was restarted.
    let tail = held(&hub, 1, 5);
    machine.live(hub.address, Wire::default(), tail).await;
    let lane = lane_until(&hub, "still the new one", |lane| lane.epoch == 2).await;
    assert!(lane.connected && lane.troubles.is_empty(), "{lane:?}");
    drop(new);
    hub.stop();
    is_begin_of(&copy(&store, log(1)), &machine, 5);
    assert_eq!(copy(&store, log(2)), []);
    let own = copy(&store, LogId::OWN);
    let place = |wanted: &dyn Fn(&HubBody) -> bool| {
        own.iter().position(|record| {
            let hub = HubRecord::decode(record.bytes.as_slice()).unwrap();
            hub.body.as_ref().is_some_and(wanted)
        })
    };
    let swapped = place(&|body| matches!(body, HubBody::LaneAttached(one) if one.epoch == 2));
    let second = place(&|body| {
        let HubBody::LeaseGranted(granted) = body else {
            return false;
        };
        granted.lease.as_ref().unwrap().lane_epoch == 2
    });
    let over = place(&|body| matches!(body, HubBody::LeaseEnded(one) if one.lease_id == 1));
    assert!(swapped.unwrap() < second.unwrap());
    let counted = second.unwrap() < over.unwrap();
    assert!(counted, "the first lease counts until it is read in");
}

/// Until the hub holds so many records of lane 1 under an epoch: asked as the lane asks.
async fn held(hub: &Hub, epoch: u32, records: u64) {
    for _ in 0..2000 {
        if Lane::where_to_go_on(hub, 1, epoch).await.sequence >= records {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("epoch {epoch} is not read in");
}

#[tokio::test]
async fn payments_and_reports_are_answered_while_a_lane_catches_up() {
    let (_bank, store) = store();
    let hub = store.start_as_in_production();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let machine = Machine::new(1);
    machine.has_written(&cash_sales(64 * 60));
    let all = entries(&machine.records());
    let batches = all.chunks(64).map(<[JournalEntry]>::to_vec).collect();
    let mut replica = lane.replica();
    let pushing = tokio::spawn(async move { replica.push(batches, 8).await });
    while !pushing.is_finished() {
        let id = new_id();
        assert!(lane.pay(id, APPROVED_PAN, 100).await.approved.is_some());
        assert!(
            hub.history(id).await.is_some(),
            "its history is told meanwhile"
        );
    }
    pushing.await.unwrap();
    drop(lane);
    hub.stop();
    assert_eq!(copy(&store, log(1)), machine.records());
}

#[tokio::test]
async fn nothing_is_acknowledged_that_a_crash_of_the_hub_could_take_back() {
    let (_bank, store) = store();
    let machine = Machine::new(1);
    machine.has_written(&cash_sales(64 * 40));
    let all = entries(&machine.records());
    let disk = SimulatedDisk::new();
    let mut acknowledged_in_all = 0;
    for life in 1..=12_u64 {
        let hub = store.start_on_disk(&disk, Duration::from_millis(4));
        let mut lane = Lane::attach(&hub, 1).await;
        let from = Lane::where_to_go_on(&hub, 1, 1).await.sequence;
        let rest = &all[usize::try_from(from).unwrap()..];
        let acknowledged = lane.stream(rest, life % 4 + 1).await;
        drop(lane);
        // In the middle of what was sent beyond the last acknowledgement.
        hub.crash();
        disk.crash(life);
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        let held = journal.durable_head(log(1)).sequence;
        assert!(
            held >= acknowledged,
            "acknowledged {acknowledged}, held {held} after crash {life}"
        );
        acknowledged_in_all = acknowledged;
    }
    assert!(acknowledged_in_all > 0);
    let (journal, _committer) = Journal::open(disk.engine()).unwrap();
    let held = journal.read(log(1), 1, usize::MAX).unwrap();
    assert_eq!(
        held,
        machine.records()[..held.len()],
        "a prefix, and nothing twice"
    );
}
