//! `GET /metrics` on the port of gRPC, as Prometheus asks.

use std::{collections::BTreeMap, time::Duration};

use acquirer_host::MemoryLedger;
use proto::store::v1::lane_frame;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, Hub, SILENT_PAN, Store, at_work},
};

/// The page with its head, over HTTP/1.1.
pub(crate) async fn page(hub: &Hub, path: &str) -> String {
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

pub(crate) async fn scrape(hub: &Hub) -> BTreeMap<String, i64> {
    let page = page(hub, "/metrics").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("text/plain; version=0.0.4"), "{page}");
    assert!(!page.contains(APPROVED_PAN) && !page.contains("621626"));
    let samples = page.lines().filter(|line| line.starts_with("lanekeeper_"));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        // A sum of seconds is no whole number.
        .filter(|(name, _)| !name.contains("_seconds_sum"))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

pub(crate) async fn scrape_until(hub: &Hub, what: &str, wanted: &[(&str, i64)]) {
    let mut last = BTreeMap::new();
    for _ in 0..500 {
        last = scrape(hub).await;
        let as_wanted = |(name, value): &(&str, i64)| last.get(*name) == Some(value);
        if wanted.iter().all(as_wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}; {last:#?}");
}

#[tokio::test]
async fn a_payment_is_seen_while_it_runs_and_when_it_is_over() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let config = std::fs::read_to_string(store.config()).unwrap();
    let patient = config.replacen("answer_timeout = \"700ms\"", "answer_timeout = \"60s\"", 1);
    std::fs::write(store.config(), patient).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut other = Lane::attach(&hub, 2).await;
    let id = new_id();
    let request = lane.request(id, SILENT_PAN, 1250, None);
    lane.send(lane_frame::Body::Payment(request)).await;
    scrape_until(
        &hub,
        "the payment is in flight",
        &[
            ("lanekeeper_hub_payments_in_flight", 1),
            ("lanekeeper_hub_lane_payments_in_flight{lane=\"1\"}", 1),
            ("lanekeeper_hub_lane_payment_credits{lane=\"1\"}", 3),
            ("lanekeeper_hub_lane_payment_credits{lane=\"2\"}", 4),
            ("lanekeeper_hub_lane_connected{lane=\"2\"}", 1),
            ("lanekeeper_hub_lane_frames_waiting_max", 256),
            ("lanekeeper_hub_terminal_up{tid=\"LANE0001\"}", 1),
            ("lanekeeper_hub_terminal_stopped{tid=\"LANE0001\"}", 0),
            ("lanekeeper_hub_line_up", 1),
            ("lanekeeper_hub_payments_requested_total", 1),
            ("lanekeeper_hub_journal_no_room", 0),
        ],
    )
    .await;
    let paid = new_id();
    other.pay(paid, APPROVED_PAN, 300).await;
    other.status(5).await;
    // The silent one's lane is gone and gave it up: the charge is taken back.
    lane.abandon(id).await;
    scrape_until(
        &hub,
        "the other payment is over",
        &[
            ("lanekeeper_hub_decisions_total{decision=\"approved\"}", 1),
            ("lanekeeper_hub_lane_payments_in_flight{lane=\"2\"}", 0),
            ("lanekeeper_hub_lane_payment_credits{lane=\"2\"}", 4),
            ("lanekeeper_hub_lane_replication_lag_records{lane=\"2\"}", 5),
            ("lanekeeper_hub_journal_durable_lag_batches", 0),
            ("lanekeeper_hub_journal_batches_waiting", 0),
            ("lanekeeper_hub_outbox_effects", 0),
        ],
    )
    .await;
    assert!(scrape(&hub).await["lanekeeper_hub_journal_records"] > 0);
    drop(bank.stop());
    let sale = "{mti=\"0200\",message=\"sale\"}";
    let broken = format!("lanekeeper_hub_bank_broken_total{sale}");
    let given_up = format!("lanekeeper_hub_bank_timeouts_total{sale}");
    let decided = "lanekeeper_hub_decisions_total{decision=\"unknown\"}";
    let timed = "lanekeeper_hub_payment_seconds_count{decision=\"unknown\"}";
    let wanted = [
        (broken.as_str(), 1),
        (&given_up, 0),
        (decided, 1),
        (timed, 0),
    ];
    scrape_until(&hub, "it broke off, and is not timed", &wanted).await;
}

#[tokio::test]
async fn a_queue_and_a_line_that_is_down_are_seen() {
    let (bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    drop(bank.stop());
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    lane.pay(new_id(), APPROVED_PAN, 1250).await;
    let amount = "lanekeeper_hub_forward_queue_amount_minor{currency=\"CNY\"}";
    scrape_until(
        &hub,
        "the advice is queued",
        &[
            ("lanekeeper_hub_line_up", 0),
            ("lanekeeper_hub_forward_queue_entries", 1),
            (amount, 1250),
            ("lanekeeper_hub_dead_letters", 0),
            ("lanekeeper_hub_decisions_total{decision=\"stand_in\"}", 1),
        ],
    )
    .await;
    assert!(scrape(&hub).await["lanekeeper_hub_line_since_seconds"] > 1_700_000_000);
}

#[tokio::test]
async fn what_the_bank_answers_is_timed_and_what_it_does_not_is_counted_apart() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    lane.pay(new_id(), APPROVED_PAN, 300).await;
    lane.pay(new_id(), SILENT_PAN, 1250).await;
    let times = |label: &str, count: i64| (format!("lanekeeper_hub_{label}"), count);
    let wanted = [
        times("payment_seconds_count{decision=\"approved\"}", 1),
        times("payment_seconds_count{decision=\"unknown\"}", 1),
        times("payment_seconds_count{decision=\"declined\"}", 0),
        // 700 ms is the time-out here.
        times("payment_seconds_bucket{decision=\"unknown\",le=\"0.5\"}", 0),
        times("payment_seconds_bucket{decision=\"approved\",le=\"60\"}", 1),
        times("bank_seconds_count{mti=\"0200\",message=\"sale\"}", 1),
        times("bank_seconds_count{mti=\"0400\",message=\"reversal\"}", 1),
        times("bank_seconds_count{mti=\"0800\",message=\"sign_on\"}", 2),
        times("bank_timeouts_total{mti=\"0200\",message=\"sale\"}", 1),
        times("bank_timeouts_total{mti=\"0400\",message=\"reversal\"}", 0),
        times("bank_broken_total{mti=\"0200\",message=\"sale\"}", 0),
    ];
    let wanted = wanted
        .each_ref()
        .map(|(name, count)| (name.as_str(), *count));
    scrape_until(&hub, "both are timed, one is given up", &wanted).await;
}

#[tokio::test]
async fn what_was_sold_is_counted_from_the_lanes_journals() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let paid = new_id();
    lane.pay(paid, APPROVED_PAN, 300).await;
    let sale = lane.sale(300, &[(paid, 300)]);
    lane.replicate(sale).await.unwrap();
    let sale = lane.sale(1000, &[]);
    lane.replicate(sale).await.unwrap();
    let minor = |tender| {
        format!("lanekeeper_hub_sales_minor_total{{tender=\"{tender}\",currency=\"CNY\"}}")
    };
    let wanted = [
        ("lanekeeper_hub_sales_closed_total{lane=\"1\"}", 2),
        (&minor("card"), 300),
        (&minor("cash"), 1000),
    ];
    scrape_until(&hub, "both sales are counted", &wanted).await;
}

/// A lane is complete for the running date when a close would say so, not while it merely has sent
/// all that it is known to have.
#[tokio::test]
async fn a_lane_is_complete_when_the_close_would_say_so() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1000, &[]);
    lane.replicate(sale).await.unwrap();
    scrape_until(
        &hub,
        "all is here, and the lane is at work",
        &[
            ("lanekeeper_hub_lane_replicated_records{lane=\"1\"}", 2),
            ("lanekeeper_hub_lane_replication_lag_records{lane=\"1\"}", 0),
            ("lanekeeper_hub_lane_replication_troubles{lane=\"1\"}", 0),
            ("lanekeeper_hub_lane_complete{lane=\"1\"}", 0),
            ("lanekeeper_hub_lanes_complete", 0),
        ],
    )
    .await;
    lane.replicate(vec![lane.rested()]).await.unwrap();
    scrape_until(
        &hub,
        "it rests",
        &[
            ("lanekeeper_hub_lane_complete{lane=\"1\"}", 1),
            ("lanekeeper_hub_lane_complete{lane=\"2\"}", 0),
            ("lanekeeper_hub_lanes_complete", 1),
            ("lanekeeper_hub_sealed_day_lanes_complete", 0),
        ],
    )
    .await;
    hub.close_day().await.unwrap();
    scrape_until(
        &hub,
        "its day is sealed",
        &[
            ("lanekeeper_hub_sealed_day_lanes_complete", 1),
            ("lanekeeper_hub_lane_complete{lane=\"2\"}", 0),
        ],
    )
    .await;
}

/// F35: what isn't there is 404 with a sentence, a wrong method 405; gRPC keeps its own answer.
#[tokio::test]
async fn what_is_not_there_is_said_in_words_f35() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    let asked = async |request: &str, more: &str| -> String {
        let mut stream = TcpStream::connect(hub.address).await.unwrap();
        let head = format!("{request} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n");
        let whole = format!("{head}{more}\r\n");
        stream.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let service = "/store.v1.OperationsService/Status";
    for path in [
        "/",
        "/nonsense",
        "/metrics/",
        "/metrics/x",
        service,
        "/health/x",
    ] {
        let answer = asked(&format!("GET {path}"), "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(answer.contains("there is no such page"), "{path}: {answer}");
        assert!(!answer.contains("application/grpc"), "{path}: {answer}");
    }
    let posted = asked("POST /nonsense", "Content-Length: 0\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 404"), "{posted}");
    for path in ["/metrics", "/health"] {
        let found = asked(&format!("GET {path}"), "").await;
        assert!(found.starts_with("HTTP/1.1 200"), "{path}: {found}");
        for method in ["POST", "PUT", "DELETE"] {
            let answer = asked(&format!("{method} {path}"), "Content-Length: 0\r\n").await;
            assert!(
                answer.starts_with("HTTP/1.1 405"),
                "{method} {path}: {answer}"
            );
            assert!(
                answer.contains("read with GET"),
                "{method} {path}: {answer}"
            );
        }
    }
    let grpc = "Content-Type: application/grpc\r\nContent-Length: 0\r\n";
    for path in [
        "/store.v1.NoService/No",
        "/store.v1.LaneService/No",
        "/metrics",
    ] {
        let answer = asked(&format!("POST {path}"), grpc).await.to_lowercase();
        assert!(answer.starts_with("http/1.1 200"), "{path}: {answer}");
        assert!(
            answer.contains("content-type: application/grpc"),
            "{path}: {answer}"
        );
        assert!(answer.contains("grpc-status: 12"), "{path}: {answer}");
    }
}
