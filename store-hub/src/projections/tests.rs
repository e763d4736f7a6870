//! What is kept and read again is what the logs say from their first record.

use std::path::Path;

use domain::{
    card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
    day::{DayConfig, Fact, SealedVersion, TurnedBy},
    desk::{DayFact, DeskFact, DeskRecord, ForwardFact, PaymentFact, TerminalFact},
    forward::{ForwardEnd, ForwardKind},
    ids::{
        BatchNumber, ForwardId, LaneEpoch, LaneId, OperatorId, PaymentId, ReceiptNumber,
        SaleNumber, Stan, Tid,
    },
    money::{Currency, Money},
    payment::{Decision, HostFacts, PaymentKind, PaymentMethod, PaymentRequest},
    response_code::ResponseCode,
    sale::{MarkedBy, PendingPayment, SaleFact, SaleRecord, Tender},
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use journal::{Batch, Committer, Journal, SimulatedDisk};
use ports::StoreZone;

use super::{Books, KeptDates, PrefixFound, Query};
use crate::replica::log_of;

const MORNING: i64 = 1_795_334_400_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn date(day: u8) -> BusinessDate {
    BusinessDate::new(2026, 11, 20 + day).unwrap()
}

fn at(day: u8, minute: i64) -> WallMs {
    WallMs(MORNING + i64::from(day) * DAY_MS + minute * 60_000)
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn tid() -> Tid {
    Tid::new("LANE0001").unwrap()
}

fn batch(day: u8) -> BatchNumber {
    BatchNumber::new(day.into()).unwrap()
}

fn receipt(lane: u16, number: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sequence: number,
    }
}

/// Of a day and a number within it; in the first hex digits, too.
fn id(day: u8, number: u32) -> PaymentId {
    PaymentId(u128::from(day) << 120 | u128::from(number) << 96 | 7)
}

fn request(day: u8, number: u32, amount: i64) -> PaymentRequest {
    PaymentRequest {
        payment_id: id(day, number),
        lane: LaneId(1),
        epoch: LaneEpoch(1),
        sale: SaleNumber(number),
        amount: cny(amount),
        entry_mode: EntryMode::Chip,
        pin_entered: true,
        card: CardRef {
            masked: MaskedPan::new(&format!("621626*********{:04}", 1000 + number)).unwrap(),
            hash: None,
            scheme: Scheme::UnionPay,
            funding: Funding::Debit,
        },
        business_date: Some(date(day)),
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        original: None,
    }
}

/// A store whose records are written as a test goes.
struct Store {
    journal: Journal,
    committer: Committer,
    sealed: Vec<(BusinessDate, u32)>,
}

impl Store {
    fn new() -> Self {
        let disk = SimulatedDisk::new();
        let (journal, committer) = Journal::open(disk.engine()).unwrap();
        Self {
            journal,
            committer,
            sealed: Vec::new(),
        }
    }

    fn commit(&mut self, batch: Batch) {
        self.journal.append(batch).unwrap();
        while self.committer.commit_waiting().unwrap() {}
    }

    fn hub(&mut self, day: u8, minute: i64, fact: impl Into<DeskFact>) {
        let mut batch = Batch::new();
        batch.record(records::hub::encode(&DeskRecord {
            at: at(day, minute),
            date: date(day),
            fact: fact.into(),
        }));
        self.commit(batch);
    }

    fn lane(&mut self, lane: u16, day: u8, minute: i64, fact: SaleFact) {
        let record = SaleRecord {
            at: at(day, minute),
            date: Some(date(day)),
            fact,
        };
        let log = log_of(LaneId(lane), LaneEpoch(1));
        let bytes = records::lane::encode(&record, None);
        let head = self.journal.head(log).extended_by(&bytes);
        let mut batch = Batch::new();
        batch.replica(log, head.sequence, head.hash, bytes);
        self.commit(batch);
    }

    /// The bank approves a payment; the lane sells by it, but for the hub it may come later.
    fn approved(&mut self, day: u8, number: u32, amount: i64) {
        let payment_id = id(day, number);
        let request = request(day, number, amount);
        let stan = Stan::new(number).unwrap();
        let decision = Decision::Approved {
            amount: cny(amount),
            host: HostFacts::default(),
        };
        self.hub(day, 1, PaymentFact::Requested { request });
        self.hub(
            day,
            2,
            PaymentFact::Sent {
                payment_id,
                tid: tid(),
                stan,
                batch: batch(day),
            },
        );
        self.hub(
            day,
            3,
            PaymentFact::Decided {
                payment_id,
                decision,
            },
        );
    }

    fn completed(&mut self, day: u8, number: u32) {
        let fact = PaymentFact::Completed {
            payment_id: id(day, number),
            receipt: receipt(1, u32::from(day) * 100 + number),
        };
        self.hub(day, 5, fact);
    }

    fn card_sale(&mut self, day: u8, number: u32, amount: i64) {
        let request = request(day, number, amount);
        let sale = SaleNumber(u32::from(day) * 100 + number);
        let opened = SaleFact::SaleOpened {
            sale,
            operator: OperatorId(7),
            order_reference: String::new(),
            price_version: String::new(),
        };
        self.lane(1, day, 0, opened);
        let payment = PendingPayment {
            payment_id: request.payment_id,
            amount: request.amount,
            entry_mode: request.entry_mode,
            pin_entered: true,
            card: request.card,
            business_date: request.business_date,
            kind: request.kind,
            method: request.method,
            original: None,
        };
        self.lane(1, day, 1, SaleFact::PaymentIntended { sale, payment });
        let tender = Tender::Card {
            amount: cny(amount),
            payment_id: request.payment_id,
            scheme: Scheme::UnionPay,
        };
        self.closed(1, day, sale.0, amount, tender);
    }

    fn closed(&mut self, lane: u16, day: u8, number: u32, amount: i64, tender: Tender) {
        let receipt = receipt(lane, number);
        let closed = SaleFact::SaleClosed {
            sale: SaleNumber(number),
            receipt,
            total: cny(amount),
            tenders: vec![tender],
            change: cny(0),
            items: 2,
            order_reference: String::new(),
        };
        self.lane(lane, day, 4, closed);
        let text = format!("receipt {receipt}");
        let printed = SaleFact::ReceiptPrinted {
            receipt,
            text,
            reprint: false,
        };
        self.lane(lane, day, 5, printed);
    }

    fn cash_sale(&mut self, lane: u16, day: u8, number: u32, amount: i64) {
        let tender = Tender::Cash { given: cny(amount) };
        self.closed(lane, day, number, amount, tender);
    }

    /// The date is turned, its batch closed, its first version sealed.
    fn ends(&mut self, day: u8, balanced: bool) {
        let (ended, begins, by) = (date(day), date(day + 1), TurnedBy::Hand);
        self.hub(day, 900, DayFact::Turned { ended, begins, by });
        let marked = MarkedBy::Hub;
        self.lane(
            1,
            day,
            901,
            SaleFact::DayMarked {
                ended,
                begins,
                by: marked,
            },
        );
        let totals = BatchTotals {
            debit: cny(100),
            debit_count: 1,
            credit: cny(0),
            credit_count: 0,
        };
        self.hub(
            day + 1,
            -300,
            TerminalFact::BatchClosed {
                tid: tid(),
                batch: batch(day),
                totals,
                balanced,
                date: Some(date(day)),
                upload_follows: false,
            },
        );
        self.sealed.push((date(day), 1));
    }

    fn seals(&self, books: &mut Books) {
        for (date, version) in &self.sealed {
            let version = SealedVersion {
                version: *version,
                ..SealedVersion::default()
            };
            let date = *date;
            books.days.take(&Fact::Sealed { date, version });
        }
    }

    /// Books as a start makes them.
    fn books(&self, kept: KeptDates) -> Books {
        let config = DayConfig {
            first_day: date(1),
            close_timeout_ms: 1,
            late_quiet_ms: 1,
            warning_ms: 1,
        };
        let zone = StoreZone::named("Asia/Shanghai").unwrap();
        let mut books = Books::new(Currency::CNY, zone, config, kept);
        books.restore(&self.journal);
        self.seals(&mut books);
        books
    }

    fn read(&self, books: &mut Books) {
        while !books.catch_up(&self.journal, 3).unwrap() {}
    }

    /// What books that were kept so often say is what books of all records say.
    fn check(&self, books: &mut Books, what: &str) {
        self.read(books);
        let mut anew = self.books(KeptDates::nowhere());
        self.read(&mut anew);
        for day in 1..6 {
            let one = books.date(date(day)).unwrap();
            assert_eq!(one, anew.date(date(day)).unwrap(), "{what}: {}", date(day));
        }
        let all = Query {
            limit: 1000,
            ..Query::default()
        };
        let mut found = books.find(&all).unwrap();
        let mut found_anew = anew.find(&all).unwrap();
        found.sort_by_key(|one| (one.at, one.receipt, one.payment_id));
        found_anew.sort_by_key(|one| (one.at, one.receipt, one.payment_id));
        assert_eq!(found, found_anew, "{what}");
        for one in found.iter().filter_map(|one| one.payment_id) {
            let kept = books.payment(one).unwrap().unwrap();
            let read = anew.payment(one).unwrap().unwrap();
            assert_eq!(kept.file, read.file, "{what}: {one}");
            assert_eq!(kept.captured, read.captured, "{what}: {one}");
            assert_eq!(kept.places.len(), read.places.len(), "{what}: {one}");
        }
        let lane = |books: &Books| books.counts_of(LaneId(1), LaneEpoch(1));
        assert_eq!(lane(books), lane(&anew), "{what}");
        assert_eq!(books.days.facts(), anew.days.facts(), "{what}");
    }

    /// A whole date, with a payment that is reversed.
    fn lives(&mut self, day: u8) {
        for number in 1..4 {
            self.approved(day, number, 1000 + i64::from(number));
            self.card_sale(day, number, 1000 + i64::from(number));
            self.completed(day, number);
        }
        self.approved(day, 9, 500);
        let payment_id = id(day, 9);
        let forward_id = ForwardId(day.into());
        self.hub(
            day,
            6,
            PaymentFact::Abandoned {
                payment_id,
                lane: LaneId(1),
            },
        );
        self.hub(
            day,
            6,
            ForwardFact::Queued {
                forward_id,
                payment_id,
                tid: tid(),
                kind: ForwardKind::Reversal {
                    reason: ResponseCode::new("98").unwrap(),
                    original_stan: Stan::new(9).unwrap(),
                    original_batch: batch(day),
                    auth_code: None,
                },
                amount: cny(500),
            },
        );
        self.hub(
            day,
            7,
            ForwardFact::Ended {
                forward_id,
                end: ForwardEnd::Delivered {
                    code: ResponseCode::new("00").unwrap(),
                    amount: cny(500),
                },
            },
        );
        self.cash_sale(1, day, u32::from(day) * 100 + 50, 250);
    }
}

fn kept(folder: &Path) -> KeptDates {
    KeptDates::at(folder.to_owned())
}

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn dates_that_are_over_leave_memory_and_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    for day in 1..4 {
        store.lives(day);
        store.ends(day, day != 2);
        store.check(&mut books, "before it is kept");
        store.seals(&mut books);
        books.keep();
        store.check(&mut books, "kept");
        assert!(books.payments.is_empty() && books.sales.is_empty());
        // A start goes on from there, and reads nothing twice.
        books = store.books(kept(folder.path()));
        assert_eq!(books.catch_up(&store.journal, 1).unwrap(), true);
        store.check(&mut books, "restored");
    }
    assert_eq!(
        files(folder.path()),
        [
            "2026-11-21.1.book",
            "2026-11-22.2.book",
            "2026-11-23.3.book",
            "open.book"
        ]
    );

    // By all that a customer can tell.
    let found = |query: Query| {
        let query = Query { limit: 10, ..query };
        books.find(&query).unwrap().len()
    };
    let query = Query::default;
    let wanted = receipt(1, 202);
    assert_eq!(
        found(Query {
            receipt: Some(wanted),
            ..query()
        }),
        2,
        "sale and payment"
    );
    assert_eq!(
        found(Query {
            amount_minor: Some(1002),
            ..query()
        }),
        6
    );
    assert_eq!(
        found(Query {
            last_four: Some("1009".to_owned()),
            ..query()
        }),
        3
    );
    let (from, to) = (Some(at(2, 0)), Some(at(2, 900)));
    assert_eq!(
        found(Query {
            from,
            to,
            ..query()
        }),
        8
    );
    assert_eq!(
        found(Query {
            operator: Some(OperatorId(7)),
            ..query()
        }),
        9
    );
    assert_eq!(
        found(Query {
            lane: Some(LaneId(2)),
            ..query()
        }),
        0
    );
    assert_eq!(
        found(Query {
            limit: 3,
            ..query()
        }),
        10,
        "the limit is the caller's"
    );
    assert_eq!(books.by_prefix("0202").unwrap(), PrefixFound::None);
    assert_eq!(
        books.by_prefix("02000002").unwrap(),
        PrefixFound::One(id(2, 2))
    );
    let PrefixFound::Several(alike) = books.by_prefix("02000").unwrap() else {
        panic!("they begin alike");
    };
    assert_eq!(alike.len(), 4);
}

#[test]
fn late_records_bring_their_date_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    let mut books = store.books(kept(folder.path()));
    for day in 1..3 {
        store.lives(day);
        store.ends(day, true);
    }
    store.read(&mut books);
    store.seals(&mut books);
    books.keep();
    store.lives(3);
    // Another lane comes with a sale of the first date, and with the capture of a payment that was
    // settled long ago.
    store.cash_sale(2, 1, 77, 999);
    let tender = Tender::Card {
        amount: cny(500),
        payment_id: id(1, 9),
        scheme: Scheme::UnionPay,
    };
    store.closed(2, 1, 78, 500, tender);
    store.check(&mut books, "late records");
    assert!(books.dates.contains_key(&date(1)));
    assert!(!books.dates.contains_key(&date(2)), "nothing came of it");
    // It is kept again under another number, and the old file goes.
    books.keep();
    store.check(&mut books, "kept again");
    assert_eq!(
        files(folder.path()),
        ["2026-11-21.3.book", "2026-11-22.2.book", "open.book"]
    );
    // A power cut before that copy leaves the one before: nothing is counted twice.
    store.cash_sale(2, 1, 79, 111);
    books = store.books(kept(folder.path()));
    store.check(&mut books, "restored");
}

#[test]
fn a_file_or_a_copy_that_is_damaged_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new();
    for day in 1..4 {
        store.lives(day);
        store.ends(day, true);
    }
    for name in ["2026-11-22.2.book", "open.book"] {
        let mut books = store.books(kept(folder.path()));
        store.read(&mut books);
        store.seals(&mut books);
        books.keep_at_the_end();
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        // A late record of that date.
        store.cash_sale(2, 2, 200, 5);
        let mut books = store.books(kept(folder.path()));
        store.check(&mut books, name);
        std::fs::remove_dir_all(folder.path()).unwrap();
        std::fs::create_dir(folder.path()).unwrap();
    }
}

/// A copy of a journal that was put back to an older image says more than the journal.
#[test]
fn a_copy_that_is_not_of_this_journal_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Store::new();
    other.lives(1);
    let mut books = other.books(kept(folder.path()));
    other.read(&mut books);
    books.keep_at_the_end();
    let mut store = Store::new();
    store.lives(2);
    let mut books = store.books(kept(folder.path()));
    assert!(books.payments.is_empty());
    store.check(&mut books, "from the first record");
}
