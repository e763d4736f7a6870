//! A lane that has lost its hub sells on inside its lease, and tells of it when the hub is back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use proto::{
    journal::v1::{PaymentDecided, lane_record::Body},
    store::v1 as wire,
};
use support::{
    HubLife, Lane, PRICES, TestHub, barcode, cash_order,
    lane::{HandClock, bodies, offline_order},
};
use tokio::task::LocalSet;

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn cny(minor: i64) -> Option<wire::Money> {
    Some(wire::Money {
        minor,
        currency: "CNY".to_owned(),
    })
}

/// Two whole milks of 12.50 fit, a third does not.
fn lease(id: u64) -> wire::OfflineLease {
    wire::OfflineLease {
        lease_id: id,
        lane: 1,
        lane_epoch: 1,
        budget: cny(2_500),
        per_payment_cap: cny(2_000),
        per_card_cap: cny(2_500),
        count_max: 10,
        hot_list_version: 0,
        valid_for_ms: 3_600_000,
        ..Default::default()
    }
}

fn lend(hub: &TestHub, id: u64) {
    hub.heard.lock().unwrap().lease = Some(lease(id));
}

/// Decisions that the lane made alone, as its journal tells them.
fn alone(hub: &TestHub) -> Vec<PaymentDecided> {
    let heard = hub.heard.lock().unwrap();
    let bodies = bodies(&heard.records).into_iter();
    let decided = bodies.filter_map(|body| match body {
        Body::PaymentDecided(decided) if decided.offline.is_some() => Some(decided),
        _ => None,
    });
    decided.collect()
}

async fn until_lent(hub: &TestHub) {
    hub.until(|heard| !accepted(&heard.records).is_empty())
        .await;
}

#[tokio::test]
async fn a_lane_without_its_hub_approves_inside_its_lease_and_reports_when_it_is_back() {
    let hub = hub();
    lend(&hub, 1);
    let clock = HandClock::new();
    let orders = ["o-2", "o-3", "o-4"].map(offline_order);
    let orders = [vec![cash_order("o-1")], orders.to_vec()].concat();
    let lane = Lane::new(&orders).with_clock(Arc::clone(&clock));
    let local = LocalSet::new();
    local
        .run_until(async {
            let life = HubLife::begin(&hub, "127.0.0.1:0").await;
            let address = life.address;
            let running = lane.start(address);
            until_lent(&hub).await;
            lane.until_receipt("1-1-000001.txt").await;
            life.end();
            clock.set(2_000);
            lane.until_receipt("1-1-000004.txt").await;
            assert!(alone(&hub).is_empty(), "the hub can't know yet");
            let life = HubLife::begin(&hub, &address.to_string()).await;
            hub.until_done().await;
            hub.until(|heard| heard.offline_cards.len() >= 2).await;
            running.stop().await;
            life.end();
        })
        .await;

    let decided = alone(&hub);
    assert_eq!(decided.len(), 2, "the third milk is over the budget");
    for one in &decided {
        let offline = one.offline.as_ref().unwrap();
        assert_eq!((offline.lease_id, offline.amount.clone()), (1, cny(1_250)));
        assert_eq!(offline.payment_id, one.payment_id);
        assert_eq!(one.decision.as_ref().unwrap().lease_id, 1);
    }
    let told: Vec<String> = decided.iter().map(|one| one.payment_id.clone()).collect();
    check_cards(&hub, &told);
    let text = String::from_utf8(lane.receipt("1-1-000002.txt")).unwrap();
    assert!(text.contains("SUBJECT TO AUTHORISATION"), "{text}");
    let text = String::from_utf8(lane.receipt("1-1-000004.txt")).unwrap();
    assert!(text.contains("Cash") && text.contains("NOT PAID"), "{text}");
}

/// Each card came once acknowledged, opens only as an upload, and holds no track data.
fn check_cards(hub: &TestHub, told: &[String]) {
    let heard = hub.heard.lock().unwrap();
    let ids: BTreeSet<&String> = heard
        .offline_cards
        .iter()
        .map(|one| &one.payment_id)
        .collect();
    assert_eq!(
        ids,
        told.iter().collect(),
        "each that was approved, and no other"
    );
    let mut opened = BTreeSet::new();
    for card in &heard.offline_cards {
        if !opened.insert(&card.payment_id) {
            continue;
        }
        let id = u128::from_str_radix(&card.payment_id, 16)
            .unwrap()
            .to_be_bytes();
        let mut opener = hub.opener.lock().unwrap();
        assert!(
            opener.open(&id, &card.sealed_card).is_err(),
            "not a live card"
        );
        let data = opener
            .open(&card_seal::upload_aad(&id), &card.sealed_card)
            .unwrap();
        assert_eq!(data.pan, "6216261000000000018");
        assert_eq!((&data.track2, &data.service_code), (&None, &None));
        assert!(!data.emv.is_empty());
    }
}

/// One life of the lane against a hub that is there; it ends as a kill does.
async fn live(hub: &TestHub, lane: &Lane, until: impl AsyncFnOnce()) {
    let local = LocalSet::new();
    local
        .run_until(async {
            let life = HubLife::begin(hub, "127.0.0.1:0").await;
            let _running = lane.start(life.address);
            until().await;
            life.end();
        })
        .await;
    // Dropping every task of the lane at once is its death.
    drop(local);
}

#[tokio::test]
async fn a_lane_killed_before_the_hub_has_the_card_tells_of_it_again_and_forgets_it_then() {
    let hub = hub();
    lend(&hub, 1);
    hub.acknowledge(false);
    let clock = HandClock::new();
    let lane = Lane::new(&[cash_order("o-1"), offline_order("o-2")]);
    let lane = lane.with_clock(Arc::clone(&clock));
    let local = LocalSet::new();
    local
        .run_until(async {
            let life = HubLife::begin(&hub, "127.0.0.1:0").await;
            let _running = lane.start(life.address);
            until_lent(&hub).await;
            lane.until_receipt("1-1-000001.txt").await;
            life.end();
            clock.set(2_000);
            lane.until_receipt("1-1-000002.txt").await;
        })
        .await;
    drop(local);
    assert!(hub.heard.lock().unwrap().offline_cards.is_empty());
    for (told, acknowledges) in [(1, false), (2, false), (3, true)] {
        lane.disk.crash(told);
        hub.acknowledge(acknowledges);
        let told = usize::try_from(told).unwrap();
        live(&hub, &lane, async || {
            hub.until(|heard| heard.offline_cards.len() >= told).await;
            hub.until_done().await;
        })
        .await;
    }
    assert_eq!(alone(&hub).len(), 1, "approved once");
    let told: Vec<String> = alone(&hub)
        .iter()
        .map(|one| one.payment_id.clone())
        .collect();
    check_cards(&hub, &told);
    // Acknowledged and forgotten: the next life has nothing to tell.
    let before = hub.heard.lock().unwrap().hellos.len();
    live(&hub, &lane, async || {
        hub.until(|heard| heard.hellos.len() > before).await;
        hub.until_done().await;
    })
    .await;
    assert_eq!(hub.heard.lock().unwrap().offline_cards.len(), 3);
}

#[tokio::test]
async fn a_restarted_lane_gives_its_lease_back_and_takes_the_next() {
    let hub = hub();
    lend(&hub, 1);
    let lane = Lane::new(&[cash_order("o-1")]);
    for id in [1, 2] {
        lend(&hub, id);
        live(&hub, &lane, async || {
            hub.until(|heard| accepted(&heard.records).contains(&id))
                .await;
        })
        .await;
    }
    let heard = hub.heard.lock().unwrap();
    let returned: Vec<(u64, wire::LeaseReturnReason)> = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::LeaseReturned(one) => Some((one.lease_id, one.because())),
            _ => None,
        })
        .collect();
    assert_eq!(returned, [(1, wire::LeaseReturnReason::LaneRestarted)]);
    assert_eq!(accepted(&heard.records), [1, 2]);
}

fn accepted(records: &[wire::JournalEntry]) -> Vec<u64> {
    let bodies = bodies(records).into_iter();
    bodies
        .filter_map(|body| match body {
            Body::LeaseAccepted(one) => Some(one.lease.unwrap().lease_id),
            _ => None,
        })
        .collect()
}

/// What the lane decided about a milk on the card while its hub was away.
async fn decided_alone(hot_list: Option<wire::HotListPart>) -> wire::Decision {
    let hub = hub();
    hub.heard.lock().unwrap().hot_list = hot_list;
    hub.heard.lock().unwrap().lease = Some(wire::OfflineLease {
        hot_list_version: 3,
        ..lease(1)
    });
    let clock = HandClock::new();
    let lane = Lane::new(&[cash_order("o-1"), offline_order("o-2")]);
    let lane = lane.with_clock(Arc::clone(&clock));
    let local = LocalSet::new();
    local
        .run_until(async {
            let life = HubLife::begin(&hub, "127.0.0.1:0").await;
            let address = life.address;
            let running = lane.start(address);
            until_lent(&hub).await;
            lane.until_receipt("1-1-000001.txt").await;
            life.end();
            clock.set(2_000);
            lane.until_receipt("1-1-000002.txt").await;
            let life = HubLife::begin(&hub, &address.to_string()).await;
            hub.until_done().await;
            running.stop().await;
            life.end();
        })
        .await;
    let heard = hub.heard.lock().unwrap();
    let decided = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::PaymentDecided(decided) => decided.decision,
            _ => None,
        });
    decided.last().unwrap()
}

#[tokio::test]
async fn a_lane_obeys_the_hot_list_of_its_hub_and_uses_no_lease_without_it() {
    let list = |from, to| wire::HotListPart {
        version: 3,
        ranges: vec![wire::BinRange { from, to }],
        last: true,
        ..Default::default()
    };
    let hot = decided_alone(Some(list(621_626, 621_626))).await;
    assert_eq!(hot.refusal_reason(), wire::RefusalReason::HotCard);
    let other = decided_alone(Some(list(400_000, 499_999))).await;
    assert_eq!(other.kind(), wire::DecisionKind::OfflineApproved);
    let none = decided_alone(None).await;
    assert_eq!(none.refusal_reason(), wire::RefusalReason::NotOffline);
}
