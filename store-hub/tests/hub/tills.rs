//! Cash drawers in the books of a day: told by lanes, added up by the hub, sealed with the day.

use proto::{
    journal::v1::{
        CashCounted, CashMoved, Collector, CountedPieces, DrawerOpened, LaneRecord, ShiftBegun,
        TillDateEnded, TillReport, TillTakings, ZTaken, lane_record::Body,
    },
    store::v1::{CashMove, DrawerReason},
};
use serde_json::{Value, json};

use crate::{
    days::{sealed, version_until},
    lane::{Lane, cny},
    store::{Hub, Store, at_work},
};

fn moved(lane: &Lane, kind: CashMove, minor: i64) -> LaneRecord {
    let collector = (kind == CashMove::Collection).then(|| Collector {
        name: "Sun".to_owned(),
        number: "G-17".to_owned(),
        seal: "S-9".to_owned(),
    });
    lane.dated(Body::CashMoved(CashMoved {
        kind: kind.into(),
        amount: Some(cny(minor)),
        operator_id: 101,
        allowed_by: 201,
        note: String::new(),
        collector,
    }))
}

fn opened(lane: &Lane, why: DrawerReason) -> LaneRecord {
    lane.dated(Body::DrawerOpened(DrawerOpened {
        operator_id: 101,
        allowed_by: 201,
        why: why.into(),
        reason: "change".to_owned(),
    }))
}

/// So many notes of 100.00 were found, and the records said another amount.
fn counted(lane: &Lane, notes: u32, expected: i64) -> LaneRecord {
    lane.dated(Body::CashCounted(CashCounted {
        operator_id: 101,
        pieces: vec![CountedPieces {
            minor: 10_000,
            pieces: notes,
        }],
        counted: Some(cny(i64::from(notes) * 10_000)),
        expected: Some(cny(expected)),
    }))
}

fn z(lane: &Lane, number: u32) -> LaneRecord {
    lane.dated(Body::ZTaken(ZTaken {
        report: Some(TillReport {
            number,
            operator_id: None,
            taken_by: 201,
            until_wall_ms: 1_795_334_400_000,
            currency: "CNY".to_owned(),
            takings: Some(TillTakings::default()),
        }),
    }))
}

fn date_ended(lane: &Lane, expected: i64, shift_of: Option<u32>) -> LaneRecord {
    lane.dated(Body::TillDateEnded(TillDateEnded {
        expected: Some(cny(expected)),
        shift_of,
    }))
}

/// What lane 1's drawer lived through: a float, a sale, a pickup, a no-sale, a count, a Z; a shift
/// that nobody ended.
fn a_day_at_the_drawer(lane: &mut Lane) -> Vec<LaneRecord> {
    let mut records = vec![
        lane.dated(Body::ShiftBegun(ShiftBegun { operator_id: 101 })),
        moved(lane, CashMove::Float, 50_000),
    ];
    records.extend(lane.sale(30_000, &[]));
    records.extend([
        moved(lane, CashMove::Pickup, 20_000),
        opened(lane, DrawerReason::NoSale),
        opened(lane, DrawerReason::Count),
        counted(lane, 5, 60_000),
        z(lane, 1),
        moved(lane, CashMove::Collection, 15_000),
        date_ended(lane, 50_000, Some(101)),
    ]);
    records
}

async fn closed(hub: &Hub) {
    let steps = hub.close_day().await.unwrap();
    assert!(steps.last().unwrap().done, "{steps:#?}");
}

fn till_of(report: &Value, lane: u64) -> Value {
    let tills = report["tills"].as_array().cloned().unwrap_or_default();
    let till = tills.into_iter().find(|till| till["lane"] == lane);
    till.unwrap_or(Value::Null)
}

#[tokio::test]
async fn a_sealed_day_says_of_each_till_what_should_be_there_what_was_found_and_who_is_still_on() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = a_day_at_the_drawer(&mut lane);
    records.push(lane.marker("2026-11-23"));
    lane.replicate(records).await.unwrap();
    closed(&hub).await;
    let report = sealed(&store, "2026-11-22", 1);
    let till = till_of(&report, 1);
    assert_eq!(till["expected_minor"], 50_000);
    assert_eq!(till["counted_minor"], 50_000);
    assert_eq!(till["variance_minor"], -10_000, "one note is missing");
    assert_eq!(till["open_shift_of"], 101);
    assert_eq!((&till["no_sales"], &till["counts"]), (&json!(1), &json!(1)));
    assert_eq!(till["z_numbers"], json!([1]));
    let moves = till["moves"].as_array().unwrap();
    let of = |kind: &str| moves.iter().find(|line| line["kind"] == kind).unwrap();
    assert_eq!(of("float")["total_minor"], 50_000);
    assert_eq!(of("pickup")["total_minor"], 20_000);
    assert_eq!(
        report["cash_accounts"]["safe_minor"],
        -50_000 + 20_000 - 15_000
    );
    assert_eq!(report["cash_accounts"]["deposit_minor"], 15_000);
    let text = std::fs::read_to_string(store.folder.path().join("report/day.txt")).unwrap();
    assert!(text.contains("SHIFT OPEN: operator 101"), "{text}");
    // What is in the safe and on its way is summed over all dates.
    let html = std::fs::read_to_string(store.folder.path().join("report/day.html")).unwrap();
    assert!(
        html.contains("Cash drawers") && html.contains("-100.00 CNY"),
        "{html}"
    );
    // Nothing of a drawer is a sale.
    assert_eq!(report["sales"]["total_minor"], 30_000);
}

/// A restart, whether it goes on from what was kept or reads from the first record, tells the same.
#[tokio::test]
async fn drawers_are_the_same_after_a_restart_and_read_from_the_first_record() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = a_day_at_the_drawer(&mut lane);
    let rest = records.split_off(4);
    lane.replicate(records).await.unwrap();
    hub.stop();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = lane.again(&hub).await;
    lane.replicate(rest).await.unwrap();
    hub.stop();
    // What is kept of open dates is a cache.
    std::fs::remove_dir_all(store.folder.path().join("projections")).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = lane.again(&hub).await;
    let marker = lane.marker("2026-11-23");
    lane.replicate(vec![marker]).await.unwrap();
    closed(&hub).await;
    let till = till_of(&sealed(&store, "2026-11-22", 1), 1);
    assert_eq!(till["expected_minor"], 50_000);
    assert_eq!(till["moves"].as_array().unwrap().len(), 3);
}

/// I20: cash that moved on a date belongs to it, however late its record comes.
#[tokio::test]
async fn a_move_that_comes_late_makes_a_new_version_of_its_date() {
    let (_bank, store, hub) = at_work().await;
    let mut here = Lane::attach(&hub, 1).await;
    let mut late = Lane::attach(&hub, 2).await;
    let marker = here.marker("2026-11-23");
    here.replicate(vec![marker]).await.unwrap();
    let first = moved(&late, CashMove::Float, 50_000);
    late.replicate(vec![first]).await.unwrap();
    closed(&hub).await;
    assert_eq!(till_of(&sealed(&store, "2026-11-22", 1), 2)["counts"], 0);
    let mut rest = vec![
        moved(&late, CashMove::Drop, 10_000),
        date_ended(&late, 40_000, None),
    ];
    rest.push(late.marker("2026-11-23"));
    late.replicate(rest).await.unwrap();
    version_until(&hub, "2026-11-22", 2).await;
    let report = sealed(&store, "2026-11-22", 2);
    let till = till_of(&report, 2);
    assert_eq!(till["expected_minor"], 40_000);
    assert_eq!(till["moves"].as_array().unwrap().len(), 2);
    assert_eq!(report["cash_accounts"]["safe_minor"], -40_000);
}

/// A store of lanes that know no floats has the files it always had.
#[tokio::test]
async fn a_day_without_floats_has_no_word_of_a_drawer() {
    let (_bank, store, hub): (_, Store, Hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = lane.sale(1_000, &[]);
    records.push(lane.marker("2026-11-23"));
    lane.replicate(records).await.unwrap();
    closed(&hub).await;
    let report = sealed(&store, "2026-11-22", 1);
    assert!(report.get("tills").is_none() && report.get("cash_accounts").is_none());
    let text = std::fs::read_to_string(store.folder.path().join("report/day.txt")).unwrap();
    assert!(!text.contains("drawer"), "{text}");
}
