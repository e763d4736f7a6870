//! What an operator sees while things are broken, and when they are healed: what the journals say,
//! no more and no less.

use acquirer_host::MemoryLedger;
use proto::store::v1::{
    DecisionKind, LanesRequest, Resolution, ResolveDeadLetterRequest, WriteOffLeaseRequest,
};
use serde_json::Value;

use crate::{
    commands::{stdout, store_hub},
    lane::{Lane, new_id},
    store::{APPROVED_PAN, DECLINED_PAN, Host, Hub, SILENT_PAN, Store, at_work},
};

/// What one command prints, asked of the running hub or of the journal of a stopped one.
fn view(store: &Store, hub: Option<&Hub>, args: &[&str]) -> Value {
    let config = store.config();
    let address = hub.map(|hub| hub.address.to_string());
    let mut all = args.to_vec();
    all.extend(["--config", config.to_str().unwrap(), "--output", "json"]);
    if let Some(address) = &address {
        all.extend(["--address", address]);
    }
    serde_json::from_str(&stdout(&store_hub(&all))).unwrap()
}

/// Payment, standing and owner of each line, in the order of the ids.
fn unresolved(store: &Store, hub: Option<&Hub>) -> Vec<(String, String, String)> {
    let told = view(store, hub, &["unresolved"]);
    let rows = told["unresolved"].as_array().unwrap().iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let mut rows: Vec<_> = rows
        .inspect(|row| assert!(row["age_ms"].as_i64().unwrap() < 600_000, "{row}"))
        .map(|row| {
            let (id, status) = (text(row, "payment_id"), text(row, "standing"));
            (id, status, text(row, "owner"))
        })
        .collect();
    rows.sort();
    rows
}

fn expected(rows: &[(domain::ids::PaymentId, &str, &str)]) -> Vec<(String, String, String)> {
    let rows = rows.iter();
    let mut rows: Vec<_> = rows
        .map(|(id, status, owner)| (id.to_string(), (*status).to_owned(), (*owner).to_owned()))
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one case in its order")]
async fn an_operator_sees_what_is_open_who_owns_it_and_that_it_is_over() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut silent = Lane::attach(&hub, 2).await;
    let lease = lane.granted().await;
    lane.accept(&lease).await;

    // Approved, and the lane stays away; unknown, and its reversal can't be sent.
    let (away, doubt, stood, refused, alone) = (new_id(), new_id(), new_id(), new_id(), new_id());
    silent.pay(away, APPROVED_PAN, 1100).await;
    let request = lane.request(doubt, SILENT_PAN, 900, None);
    lane.send(proto::store::v1::lane_frame::Body::Payment(request))
        .await;
    for _ in 0..1000 {
        if !bank.lines(doubt).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (address, ledger) = bank.stop();
    assert_eq!(lane.decision_of(doubt).await.kind(), DecisionKind::Unknown);
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    for (id, pan, minor) in [(stood, APPROVED_PAN, 1250), (refused, DECLINED_PAN, 700)] {
        let decision = lane.pay(id, pan, minor).await;
        assert_eq!(decision.kind(), DecisionKind::StandIn);
    }
    let mut records = lane.sale(700, &[(refused, 700)]);
    records.push(lane.approved(alone, 500, lease.lease_id));
    records.extend(lane.sale(500, &[(alone, 500)]));
    lane.replicate(records).await.unwrap();
    let hello = silent.hello.clone();
    drop(silent);

    let during = expected(&[
        (away, "approved", "lane"),
        (doubt, "unknown, being reversed", "hub"),
        (stood, "stand-in", "lane"),
        (refused, "approved without the bank, waiting for it", "hub"),
        (
            alone,
            "approved offline, its card is still at the lane",
            "lane",
        ),
    ]);
    assert_eq!(unresolved(&store, Some(&hub)), during);
    let mut lanes = hub.operations().await;
    for attempt in 0.. {
        let seen = lanes
            .lanes(LanesRequest {})
            .await
            .unwrap()
            .into_inner()
            .lanes;
        if !seen[1].connected {
            assert!(
                seen[0].connected && seen[1].last_heard_wall_ms > 0,
                "{seen:?}"
            );
            break;
        }
        assert!(attempt < 1000, "a lane that is gone is shown as connected");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let status = view(&store, Some(&hub), &["status"]);
    assert_eq!(status["line_up"], false);
    assert_eq!(status["queue_depth"], 4);
    assert_eq!(
        status["queue_amount"]["amount_minor"],
        900 + 1250 + 700 + 500
    );
    assert_eq!(status["dead_letters"], 0);

    // The journal of the stopped hub tells the same as the running one did.
    hub.stop();
    assert_eq!(unresolved(&store, None), during);
    let stopped = view(&store, None, &["status"]);
    for key in [
        "queue_depth",
        "queue_amount",
        "dead_letters",
        "payments",
        "forward",
    ] {
        assert_eq!(stopped[key], status[key], "{key}");
    }
    let bank = Host::start(&address.to_string(), ledger);
    let hub = store.start();
    hub.signed_on().await;
    let seen = view(&store, Some(&hub), &["lanes"]);
    assert_eq!(
        seen["lanes"][0]["connected"], false,
        "nobody has come back yet"
    );
    assert_eq!(seen["lanes"][0]["sales_closed"], 2, "its journal is here");
    assert_eq!(
        seen["lanes"][1]["lane"], 2,
        "configured, and its journal never came"
    );

    // The lanes come back: each says what became of its sale, and sends the card.
    let mut lane = lane.again(&hub).await;
    let mut second = Lane::attach(&hub, 2).await;
    assert_eq!(
        second.hello.hub_history, hello.hub_history,
        "the same journal"
    );
    lane.tell_card(alone, None).await;
    lane.held(alone).await;
    let sale = lane.sale(1250, &[(stood, 1250)]);
    lane.replicate(sale).await.unwrap();
    let sale = second.sale(1100, &[(away, 1100)]);
    second.replicate(sale).await.unwrap();
    hub.status_until("one dead letter, the queue empty", |status| {
        status.queue_depth == 0 && status.dead_letters == 1
    })
    .await;
    let left = [(refused, "declined after goods", "store manager")];
    assert_eq!(unresolved(&store, Some(&hub)), expected(&left));
    let letters = view(&store, Some(&hub), &["dead-letters"]);
    let letter = &letters["dead_letters"][0];
    assert_eq!(letter["payment_id"], refused.to_string());
    assert_eq!(letter["amount"]["amount_minor"], 700);

    let number = letter["forward_id"].to_string();
    let resolve = ["dead-letters", "resolve", &number, "--as"];
    let by_hand = [&resolve[..], &["settled-by-hand", "--note", "slip 17"]].concat();
    view(&store, Some(&hub), &by_hand);
    assert_eq!(unresolved(&store, Some(&hub)), []);
    let none = view(&store, Some(&hub), &["dead-letters"]);
    assert_eq!(none["dead_letters"], serde_json::json!([]));
    let all = view(&store, Some(&hub), &["dead-letters", "--all"]);
    assert_eq!(all["dead_letters"][0]["resolved"], true);
    let status = view(&store, Some(&hub), &["status"]);
    for key in ["queue_depth", "dead_letters", "payments_in_flight"] {
        assert_eq!(status[key], 0, "{key}");
    }
    assert_eq!(status["queue_amount"]["amount_minor"], 0);
    assert_eq!(bank.lines(stood).len(), 1);
}

/// A note is part of a record, and a record has its bounds: a longer one is refused before the desk
/// hears of it, and the hub goes on.
#[tokio::test]
async fn a_note_that_is_too_long_is_refused_by_name() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    let mut operations = hub.operations().await;
    let long = || "x".repeat(501);
    let resolved = operations
        .resolve_dead_letter(ResolveDeadLetterRequest {
            forward_id: 1,
            how: Resolution::WrittenOff.into(),
            note: long(),
        })
        .await;
    let written_off = operations
        .write_off_lease(WriteOffLeaseRequest {
            lease_id: 1,
            by: "Li Na".to_owned(),
            reason: long(),
        })
        .await;
    for (field, refused) in [
        ("note", resolved.map(drop).unwrap_err()),
        ("reason", written_off.map(drop).unwrap_err()),
    ] {
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
        let what = format!("{field}: 501 bytes, at most 500 are kept");
        assert_eq!(refused.message(), what);
    }
    assert_eq!(hub.status().await.hub_epoch, 1);
}
