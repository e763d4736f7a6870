//! A store of many dates that are kept: what is in them is found, and nothing else. With 300 dates
//! of 10,000 payments it is a measurement, which writes 2 GB:
//!
//! `LONG_STORE_DATES=300 LONG_STORE_PAYMENTS=10000 cargo test --release -p store-hub --lib
//! long_store -- --nocapture`

#![allow(
    clippy::disallowed_methods,
    reason = "what is measured is how much real time passes"
)]

use std::time::Instant;

use domain::{
    card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
    day::DayConfig,
    desk::PaymentFile,
    ids::{
        BatchNumber, LaneEpoch, LaneId, OperatorId, PaymentId, ReceiptNumber, SaleNumber, Stan, Tid,
    },
    money::{Currency, Money},
    payment::{
        Completion, Decision, HostFacts, Payment, PaymentKind, PaymentMethod, PaymentRequest,
        Progress,
    },
    time::{BusinessDate, WallMs},
};
use journal::LogId;
use ports::StoreZone;

use super::{KeptDates, Writing};
use crate::projections::{
    Books, DateBook, PrefixFound, Query,
    date_book::SoldIn,
    day_text::Day,
    payment::{Captured, PaymentEntry},
    sale::{SaleEntry, TenderEntry},
};

fn asked(name: &str, otherwise: u32) -> u32 {
    let asked = std::env::var(name).ok();
    asked.map_or(otherwise, |count| count.parse().unwrap())
}

fn dates() -> u32 {
    asked("LONG_STORE_DATES", 3)
}

fn a_day() -> u32 {
    asked("LONG_STORE_PAYMENTS", 400)
}

const LANES: u32 = 16;
const FIRST_MS: i64 = 1_769_990_400_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn date(day: u32) -> BusinessDate {
    let first = BusinessDate::new(2026, 2, 2).unwrap();
    (0..day).fold(first, |date, _| date.next())
}

/// Numbers that look like chance and are the same each time.
fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn id(day: u32, number: u32) -> PaymentId {
    let low = u64::from(day) << 32 | u64::from(number);
    PaymentId(u128::from(mixed(low)) << 64 | u128::from(low))
}

fn minor(day: u32, number: u32) -> i64 {
    let chance = mixed(u64::from(day) << 40 | u64::from(number)) % 30_000;
    i64::try_from(chance).unwrap() + 100
}

fn at(day: u32, number: u32) -> WallMs {
    WallMs(FIRST_MS + i64::from(day) * DAY_MS + i64::from(number) * 4_000)
}

fn receipt(day: u32, number: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(u16::try_from(number % LANES + 1).unwrap()),
        epoch: LaneEpoch(1),
        sequence: day * a_day() + number,
    }
}

fn batch(day: u32) -> BatchNumber {
    BatchNumber::new(day + 1).unwrap()
}

fn payment(day: u32, number: u32) -> PaymentEntry {
    let amount = Money::new(minor(day, number), Currency::CNY);
    let receipt = receipt(day, number);
    let request = PaymentRequest {
        payment_id: id(day, number),
        lane: receipt.lane,
        epoch: LaneEpoch(1),
        sale: SaleNumber(receipt.sequence),
        amount,
        entry_mode: EntryMode::Chip,
        pin_entered: true,
        card: CardRef {
            masked: MaskedPan::new(&format!("621626*********{:04}", number % 10_000)).unwrap(),
            hash: None,
            scheme: Scheme::UnionPay,
            funding: Funding::Debit,
        },
        business_date: Some(date(day)),
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        original: None,
    };
    let mut payment = Payment::asked(request, at(day, number));
    let tid = Tid::new("LANE0001").unwrap();
    payment.bound = Some((tid, Stan::new(number + 1).unwrap(), batch(day)));
    let host = HostFacts::default();
    payment.progress = Progress::Decided(Decision::Approved { amount, host });
    payment.completion = Completion::Completed(receipt);
    let mut entry = PaymentEntry::new(id(day, number), date(day));
    entry.file = Some(PaymentFile {
        payment,
        forwards: Vec::new(),
        offline: None,
        card_came: false,
    });
    entry.captured = Some(Captured {
        date: date(day),
        minor: amount.minor(),
        receipt,
    });
    entry.places = (0..7).map(|place| (LogId(1), place)).collect();
    entry
}

fn sale(day: u32, number: u32) -> SaleEntry {
    let receipt = receipt(day, number);
    SaleEntry {
        date: date(day),
        receipt,
        sale: SaleNumber(receipt.sequence),
        operator: OperatorId(u32::from(receipt.lane.0) + 100),
        at: at(day, number),
        total_minor: minor(day, number),
        tenders: vec![TenderEntry {
            kind: "card".to_owned(),
            minor: minor(day, number),
            payment_id: Some(id(day, number)),
        }],
        closed: (LogId(1), u64::from(receipt.sequence)),
        printed: None,
    }
}

fn keep(kept: &mut KeptDates, day: u32) {
    let mut writing = Writing::default();
    for number in 0..a_day() {
        let (bytes, keys) = payment(day, number).row();
        writing.row(bytes, keys);
        let (bytes, keys) = sale(day, number).row();
        writing.row(bytes, keys);
    }
    let mut book = DateBook::default();
    let sold = SoldIn {
        settled: Some(Day(date(day))),
        ..SoldIn::default()
    };
    let place = ("LANE0001".to_owned(), batch(day).number());
    book.sold_in.insert(place, sold);
    let book = serde_json::to_vec(&book).unwrap();
    kept.write(date(day), &book, writing).unwrap();
}

fn queries() -> Vec<(&'static str, Query)> {
    let asked = |what, set: &dyn Fn(&mut Query)| {
        let mut query = Query {
            limit: 100,
            ..Query::default()
        };
        set(&mut query);
        (what, query)
    };
    let four = Some("0123".to_owned());
    vec![
        asked("a receipt of the first date", &|query| {
            query.receipt = Some(receipt(0, 5));
        }),
        asked("a receipt that nobody has", &|query| {
            query.receipt = Some(receipt(dates(), 5));
        }),
        asked("an amount, 100 of many", &|query| {
            query.amount_minor = Some(minor(7, 7));
        }),
        asked("an amount that nobody paid", &|query| {
            query.amount_minor = Some(99);
        }),
        asked("four digits, 100 of 300", &|query| {
            query.last_four.clone_from(&four);
        }),
        asked("four minutes of the eighth date", &|query| {
            (query.from, query.to) = (Some(at(7, 100)), Some(at(7, 160)));
        }),
        asked("a lane, the last 100", &|query| {
            query.lane = Some(LaneId(3));
        }),
        asked("a lane that never sold", &|query| {
            query.lane = Some(LaneId(99));
        }),
        asked("an operator, the last 100", &|query| {
            query.operator = Some(OperatorId(103));
        }),
        asked("an operator who never sold", &|query| {
            query.operator = Some(OperatorId(1));
        }),
        asked("amount and lane, of one month", &|query| {
            query.amount_minor = Some(minor(7, 7));
            query.lane = Some(LaneId(3));
            (query.from, query.to) = (Some(at(200, 0)), Some(at(230, 0)));
        }),
    ]
}

fn timed<T>(what: &str, act: impl Fn() -> T, count: impl Fn(&T) -> usize) -> usize {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        let answer = act();
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        found = count(&answer);
    }
    let first = times.first().copied().unwrap();
    times.sort_by(f64::total_cmp);
    let median = times.get(2).copied().unwrap();
    eprintln!("{what:40} {found:5} found  first {first:8.2} ms  median {median:8.2} ms");
    found
}

#[test]
fn long_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = KeptDates::at(folder.path().to_owned());
    let begun = Instant::now();
    for day in 0..dates() {
        keep(&mut kept, day);
    }
    eprintln!(
        "{} dates of {} written in {:.1?}",
        dates(),
        a_day(),
        begun.elapsed()
    );
    let config = DayConfig {
        first_day: date(0),
        close_timeout_ms: 1,
        late_quiet_ms: 1,
        warning_ms: 1,
    };
    let zone = StoreZone::named("Asia/Shanghai").unwrap();
    let books = Books::new(Currency::CNY, zone, config, kept);
    for (what, query) in queries() {
        let found = timed(what, || books.find(&query).unwrap(), Vec::len);
        match what {
            "a receipt of the first date" => assert_eq!(found, 2, "{what}"),
            "four digits, 100 of 300" => assert!(found >= 3, "{what}: {found}"),
            "a lane, the last 100" | "an operator, the last 100" => {
                assert!(found >= 75, "{what}: {found}");
            }
            nobody if nobody.contains("nobody") || nobody.contains("never") => {
                assert_eq!(found, 0, "{what}");
            }
            _ => {}
        }
    }
    for (what, payment) in [
        ("a payment of the first date", id(0, 77)),
        ("a payment of the last date", id(dates() - 1, 77)),
        ("a payment that nobody knows", PaymentId(5)),
    ] {
        let found = timed(
            what,
            || books.payment(payment).unwrap(),
            |found| usize::from(found.is_some()),
        );
        assert_eq!(found == 0, what.contains("nobody"), "{what}");
    }
    let digits = &id(0, 77).to_string()[..8];
    let found = timed(
        "the first eight digits of one",
        || books.by_prefix(digits).unwrap(),
        |found| usize::from(*found == PrefixFound::One(id(0, 77))),
    );
    assert_eq!(found, 1, "by its first eight digits");
}
