//! How a bank treats connections and frames, and what an operator does about a line that is down.

use std::time::Duration;

use acquirer_host::{MemoryLedger, Personality};
use proto::store::v1::{DecisionKind, LinkRequest};

use crate::{
    lane::{Lane, new_id},
    metrics::scrape,
    store::{APPROVED_PAN, Host, SILENT_PAN, Store},
};

fn bank(personality: Personality) -> Host {
    Host::with_personality("127.0.0.1:0", MemoryLedger::default(), personality)
}

fn store_with(bank: &Host, was: &str, is: &str) -> Store {
    Store::new(bank.address).with(was, is)
}

/// F17: whatever the hub was told of the bank's habit, and whatever it is: the bank is asked, and
/// never stood in for.
#[tokio::test]
async fn a_bank_is_asked_whether_it_keeps_connections_or_closes_them() {
    for connection in ["kept", "one-exchange"] {
        for close_from_answer in [0, 1] {
            let bank = bank(Personality {
                close_from_answer,
                ..Personality::default()
            });
            let is = format!("connection = \"{connection}\"");
            let store = store_with(&bank, "connection = \"kept\"", &is);
            let hub = store.start();
            hub.signed_on().await;
            let mut one = Lane::attach(&hub, 1).await;
            let mut two = Lane::attach(&hub, 2).await;
            for _ in 0..4 {
                let (first, second) = (new_id(), new_id());
                let (first, second) = tokio::join!(
                    one.pay(first, APPROVED_PAN, 100),
                    two.pay(second, APPROVED_PAN, 100)
                );
                for decision in [first, second] {
                    let what = format!("{connection}, closing {close_from_answer}");
                    assert_eq!(decision.kind(), DecisionKind::Approved, "{what}");
                }
            }
            let status = hub.status().await;
            assert!(status.link_up);
            assert!(status.terminals.iter().all(|terminal| terminal.signed_on));
            let counts = status.counts.unwrap();
            assert_eq!((counts.approved, counts.stand_in), (8, 0));
            let timed = "lanekeeper_hub_bank_seconds_count{mti=\"0200\",message=\"sale\"}";
            assert_eq!(scrape(&hub).await[timed], 8, "{is}");
        }
    }
}

/// F17: a connection that closes is not the line down, neither in the log nor to the desk.
#[tokio::test]
async fn a_bank_that_begins_to_close_leaves_the_line_up() {
    // The terminals' sign-ons are the first two answers.
    let bank = bank(Personality {
        close_from_answer: 3,
        ..Personality::default()
    });
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut operations = hub.operations().await;
    let mut link = async || {
        let answer = operations.link(LinkRequest { now: false }).await.unwrap();
        answer.into_inner()
    };
    let before = link().await;
    let mut lane = Lane::attach(&hub, 1).await;
    for closed in 1..=2 {
        let decision = lane.pay(new_id(), APPROVED_PAN, 100).await;
        assert_eq!(decision.kind(), DecisionKind::Approved, "{closed}");
        while link().await.losses < closed {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let decision = lane.pay(new_id(), APPROVED_PAN, 100).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
    let after = link().await;
    assert!(after.up && after.one_exchange, "{after:?}");
    assert_eq!(after.since_wall_ms, before.since_wall_ms, "up all the time");
}

/// A close without an answer, after a byte has left.
#[tokio::test]
async fn a_sale_that_a_closing_bank_never_answers_is_unknown_and_taken_back() {
    let bank = bank(Personality {
        close_from_answer: 1,
        ..Personality::default()
    });
    let store = store_with(
        &bank,
        "connection = \"kept\"",
        "connection = \"one-exchange\"",
    );
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let decision = lane.pay(new_id(), SILENT_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::Unknown);
    hub.status_until("the reversal is delivered", |status| {
        status.counts.unwrap().reversed == 1 && status.queue_depth == 0
    })
    .await;
    let given_up = "lanekeeper_hub_bank_timeouts_total{mti=\"0200\",message=\"sale\"}";
    assert_eq!(scrape(&hub).await[given_up], 1);
    let decision = lane.pay(new_id(), APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
}

/// F18.
#[tokio::test]
async fn a_length_prefix_that_counts_itself_is_a_setting_of_hub_and_bank() {
    let bank = bank(Personality {
        length_counts_itself: true,
        ..Personality::default()
    });
    let store = store_with(
        &bank,
        "length_prefix = \"of-what-follows\"",
        "length_prefix = \"counts-itself\"",
    );
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let decision = lane.pay(new_id(), APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::Approved);
}

/// F21: nobody waits for a pause that an operator can end.
#[tokio::test]
async fn link_now_tries_a_bank_that_was_away_at_once() {
    let (address, ledger) = bank(Personality::default()).stop();
    let store = Store::new(address);
    let config = std::fs::read_to_string(store.config()).unwrap();
    let slow = config
        .replacen("backoff_min = \"50ms\"", "backoff_min = \"14s\"", 1)
        .replacen("backoff_max = \"200ms\"", "backoff_max = \"60s\"", 1);
    std::fs::write(store.config(), slow).unwrap();
    let hub = store.start();
    let mut operations = hub.operations().await;
    let mut link = async |now: bool| {
        let answer = operations.link(LinkRequest { now }).await.unwrap();
        answer.into_inner()
    };
    let down = link(true).await;
    assert!(!down.up, "{down:?}");
    assert!(down.reason.contains("refused"), "{down:?}");
    assert_eq!(down.address, address.to_string());

    let _bank = Host::start(&address.to_string(), ledger);
    let asked = tokio::time::Instant::now();
    assert!(link(true).await.up);
    hub.signed_on().await;
    assert!(asked.elapsed() < Duration::from_secs(7), "no pause");
    assert!(link(false).await.up);
}
