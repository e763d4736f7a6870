//! A lane is killed again and again, and each time loses what its disk had not made durable.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::BTreeSet;

use proto::journal::v1::lane_record::Body;
use support::{Behaviour, Lane, PRICES, TestHub, barcode, card_order, cash_order, lane::bodies};
use tokio::task::LocalSet;

fn orders() -> Vec<String> {
    (0..8)
        .map(|number| {
            let name = format!("o-{number}");
            if number % 3 == 0 {
                cash_order(&name)
            } else {
                card_order(&name)
            }
        })
        .collect()
}

/// Lets the lane live until the hub holds `records` more or less, or the script is over and its
/// receipts are out.
async fn live_until(hub: &TestHub, lane: &Lane, records: usize) -> bool {
    hub.heard.lock().unwrap().status.script_finished = false;
    let (address, serving) = hub.serve().await;
    let local = LocalSet::new();
    let done = local
        .run_until(async {
            let _running = lane.start(address);
            hub.until(|heard| heard.records.len() >= records || heard.is_over())
                .await;
            let heard = hub.heard.lock().unwrap();
            heard.records.len() < records
        })
        .await;
    // Dropping every task of the lane at once is its death.
    drop(local);
    serving.abort();
    let _ = serving.await;
    done
}

#[tokio::test]
async fn a_lane_killed_after_every_few_records_sells_each_order_once() {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    for step in [1, 2, 5] {
        let hub = TestHub::new(&prices).with_payments(vec![
            Behaviour::Approve,
            Behaviour::Silent,
            Behaviour::Part(500),
            Behaviour::Approve,
        ]);
        let lane = Lane::new(&orders());
        let mut lives = 0;
        loop {
            let held = hub.heard.lock().unwrap().records.len();
            lives += 1;
            // Each life writes one record by itself: its start.
            if live_until(&hub, &lane, held + 1 + step).await || lives > 200 {
                break;
            }
            lane.disk.crash(lives);
        }
        assert!(lives > 5, "{lives} lives are not enough to prove anything");
        check(&hub, &lane);
    }
}

fn check(hub: &TestHub, lane: &Lane) {
    let heard = hub.heard.lock().unwrap();
    let bodies = bodies(&heard.records);
    let mut sold = Vec::new();
    let mut receipts = Vec::new();
    let mut printed = BTreeSet::new();
    let mut intended = BTreeSet::new();
    let mut settled = BTreeSet::new();
    for body in bodies {
        match body {
            Body::SaleClosed(closed) => {
                sold.push(closed.order_reference);
                receipts.push(closed.receipt_number);
            }
            Body::ReceiptPrinted(receipt) => {
                assert!(
                    printed.insert(receipt.receipt_number),
                    "printed and told once"
                );
            }
            Body::PaymentIntended(intent) => {
                assert!(intended.insert(intent.payment_id), "no id twice");
            }
            Body::PaymentDecided(decided) => {
                assert!(settled.insert(decided.payment_id));
            }
            Body::PaymentAbandoned(abandoned) => {
                assert!(settled.insert(abandoned.payment_id.clone()));
                assert!(heard.abandoned.contains(&abandoned.payment_id));
            }
            _ => {}
        }
    }
    let expected: Vec<String> = (0..8).map(|number| format!("o-{number}")).collect();
    assert_eq!(sold, expected, "each order once, in order");
    let numbers: Vec<String> = (1..=8).map(|number| format!("1-1-{number:06}")).collect();
    assert_eq!(receipts, numbers, "no gap, none twice");
    for number in &numbers {
        assert!(printed.contains(number));
        let text = String::from_utf8(lane.receipt(&format!("{number}.txt"))).unwrap();
        assert!(text.contains(&format!("Receipt {number}")));
    }
    assert_eq!(intended, settled, "every intent has an end");
    let asked: Vec<&String> = heard
        .payments
        .iter()
        .map(|payment| &payment.payment_id)
        .collect();
    let distinct: BTreeSet<&String> = asked.iter().copied().collect();
    assert_eq!(asked.len(), distinct.len(), "no id is sent twice");
    for payment_id in asked {
        assert!(intended.contains(payment_id), "the intent is durable first");
    }
}
