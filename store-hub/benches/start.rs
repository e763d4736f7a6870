//! How long a hub takes to start on a journal of so many records of its own, from the first of them
//! and from the checkpoint that it makes once the day is closed and what is over is archived, and
//! how long the first question after it then waits for the projections: one payment of a real hub,
//! told again and again under other ids, in batches that are settled.
//!
//! `cargo bench -p store-hub --bench start`; `HUB_START_RECORDS` sets how many, separated by
//! commas.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]
#![allow(
    dead_code,
    unused_imports,
    reason = "the lane and the store of the tests, and not all of them"
)]

#[path = "../tests/hub/lane.rs"]
mod lane;
#[path = "../tests/hub/metrics.rs"]
mod metrics;
#[path = "../tests/hub/store.rs"]
mod store;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use acquirer_host::MemoryLedger;
use domain::ids::PaymentId;
use journal::{Batch, Journal, LogId};
use lane::{Lane, new_id};
use metrics::scrape;
use prost::Message;
use proto::journal::v1::{BatchClosed, BatchTotals, HubRecord, hub_record::Body};
use store::{APPROVED_PAN, Host, Hub, Store, engine, sled_in};

const PAYMENTS_A_COMMIT: u64 = 250;
const PAYMENTS_A_BATCH: u64 = 900;
/// STANs of a terminal go round.
const STAN_MAX: u64 = 999_999;

fn main() {
    let sizes = std::env::var("HUB_START_RECORDS").unwrap_or_else(|_| "100000,1000000".to_owned());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| own records | begins at | start, s | first question, s | payments held |");
    println!("|---|---|---|---|---|");
    for size in sizes.split(',') {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        runtime.block_on(measure(folder.path(), size.parse().unwrap()));
    }
}

async fn measure(folder: &Path, records: u64) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new_in(folder, bank.address);
    let id = one_payment(&store).await;
    let journal = store.folder.path().join("journal");
    let told = tell_again(&journal, id, records);
    let hub = start(&store, id, told, "the first record").await;
    hub.close_day().await.unwrap();
    while held(&hub).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hub.stop();
    start(&store, id, told, "the checkpoint").await.stop();
}

async fn start(store: &Store, id: PaymentId, told: u64, from: &str) -> Hub {
    let began = Instant::now();
    let hub = store.start_as_in_production();
    let started = began.elapsed().as_secs_f64();
    let payments = held(&hub).await;
    assert!(hub.history(id).await.is_some());
    let answered = began.elapsed().as_secs_f64() - started;
    println!("| {told} | {from} | {started:.2} | {answered:.2} | {payments} |");
    hub
}

/// Payments that the hub says it holds.
async fn held(hub: &Hub) -> u64 {
    let samples = scrape(hub).await;
    u64::try_from(samples["lanekeeper_hub_payments_held"]).unwrap()
}

/// A payment of a sale that was closed, with everything the hub writes about it.
async fn one_payment(store: &Store) -> PaymentId {
    let hub = store.start_as_in_production();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 1250).await;
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    drop(lane);
    hub.stop();
    id
}

fn tell_again(folder: &Path, id: PaymentId, records: u64) -> u64 {
    let (journal, mut committer) = Journal::open(engine(&sled_in(folder))).unwrap();
    let own = journal.read(LogId::OWN, 1, usize::MAX).unwrap();
    let history: Vec<HubRecord> = own
        .iter()
        .map(|record| HubRecord::decode(record.bytes.as_slice()).unwrap())
        .filter(|record| told_of(record, id))
        .collect();
    assert_eq!(history.len(), 4, "requested, sent, decided, completed");
    let mut batch = Batch::new();
    for number in 1..=records / 4 {
        for record in &history {
            batch.record(renamed(record, number).encode_to_vec());
        }
        if number % PAYMENTS_A_BATCH == 0 || number == records / 4 {
            batch.record(settled(&history[0], number).encode_to_vec());
        }
        if number % PAYMENTS_A_COMMIT == 0 || number == records / 4 {
            journal.append(std::mem::take(&mut batch)).unwrap();
            while committer.commit_waiting().unwrap() {}
        }
    }
    journal.durable_head(LogId::OWN).sequence
}

fn told_of(record: &HubRecord, id: PaymentId) -> bool {
    let of = match record.body.as_ref().unwrap() {
        Body::Requested(body) => &body.payment_id,
        Body::Sent(body) => &body.payment_id,
        Body::Decided(body) => &body.payment_id,
        Body::Completed(body) => &body.payment_id,
        _ => return false,
    };
    *of == id.to_string()
}

/// The same for another payment.
fn renamed(record: &HubRecord, number: u64) -> HubRecord {
    let mut record = record.clone();
    let id = PaymentId((u128::from(number) << 64) | 1).to_string();
    match record.body.as_mut().unwrap() {
        Body::Requested(body) => body.payment_id = id,
        Body::Sent(body) => {
            body.payment_id = id;
            body.stan = u32::try_from(number % STAN_MAX + 1).unwrap();
            body.batch = batch_of(number);
        }
        Body::Decided(body) => body.payment_id = id,
        Body::Completed(body) => {
            body.payment_id = id;
            body.receipt_number = format!("1-1-{:06}", number % STAN_MAX + 1);
        }
        _ => {}
    }
    record
}

fn batch_of(number: u64) -> u32 {
    u32::try_from(number.div_ceil(PAYMENTS_A_BATCH)).unwrap()
}

/// The batch of this payment is closed.
fn settled(record: &HubRecord, number: u64) -> HubRecord {
    let nothing = || Some(lane::cny(0));
    HubRecord {
        body: Some(Body::BatchClosed(BatchClosed {
            tid: "LANE0001".to_owned(),
            batch: batch_of(number),
            totals: Some(BatchTotals {
                debit: nothing(),
                debit_count: 0,
                credit: nothing(),
                credit_count: 0,
            }),
            balanced: true,
            date: String::new(),
            upload_follows: false,
        })),
        ..record.clone()
    }
}
