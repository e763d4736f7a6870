//! Payments by wallet, from the scan at a real lane to the provider and back: customers who are
//! quick, slow and silent, answers that come late, twice and never, and a cashier who cancels.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use acquirer_host::MemoryLedger;
use domain::{
    ids::PaymentId,
    sale::{Key, Prompt, Screen, Tender},
};
use prost::Message;
use proto::{
    journal::v1::{LaneRecord, lane_record::Body},
    store::v1::{DecisionKind, HistoryStep, LanesRequest, PaymentHistory},
};

use crate::{
    real_lane::{Hands, Machine},
    store::{Host, Hub, Store, is_reversed},
};

const MILK: &str = "6900000000014";
const PRICE: i64 = 1_250;

/// What the codes of a wallet of the test bank begin with.
const PAYS: &str = "13000000";
const CONFIRMS: &str = "13000001";
const NEVER_CONFIRMS: &str = "13000002";
const DECLINES: &str = "28000003";
const LOST: &str = "13000004";
const SILENT: &str = "13000005";
const LATE: &str = "13000006";
const TWICE: &str = "13000007";
const WRONG_AMOUNT: &str = "13000008";
const UNSEEN: &str = "62000009";

static SHOWN: AtomicU64 = AtomicU64::new(0);

/// A phone never shows the same code twice.
fn code(of: &str) -> String {
    let number = SHOWN.fetch_add(1, Ordering::Relaxed);
    format!("{of}{:010}", 7_000_000_000 + number)
}

/// A bank, and a store whose wallets take tenths of what they take in a shop.
fn quick_store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let times = "wallet_ask_every = \"400ms\"\nwallet_give_up_after = \"2s\"\n\
                 wallet_reverse_after = \"800ms\"\nbackoff_min";
    let store = Store::new(bank.address).with("backoff_min", times);
    (bank, store)
}

/// The lane has said hello.
async fn is_connected(hub: &Hub) {
    for _ in 0..3_000 {
        let lanes = hub.operations().await.lanes(LanesRequest {}).await.unwrap();
        let mut lanes = lanes.into_inner().lanes.into_iter();
        if lanes.any(|lane| lane.lane == 1 && lane.connected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the lane never said hello");
}

/// A basket of milk, totalled.
async fn totalled(hands: &mut Hands, hub: &Hub) {
    is_connected(hub).await;
    hands.sees(|screen| screen.prompt.takes_sale()).await;
    hands.scan(MILK).await;
    hands
        .sees(|screen| matches!(screen.prompt, Prompt::Scan))
        .await;
    hands.press(Key::Total).await;
    hands
        .sees(|screen| matches!(screen.prompt, Prompt::ChooseTender))
        .await;
}

fn is_closed(screen: &Screen) -> bool {
    matches!(
        screen.prompt,
        Prompt::Printing { .. } | Prompt::Goodbye { .. }
    )
}

fn takes_another(screen: &Screen) -> bool {
    screen.prompt.takes_tender() && !matches!(screen.prompt, Prompt::ChooseTender)
}

async fn pay_cash(hands: &mut Hands) {
    hands.press(Key::Cash { given_minor: PRICE }).await;
    hands.sees(is_closed).await;
}

/// What a sale by this wallet comes to: the screen behind the scan, and its payment.
async fn sell(machine: &Machine, hub: &Hub, of: &str) -> (Screen, PaymentId) {
    let shown = code(of);
    let screen = machine
        .live_by_hand(hub.address, async |mut hands: Hands| {
            totalled(&mut hands, hub).await;
            hands.scan(&shown).await;
            let screen = hands
                .sees(|screen| is_closed(screen) || takes_another(screen))
                .await;
            if !is_closed(&screen) {
                pay_cash(&mut hands).await;
            }
            screen
        })
        .await;
    (screen, payment_of(machine))
}

fn lane_records(machine: &Machine) -> Vec<Body> {
    let records = machine.records();
    let bodies = records.iter().filter_map(|record| {
        let decoded = LaneRecord::decode(record.bytes.as_slice()).unwrap();
        decoded.body
    });
    bodies.collect()
}

/// The payment that the lane intended last.
fn payment_of(machine: &Machine) -> PaymentId {
    let ids = lane_records(machine)
        .into_iter()
        .filter_map(|body| match body {
            Body::PaymentIntended(intended) => PaymentId::parse(&intended.payment_id).ok(),
            _ => None,
        });
    ids.last().unwrap()
}

async fn decided(hub: &Hub, id: PaymentId) -> PaymentHistory {
    hub.history_until(id, "it is decided", |history| {
        let state = history.state.as_ref();
        state.is_some_and(|state| state.decision() != DecisionKind::Unspecified)
    })
    .await
}

fn kind(history: &PaymentHistory) -> DecisionKind {
    history.state.as_ref().unwrap().decision()
}

/// What the bank has of it in the end.
fn net(bank: &Host, id: PaymentId) -> i64 {
    let lines = bank.lines(id);
    let moved = lines.iter().map(|line| {
        let amount = line["amount_minor"].as_i64().unwrap();
        match line["state"].as_str().unwrap() {
            "approved" => amount,
            "reversed" => -amount,
            _ => 0,
        }
    });
    moved.sum()
}

#[tokio::test]
async fn wallet_one_scan_after_total_pays() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let (screen, id) = sell(&machine, &hub, PAYS).await;
    assert!(is_closed(&screen), "{screen:?}");
    let basket = screen.basket.unwrap();
    assert!(
        matches!(basket.tenders[..], [Tender::Wallet { .. }]),
        "{basket:?}"
    );
    assert_eq!(kind(&decided(&hub, id).await), DecisionKind::Approved);
    let lines = bank.lines(id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["f3"], "660000");
    assert_eq!(net(&bank, id), PRICE);
}

#[tokio::test]
async fn wallet_slow_customer_is_asked_for_until_they_confirm() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let (screen, id) = sell(&machine, &hub, CONFIRMS).await;
    assert!(is_closed(&screen), "{screen:?}");
    let history = decided(&hub, id).await;
    let asked = |line: &&proto::store::v1::HistoryLine| line.step() == HistoryStep::OutcomeAsked;
    let questions = history.hub.iter().filter(asked).count();
    assert!(questions >= 2, "{history:#?}");
    assert_eq!(net(&bank, id), PRICE);
}

#[tokio::test]
async fn wallet_lost_late_and_doubled_answers_charge_once() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    for of in [LOST, LATE, TWICE] {
        let (screen, id) = sell(&machine, &hub, of).await;
        assert!(is_closed(&screen), "{of}: {screen:?}");
        assert_eq!(
            kind(&decided(&hub, id).await),
            DecisionKind::Approved,
            "{of}"
        );
        assert_eq!(net(&bank, id), PRICE, "{of}");
        assert_eq!(bank.lines(id).len(), 1, "{of}");
    }
}

#[tokio::test]
async fn wallet_silence_is_reversed_and_never_paid() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    for (of, is_booked) in [(SILENT, true), (NEVER_CONFIRMS, false), (UNSEEN, false)] {
        let (screen, id) = sell(&machine, &hub, of).await;
        assert!(
            matches!(screen.prompt, Prompt::NotConfirmed),
            "{of}: {screen:?}"
        );
        hub.history_until(id, "it is reversed", is_reversed).await;
        assert_eq!(net(&bank, id), 0, "{of}");
        let lines = bank.lines(id);
        let booked = lines.iter().any(|line| line["state"] == "approved");
        assert_eq!(booked, is_booked, "{of}: {lines:?}");
    }
}

#[tokio::test]
async fn wallet_declined_or_of_another_amount_pays_nothing() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let (screen, id) = sell(&machine, &hub, DECLINES).await;
    assert!(
        matches!(screen.prompt, Prompt::Declined { .. }),
        "{screen:?}"
    );
    assert_eq!(net(&bank, id), 0);
    let (screen, id) = sell(&machine, &hub, WRONG_AMOUNT).await;
    assert!(matches!(screen.prompt, Prompt::NotConfirmed), "{screen:?}");
    hub.history_until(id, "it is reversed", is_reversed).await;
    assert_eq!(net(&bank, id), 0);
}

#[tokio::test]
async fn wallet_cancelled_while_the_customer_confirms_is_taken_back() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    for of in [NEVER_CONFIRMS, CONFIRMS] {
        let shown = code(of);
        machine
            .live_by_hand(hub.address, async |mut hands: Hands| {
                totalled(&mut hands, &hub).await;
                hands.scan(&shown).await;
                hands
                    .sees(|screen| matches!(screen.prompt, Prompt::ConfirmOnPhone { .. }))
                    .await;
                tokio::time::sleep(Duration::from_millis(200)).await;
                hands.press(Key::CancelPayment).await;
                let screen = hands.sees(takes_another).await;
                assert!(matches!(screen.prompt, Prompt::NotConfirmed), "{screen:?}");
                pay_cash(&mut hands).await;
            })
            .await;
        let id = payment_of(&machine);
        hub.history_until(id, "it is reversed", is_reversed).await;
        assert_eq!(net(&bank, id), 0, "{of}");
        let reversals = bank.lines(id);
        let paid_at = reversals[0]["at_ms"].as_i64().unwrap();
        let reversed_at = reversals.iter().find(|line| line["mti"] == "0400").unwrap();
        let waited = reversed_at["at_ms"].as_i64().unwrap() - paid_at;
        assert!(waited >= 750, "{of}: reversed {waited} ms after paying");
    }
}

#[tokio::test]
async fn wallet_without_line_or_hub_is_refused_with_the_next_step() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    // The hub is known, and its line to the bank is down.
    let _ = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    let (screen, _) = sell(&machine, &hub, PAYS).await;
    let Prompt::Refused { reason } = screen.prompt else {
        panic!("{screen:?}");
    };
    assert!(reason.for_cashier().english.contains("cash or a card"));
}

#[tokio::test]
async fn wallet_code_before_total_is_kept_nowhere_and_pays_nothing() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let shown = code(PAYS);
    machine
        .live_by_hand(hub.address, async |mut hands: Hands| {
            hands.sees(|screen| screen.prompt.takes_sale()).await;
            hands.scan(MILK).await;
            hands
                .sees(|screen| matches!(screen.prompt, Prompt::Scan))
                .await;
            hands.scan(&shown).await;
            hands.sees(|screen| screen.refused.is_some()).await;
            hands.press(Key::Total).await;
            hands
                .sees(|screen| matches!(screen.prompt, Prompt::ChooseTender))
                .await;
            pay_cash(&mut hands).await;
        })
        .await;
    let written = lane_records(&machine);
    assert!(
        !written
            .iter()
            .any(|body| matches!(body, Body::PaymentIntended(_)))
    );
    assert!(bank.all_lines().iter().all(|line| line["mti"] != "0200"));
}

#[tokio::test]
async fn wallet_hub_killed_while_the_customer_confirms_is_reversed() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let shown = code(CONFIRMS);
    machine
        .live_by_hand(hub.address, async |mut hands: Hands| {
            totalled(&mut hands, &hub).await;
            hands.scan(&shown).await;
            hands
                .sees(|screen| matches!(screen.prompt, Prompt::ConfirmOnPhone { .. }))
                .await;
            while bank.all_lines().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            hub.crash();
            hands.sees(takes_another).await;
            pay_cash(&mut hands).await;
        })
        .await;
    let id = payment_of(&machine);
    let hub = store.start();
    hub.history_until(id, "it is reversed", is_reversed).await;
    assert_eq!(net(&bank, id), 0);
}

/// I16: the code pays whoever has it. It is in no journal, ledger, receipt or log.
#[tokio::test]
async fn wallet_code_stands_nowhere_in_clear() {
    let (bank, store) = quick_store();
    let hub = store.start();
    hub.signed_on().await;
    let machine = Machine::new(1);
    let shown = code(PAYS);
    machine
        .live_by_hand(hub.address, async |mut hands: Hands| {
            totalled(&mut hands, &hub).await;
            hands.scan(&shown).await;
            hands.sees(is_closed).await;
            hands
                .sees(|screen| matches!(screen.prompt, Prompt::Goodbye { .. }))
                .await;
        })
        .await;
    let id = payment_of(&machine);
    hub.history_until(id, "it is captured", |history| {
        !history.receipt_number.is_empty()
    })
    .await;
    hub.stop();
    let mut looked = 0;
    let mut is_clean = |bytes: &[u8], place: &str| {
        looked += 1;
        let found = bytes
            .windows(shown.len())
            .any(|part| part == shown.as_bytes());
        assert!(!found, "{place} holds the code");
    };
    for record in machine.records() {
        is_clean(&record.bytes, "the lane's journal");
    }
    is_clean(&bank.ledger.bytes(), "the bank's ledger");
    let mut folders = vec![store.folder.path().to_owned(), machine.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => is_clean(&std::fs::read(&path).unwrap(), &path.display().to_string()),
            }
        }
    }
    assert!(looked > 10, "{looked} places");
}
