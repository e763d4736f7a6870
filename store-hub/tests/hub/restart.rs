//! Start-up is recovery.

use acquirer_host::MemoryLedger;
use proto::store::v1::{DecisionKind, HistoryStep, UnknownReason, lane_frame};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store, at_work},
};

#[tokio::test]
async fn a_payment_in_flight_at_a_crash_is_unknown_and_reversed_and_never_sent_again() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let config = std::fs::read_to_string(store.config()).unwrap();
    let patient = config.replacen("answer_timeout = \"700ms\"", "answer_timeout = \"60s\"", 1);
    std::fs::write(store.config(), patient).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    let lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let request = lane.request(id, SILENT_PAN, 1250, None);
    lane.send(lane_frame::Body::Payment(request.clone())).await;
    hub.history_until(id, "it is sent", |history| {
        history
            .hub
            .iter()
            .any(|line| line.step() == HistoryStep::Bound)
    })
    .await;
    for _ in 0..1000 {
        if !bank.lines(id).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(bank.lines(id).len(), 1, "the bank has booked it");
    hub.crash();

    let hub = store.start();
    hub.status_until("the reversal is delivered", |status| {
        status.counts.unwrap().reversed == 1 && status.queue_depth == 0
    })
    .await;
    assert_eq!(hub.status().await.hub_epoch, 2);
    let lines = bank.lines(id);
    let messages: Vec<&str> = lines
        .iter()
        .map(|line| line["mti"].as_str().unwrap())
        .collect();
    assert_eq!(messages, ["0200", "0400"]);

    let mut lane = Lane::attach(&hub, 1).await;
    lane.send(lane_frame::Body::Payment(request)).await;
    let decision = lane.decision_of(id).await;
    assert_eq!(decision.kind(), DecisionKind::Unknown);
    assert_eq!(decision.unknown_reason(), UnknownReason::HubRestarted);
    assert_eq!(bank.lines(id).len(), 2, "answered from the record");
}

#[tokio::test]
async fn a_clean_stop_keeps_everything_and_the_queue_goes_on() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let (address, ledger) = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    let id = new_id();
    let decision = lane.pay(id, APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::StandIn);
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    let before = hub.status().await;
    assert_eq!(before.queue_depth, 1);
    hub.stop();

    let bank = Host::start(&address.to_string(), ledger);
    let hub = store.start();
    hub.status_until("the queue is drained", |status| status.queue_depth == 0)
        .await;
    assert_eq!(bank.lines(id).len(), 1, "the held card was still there");
    let counts = hub.status().await.counts.unwrap();
    assert_eq!(
        (counts.requested, counts.stand_in, counts.forward_delivered),
        (1, 1, 1)
    );
}
