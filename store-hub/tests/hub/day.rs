//! Closing the day, and what head office may pull of it.

use std::time::Duration;

use acquirer_host::MemoryLedger;
use proto::store::v1::{
    CloseDayProgress, CloseStep, DecisionKind, ListDaysRequest, PullDayRequest, SummaryRequest,
    close_day_progress::Told, report_service_client::ReportServiceClient,
};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store, at_work, tells_difference},
};

#[tokio::test]
async fn a_day_closes_balanced_is_sealed_and_twice_does_no_harm() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let (first, doubtful) = (new_id(), new_id());
    lane.pay(first, APPROVED_PAN, 1250).await;
    lane.pay(doubtful, SILENT_PAN, 3000).await;
    let mut records = vec![Lane::abandoned(doubtful)];
    records.extend(lane.sale(4250, &[(first, 1250)]));
    records.push(lane.marker("2026-11-23"));
    lane.replicate(records).await.unwrap();
    lane.status(4).await;

    let steps = hub.close_day().await.unwrap();
    let closed = steps.last().unwrap();
    assert!(closed.done, "{steps:#?}");
    assert!(
        closed.batches.iter().all(|batch| batch.balanced),
        "{steps:#?}"
    );
    let ours = closed.batches.iter().find(|batch| batch.tid == "LANE0001");
    assert_eq!(ours.unwrap().debit.clone().unwrap().minor, 1250);
    let at: Vec<CloseStep> = steps.iter().map(CloseDayProgress::at).collect();
    for step in [
        CloseStep::Queue,
        CloseStep::Compare,
        CloseStep::Settle,
        CloseStep::Report,
        CloseStep::Closed,
    ] {
        assert!(at.contains(&step), "{step:?} not in {at:?}");
    }

    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["sales"]["total_minor"], 4250);
    assert_eq!(report["settlement"]["lane_minor"], 1250);
    assert_eq!(report["settlement"]["host_minor"], 1250);
    assert_eq!(report["payments"]["reversed"], 1);
    assert_eq!(
        report["differences"].as_array().unwrap().len(),
        0,
        "{report:#}"
    );
    assert_eq!(report["completeness"][0]["complete"], true);
    assert!(store.folder.path().join("report/day.html").exists());

    let again = hub.operations().await;
    let mut again = again;
    let request = proto::store::v1::CloseDayRequest {
        business_date: "2026-11-22".to_owned(),
    };
    let mut steps = again.close_day(request).await.unwrap().into_inner();
    let mut last = None;
    while let Some(step) = steps.message().await.unwrap() {
        last = Some(step);
    }
    assert_eq!(last.unwrap().day, closed.day, "the same version");
    assert_eq!(hub.status().await.business_date, "2026-11-23");

    let next = new_id();
    let decision = lane.pay(next, APPROVED_PAN, 500).await;
    assert_eq!(
        decision.approved.unwrap().minor,
        500,
        "the next day is open"
    );
}

/// The desk knows that a batch is settled before the disk does: no day is sealed in between,
/// without it.
#[tokio::test]
async fn a_day_is_sealed_with_every_batch_however_slow_the_disk() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start_on_slow_disk(Duration::from_millis(400));
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 1250).await;
    let mut records = lane.sale(1250, &[(id, 1250)]);
    records.push(lane.marker("2026-11-23"));
    lane.replicate(records).await.unwrap();
    lane.status(3).await;
    let steps = hub.close_day().await.unwrap();
    assert!(steps.last().unwrap().done, "{steps:#?}");
    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for side in ["lane_minor", "hub_minor", "host_minor"] {
        assert_eq!(report["settlement"][side], 1250, "{side}: {report:#}");
    }
}

/// The answer to a close is lost, and it is asked for again without a date: the day that was closed
/// is meant, not the one that has just begun. Found by stopping the hub at the call that sends it.
#[tokio::test]
async fn a_close_asked_for_again_without_a_date_closes_no_second_day() {
    let (_bank, store, hub) = at_work().await;
    let day_of = |steps: Vec<proto::store::v1::CloseDayProgress>| {
        steps.last().and_then(|step| step.day.clone()).unwrap()
    };
    let closed = day_of(hub.close_day().await.unwrap());
    assert_eq!(closed.business_date, "2026-11-22");
    assert_eq!(day_of(hub.close_day().await.unwrap()), closed);
    hub.crash();
    let hub = store.start();
    hub.signed_on().await;
    assert_eq!(day_of(hub.close_day().await.unwrap()), closed);
    assert_eq!(hub.status().await.business_date, "2026-11-23");

    let mut lane = Lane::attach(&hub, 1).await;
    let sold = new_id();
    lane.pay(sold, APPROVED_PAN, 500).await;
    let mut records = vec![lane.marker("2026-11-23")];
    records.extend(lane.sale(500, &[(sold, 500)]));
    let count = records.len();
    lane.replicate(records).await.unwrap();
    lane.status(u64::try_from(count).unwrap()).await;
    let next = day_of(hub.close_day().await.unwrap());
    assert_eq!(
        next.business_date, "2026-11-23",
        "a day with a sale is meant"
    );
}

#[tokio::test]
async fn sealed_files_are_pulled_from_any_offset_and_nothing_else_can_be() {
    let (_bank, _store, hub) = at_work().await;
    hub.close_day().await.unwrap();
    let mut reports = ReportServiceClient::connect(format!("http://{}", hub.address))
        .await
        .unwrap();
    let listed = reports.list_days(ListDaysRequest::default()).await;
    let listed = listed.unwrap().into_inner();
    assert_eq!(listed.days.len(), 2, "one sealed, one running");
    let day = &listed.days[0];
    assert!(day.sealed && !listed.days[1].sealed);
    for file in &day.files {
        let mut bytes = Vec::new();
        for from in [0, file.size_bytes / 2] {
            bytes.truncate(usize::try_from(from).unwrap());
            let request = PullDayRequest {
                business_date: day.business_date.clone(),
                version: day.version,
                file: file.name.clone(),
                offset_bytes: from,
            };
            let mut chunks = reports.pull_day(request).await.unwrap().into_inner();
            while let Some(chunk) = chunks.message().await.unwrap() {
                assert_eq!(chunk.offset_bytes, u64::try_from(bytes.len()).unwrap());
                bytes.extend_from_slice(&chunk.chunk);
            }
        }
        assert_eq!(
            Sha256::digest(&bytes).as_slice(),
            file.sha256.as_ref(),
            "{}",
            file.name
        );
    }
    for file in ["../../../keys.toml", "nothing.json", ""] {
        let request = PullDayRequest {
            business_date: day.business_date.clone(),
            version: day.version,
            file: file.to_owned(),
            offset_bytes: 0,
        };
        let refused = reports.pull_day(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{file}");
    }
}

#[tokio::test]
async fn a_lane_that_said_it_has_more_makes_the_figures_partial() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1250, &[]);
    lane.replicate(sale).await.unwrap();
    lane.status(9).await;
    let mut reports = ReportServiceClient::connect(format!("http://{}", hub.address))
        .await
        .unwrap();
    for _ in 0..500 {
        let summary = reports
            .summary(SummaryRequest::default())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(summary.sales_total.unwrap().minor, 1250);
        let mark = &summary.watermarks[0];
        assert_eq!(mark.through_sequence, 2);
        if mark.known_sequence == 9 {
            return;
        }
    }
    panic!("the lane's own sequence is not in the summary");
}

#[tokio::test]
async fn what_lane_and_hub_do_not_agree_on_is_named() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let (unknown, forgotten, wrong) = (new_id(), new_id(), new_id());
    lane.pay(forgotten, APPROVED_PAN, 900).await;
    lane.pay(wrong, APPROVED_PAN, 1250).await;
    let mut records = lane.sale(500, &[(unknown, 500)]);
    records.extend(lane.sale(1251, &[(wrong, 1251)]));
    lane.replicate(records).await.unwrap();
    let steps = hub.close_day().await.unwrap();
    assert!(steps.last().unwrap().done, "{steps:#?}");
    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let differences = report["differences"].as_array().unwrap();
    for (id, lane_minor, hub_minor) in [(unknown, 500, 0), (forgotten, 0, 900), (wrong, 1251, 1250)]
    {
        let named = differences
            .iter()
            .find(|difference| difference["payment_id"] == id.to_string())
            .unwrap_or_else(|| panic!("{id} is not named in {differences:#?}"));
        assert_eq!(named["lane_minor"], lane_minor);
        assert_eq!(named["hub_minor"], hub_minor);
        let told = steps
            .iter()
            .any(|step| tells_difference(step, &id.to_string()));
        assert!(told, "{id} is not told while closing");
    }
    assert_eq!(differences.len(), 3);
}

/// Scenario day_closed_lane_offline.
#[tokio::test]
async fn a_lane_that_stays_silent_is_named_and_what_it_holds_up_goes_into_the_next_day() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let paid = new_id();
    lane.pay(paid, APPROVED_PAN, 900).await;
    let sale = lane.sale(900, &[(paid, 900)]);
    lane.replicate(sale).await.unwrap();
    let (address, ledger) = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    let id = new_id();
    let decision = lane.pay(id, APPROVED_PAN, 1250).await;
    assert_eq!(decision.kind(), DecisionKind::StandIn);
    let bank = Host::start(&address.to_string(), ledger);
    hub.signed_on().await;

    let steps = hub.close_day().await.unwrap();
    let carried = steps.iter().find_map(|step| match &step.told {
        Some(Told::CarriedOver(carried)) => Some(carried),
        _ => None,
    });
    let carried = carried.expect("it is told");
    assert_eq!((carried.lane, carried.awaits_card), (1, false));
    assert_eq!(carried.payment_id, id.to_string());
    assert_eq!(carried.amount.as_ref().unwrap().minor, 1250);
    let closed = steps.last().unwrap();
    assert!(closed.done && closed.batches.iter().all(|batch| batch.balanced));
    let report = std::fs::read_to_string(store.folder.path().join("report/day.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let differences = report["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{differences:#?}");
    assert_eq!(differences[0]["payment_id"], id.to_string());
    let what = "carried over: its lane was silent when the day was closed";
    assert_eq!(differences[0]["what"], what);
    assert_eq!(hub.status().await.queue_depth, 1, "it is in the queue");
    assert_eq!(bank.lines(id).len(), 0);

    // The next day the lane says it: the bank is told, and that day balances as well.
    let marker = lane.marker("2026-11-23");
    lane.replicate(vec![marker]).await.unwrap();
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    hub.status_until("the queue is drained", |status| status.queue_depth == 0)
        .await;
    assert_eq!(bank.lines(id).len(), 1);
    let steps = hub.close_day().await.unwrap();
    let closed = steps.last().unwrap();
    assert!(closed.done && closed.batches.iter().all(|batch| batch.balanced));
    assert!(steps.iter().all(|step| step.at() != CloseStep::CarriedOver));
}
