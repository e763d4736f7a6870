//! A hub whose journal was taken away while a payment was open: scenario hub_rebuilt_in_flight.

use acquirer_host::MemoryLedger;
use proto::store::v1::{
    DecisionKind, LaneHello, LeasesRequest, Owner, UnknownReason, UnresolvedRequest, lane_frame,
};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store, tells_difference},
};

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one case in its order")]
async fn a_payment_open_when_the_journal_was_lost_is_unknown_never_sent_again_and_named() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let config = std::fs::read_to_string(store.config()).unwrap();
    let patient = config.replacen("answer_timeout = \"700ms\"", "answer_timeout = \"60s\"", 1);
    std::fs::write(store.config(), patient).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let lease = lane.granted().await;
    lane.accept(&lease).await;
    let (paid, open, given_up) = (new_id(), new_id(), new_id());
    let approved = lane.pay(paid, APPROVED_PAN, 900).await;
    assert_eq!(approved.stan, 1);
    let sale = lane.sale(900, &[(paid, 900)]);
    lane.replicate(sale).await.unwrap();
    let request = lane.request(open, SILENT_PAN, 1250, None);
    lane.send(lane_frame::Body::Payment(request.clone())).await;
    for _ in 0..1000 {
        if !bank.lines(open).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(bank.lines(open).len(), 1, "the bank has booked it");
    hub.stop();
    let journal = store.folder.path().join("journal");
    std::fs::rename(&journal, store.folder.path().join("lost")).unwrap();

    let hub = store.start();
    hub.signed_on().await;
    let hello = LaneHello {
        last_stan: approved.stan,
        last_lease_id: lease.lease_id,
        abandoned_payment_ids: vec![given_up.to_string()],
        ..Default::default()
    };
    let known = lane.hello.clone();
    let mut lane = lane.remembering(&hub, hello).await;
    assert_ne!(lane.hello.hub_history, known.hub_history);
    assert_eq!(lane.hello.hub_epoch, known.hub_epoch + 1, "a later epoch");
    lane.send(lane_frame::Body::Payment(request)).await;
    let decision = lane.decision_of(open).await;
    assert_eq!(decision.kind(), DecisionKind::Unknown);
    assert_eq!(decision.unknown_reason(), UnknownReason::HubRestarted);

    // A payment of today goes on, far beyond the STANs of the previous hub.
    let fresh = new_id();
    let decision = lane.pay(fresh, APPROVED_PAN, 700).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
    assert_eq!(decision.stan, 10_001);
    let sale = lane.sale(700, &[(fresh, 700)]);
    lane.replicate(sale).await.unwrap();

    // What was lent counts on; what is lent now can't be mistaken for it.
    let mut operations = hub.operations().await;
    let leases = operations
        .leases(LeasesRequest {})
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<u64> = leases
        .leases
        .iter()
        .map(|view| view.lease.as_ref().unwrap().lease_id)
        .collect();
    assert_eq!(ids[0], lease.lease_id);
    assert!(ids[1..].iter().all(|id| *id > 1_000_000), "{ids:?}");

    let unresolved = operations.unresolved(UnresolvedRequest {}).await.unwrap();
    let unresolved = unresolved.into_inner().payments;
    for id in [open, given_up] {
        let listed = unresolved
            .iter()
            .find(|one| one.payment_id == id.to_string());
        assert_eq!(
            listed.unwrap().owned_by(),
            Owner::StoreManager,
            "{unresolved:#?}"
        );
    }
    assert_eq!(unresolved.len(), 2, "{unresolved:#?}");

    let steps = hub.close_day().await.unwrap();
    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let differences = report["differences"].as_array().unwrap();
    for (id, what) in [
        (paid, "on a receipt, unknown to the hub"),
        (
            open,
            "asked of the previous hub, outcome unknown: see the acquirer's file",
        ),
        (
            given_up,
            "asked of the previous hub, outcome unknown: see the acquirer's file",
        ),
    ] {
        let id = id.to_string();
        let named = differences
            .iter()
            .find(|one| one["payment_id"] == id.as_str());
        assert_eq!(named.unwrap()["what"], what);
        assert!(
            steps.iter().any(|step| tells_difference(step, &id)),
            "{id} is not told"
        );
    }
    assert_eq!(differences.len(), 3, "{differences:#?}");
    let closed = steps.last().unwrap();
    let balanced = closed.batches.iter().map(|batch| batch.balanced);
    assert_eq!(
        balanced.collect::<Vec<_>>(),
        [false, true],
        "the bank counts two more"
    );
    let unresolved = operations.unresolved(UnresolvedRequest {}).await.unwrap();
    assert_eq!(
        unresolved.into_inner().payments,
        [],
        "the report has named them"
    );
    assert_eq!(
        bank.lines(open).len(),
        1,
        "never sent again, never reversed by a guess"
    );
    assert_eq!(bank.lines(given_up).len(), 0);
}
