//! A hub whose disk is full or read-only: new payments are refused with a reason, what is under way
//! ends, nothing acknowledged is lost, and it goes on by itself when there is room again.

use std::time::Duration;

use acquirer_host::MemoryLedger;
use journal::{DiskFault, SimulatedDisk};
use proto::store::v1::{
    Abandon, Decision, DecisionKind, RefusalReason, hub_frame, lane_frame::Body,
};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store, is_reversed},
};

const COMMIT: Duration = Duration::from_millis(1);

fn kind(decision: &Decision) -> DecisionKind {
    decision.kind()
}

#[tokio::test]
async fn new_payments_are_refused_until_there_is_room() {
    for fault in [DiskFault::NearlyFull, DiskFault::Full, DiskFault::ReadOnly] {
        let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
        let store = Store::new(bank.address);
        let disk = SimulatedDisk::new();
        let hub = store.start_on_disk(&disk, COMMIT);
        hub.signed_on().await;
        let (mut lane, mut other) = (Lane::attach(&hub, 1).await, Lane::attach(&hub, 2).await);
        let before = new_id();
        assert_eq!(
            kind(&lane.pay(before, APPROVED_PAN, 1250).await),
            DecisionKind::Approved
        );
        let sale = lane.sale(1250, &[(before, 1250)]);
        lane.replicate(sale).await.unwrap();
        let under_way = new_id();
        let request = other.request(under_way, SILENT_PAN, 900, None);
        other.send(Body::Payment(request)).await;
        hub.status_until("one is under way", |status| status.payments_in_flight == 1)
            .await;

        disk.set_fault(Some(fault));
        let refused = new_id();
        let decision = lane.pay(refused, APPROVED_PAN, 700).await;
        assert_eq!(kind(&decision), DecisionKind::Refused, "{fault:?}");
        assert_eq!(decision.refusal_reason(), RefusalReason::NoRoom);
        assert!(bank.lines(refused).is_empty());
        assert!(hub.history(refused).await.is_none(), "nothing was written");
        assert!(hub.status().await.disk.is_some(), "{fault:?}");
        let sale = lane.sale(500, &[]);
        let kept_back = lane.replicate(sale.clone()).await.unwrap_err();
        assert_eq!(kept_back.code(), tonic::Code::Unavailable);

        disk.set_fault(None);
        // Its time-out came on a disk without room, or comes now: told once it is durable.
        let decision = other.decision_of(under_way).await;
        assert_eq!(kind(&decision), DecisionKind::Unknown, "{fault:?}");
        hub.status_until("there is room", |status| status.disk.is_none())
            .await;
        let after = lane.pay(new_id(), APPROVED_PAN, 700).await;
        assert_eq!(kind(&after), DecisionKind::Approved, "{fault:?}");
        lane.replicate(sale).await.unwrap();
        drop((lane, other));
        hub.stop();
    }
}

/// What was decided without room was told to nobody: a start after a power cut decides it anew.
#[tokio::test]
async fn a_power_cut_without_room_loses_nothing_acknowledged() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let disk = SimulatedDisk::new();
    let hub = store.start_on_disk(&disk, COMMIT);
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let paid = new_id();
    lane.pay(paid, APPROVED_PAN, 1250).await;
    disk.set_fault(Some(DiskFault::Full));
    // Given up by the lane, and never acknowledged: the disk takes nothing.
    let payment_id = paid.to_string();
    lane.send(Body::Abandon(Abandon { payment_id })).await;
    hub.status_until("it shows", |status| status.disk.is_some())
        .await;
    hub.crash();
    disk.crash(7);
    disk.set_fault(None);
    let hub = store.start_on_disk(&disk, COMMIT);
    let history = hub.history(paid).await.unwrap();
    let decision = history.state.as_ref().unwrap().decision();
    assert_eq!(decision, DecisionKind::Approved);
    let mut lane = lane.again(&hub).await;
    lane.abandon(paid).await;
    hub.history_until(paid, "taken back", is_reversed).await;
    drop(lane);
    hub.stop();
}

/// What lanes give up on a full disk is decided one by one, and waits in memory together.
#[tokio::test]
async fn what_is_decided_without_room_waits_in_memory() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let disk = SimulatedDisk::new();
    let hub = store.start_on_disk(&disk, COMMIT);
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut paid = Vec::new();
    for _ in 0..4 {
        let id = new_id();
        lane.pay(id, APPROVED_PAN, 700).await;
        paid.push(id);
    }
    disk.set_fault(Some(DiskFault::Full));
    for id in &paid {
        let payment_id = id.to_string();
        lane.send(Body::Abandon(Abandon { payment_id })).await;
        // It goes on answering.
        assert!(hub.status().await.disk.is_some());
    }
    disk.set_fault(None);
    let mut told = Vec::new();
    while told.len() < paid.len() {
        if let Some(hub_frame::Body::Abandoned(abandoned)) = lane.frame().await.unwrap() {
            told.push(abandoned.payment_id);
        }
    }
    let expected: Vec<String> = paid.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected, "durable by now, and told in order");
    drop(lane);
    hub.stop();
}
