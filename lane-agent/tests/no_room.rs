//! A lane whose disk is full or read-only: it begins no new sale and says so, a sale under way
//! ends, nothing is lost, and it sells on by itself when there is room again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;

use journal::DiskFault;
use proto::journal::v1::lane_record::Body;
use support::{
    Behaviour, Lane, PRICES, TestHub, barcode, card_order, cash_order,
    lane::{HandClock, bodies},
};
use tokio::task::LocalSet;

const FAULTS: [DiskFault; 3] = [DiskFault::NearlyFull, DiskFault::Full, DiskFault::ReadOnly];

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

/// The customer comes when the test's clock says so.
fn later(order: String) -> String {
    order.replace("\"arrive_wall_ms\":0,", "\"arrive_wall_ms\":1000,")
}

/// The orders whose sales were closed, as the hub's copy of the journal tells.
fn sold(hub: &TestHub) -> Vec<String> {
    let heard = hub.heard.lock().unwrap();
    let closed = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::SaleClosed(closed) => Some(closed.order_reference),
            _ => None,
        });
    closed.collect()
}

#[tokio::test]
async fn no_sale_is_begun_until_there_is_room() {
    for fault in FAULTS {
        let hub = hub();
        let clock = HandClock::new();
        let lane = Lane::new(&[cash_order("o-1"), later(cash_order("o-2"))])
            .with_clock(Arc::clone(&clock));
        let (address, serving) = hub.serve().await;
        let local = LocalSet::new();
        let selling = async {
            let running = lane.start(address);
            hub.until(|heard| heard.status.sales_closed == 1 && heard.status.state == "open")
                .await;
            lane.disk.set_fault(Some(fault));
            hub.until(|heard| heard.status.state == "no-room").await;
            // The next customer is here; the cashier presses, and presses again.
            clock.set(1000);
            let told = hub.heard.lock().unwrap().statuses;
            hub.until(|heard| heard.statuses > told).await;
            assert_eq!(hub.heard.lock().unwrap().status.sales_closed, 1);
            assert_eq!(hub.heard.lock().unwrap().status.state, "no-room");
            lane.disk.set_fault(None);
            hub.until_done().await;
            running.stop().await;
        };
        local.run_until(selling).await;
        assert_eq!(sold(&hub), ["o-1", "o-2"], "{fault:?}");
        serving.abort();
    }
}

/// The payment times out on a disk without room: that it was given up, and the cash after it, can't
/// be written before there is room again, or go into the reserve.
async fn without_room_in_the_middle(fault: DiskFault, crash: Option<u64>) {
    let hub = hub().with_payments(vec![Behaviour::Silent, Behaviour::Approve]);
    let lane = Lane::new(&[card_order("o-1"), card_order("o-2")]);
    let (address, serving) = hub.serve().await;
    let first = LocalSet::new();
    first
        .run_until(async {
            let running = lane.start(address);
            hub.until(|heard| heard.payments.len() == 1).await;
            lane.disk.set_fault(Some(fault));
            hub.until(|heard| heard.status.state == "no-room").await;
            match crash {
                None => {
                    lane.disk.set_fault(None);
                    hub.until_done().await;
                    running.stop().await;
                }
                Some(seed) => {
                    lane.disk.crash(seed);
                    lane.disk.set_fault(None);
                }
            }
        })
        .await;
    drop(first);
    if crash.is_some() {
        let again = LocalSet::new();
        again
            .run_until(async {
                hub.heard.lock().unwrap().status = Default::default();
                let running = lane.start(address);
                hub.until_done().await;
                running.stop().await;
            })
            .await;
    }
    assert_eq!(sold(&hub), ["o-1", "o-2"], "{fault:?} {crash:?}");
    let heard = hub.heard.lock().unwrap();
    let given_up = bodies(&heard.records)
        .into_iter()
        .filter(|body| matches!(body, Body::PaymentAbandoned(_)));
    assert_eq!(given_up.count(), 1, "{fault:?} {crash:?}");
    assert_eq!(heard.payments.len(), 2, "{fault:?} {crash:?}");
    serving.abort();
}

#[tokio::test]
async fn a_sale_under_way_ends_when_there_is_room() {
    for fault in FAULTS {
        without_room_in_the_middle(fault, None).await;
    }
}

#[tokio::test]
async fn a_power_cut_without_room_loses_nothing() {
    for seed in 0..4 {
        without_room_in_the_middle(DiskFault::Full, Some(seed)).await;
    }
}

/// A lane that starts on a full disk has more than one record to write before it goes on: the first
/// finds out that there is no room, the others wait with it.
#[tokio::test]
async fn what_is_decided_without_room_waits_in_memory() {
    let hub = hub().with_payments(vec![Behaviour::Silent]);
    let lane = Lane::new(&[card_order("o-1")]);
    let (address, serving) = hub.serve().await;
    let killed = LocalSet::new();
    killed
        .run_until(async {
            let _running = lane.start(address);
            hub.until(|heard| heard.payments.len() == 1).await;
        })
        .await;
    drop(killed);
    lane.disk.set_fault(Some(DiskFault::Full));
    hub.heard.lock().unwrap().status = Default::default();
    let again = LocalSet::new();
    again
        .run_until(async {
            let running = lane.start(address);
            hub.until(|heard| heard.status.state == "no-room").await;
            lane.disk.set_fault(None);
            hub.until_done().await;
            running.stop().await;
        })
        .await;
    assert_eq!(sold(&hub), ["o-1"]);
    serving.abort();
}
