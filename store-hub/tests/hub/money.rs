//! Payments from lane to bank and back.

use std::time::Duration;

use acquirer_host::MemoryLedger;
use domain::ids::PaymentId;
use proto::store::v1::{
    DecisionKind, LaneHello, PaymentRequest, RefusalReason, hub_frame, lane_frame,
};

use tokio::time::{Instant, timeout};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, DECLINED_PAN, Host, Hub, PARTIAL_PAN, SILENT_PAN, Store, is_reversed},
};

fn bank() -> Host {
    Host::start("127.0.0.1:0", MemoryLedger::default())
}

#[tokio::test]
async fn approved_partial_and_declined_come_back_as_the_bank_said() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    assert_eq!(lane.hello.tid, "LANE0001");

    let approved = new_id();
    let decision = lane.pay(approved, APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
    assert_eq!(decision.approved.unwrap().minor, 1250);
    assert_eq!(decision.rrn.len(), 12);
    assert_eq!(bank.lines(approved).len(), 1);

    let partial = lane.pay(new_id(), PARTIAL_PAN, 1000).await;
    assert_eq!(partial.kind(), DecisionKind::PartiallyApproved);
    assert_eq!(partial.approved.unwrap().minor, 700);

    let declined = lane.pay(new_id(), DECLINED_PAN, 1000).await;
    assert_eq!(declined.kind(), DecisionKind::Declined);
    assert_eq!(declined.response_code, "51");
    let counts = hub.status().await.counts.unwrap();
    assert_eq!(
        (counts.requested, counts.approved, counts.declined),
        (3, 1, 1)
    );
}

#[tokio::test]
async fn a_pin_is_translated_and_the_bank_checks_it() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    for (pin, kind) in [
        ("123456", DecisionKind::Approved),
        ("654321", DecisionKind::Declined),
    ] {
        let id = new_id();
        let request = lane.request(id, APPROVED_PAN, 900, Some(pin));
        lane.send(lane_frame::Body::Payment(request)).await;
        assert_eq!(lane.decision_of(id).await.kind(), kind, "{pin}");
    }
}

#[tokio::test]
async fn silence_is_unknown_and_reversed() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let decision = lane.pay(id, SILENT_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::Unknown);
    hub.status_until("the reversal is delivered", |status| {
        status.counts.unwrap().reversed == 1 && status.queue_depth == 0
    })
    .await;
    let lines = bank.lines(id);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1]["mti"], "0400");
}

#[tokio::test]
async fn the_line_down_is_stood_in_for_and_drained_once_the_sale_is_closed() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let (address, ledger) = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;

    let id = new_id();
    let decision = lane.pay(id, APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::StandIn);
    let too_much = lane.pay(new_id(), APPROVED_PAN, 60_000).await;
    assert_eq!(too_much.kind(), DecisionKind::Refused);

    let bank = Host::start(&address.to_string(), ledger);
    hub.signed_on().await;
    assert!(
        bank.lines(id).is_empty(),
        "nothing goes before the sale is closed"
    );
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    hub.status_until("the queue is drained", |status| status.queue_depth == 0)
        .await;
    let lines = bank.lines(id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["mti"], "0220");
}

#[tokio::test]
async fn an_abandoned_approval_is_undone_and_an_abandon_before_its_request_refuses_it() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 1250).await;
    lane.abandon(id).await;
    hub.history_until(id, "it is undone", is_reversed).await;

    let early = new_id();
    lane.abandon(early).await;
    let decision = lane.pay(early, APPROVED_PAN, 1250).await;
    assert_eq!(decision.refusal_reason(), RefusalReason::Abandoned);
    assert!(bank.lines(early).is_empty());
}

#[tokio::test]
async fn the_same_id_is_answered_from_the_record_and_other_content_is_refused() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let request = lane.request(id, APPROVED_PAN, 1250, None);
    lane.send(lane_frame::Body::Payment(request.clone())).await;
    let first = lane.decision_of(id).await;
    lane.send(lane_frame::Body::Payment(request.clone())).await;
    assert_eq!(lane.decision_of(id).await, first);
    assert_eq!(bank.lines(id).len(), 1, "sent once");

    let other = proto::store::v1::PaymentRequest {
        sale_number: 99,
        ..request
    };
    lane.send(lane_frame::Body::Payment(other)).await;
    let refused = lane.decision_of(id).await;
    assert_eq!(refused.refusal_reason(), RefusalReason::ContentDiffers);
}

#[tokio::test]
async fn a_card_sealed_for_another_payment_is_refused_and_nothing_is_sent() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let (id, other) = (new_id(), new_id());
    let mut request = lane.request(id, APPROVED_PAN, 1250, None);
    request.payment_id = other.to_string();
    lane.send(lane_frame::Body::Payment(request)).await;
    let refused = lane.decision_of(other).await;
    assert_eq!(refused.kind(), DecisionKind::Refused);
    assert!(bank.lines(other).is_empty());
    assert_eq!(hub.status().await.counts.unwrap().requested, 0);
}

/// A lane that has asked, the bank has answered, and the record of it is on the way to the disk.
async fn answered_and_not_durable(hub: &Hub, bank: &Host) -> (Lane, PaymentRequest, PaymentId) {
    let lane = Lane::attach(hub, 1).await;
    let id = new_id();
    let request = lane.request(id, APPROVED_PAN, 1250, None);
    lane.send(lane_frame::Body::Payment(request.clone())).await;
    while bank.lines(id).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    (lane, request, id)
}

/// What waits for the disk when a lane comes back is no frame of its new session: that begins with
/// the hello, and the lane asks again.
#[tokio::test]
async fn a_session_begins_with_the_hello_though_an_answer_waited_for_the_disk() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start_on_slow_disk(Duration::from_millis(500));
    hub.signed_on().await;
    let (mut lane, request, id) = answered_and_not_durable(&hub, &bank).await;
    lane = lane.back(&hub).await.unwrap();
    lane.send(lane_frame::Body::Payment(request)).await;
    assert_eq!(lane.decision_of(id).await.kind(), DecisionKind::Approved);
    assert_eq!(bank.lines(id).len(), 1, "asked again, charged once");
}

/// A lane whose connection broke before its hello was durable comes back at once: what was for the
/// session before is not told to this one.
#[tokio::test]
async fn a_session_has_one_hello_though_another_waited_before_it() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start_on_slow_disk(Duration::from_millis(500));
    hub.signed_on().await;
    let (lane, ..) = answered_and_not_durable(&hub, &bank).await;
    let first = lane.back(&hub);
    let second = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        lane.back(&hub).await
    };
    let (first, second) = tokio::join!(timeout(Duration::from_secs(2), first), second);
    assert!(first.is_err() || first.is_ok_and(|ended| ended.is_err()));
    let mut lane = second.unwrap();
    while let Ok(frame) = timeout(Duration::from_millis(1500), lane.frame()).await {
        let frame = frame.unwrap();
        assert!(!matches!(frame, Some(hub_frame::Body::Hello(_))), "again");
    }
}

/// The hub is asked before its hello is durable, and refuses at once: the lane hears it behind
/// that.
#[tokio::test]
async fn what_is_refused_at_once_is_told_behind_the_hello() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start_on_slow_disk(Duration::from_millis(500));
    hub.signed_on().await;
    let lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let mut request = lane.request(id, APPROVED_PAN, 1250, None);
    request.sealed_card = vec![7; 90].into();
    // The first of this lane: there is a record to write.
    let hello = LaneHello {
        lane: 2,
        epoch: 1,
        ..LaneHello::default()
    };
    let asked = Lane::attach_asking(&hub, hello, Some(request));
    let mut lane = asked.await.unwrap();
    assert_eq!(lane.decision_of(id).await.kind(), DecisionKind::Refused);
}

/// I6, seen from outside: what a commit has to carry is told only after the commit.
#[tokio::test]
async fn nothing_leaves_before_its_record_is_durable() {
    let commit = Duration::from_millis(300);
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start_on_slow_disk(commit);
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let request = lane.request(id, APPROVED_PAN, 1250, None);
    let asked = Instant::now();
    lane.send(lane_frame::Body::Payment(request)).await;
    while bank.lines(id).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(
        asked.elapsed() >= commit,
        "the bank heard before the intent was durable"
    );
    assert_eq!(lane.decision_of(id).await.kind(), DecisionKind::Approved);
    assert!(
        asked.elapsed() >= commit * 2,
        "the lane heard before the decision was durable"
    );
}
