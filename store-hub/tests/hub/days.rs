//! A store lives many days: selling through the turn of the date, lanes that come late, dates that
//! never were.

use acquirer_host::MemoryLedger;
use proto::store::v1::{
    ListDaysRequest, OpenDayRequest, SettleRequest, StateEpochEndRequest, StatusResponse,
    SummaryRequest, report_service_client::ReportServiceClient,
};
use serde_json::Value;
use tonic::Code;

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, Hub, Store, at_work},
};

const DAY_1: &str = "2026-11-22";
const DAY_2: &str = "2026-11-23";
const DAY_3: &str = "2026-11-24";

/// A version of a day as it lies on disk.
pub(crate) fn sealed(store: &Store, date: &str, version: u32) -> Value {
    let path = format!("days/{date}/v{version}/day.json");
    let text = std::fs::read_to_string(store.folder.path().join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn total(report: &Value) -> i64 {
    report["sales"]["total_minor"].as_i64().unwrap()
}

/// The newest sealed version of a date, once it is this one.
pub(crate) async fn version_until(hub: &Hub, date: &str, version: u32) {
    let mut reports = ReportServiceClient::connect(format!("http://{}", hub.address))
        .await
        .unwrap();
    for _ in 0..600 {
        let listed = reports.list_days(ListDaysRequest::default()).await.unwrap();
        let days = listed.into_inner().days;
        let newest = days
            .iter()
            .find(|day| day.business_date == date && day.sealed);
        if newest.is_some_and(|day| day.version == version) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("version {version} of {date} is never sealed");
}

/// Scenario second_day (F1): a lane stays connected over a close and sells on. What it sells under
/// the next date is in the next day, and a card that it takes meanwhile is in a batch.
#[tokio::test]
async fn second_day() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let first = new_id();
    lane.pay(first, APPROVED_PAN, 1250).await;
    let sale = lane.sale(1250, &[(first, 1250)]);
    lane.replicate(sale).await.unwrap();

    let (closing, turned) = tokio::join!(hub.close_day(), async {
        let turned = lane.day_turned().await;
        assert_eq!(
            (turned.ended.as_str(), turned.begins.as_str()),
            (DAY_1, DAY_2)
        );
        // The close goes on, and nobody is refused.
        let second = new_id();
        let decision = lane.pay(second, APPROVED_PAN, 2970).await;
        assert_eq!(decision.approved.unwrap().minor, 2970);
        let mut records = vec![lane.marker(DAY_2)];
        records.extend(lane.sale(7920, &[(second, 2970)]));
        lane.replicate(records).await.unwrap();
        second
    });
    let closed = closing.unwrap();
    assert!(closed.last().unwrap().done, "{closed:?}");
    let first_day = sealed(&store, DAY_1, 1);
    assert_eq!(total(&first_day), 1250);
    assert_eq!(
        first_day["completeness"][0]["complete"], true,
        "{first_day:#}"
    );
    assert_eq!(bank.lines(turned).len(), 1);
    assert_eq!(hub.status().await.business_date, DAY_2);

    let marker = lane.marker(DAY_3);
    lane.replicate(vec![marker]).await.unwrap();
    let closed = hub.close_day().await.unwrap();
    assert!(
        closed
            .last()
            .unwrap()
            .batches
            .iter()
            .all(|batch| batch.balanced)
    );
    let second_day = sealed(&store, DAY_2, 1);
    assert_eq!(total(&second_day), 7920, "{second_day:#}");
    assert_eq!(second_day["differences"].as_array().unwrap().len(), 0);
    // Each payment was settled once, wherever its sale belongs (rule 5).
    let first_day = sealed(&store, DAY_1, 1);
    let settled = |report: &Value| report["settlement"]["host_minor"].as_i64().unwrap();
    assert_eq!(settled(&first_day) + settled(&second_day), 1250 + 2970);
}

/// The end of the day comes by itself, once the hub's clock is confirmed, and once.
#[tokio::test]
async fn a_day_ends_by_itself_when_its_time_has_come() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1250, &[]);
    lane.replicate(sale).await.unwrap();
    hub.stop();
    // These clocks begin at eight.
    let store = store.with("# ends_at = \"23:30\"", "ends_at = \"08:00\"");
    let bank = bank.stop();
    let hub = store.start();
    let asks = |status: &StatusResponse| status.end_needs_person;
    hub.status_until("it asks", asks).await;
    assert_eq!(
        hub.status().await.business_date,
        DAY_1,
        "nobody confirms its clock"
    );
    let (address, ledger) = bank;
    let _bank = Host::start(&address.to_string(), ledger);
    hub.signed_on().await;
    version_until(&hub, DAY_1, 1).await;
    assert_eq!(total(&sealed(&store, DAY_1, 1)), 1250);
    assert_eq!(hub.status().await.business_date, DAY_2);
    let mut lane = lane.back(&hub).await.unwrap();
    let records = [vec![lane.marker(DAY_2)], lane.sale(700, &[])].concat();
    lane.replicate(records).await.unwrap();
    version_until(&hub, DAY_1, 2).await;
    assert_eq!(hub.status().await.business_date, DAY_2, "once");
}

/// An acquirer that wants the marker 207 after a batch that balanced gets it (rule 5).
#[tokio::test]
async fn a_balanced_batch_is_followed_by_its_marker_where_the_acquirer_wants_it() {
    for wanted in [false, true] {
        let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
        let is = format!("marker_when_balanced = {wanted}");
        let store = Store::new(bank.address).with("marker_when_balanced = false", &is);
        let hub = store.start();
        hub.signed_on().await;
        let mut lane = Lane::attach(&hub, 1).await;
        lane.pay(new_id(), APPROVED_PAN, 1250).await;
        hub.close_day().await.unwrap();
        let marked = || {
            let mut lines = bank.all_lines().into_iter();
            lines.any(|line| line["mti"] == "0320")
        };
        for _ in 0..200 {
            if marked() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(marked(), wanted);
    }
}

/// F1 as it was seen: a lane of an older release goes on under the closed date. Its sales make the
/// next version of that day.
#[tokio::test]
async fn a_lane_that_stamps_a_sealed_date_makes_its_next_version() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1000, &[]);
    lane.replicate(sale).await.unwrap();
    let closed = hub.close_day().await.unwrap();
    let day = closed.last().unwrap().day.clone().unwrap();
    assert!(!day.complete, "it never ended the day");
    let sale = lane.sale(7920, &[]);
    lane.replicate(sale).await.unwrap();
    version_until(&hub, DAY_1, 2).await;
    assert_eq!(
        total(&sealed(&store, DAY_1, 1)),
        1000,
        "the old version stays"
    );
    assert_eq!(total(&sealed(&store, DAY_1, 2)), 8920);
}

/// A machine was replaced by one of the next epoch, and nobody else knows where its journal had
/// ended: an operator states it, and its part is whole.
#[tokio::test]
async fn an_operator_states_where_the_journal_of_a_replaced_machine_ended() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1000, &[]);
    let through = u64::try_from(sale.len()).unwrap();
    lane.replicate(sale).await.unwrap();
    drop(lane);
    let _next = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    hub.close_day().await.unwrap();
    let complete = |version: u32| {
        let day = sealed(&store, DAY_1, version);
        let mut parts = day["completeness"].as_array().unwrap().iter();
        let replaced = parts.find(|part| part["epoch"] == 1);
        replaced.unwrap()["complete"].as_bool().unwrap()
    };
    assert!(!complete(1), "nobody has said where it ended");
    let mut operations = hub.operations().await;
    let order = |lane: u32, epoch: u32, reason: &str| StateEpochEndRequest {
        lane,
        epoch,
        sequence: through,
        by: "store manager".to_owned(),
        reason: reason.to_owned(),
    };
    for (refused, code) in [
        (order(0, 1, "burnt"), Code::InvalidArgument),
        (order(65_536, 1, "burnt"), Code::InvalidArgument),
        (order(1, 1, " "), Code::InvalidArgument),
        (order(1, 2, "burnt"), Code::FailedPrecondition),
    ] {
        let what = format!("{refused:?}");
        let refused = operations.state_epoch_end(refused).await.unwrap_err();
        assert_eq!(refused.code(), code, "{what}");
    }
    operations
        .state_epoch_end(order(1, 1, "burnt"))
        .await
        .unwrap();
    version_until(&hub, DAY_1, 2).await;
    assert!(complete(2));
    assert_eq!(total(&sealed(&store, DAY_1, 2)), 1000);
}

/// Scenario late_lane_new_version (F2): a lane is away at the close with sales nobody has heard of.
/// It is not called complete, and when it is back they are sealed, over a restart of the hub, too.
#[tokio::test]
async fn late_lane_new_version() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1000, &[]);
    lane.replicate(sale).await.unwrap();
    lane.status(2).await;
    hub.crash();
    let hub = store.start();
    hub.signed_on().await;
    let closed = hub.close_day().await.unwrap();
    let day = closed.last().unwrap().day.clone().unwrap();
    assert!(!day.complete);
    let first = sealed(&store, DAY_1, 1);
    let part = &first["completeness"][0];
    assert_eq!(part["complete"], false, "{part:#}");
    assert_eq!(part["connected"], false);
    assert_eq!(part["missing"], "it has not ended the day; more: not known");

    let mut lane = lane.again(&hub).await;
    let mut late = lane.sale(9900, &[]);
    late.push(lane.marker(DAY_2));
    lane.replicate(late).await.unwrap();
    version_until(&hub, DAY_1, 2).await;
    let second = sealed(&store, DAY_1, 2);
    assert_eq!(total(&second), 10_900);
    assert_eq!(second["completeness"][0]["complete"], true, "{second:#}");
    let correction = &second["correction"];
    assert_eq!(correction["replaces_version"], 1);
    assert_eq!(correction["total_minor"], 9900);
    assert_eq!(correction["late_lanes"][0]["lane"], 1);
    assert_eq!(correction["late_lanes"][0]["sales"], 1);
    let reason = "late records: lane 1 (epoch 1): +1 sales, 99.00 CNY, records 3 to 3";
    assert_eq!(correction["reason"], reason);
    assert_eq!(
        total(&sealed(&store, DAY_1, 1)),
        1000,
        "the old version stays"
    );
    assert_eq!(sealed(&store, DAY_1, 1), first, "as it was");
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(!store.folder.path().join("days/2026-11-22/v3").exists());
}

#[tokio::test]
async fn a_lane_that_rests_is_complete_and_waking_up_makes_no_version() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = lane.sale(1000, &[]);
    records.push(lane.rested());
    lane.replicate(records).await.unwrap();
    let closed = hub.close_day().await.unwrap();
    let part = &sealed(&store, DAY_1, 1)["completeness"][0];
    assert_eq!(part["complete"], true, "{closed:#?}");
    let mut records = vec![lane.marker(DAY_2)];
    records.extend(lane.sale(500, &[]));
    lane.replicate(records).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(!store.folder.path().join("days/2026-11-22/v2").exists());
}

/// A lane that rested, was started again and sold on has not ended its day.
#[tokio::test]
async fn a_rest_that_records_follow_ends_nothing() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut records = lane.sale(1000, &[]);
    records.push(lane.rested());
    records.extend(lane.sale(500, &[]));
    lane.replicate(records).await.unwrap();
    let closed = hub.close_day().await.unwrap();
    let part = &sealed(&store, DAY_1, 1)["completeness"][0];
    assert_eq!(part["complete"], false, "{closed:#?}");
}

/// F5: a date that never was is refused with the dates there are, and nothing is sealed.
#[tokio::test]
async fn a_date_that_never_was_is_neither_closed_nor_shown() {
    let (_bank, store, hub) = at_work().await;
    hub.close_day().await.unwrap();
    for date in ["1999-01-01", "2026-11-21", "2026-11-24"] {
        let refused = hub.close_date(date).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition, "{date}");
        let dates = "the running date is 2026-11-23, before it: 2026-11-22";
        let said = format!("HUB0022: {date} was never open here; {dates}");
        assert_eq!(refused.message(), said);
        let mut reports = ReportServiceClient::connect(format!("http://{}", hub.address))
            .await
            .unwrap();
        let request = SummaryRequest {
            business_date: date.to_owned(),
        };
        let refused = reports.summary(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition, "{date}");
        assert!(!store.folder.path().join("days").join(date).exists());
    }
    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["business_date"], DAY_1);
}

/// F4: an empty store is moved forward, one that has begun its day is not.
#[tokio::test]
async fn an_empty_store_is_moved_forward_and_the_date_left_behind_is_no_day() {
    let (_bank, store, hub) = at_work().await;
    let open = |date: &str| OpenDayRequest {
        business_date: date.to_owned(),
    };
    let mut operations = hub.operations().await;
    let opened = operations.open_day(open(DAY_2)).await.unwrap().into_inner();
    assert_eq!(
        (opened.ended.as_str(), opened.begins.as_str()),
        (DAY_1, DAY_2)
    );
    let status = hub.status().await;
    assert_eq!(status.business_date, DAY_2);
    assert_eq!(status.calendar_date, DAY_1, "they differ, and it says so");
    let mut lane = Lane::attach(&hub, 1).await;
    lane.date = DAY_2.to_owned();
    let sale = lane.sale(500, &[]);
    lane.replicate(sale).await.unwrap();
    let refused = operations.open_day(open(DAY_3)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("close it"), "{refused:?}");
    assert!(!store.folder.path().join("days").join(DAY_1).exists());
}

#[tokio::test]
async fn all_batches_are_settled_in_mid_day_and_the_date_stays() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let paid = new_id();
    lane.pay(paid, APPROVED_PAN, 900).await;
    let sale = lane.sale(900, &[(paid, 900)]);
    lane.replicate(sale).await.unwrap();
    let mut operations = hub.operations().await;
    let mut steps = operations
        .settle(SettleRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut last = None;
    while let Some(step) = steps.message().await.unwrap() {
        last = Some(step);
    }
    let last = last.unwrap();
    assert!(last.done && last.batches.iter().all(|batch| batch.balanced));
    assert_eq!(last.batches.len(), 2);
    assert_eq!(hub.status().await.business_date, DAY_1);
    let history = hub.history(paid).await.unwrap();
    assert!(
        history.state.as_ref().unwrap().settled_batch > 0,
        "{history:?}"
    );
}
