//! What it takes to read a lane's journal back after thirty busy days, with its checkpoint and
//! without, in one run: `lane-agent status`, which opens the journal as a start does.
//!
//! `cargo bench -p lane-agent --bench start`; `LANE_START_SALES` sets how many sales.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]

use std::{fs, path::Path, process::ExitCode, time::Instant};

use journal::{Batch, Committer, Journal, LogId, remove_checkpoint, sled_engine};
use prost::Message;
use proto::{
    journal::v1::{
        CashTendered, CheckoutCheckpoint, LaneRecord, LineAdded, ReceiptPrinted, SaleClosed,
        SaleOpened, SaleTotalled, Tender, lane_record::Body,
    },
    store::v1::Money,
};

/// Thirty days of 1,200 sales.
const SALES: u32 = 36_000;
const LINES_A_SALE: u32 = 7;
/// Sales behind the last checkpoint: the most there are.
const TAIL_SALES: u32 = 15;
const SALES_A_COMMIT: u32 = 100;
const TURNS: usize = 5;

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sales = std::env::var("LANE_START_SALES");
    let sales = sales.map_or(SALES, |sales| sales.parse().unwrap());
    let config = folder.path().join("lane.toml");
    fs::write(&config, CONFIG).unwrap();
    fs::write(folder.path().join("script.jsonl"), "").unwrap();
    let journal = folder.path().join("journal");
    let records = sell(&journal, sales);
    // The first opening after a fill reads the engine's own log: not counted.
    start(&config);
    let with: Vec<f64> = (0..TURNS).map(|_| start(&config)).collect();
    let engine = sled_engine(&journal).unwrap();
    remove_checkpoint(engine.as_ref(), "checkout").unwrap();
    drop(engine);
    let without: Vec<f64> = (0..TURNS).map(|_| start(&config)).collect();
    let (with, without) = (median(with), median(without));
    println!("{sales} sales, {records} records");
    println!("| | ms |\n|---|---|");
    println!("| from the checkpoint | {with:.0} |");
    println!("| from the first record | {without:.0} |");
    println!("| ratio | {:.1} |", without / with);
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap()
}

fn start(config: &Path) -> f64 {
    let arguments = ["lane-agent", "status", "--config"].map(Into::into);
    let arguments = arguments.into_iter().chain([config.as_os_str().to_owned()]);
    let began = Instant::now();
    let ended = lane_agent::run(arguments);
    let took = began.elapsed().as_secs_f64() * 1000.0;
    assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::SUCCESS));
    took
}

fn sell(folder: &Path, sales: u32) -> u64 {
    let (journal, mut committer) = Journal::open(sled_engine(folder).unwrap()).unwrap();
    let tail = sales.saturating_sub(TAIL_SALES);
    let mut batch = Batch::new();
    for number in 1..=sales {
        for body in sale(number) {
            let record = LaneRecord {
                wall_ms: 1_795_334_400_000,
                business_date: "2026-11-22".to_owned(),
                body: Some(body),
            };
            batch.record(record.encode_to_vec());
        }
        if number == tail {
            let bytes = checkpoint(number).encode_to_vec();
            let batch = std::mem::take(&mut batch);
            let taken = journal.append_with_checkpoint(batch, "checkout", LogId::OWN, &bytes);
            taken.unwrap();
            commit(&mut committer);
        } else if number % SALES_A_COMMIT == 0 {
            journal.append(std::mem::take(&mut batch)).unwrap();
            commit(&mut committer);
        }
    }
    journal.append(batch).unwrap();
    commit(&mut committer);
    journal.durable_head(LogId::OWN).sequence
}

fn commit(committer: &mut Committer) {
    while committer.commit_waiting().unwrap() {}
}

fn checkpoint(sales: u32) -> CheckoutCheckpoint {
    CheckoutCheckpoint {
        lane: 1,
        epoch: 1,
        last_sale: sales,
        last_receipt: sales,
        sales_closed: sales,
        ..Default::default()
    }
}

fn cny(minor: i64) -> Option<Money> {
    let currency = "CNY".to_owned();
    Some(Money { minor, currency })
}

fn sale(sale_number: u32) -> Vec<Body> {
    let receipt_number = format!("1-1-{sale_number:06}");
    let line = |line_number| {
        Body::LineAdded(LineAdded {
            sale_number,
            line_number,
            barcode: "6900000000014".to_owned(),
            name: "whole milk, one litre".to_owned(),
            quantity: 1,
            unit_price: cny(1250),
            total: cny(1250),
            price_embedded: false,
            ..LineAdded::default()
        })
    };
    let total = i64::from(LINES_A_SALE) * 1250;
    let opened = Body::SaleOpened(SaleOpened {
        sale_number,
        operator_id: 1,
        ..SaleOpened::default()
    });
    let mut bodies = vec![opened];
    bodies.extend((1..=LINES_A_SALE).map(line));
    bodies.push(Body::SaleTotalled(SaleTotalled {
        sale_number,
        total: cny(total),
        ..SaleTotalled::default()
    }));
    bodies.push(Body::CashTendered(CashTendered {
        sale_number,
        given: cny(total),
    }));
    bodies.push(Body::SaleClosed(SaleClosed {
        sale_number,
        receipt_number: receipt_number.clone(),
        total: cny(total),
        tenders: vec![Tender {
            tender: proto::store::v1::TenderKind::Cash.into(),
            amount: cny(total),
            ..Default::default()
        }],
        change: cny(0),
        items: LINES_A_SALE,
        ..SaleClosed::default()
    }));
    bodies.push(Body::ReceiptPrinted(ReceiptPrinted {
        receipt_number,
        text: "DEMO STORE\nwhole milk            12.50\n".repeat(20),
        reprint: false,
    }));
    bodies
}

const CONFIG: &str = r#"
[lane]
store_id = "0001"
lane = 1
epoch = 1
currency = "CNY"
[hub]
address = "127.0.0.1:1"
[journal]
folder = "journal"
[devices.cashier]
driver = "scripted"
script = "script.jsonl"
[devices.printer]
driver = "file"
folder = "receipts"
[devices.reader]
driver = "scripted"
[devices.pin_pad]
driver = "scripted"
initial_key = "6AC292FAA1315B4D858AB3A3D7D5933A"
key_serial_number = "FFFF9876543210E00000"
"#;
