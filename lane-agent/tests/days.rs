//! A lane over the turn of the store's date: connected, in the middle of a sale, with a payment at
//! the bank, without its hub, at rest, restarted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;

use proto::journal::v1::{DayMarkerBy, LaneRecord, lane_record::Body};
use support::{
    Behaviour, HubLife, Lane, PRICES, TestHub, barcode, card_order, cash_order,
    hub::{Day, HubLog},
    lane::{HandClock, at, records},
};
use tokio::task::LocalSet;

/// 2026-11-22, 23:30 in Shanghai.
const ENDS_WALL_MS: i64 = 1_795_361_400_000;

fn hub() -> TestHub {
    let prices = PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices)
}

fn held(hub: &TestHub) -> Vec<LaneRecord> {
    records(&hub.heard.lock().unwrap().records)
}

/// The dates of the sales that were closed, in order.
fn closed(records: &[LaneRecord]) -> Vec<&str> {
    let closed = |record: &&LaneRecord| matches!(record.body, Some(Body::SaleClosed(_)));
    let dates = records.iter().filter(closed);
    dates.map(|record| record.business_date.as_str()).collect()
}

/// Every marker: what ended, what begins, by whom.
fn markers(records: &[LaneRecord]) -> Vec<(String, String, DayMarkerBy)> {
    let marker = |record: &LaneRecord| match &record.body {
        Some(Body::DayMarker(marker)) => {
            assert_eq!(
                record.business_date, marker.ended,
                "it carries the date that ended"
            );
            Some((marker.ended.clone(), marker.begins.clone(), marker.by()))
        }
        _ => None,
    };
    records.iter().filter_map(marker).collect()
}

fn marker(ended: &str, begins: &str, by: DayMarkerBy) -> (String, String, DayMarkerBy) {
    (ended.to_owned(), begins.to_owned(), by)
}

/// I20 at the lane: a frame is one date, from marker to marker; only starts before the first
/// contact have none.
fn frames_hold(records: &[LaneRecord]) {
    let mut running = None;
    for record in records {
        if record.business_date.is_empty() {
            let is_start = matches!(record.body, Some(Body::Started(_)));
            assert!(is_start && running.is_none(), "{record:?}");
            continue;
        }
        let frame = running.get_or_insert_with(|| record.business_date.clone());
        assert_eq!(*frame, record.business_date, "{record:?}");
        if let Some(Body::DayMarker(marker)) = &record.body {
            assert!(marker.begins > marker.ended);
            running = Some(marker.begins.clone());
        }
    }
}

fn has_marker(heard: &HubLog) -> bool {
    !markers(&records(&heard.records)).is_empty()
}

/// F1: a lane that stays connected over a close stamps the date that began, on its sales and on
/// what it asks the bank.
#[tokio::test]
async fn f1_a_lane_connected_over_a_close_sells_under_the_next_date() {
    let hub = hub();
    let clock = HandClock::new();
    let orders = [cash_order("o-1"), at(&card_order("o-2"), 1_000)];
    let lane = Lane::new(&orders).with_clock(Arc::clone(&clock));
    LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let running = lane.start(address);
            lane.until_receipt("1-1-000001.txt").await;
            hub.turn("2026-11-22", "2026-11-23", 60_000);
            hub.until(has_marker).await;
            hub.until(|heard| heard.status.business_date == "2026-11-23")
                .await;
            clock.set(1_000);
            hub.until_done().await;
            running.stop().await;
        })
        .await;

    let held = held(&hub);
    frames_hold(&held);
    assert_eq!(closed(&held), ["2026-11-22", "2026-11-23"]);
    let by_hub = marker("2026-11-22", "2026-11-23", DayMarkerBy::Hub);
    assert_eq!(markers(&held), [by_hub]);
    let asked = hub.heard.lock().unwrap().payments[0].clone();
    assert_eq!(asked.business_date, "2026-11-23");
    assert!(lane.store_day().contains("2026-11-23"));
}

/// The lane of a sale whose payment is at the bank when the date turns.
async fn sell_over_a_turn(cut_within_ms: u64) -> Vec<LaneRecord> {
    let hub = hub().with_payments(vec![Behaviour::Silent]);
    let lane = Lane::new(&[card_order("o-1"), cash_order("o-2")]);
    LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let running = lane.start(address);
            hub.until(|heard| !heard.payments.is_empty()).await;
            hub.turn("2026-11-22", "2026-11-23", cut_within_ms);
            hub.until_done().await;
            running.stop().await;
        })
        .await;
    assert_eq!(
        hub.heard.lock().unwrap().payments[0].business_date,
        "2026-11-22"
    );
    let held = held(&hub);
    frames_hold(&held);
    let by_hub = marker("2026-11-22", "2026-11-23", DayMarkerBy::Hub);
    assert_eq!(markers(&held), [by_hub]);
    let intent = held.iter().find_map(|record| match &record.body {
        Some(Body::PaymentIntended(intent)) => Some(intent.clone()),
        _ => None,
    });
    assert_eq!(
        intent.unwrap().business_date,
        "2026-11-22",
        "it keeps its date"
    );
    held
}

#[tokio::test]
async fn a_sale_with_a_payment_at_the_bank_ends_under_the_date_it_is_in_before_the_marker() {
    let held = sell_over_a_turn(60_000).await;
    assert_eq!(closed(&held), ["2026-11-22", "2026-11-23"]);
    let at_marker = held
        .iter()
        .position(|record| matches!(record.body, Some(Body::DayMarker(_))));
    let before = &held[at_marker.unwrap() - 1];
    assert!(
        matches!(before.body, Some(Body::SaleClosed(_))),
        "{before:?}"
    );
}

#[tokio::test]
async fn a_sale_that_holds_the_close_up_is_cut_and_ends_under_the_next_date() {
    let held = sell_over_a_turn(300).await;
    assert_eq!(closed(&held), ["2026-11-23", "2026-11-23"]);
}

/// F6 too: the hub ends its day at 23:30 in Shanghai, and the receipt shows the time there.
#[tokio::test]
async fn a_lane_away_over_the_end_of_the_day_turns_the_date_by_itself() {
    let hub = hub();
    hub.heard.lock().unwrap().day = Day {
        ends_wall_ms: ENDS_WALL_MS,
        grace_ms: 60_000,
        time_zone: "Asia/Shanghai",
        wall_ms: ENDS_WALL_MS - 5_000,
        ..Day::default()
    };
    let clock = HandClock::new();
    clock.set(ENDS_WALL_MS - 5_000);
    let past_ms = ENDS_WALL_MS + 61_000;
    let orders = [cash_order("o-1"), at(&cash_order("o-2"), past_ms + 1)];
    let lane = Lane::new(&orders).with_clock(Arc::clone(&clock));
    LocalSet::new()
        .run_until(async {
            let life = HubLife::begin(&hub, "127.0.0.1:0").await;
            let address = life.address;
            let running = lane.start(address);
            lane.until_receipt("1-1-000001.txt").await;
            life.end();
            clock.set(past_ms);
            lane.until_written(|body| matches!(body, Body::DayMarker(_)))
                .await;
            clock.set(past_ms + 1);
            lane.until_receipt("1-1-000002.txt").await;
            let life = HubLife::begin(&hub, &address.to_string()).await;
            hub.until_done().await;
            running.stop().await;
            life.end();
        })
        .await;

    let held = held(&hub);
    frames_hold(&held);
    assert_eq!(closed(&held), ["2026-11-22", "2026-11-23"]);
    // The hub that came back on the earlier date does not turn it back.
    let by_lane = marker("2026-11-22", "2026-11-23", DayMarkerBy::Lane);
    assert_eq!(markers(&held), [by_lane]);
    let text = String::from_utf8(lane.receipt("1-1-000002.txt")).unwrap();
    assert!(text.contains("2026-11-22 23:31:01"), "{text}");
}

/// Rests in the evening, is off over two closes, comes back: one marker makes up for both.
#[tokio::test]
async fn a_lane_at_rest_over_two_closes_begins_on_the_running_date_with_one_marker() {
    let hub = hub();
    let clock = HandClock::new();
    let orders = [cash_order("o-1"), at(&cash_order("o-2"), 1_000)];
    let lane = Lane::new(&orders).with_clock(Arc::clone(&clock));
    LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let running = lane.start(address);
            lane.until_receipt("1-1-000001.txt").await;
            running.stop().await;
            hub.turn("2026-11-22", "2026-11-24", 60_000);
            let running = lane.start(address);
            hub.until(has_marker).await;
            clock.set(1_000);
            hub.until_done().await;
            running.stop().await;
        })
        .await;

    let held = held(&hub);
    frames_hold(&held);
    assert_eq!(closed(&held), ["2026-11-22", "2026-11-24"]);
    let by_hub = marker("2026-11-22", "2026-11-24", DayMarkerBy::Hub);
    assert_eq!(markers(&held), [by_hub]);
    let at_rest = held
        .iter()
        .position(|record| matches!(record.body, Some(Body::LaneRested(_))));
    let after = &held[at_rest.unwrap() + 1];
    assert!(
        matches!(after.body, Some(Body::Started(_))),
        "nothing between: {after:?}"
    );
    assert_eq!(
        after.business_date, "2026-11-22",
        "in the frame that the journal is in"
    );
}

/// A lane that was told of the turn in the middle of a sale and then stopped takes it up again,
/// with no hub to tell it: what the hub said is kept.
#[tokio::test]
async fn a_restart_in_the_middle_of_a_turn_goes_on_with_it() {
    let hub = hub().with_payments(vec![Behaviour::Silent]);
    let lane = Lane::new(&[card_order("o-1"), cash_order("o-2")]);
    LocalSet::new()
        .run_until(async {
            let life = HubLife::begin(&hub, "127.0.0.1:0").await;
            let address = life.address;
            // It is stopped before the sale can end, however slow the machine.
            let running = lane.start_that_waits(address);
            hub.until(|heard| !heard.payments.is_empty()).await;
            hub.turn("2026-11-22", "2026-11-23", 60_000);
            hub.until(|_| lane.store_day().contains("2026-11-23")).await;
            running.stop().await;
            life.end();
            let running = lane.start(address);
            lane.until_receipt("1-1-000002.txt").await;
            let life = HubLife::begin(&hub, &address.to_string()).await;
            hub.until_done().await;
            running.stop().await;
            life.end();
        })
        .await;

    let held = held(&hub);
    frames_hold(&held);
    let rest = |record: &LaneRecord| matches!(record.body, Some(Body::LaneRested(_)));
    let rested = held.iter().position(rest);
    assert_eq!(
        rested,
        Some(held.len() - 1),
        "at the first stop a sale was open"
    );
    assert_eq!(closed(&held), ["2026-11-22", "2026-11-23"]);
    let by_hub = marker("2026-11-22", "2026-11-23", DayMarkerBy::Hub);
    assert_eq!(markers(&held), [by_hub]);
}

/// F7: a lane three days behind says so, and turns no date by that clock.
#[tokio::test]
async fn f7_a_lane_whose_clock_is_three_days_behind_says_so_and_changes_no_date() {
    let hub = hub();
    let three_days_ms = 3 * 24 * 60 * 60 * 1_000;
    hub.heard.lock().unwrap().day = Day {
        ends_wall_ms: ENDS_WALL_MS,
        wall_ms: ENDS_WALL_MS - 3_600_000,
        ..Day::default()
    };
    let clock = HandClock::new();
    clock.set(ENDS_WALL_MS - 3_600_000 - three_days_ms);
    let lane = Lane::new(&[cash_order("o-1")]).with_clock(Arc::clone(&clock));
    LocalSet::new()
        .run_until(async {
            let (address, _serving) = hub.serve().await;
            let running = lane.start(address);
            hub.until_done().await;
            let told = hub.heard.lock().unwrap().status.wall_ms;
            assert_eq!(told, ENDS_WALL_MS - 3_600_000 - three_days_ms);
            running.stop().await;
        })
        .await;

    assert_eq!(closed(&held(&hub)), ["2026-11-22"], "the hub's date");
    let ahead = format!(r#""clock_ahead_ms":-{three_days_ms}"#);
    assert!(lane.store_day().contains(&ahead), "{}", lane.store_day());
}
