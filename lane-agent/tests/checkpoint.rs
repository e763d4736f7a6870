//! A lane whose sales carry checkpoints starts from the last one, and goes on as from its whole
//! log.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use journal::{Journal, LogId};
use proto::journal::v1::lane_record::Body;
use support::{Lane, PRICES, TestHub, barcode, card_order, cash_order, lane::bodies};
use tokio::task::LocalSet;

fn orders(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| {
            let name = format!("o-{number}");
            if number % 4 == 0 {
                card_order(&name)
            } else {
                cash_order(&name)
            }
        })
        .collect()
}

async fn sell(hub: &TestHub, lane: &Lane) {
    hub.heard.lock().unwrap().status.script_finished = false;
    let (address, serving) = hub.serve().await;
    let local = LocalSet::new();
    local
        .run_until(async {
            let running = lane.start(address);
            hub.until_done().await;
            running.stop().await;
        })
        .await;
    drop(local);
    serving.abort();
}

/// How many records are behind the checkpoint, and in the log.
fn tail(lane: &Lane) -> Option<(u64, u64)> {
    let (journal, _committer) = Journal::open(lane.disk.engine()).unwrap();
    let head = journal.durable_head(LogId::OWN).sequence;
    let kept = journal.checkpoint("checkout").unwrap()?;
    Some((head - kept.applied.sequence, head))
}

#[tokio::test]
async fn receipts_go_on_behind_a_checkpoint_and_the_log_alone_says_the_same() {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    let hub = TestHub::new(&prices);
    let lane = Lane::new(&orders(15));
    sell(&hub, &lane).await;
    assert_eq!(tail(&lane), None, "no sale so far was the sixteenth");

    let script = lane.folder.path().join("script.jsonl");
    std::fs::write(&script, orders(18).join("\n")).unwrap();
    sell(&hub, &lane).await;
    let (behind, all) = tail(&lane).unwrap();
    assert!(behind > 0 && behind < all / 3, "{behind} of {all} records");

    // From the checkpoint, and again without it: both go on where the log ends.
    std::fs::write(&script, orders(19).join("\n")).unwrap();
    lane.disk.crash(1);
    sell(&hub, &lane).await;
    let engine = lane.disk.engine();
    journal::remove_checkpoint(engine.as_ref(), "checkout").unwrap();
    drop(engine);
    std::fs::write(&script, orders(20).join("\n")).unwrap();
    sell(&hub, &lane).await;

    let heard = hub.heard.lock().unwrap();
    let closed = bodies(&heard.records).into_iter().filter_map(|body| {
        let Body::SaleClosed(closed) = body else {
            return None;
        };
        Some((closed.order_reference, closed.receipt_number))
    });
    let closed: Vec<_> = closed.collect();
    let expected: Vec<_> = (1..=20)
        .map(|number| (format!("o-{number}"), format!("1-1-{number:06}")))
        .collect();
    assert_eq!(closed, expected, "each order once, no receipt twice");
}
