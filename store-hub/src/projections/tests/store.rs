//! A store whose hub and lanes write records, and what its books must say.

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
    sale::{
        CheckoutFact, CheckoutRecord, DateFact, MarkedBy, PendingPayment, SaleFact, TaxMode,
        Tender, TenderFact,
    },
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use journal::{Batch, Committer, Journal, SimulatedDisk};
use ports::StoreZone;

use super::super::{Books, KeptDates, Query};
use crate::replica::log_of;

const MORNING: i64 = 1_795_334_400_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn date(day: u8) -> BusinessDate {
    BusinessDate::new(2026, 11, 20 + day).unwrap()
}

pub(super) fn at(day: u8, minute: i64) -> WallMs {
    WallMs(MORNING + i64::from(day) * DAY_MS + minute * 60_000)
}

pub(super) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn tid() -> Tid {
    Tid::new("LANE0001").unwrap()
}

fn batch(day: u8) -> BatchNumber {
    BatchNumber::new(day.into()).unwrap()
}

pub(super) fn receipt(lane: u16, number: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sequence: number,
    }
}

/// Of a day and a number within it; in the first hex digits, too.
pub(super) fn id(day: u8, number: u32) -> PaymentId {
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
pub(super) struct Store {
    pub(super) journal: Journal,
    committer: Committer,
    sealed: Vec<(BusinessDate, u32)>,
}

impl Store {
    pub(super) fn new() -> Self {
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

    pub(super) fn hub(&mut self, day: u8, minute: i64, fact: impl Into<DeskFact>) {
        let mut batch = Batch::new();
        batch.record(records::hub::encode(&DeskRecord {
            at: at(day, minute),
            date: date(day),
            fact: fact.into(),
        }));
        self.commit(batch);
    }

    pub(super) fn lane(&mut self, lane: u16, day: u8, minute: i64, fact: CheckoutFact) {
        let record = CheckoutRecord {
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

    /// A record that nobody here can understand.
    pub(super) fn garbage(&mut self, lane: u16) {
        let log = log_of(LaneId(lane), LaneEpoch(1));
        let bytes = vec![0xff; 9];
        let head = self.journal.head(log).extended_by(&bytes);
        let mut batch = Batch::new();
        batch.replica(log, head.sequence, head.hash, bytes);
        self.commit(batch);
    }

    /// The bank approves a payment; the lane sells by it, but for the hub it may come later.
    pub(super) fn approved(&mut self, day: u8, number: u32, amount: i64) {
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

    pub(super) fn completed(&mut self, day: u8, number: u32) {
        let fact = PaymentFact::Completed {
            payment_id: id(day, number),
            receipt: receipt(1, u32::from(day) * 100 + number),
        };
        self.hub(day, 5, fact);
    }

    pub(super) fn card_sale(&mut self, day: u8, number: u32, amount: i64) {
        let request = request(day, number, amount);
        let sale = SaleNumber(u32::from(day) * 100 + number);
        let opened = CheckoutFact::Sale(SaleFact::SaleOpened {
            sale,
            operator: OperatorId(7),
            order_reference: String::new(),
            price_version: String::new(),
            recalled: None,
        });
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
        self.lane(
            1,
            day,
            1,
            CheckoutFact::Tender(TenderFact::PaymentIntended { sale, payment }),
        );
        let tender = Tender::Card {
            amount: cny(amount),
            payment_id: request.payment_id,
            scheme: Scheme::UnionPay,
        };
        self.closed(1, day, sale.0, amount, tender);
    }

    pub(super) fn closed(&mut self, lane: u16, day: u8, number: u32, amount: i64, tender: Tender) {
        let receipt = receipt(lane, number);
        let closed = CheckoutFact::Sale(SaleFact::SaleClosed {
            sale: SaleNumber(number),
            receipt,
            total: cny(amount),
            tenders: vec![tender],
            change: cny(0),
            items: 2,
            order_reference: String::new(),
            rounding: cny(0),
            taxes: Vec::new(),
            tax_mode: TaxMode::Inclusive,
            returns: None,
        });
        self.lane(lane, day, 4, closed);
        let text = format!("receipt {receipt}");
        let printed = CheckoutFact::Sale(SaleFact::ReceiptPrinted {
            receipt,
            text,
            reprint: false,
        });
        self.lane(lane, day, 5, printed);
    }

    pub(super) fn cash_sale(&mut self, lane: u16, day: u8, number: u32, amount: i64) {
        let tender = Tender::Cash { given: cny(amount) };
        self.closed(lane, day, number, amount, tender);
    }

    /// Sales of one date for one amount, closed at these minutes in this order.
    pub(super) fn cash_sales_at(&mut self, day: u8, minutes: [i64; 3], amount: i64) {
        for (number, minute) in (u32::from(day) * 100 + 90..).zip(minutes) {
            let closed = SaleFact::SaleClosed {
                sale: SaleNumber(number),
                receipt: receipt(1, number),
                total: cny(amount),
                tenders: vec![Tender::Cash { given: cny(amount) }],
                change: cny(0),
                items: 1,
                order_reference: String::new(),
                rounding: cny(0),
                taxes: Vec::new(),
                tax_mode: TaxMode::Inclusive,
                returns: None,
            };
            self.lane(1, day, minute, closed.into());
        }
    }

    /// The date is turned, its batch closed, its first version sealed.
    pub(super) fn ends(&mut self, day: u8, balanced: bool) {
        let (ended, begins, by) = (date(day), date(day + 1), TurnedBy::Hand);
        self.hub(day, 900, DayFact::Turned { ended, begins, by });
        let marked = MarkedBy::Hub;
        self.lane(
            1,
            day,
            901,
            CheckoutFact::Date(DateFact::DayMarked {
                ended,
                begins,
                by: marked,
            }),
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

    pub(super) fn seals(&self, books: &mut Books) {
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
    pub(super) fn books(&self, kept: KeptDates) -> Books {
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

    pub(super) fn read(&self, books: &mut Books) {
        while !books.catch_up(&self.journal, 3).unwrap() {}
    }

    /// What books that were kept so often say is what books of all records say.
    pub(super) fn check(&self, books: &mut Books, what: &str) {
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
        assert_eq!(books.takings(), anew.takings(), "{what}");
        assert_eq!(books.days.facts(), anew.days.facts(), "{what}");
    }

    /// A whole date, with a payment that is reversed.
    pub(super) fn lives(&mut self, day: u8) {
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
