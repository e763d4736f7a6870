//! What a payment takes while a lane catches up, beside what it takes without, in one run: a real
//! hub with its threads on a real disk, a bank in the same process that answers at once, one lane
//! that pushes 100,000 records of its journal in slices, and payments of that lane and of another.
//! Quiet and busy spells take turns, since what a sync costs on a shared disk changes by the
//! minute.
//!
//! `cargo bench -p store-hub --bench catch_up`; `CATCH_UP_RECORDS` sets how many.

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
    reason = "the lane and the store of the tests, and not all of them"
)]

#[path = "../tests/hub/lane.rs"]
mod lane;
#[path = "../tests/hub/store.rs"]
mod store;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use acquirer_host::MemoryLedger;
use domain::limits::{REPLICATION_BATCHES_IN_FLIGHT_MAX, REPLICATION_RECORDS_PER_BATCH_MAX};
use journal::Head;
use lane::{Lane, Replica, cny, new_id, record};
use prost::Message;
use proto::{
    journal::v1::{LineAdded, ReceiptPrinted, lane_record::Body},
    store::v1::JournalEntry,
};
use store::{APPROVED_PAN, Host, Store};

const SLICES: usize = 20;
/// Payments of a quiet spell, each lane. All of a run have to fit one batch of the terminal: beyond
/// 999 the hub stands in until it has settled, and that is another thing to measure.
const QUIET_PAYMENTS: usize = 12;
/// Between two payments of a lane.
const PAUSE: Duration = Duration::from_millis(60);
/// Records of one sale: some lines, and a receipt of a kilobyte.
const RECORDS_A_SALE: usize = 12;

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    refuse_memory_disk(folder.path());
    let records = std::env::var("CATCH_UP_RECORDS");
    let records = records.map_or(100_000, |records| records.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(folder.path(), records));
}

/// A disk in memory has no sync, and says nothing.
fn refuse_memory_disk(folder: &Path) {
    let folder = folder.canonicalize().unwrap();
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(mount, _)| folder.starts_with(mount))
        .max_by_key(|(mount, _)| mount.len())
        .map(|(_, kind)| kind);
    assert!(
        !matches!(kind, Some("tmpfs" | "ramfs")),
        "{} is in memory",
        folder.display()
    );
}

/// A lane's journal as it may be after a day without its hub.
fn journal_of(records: usize) -> Vec<JournalEntry> {
    let mut head = Head::default();
    let entry = |number: usize| {
        let body = match number % RECORDS_A_SALE {
            0 => Body::ReceiptPrinted(ReceiptPrinted {
                receipt_number: format!("1-1-{number:06}"),
                text: "DEMO STORE\nwhole milk            12.50\n".repeat(25),
                reprint: false,
            }),
            line => Body::LineAdded(LineAdded {
                sale_number: 1,
                line_number: u32::try_from(line).unwrap(),
                barcode: "6900000000014".to_owned(),
                name: "whole milk, one litre".to_owned(),
                quantity: 1,
                unit_price: Some(cny(1250)),
                total: Some(cny(1250)),
                price_embedded: false,
                ..LineAdded::default()
            }),
        };
        let bytes = record(body).encode_to_vec();
        head = head.extended_by(&bytes);
        JournalEntry {
            sequence: head.sequence,
            hash: head.hash.0.to_vec().into(),
            record: bytes.into(),
        }
    };
    (0..records).map(entry).collect()
}

/// Pays until told to stop; how long each took.
async fn pay(lane: &mut Lane, most: usize, stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while took.len() < most && !stop.load(Ordering::Relaxed) {
        let id = new_id();
        let request = lane.request(id, APPROVED_PAN, 100, None);
        let began = Instant::now();
        lane.send(proto::store::v1::lane_frame::Body::Payment(request))
            .await;
        let decision = lane.decision_of(id).await;
        took.push(began.elapsed());
        assert!(decision.approved.is_some(), "{decision:?}");
        tokio::time::sleep(PAUSE).await;
    }
    took
}

async fn run(folder: &Path, records: usize) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new_in(folder, bank.address);
    let hub = store.start_as_in_production();
    hub.signed_on().await;
    let mut own = Lane::attach(&hub, 1).await;
    let mut other = Lane::attach(&hub, 2).await;
    let journal = journal_of(records);
    let never = AtomicBool::new(false);
    // Not counted: connections, caches, files.
    pay(&mut own, QUIET_PAYMENTS, &never).await;
    pay(&mut other, QUIET_PAYMENTS, &never).await;
    let memory_before = memory_kilobytes();
    let mut quiet = (Vec::new(), Vec::new());
    let mut busy = (Vec::new(), Vec::new());
    let mut pushing = Duration::ZERO;
    for slice in journal.chunks(records.div_ceil(SLICES)) {
        let (a, b) = tokio::join!(
            pay(&mut own, QUIET_PAYMENTS, &never),
            pay(&mut other, QUIET_PAYMENTS, &never)
        );
        quiet.0.extend(a);
        quiet.1.extend(b);
        let over = Arc::new(AtomicBool::new(false));
        let push = tokio::spawn(push(own.replica(), slice.to_vec(), Arc::clone(&over)));
        let (a, b) = tokio::join!(
            pay(&mut own, usize::MAX, &over),
            pay(&mut other, usize::MAX, &over)
        );
        busy.0.extend(a);
        busy.1.extend(b);
        pushing += push.await.unwrap();
    }
    assert_eq!(
        Lane::where_to_go_on(&hub, 1, 1).await.sequence,
        u64::try_from(records).unwrap()
    );
    tell("the lane that catches up", quiet.0, busy.0);
    tell("another lane", quiet.1, busy.1);
    let per_second = f64::from(u32::try_from(records).unwrap()) / pushing.as_secs_f64();
    println!("{records} records, {per_second:.0} a second while payments ran");
    let grown = memory_kilobytes().saturating_sub(memory_before) / 1024;
    println!("memory of the whole process: {grown} MB more at the most");
    hub.stop();
}

/// As a lane sends its journal: so many batches on the way, the next with each acknowledgement.
async fn push(mut replica: Replica, slice: Vec<JournalEntry>, over: Arc<AtomicBool>) -> Duration {
    let began = Instant::now();
    let batches: Vec<Vec<JournalEntry>> = slice
        .chunks(REPLICATION_RECORDS_PER_BATCH_MAX)
        .map(<[JournalEntry]>::to_vec)
        .collect();
    replica
        .push(batches, REPLICATION_BATCHES_IN_FLIGHT_MAX)
        .await;
    let took = began.elapsed();
    over.store(true, Ordering::Relaxed);
    took
}

fn tell(whose: &str, mut quiet: Vec<Duration>, mut busy: Vec<Duration>) {
    quiet.sort();
    busy.sort();
    println!(
        "payments of {whose}: {} quiet, {} during the catch-up",
        quiet.len(),
        busy.len()
    );
    println!("| | quiet, ms | catch-up, ms | ratio |\n|---|---|---|---|");
    for (name, share) in [("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)] {
        let (quiet, busy) = (at(&quiet, share), at(&busy, share));
        let ratio = busy / quiet;
        println!("| {name} | {quiet:.1} | {busy:.1} | {ratio:.2} |");
    }
}

fn at(sorted: &[Duration], share: usize) -> f64 {
    let place = (sorted.len() * share).div_ceil(100).max(1) - 1;
    sorted[place].as_secs_f64() * 1000.0
}

/// The most this process ever had.
fn memory_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}
