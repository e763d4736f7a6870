//! What a lane's journal tells of its sales, as a lane replicates it.

use journal::Head;
use ports::{Clock, SystemClock};
use prost::Message;
use proto::{
    journal::v1::{
        DayMarker, DayMarkerBy, LaneRecord, ReceiptPrinted, SaleClosed, Tender, lane_record::Body,
    },
    store::v1::{JournalEntry, JournalHead, Money, Scheme, TenderKind},
};

use crate::workload::{BUSINESS_DATE, OPENING_WALL_MS, price_list::CURRENCY};

/// Epoch of every lane of a load.
pub(super) const EPOCH: u32 = 1;

/// Business time of a load: it passes as real time does, and begins when the store opens.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreClock {
    /// Real moment at which the first day opened.
    pub(super) origin_real_ms: i64,
}

impl StoreClock {
    const DAY_MS: i64 = 86_400_000;

    /// Its first day opens now.
    pub(super) fn opening_now() -> Self {
        let origin_real_ms = SystemClock::new().wall_ms();
        Self { origin_real_ms }
    }

    /// A later day opens now.
    pub(super) fn on_day(day: u16) -> Self {
        let Self { origin_real_ms } = Self::opening_now();
        let nights = i64::from(day.saturating_sub(1));
        Self {
            origin_real_ms: origin_real_ms - nights * Self::DAY_MS,
        }
    }

    /// UTC.
    pub(super) fn wall_ms(self) -> i64 {
        OPENING_WALL_MS + SystemClock::new().wall_ms() - self.origin_real_ms
    }
}

/// A payment that was approved and whose sale is not closed yet.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) payment_id: String,
    pub(super) minor: i64,
}

/// A lane's journal, of which only its end is kept.
#[derive(Clone, Debug)]
pub(super) struct LaneJournal {
    pub(super) lane: u16,
    pub(super) head: Head,
    /// The running date of the lane's own frame.
    pub(super) date: String,
    /// Sales of the running date, and of the one before it.
    pub(super) sold: u64,
    pub(super) sold_before: u64,
    receipts: u32,
}

impl LaneJournal {
    pub(super) fn new(lane: u16) -> Self {
        Self {
            lane,
            head: Head::default(),
            date: BUSINESS_DATE.to_owned(),
            sold: 0,
            sold_before: 0,
            receipts: 0,
        }
    }

    /// Where it ends, as a hello says it.
    pub(super) fn end(&self) -> JournalHead {
        let hash = match self.head.sequence {
            0 => Vec::new(),
            _ => self.head.hash.0.to_vec(),
        };
        JournalHead {
            sequence: self.head.sequence,
            hash: hash.into(),
        }
    }

    /// The records of a sale that this payment pays: closed, and its receipt.
    pub(super) fn sale(&mut self, paid: &Paid, wall_ms: i64) -> [JournalEntry; 2] {
        self.receipts += 1;
        self.sold += 1;
        let receipt_number = format!("{}-{EPOCH}-{:06}", self.lane, self.receipts);
        let tender = Tender {
            tender: TenderKind::Card.into(),
            amount: money(paid.minor),
            payment_id: paid.payment_id.clone(),
            scheme: Scheme::UnionPay.into(),
            ..Tender::default()
        };
        let closed = SaleClosed {
            sale_number: self.receipts,
            receipt_number: receipt_number.clone(),
            total: money(paid.minor),
            tenders: vec![tender],
            change: money(0),
            items: 12,
            ..Default::default()
        };
        let printed = ReceiptPrinted {
            receipt_number,
            text: RECEIPT.repeat(RECEIPT_LINES),
            reprint: false,
        };
        [
            self.entry(Body::SaleClosed(closed), wall_ms),
            self.entry(Body::ReceiptPrinted(printed), wall_ms),
        ]
    }

    /// The marker that ends the running date.
    pub(super) fn marker(&mut self, begins: String, wall_ms: i64) -> JournalEntry {
        let marker = DayMarker {
            ended: self.date.clone(),
            begins: begins.clone(),
            by: DayMarkerBy::Hub.into(),
        };
        let entry = self.entry(Body::DayMarker(marker), wall_ms);
        self.date = begins;
        (self.sold_before, self.sold) = (self.sold, 0);
        entry
    }

    /// Sales of all dates.
    pub(super) fn sold_ever(&self) -> u64 {
        self.receipts.into()
    }

    fn entry(&mut self, body: Body, wall_ms: i64) -> JournalEntry {
        let record = LaneRecord {
            wall_ms,
            business_date: self.date.clone(),
            body: Some(body),
        };
        let record = record.encode_to_vec();
        self.head = self.head.extended_by(&record);
        JournalEntry {
            sequence: self.head.sequence,
            hash: self.head.hash.0.to_vec().into(),
            record: record.into(),
        }
    }
}

/// A receipt of twelve articles has some twenty lines of the printer's width.
const RECEIPT: &str = "whole milk, one litre                12.50\n";
const RECEIPT_LINES: usize = 20;

#[allow(
    clippy::unnecessary_wraps,
    reason = "every field of money in a message is optional"
)]
pub(super) fn money(minor: i64) -> Option<Money> {
    Some(Money {
        minor,
        currency: CURRENCY.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_each_other_and_the_date_turns_behind_its_marker() {
        let mut journal = LaneJournal::new(7);
        let paid = Paid {
            payment_id: "0".repeat(32),
            minor: 1250,
        };
        let sale = journal.sale(&paid, 0);
        let marker = journal.marker("2026-11-23".to_owned(), 0);
        let next = journal.sale(&paid, 0);
        let sequences: Vec<u64> = sale
            .iter()
            .chain([&marker])
            .chain(&next)
            .map(|one| one.sequence)
            .collect();
        assert_eq!(sequences, [1, 2, 3, 4, 5]);
        let date = |entry: &JournalEntry| {
            LaneRecord::decode(entry.record.as_ref())
                .unwrap()
                .business_date
        };
        assert_eq!(date(&marker), BUSINESS_DATE);
        assert_eq!(date(&next[0]), "2026-11-23");
        assert_eq!((journal.sold_before, journal.sold), (1, 1));
        assert_eq!(journal.end().sequence, 5);
    }
}
