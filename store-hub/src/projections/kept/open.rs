//! What is open leaves memory when it is over, and comes back for a late record; a copy of it says
//! where a start goes on reading.

use std::path::Path;

use domain::{
    day::{Fact, FrameFact, LaneRecordSeen, Machine, TurnedBy},
    ids::{ForwardId, LaneEpoch, LaneId, OperatorId, PaymentId, SaleNumber},
    till::CashAccount,
    time::{BusinessDate, WallMs},
};
use journal::{Hash, Head, Journal, LogId};
use serde::{Deserialize, Serialize};

use super::{
    KeptDates, KeptError, KeptState, OPEN, Row, damaged,
    file::{Key, Part, Reading, Writing, sum_of},
    form::tag,
    part_name, row_of, write,
};
use crate::projections::{
    books::{Books, Changed, OpenSale},
    date_book::{Batch, DateBook},
    day_text::Day,
    figures::Place,
};
use crate::replica::log_of;

/// Of another form nothing is believed.
const FORM: u32 = 2;
/// Records behind the copy before it is brought up to date: so a question waits for no more than
/// the rows that these changed.
const RECORDS_PER_COPY: usize = 20_000;
/// Rows of the copy, for one that is open and beside these, before it is written anew: what is old
/// in it costs each start.
const COPY_ROWS_PER_ROW_MAX: usize = 2;
const COPY_ROWS_OVER_MAX: usize = 100;
/// Files of the copy, before it is written anew.
const COPY_PARTS_MAX: usize = 200;

/// All that is open, but for the rows.
#[derive(Serialize, Deserialize)]
struct OpenBooks {
    form: u32,
    currency: String,
    zone: String,
    first_day: Day,
    positions: Vec<(u64, u64, [u8; 32])>,
    kept: Vec<(Day, u64)>,
    last_number: u64,
    /// Files with the rows: of a row that is in two of them the later counts.
    parts: Vec<Part>,
    days: Vec<DayFact>,
    dates: Vec<(Day, DateBook)>,
    open_batches: Vec<(Place, Batch)>,
    open_sales: Vec<(u64, u32, u32, Vec<String>)>,
    sold: Vec<(u16, u32, u32, u32)>,
    /// A hub that did not add them up wrote none: they are of what came since.
    #[serde(default)]
    taken: Vec<(String, i64)>,
    /// Of the safe and of what is on its way to the bank; a hub that did not add them up wrote
    /// nothing.
    #[serde(default)]
    cash: (i64, i64),
}

/// A fact of the days.
#[derive(Serialize, Deserialize)]
enum DayFact {
    Turned(Day, Day, Turn),
    Attached(u16, u32, Day),
    EndStated(u16, u32, u64),
    BatchClosed(Day),
    Booked(Day),
    Lane(u16, u32, u64, i64, Option<Day>, Frame),
}

#[derive(Serialize, Deserialize)]
enum Turn {
    Hand,
    Clock,
    Moved,
}

#[derive(Serialize, Deserialize)]
enum Frame {
    Marker(Day),
    Rested,
    Started,
    Counted,
    Other,
    Unreadable,
}

impl Books {
    /// Goes on from the copy, if it fits this journal; else from the first record.
    pub(crate) fn restore(&mut self, journal: &Journal) {
        let Some(path) = self.kept.path(OPEN).filter(|path| path.exists()) else {
            return;
        };
        match self.kept.read_open(&path) {
            Ok((open, rows)) if self.fits(&open, journal) => self.take_over(open, rows),
            Ok(_) => tracing::info!(event = "projections are made again from the first record"),
            Err(error) => tracing::warn!(
                event = "projections are made again from the first record", %error
            ),
        }
    }

    /// What was read is what the journal holds there.
    fn fits(&self, open: &OpenBooks, journal: &Journal) -> bool {
        let same_store = open.form == FORM
            && open.currency == self.currency.letters()
            && open.zone == self.zone.name()
            && open.first_day.0 == self.first_day;
        let mut positions = open.positions.iter();
        same_store
            && positions.all(|(log, sequence, hash)| {
                let there = journal.read(LogId(*log), *sequence, 1);
                let there = there.ok().and_then(|records| records.first().cloned());
                there.is_some_and(|record| record.hash == Hash(*hash))
            })
    }

    fn take_over(&mut self, open: OpenBooks, rows: Vec<Row>) {
        let positions = open.positions.into_iter();
        self.positions = positions
            .map(|(log, sequence, hash)| {
                let hash = Hash(hash);
                (LogId(log), Head { sequence, hash })
            })
            .collect();
        self.kept.last_number = open.last_number;
        self.kept.parts = open.parts;
        let kept = open.kept.into_iter();
        self.kept.dates = kept.map(|(date, number)| (date.0, number)).collect();
        for fact in &open.days {
            self.days.take(&fact.fact());
        }
        for (date, book) in open.dates {
            self.hold_date(date.0, book);
        }
        self.open_batches = open.open_batches.into_iter().collect();
        let sales = open.open_sales.into_iter();
        self.open_sales = sales
            .map(|(log, sale, operator, tried)| {
                let tried = tried.iter().filter_map(|id| PaymentId::parse(id).ok());
                let open = OpenSale {
                    sale: SaleNumber(sale),
                    operator: OperatorId(operator),
                    tried: tried.collect(),
                };
                (LogId(log), open)
            })
            .collect();
        let sold = open.sold.into_iter();
        self.sold = sold
            .map(|(lane, epoch, closed, voided)| {
                ((LaneId(lane), LaneEpoch(epoch)), (closed, voided))
            })
            .collect();
        // Of a date that left memory later its own file says it.
        let rows = rows.into_iter().filter(|row| !self.kept.has(row.date()));
        let rows: Vec<Row> = rows.collect();
        self.taken = open.taken.into_iter().collect();
        let (safe, deposit) = open.cash;
        self.cash = [(CashAccount::Safe, safe), (CashAccount::Deposit, deposit)].into();
        rows.into_iter().for_each(|row| self.hold_row(row));
    }

    fn hold_date(&mut self, date: BusinessDate, book: DateBook) {
        let places = book.batches.keys().cloned();
        self.settled_on.extend(places.map(|place| (place, date)));
        self.dates.insert(date, book);
    }

    fn hold_row(&mut self, row: Row) {
        match row {
            Row::Payment(entry) => {
                let forwards = entry.file.iter().flat_map(|file| &file.forwards);
                let forwards = forwards.map(|forward| (forward.id, entry.id));
                self.forwards.extend(forwards);
                self.payments.insert(entry.id, *entry);
            }
            Row::Sale(sale) => {
                self.sales.insert(sale.receipt, *sale);
            }
        }
    }

    /// Holds a date again that was kept in a file.
    pub(in crate::projections) fn restore_date(&mut self, date: BusinessDate) {
        if !self.kept.has(date) {
            return;
        }
        match self.kept.whole(date) {
            Ok(Some((book, rows))) => {
                self.hold_date(date, book);
                for row in rows {
                    self.changed.note(&row);
                    self.hold_row(row);
                }
            }
            Ok(None) => {}
            Err(error) => self.lose(&error),
        }
        self.kept.dates.remove(&date);
    }

    fn lose(&mut self, error: &KeptError) {
        tracing::warn!(event = "projections are made again from the first record", %error);
        self.kept.state = KeptState::Lost;
    }

    /// Holds a payment that may be kept.
    pub(in crate::projections) fn hold(&mut self, id: PaymentId) {
        if !self.payments.contains_key(&id) {
            self.hold_by(Key::new(tag::PAYMENT, &id.0.to_be_bytes()));
        }
    }

    /// As [`Self::hold`], for a record that begins it: under the running date it is a new one.
    pub(in crate::projections) fn hold_if_late(&mut self, id: PaymentId, date: BusinessDate) {
        if date < self.days.running() {
            self.hold(id);
        }
    }

    /// The payment of a queue entry.
    pub(in crate::projections) fn payment_of_entry(
        &mut self,
        entry: ForwardId,
    ) -> Option<PaymentId> {
        if !self.forwards.contains_key(&entry) {
            self.hold_by(Key::new(tag::ENTRY, &entry.0.to_be_bytes()));
        }
        self.forwards.get(&entry).copied()
    }

    fn hold_by(&mut self, key: Key) {
        match self.kept.find(key) {
            Ok(Some((date, _))) => self.restore_date(date),
            Ok(None) => {}
            Err(error) => self.lose(&error),
        }
    }

    /// Everything from the first record again.
    pub(in crate::projections) fn begin_anew(&mut self) {
        let sealed = self.days.sealed_facts();
        let kept = std::mem::replace(&mut self.kept, KeptDates::nowhere());
        let days = *self.days.config();
        *self = Self::new(self.currency, self.zone.clone(), days, kept);
        self.kept.begin_anew();
        sealed.iter().for_each(|fact| self.days.take(fact));
    }

    /// Puts dates that are over into their files, and makes a copy of the rest when it is time.
    /// The books are caught up.
    pub(crate) fn keep(&mut self) {
        if !self.kept.is_somewhere() || self.kept.is_lost() {
            return;
        }
        // A disk that took nothing is not asked again at once.
        if self.kept.state == KeptState::Failing && self.unkept < RECORDS_PER_COPY {
            return;
        }
        let over: Vec<BusinessDate> = self.dates_over().collect();
        if over.is_empty() && self.unkept < RECORDS_PER_COPY {
            return;
        }
        self.keep_now(over);
    }

    /// As [`Self::keep`], whether it is time or not: the hub stops.
    pub(crate) fn keep_at_the_end(&mut self) {
        if self.kept.is_somewhere() && !self.kept.is_lost() && self.unkept > 0 {
            let over = self.dates_over().collect();
            self.keep_now(over);
        }
    }

    fn dates_over(&self) -> impl Iterator<Item = BusinessDate> {
        let before = self.dates.range(..self.days.running());
        before
            .filter(|(date, book)| self.days.sealed(**date).is_some() && book.is_over())
            .map(|(date, _)| *date)
    }

    fn keep_now(&mut self, over: Vec<BusinessDate>) {
        let kept = over
            .into_iter()
            .try_for_each(|date| self.archive_date(date));
        match kept.and_then(|()| self.write_open()) {
            Ok(()) => {
                self.kept.written(true);
                self.unkept = 0;
            }
            // A cache: what is in memory stays true, and it is tried again as many records later.
            Err(error) => {
                tracing::warn!(event = "projections not kept", %error);
                self.kept.written(false);
                self.unkept = 1;
            }
        }
    }

    /// Writes one date to its file, and drops it.
    fn archive_date(&mut self, date: BusinessDate) -> Result<(), KeptError> {
        let Some(book) = self.dates.get(&date) else {
            return Ok(());
        };
        let mut writing = Writing::default();
        let payments = self.payments.values();
        for entry in payments.filter(|entry| entry.kept_under == date) {
            let (bytes, keys) = entry.row();
            writing.row(bytes, keys);
        }
        for sale in self.sales.values().filter(|sale| sale.date == date) {
            let (bytes, keys) = sale.row();
            writing.row(bytes, keys);
        }
        let book = to_json(book);
        self.kept.write(date, &book, writing)?;
        if let Some(book) = self.dates.remove(&date) {
            for place in book.batches.keys() {
                self.settled_on.remove(place);
            }
        }
        self.payments.retain(|_, entry| entry.kept_under != date);
        self.sales.retain(|_, sale| sale.date != date);
        let (payments, sales) = (&self.payments, &self.sales);
        self.changed.payments.retain(|id| payments.contains_key(id));
        self.changed
            .sales
            .retain(|receipt| sales.contains_key(receipt));
        let payments = &self.payments;
        self.forwards.retain(|_, id| payments.contains_key(id));
        Ok(())
    }

    /// Brings the copy up to date: the rows that changed, then what names them.
    fn write_open(&mut self) -> Result<(), KeptError> {
        let Some(path) = self.kept.path(OPEN) else {
            return Ok(());
        };
        let open = self.payments.len().saturating_add(self.sales.len());
        let changed = self.changed.len();
        let most = open.saturating_mul(COPY_ROWS_PER_ROW_MAX);
        let parts = &self.kept.parts;
        let rows: usize = parts.iter().map(|part| part.rows).sum();
        let anew = rows.saturating_add(changed) > most.saturating_add(COPY_ROWS_OVER_MAX)
            || parts.len() >= COPY_PARTS_MAX;
        let last = parts.last().map_or(0, |part| part.number);
        let mut named = if anew { Vec::new() } else { parts.clone() };
        if anew || changed > 0 {
            named.push(self.write_part(last.saturating_add(1), anew)?);
        }
        let books = OpenBooks {
            parts: named.clone(),
            ..self.open_books()
        };
        write(&path, &Writing::default().bytes(&to_json(&books)))?;
        self.kept.parts = named;
        self.changed = Changed::default();
        let swept = self.kept.sweep();
        swept.map_err(|source| KeptError::Io { path, source })
    }

    fn write_part(&self, number: u64, anew: bool) -> Result<Part, KeptError> {
        let Changed { payments, sales } = &self.changed;
        let mut writing = Writing::default();
        let mut rows = 0_usize;
        for (id, entry) in &self.payments {
            if anew || payments.contains(id) {
                writing.row(entry.row().0, []);
                rows = rows.saturating_add(1);
            }
        }
        for (receipt, sale) in &self.sales {
            if anew || sales.contains(receipt) {
                writing.row(sale.row().0, []);
                rows = rows.saturating_add(1);
            }
        }
        let bytes = writing.bytes(&[]);
        let sum = sum_of(&bytes);
        if let Some(path) = self.kept.path(&part_name(number)) {
            write(&path, &bytes)?;
        }
        Ok(Part { number, rows, sum })
    }

    /// Of a lane whose record can't be understood only what stands before it: a newer hub reads on
    /// from there.
    fn day_facts(&self) -> Vec<DayFact> {
        let is_read = |fact: &Fact| match fact {
            Fact::Lane(seen) => {
                let log = log_of(seen.machine.lane, seen.machine.epoch);
                let stall = self.stalled.get(&log);
                stall.is_none_or(|stall| seen.sequence < stall.sequence)
            }
            Fact::Turned { .. }
            | Fact::Attached { .. }
            | Fact::TakenBack { .. }
            | Fact::EndStated { .. }
            | Fact::BatchClosed { .. }
            | Fact::Booked { .. }
            | Fact::Sealed { .. } => true,
        };
        let facts = self.days.facts();
        let read = facts.iter().filter(|fact| is_read(fact));
        read.filter_map(DayFact::of).collect()
    }

    fn open_books(&self) -> OpenBooks {
        let positions = self.positions.iter();
        let kept = self.kept.dates.iter();
        let dates = self.dates.iter();
        let batches = self.open_batches.iter();
        let sales = self.open_sales.iter();
        let sold = self.sold.iter();
        OpenBooks {
            form: FORM,
            currency: self.currency.letters().to_owned(),
            zone: self.zone.name().to_owned(),
            first_day: Day(self.first_day),
            positions: positions
                .map(|(log, head)| (log.0, head.sequence, head.hash.0))
                .collect(),
            kept: kept.map(|(date, number)| (Day(*date), *number)).collect(),
            last_number: self.kept.last_number,
            parts: Vec::new(),
            days: self.day_facts(),
            dates: dates
                .map(|(date, book)| (Day(*date), book.clone()))
                .collect(),
            open_batches: batches
                .map(|(place, batch)| (place.clone(), batch.clone()))
                .collect(),
            open_sales: sales
                .map(|(log, open)| {
                    let tried = open.tried.iter().map(ToString::to_string).collect();
                    (log.0, open.sale.0, open.operator.0, tried)
                })
                .collect(),
            sold: sold
                .map(|((lane, epoch), (closed, voided))| (lane.0, epoch.0, *closed, *voided))
                .collect(),
            taken: self.taken.clone().into_iter().collect(),
            cash: (
                self.in_account(CashAccount::Safe),
                self.in_account(CashAccount::Deposit),
            ),
        }
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Maps are lists of pairs, and numbers are no floats: it can't fail.
    serde_json::to_vec(value).unwrap_or_default()
}

impl KeptDates {
    fn read_open(&self, path: &Path) -> Result<(OpenBooks, Vec<Row>), KeptError> {
        let reading = Reading::open(path)?;
        reading.check()?;
        let at = Some(path.to_owned());
        let open: OpenBooks = serde_json::from_slice(&reading.book()?)
            .map_err(|_| damaged(&at, "its book can't be understood"))?;
        let mut rows = Vec::new();
        for part in &open.parts {
            let Some(path) = self.path(&part_name(part.number)) else {
                continue;
            };
            let reading = Reading::open(&path)?;
            let sum = reading.check()?;
            let at = Some(path);
            if sum != part.sum {
                return Err(damaged(&at, "it is not the file that is named"));
            }
            for row in 0..reading.rows() {
                rows.push(row_of(&reading, row, &at)?);
            }
        }
        Ok((open, rows))
    }
}

impl Changed {
    fn note(&mut self, row: &Row) {
        match row {
            Row::Payment(entry) => self.payments.insert(entry.id),
            Row::Sale(sale) => self.sales.insert(sale.receipt),
        };
    }

    fn len(&self) -> usize {
        self.payments.len().saturating_add(self.sales.len())
    }
}

const fn machine(lane: u16, epoch: u32) -> Machine {
    Machine {
        lane: LaneId(lane),
        epoch: LaneEpoch(epoch),
    }
}

impl DayFact {
    fn of(fact: &Fact) -> Option<Self> {
        Some(match fact {
            Fact::Turned { ended, begins, by } => {
                let by = match by {
                    TurnedBy::Hand => Turn::Hand,
                    TurnedBy::Clock => Turn::Clock,
                    TurnedBy::Moved => Turn::Moved,
                };
                Self::Turned(Day(*ended), Day(*begins), by)
            }
            Fact::Attached { machine, date } => {
                Self::Attached(machine.lane.0, machine.epoch.0, Day(*date))
            }
            Fact::EndStated { machine, sequence } => {
                Self::EndStated(machine.lane.0, machine.epoch.0, *sequence)
            }
            Fact::BatchClosed { date } => Self::BatchClosed(Day(*date)),
            Fact::Booked { date } => Self::Booked(Day(*date)),
            Fact::Lane(seen) => {
                let frame = match seen.fact {
                    FrameFact::Marker { begins } => Frame::Marker(Day(begins)),
                    FrameFact::Rested => Frame::Rested,
                    FrameFact::Started => Frame::Started,
                    FrameFact::Counted => Frame::Counted,
                    FrameFact::Other => Frame::Other,
                    FrameFact::Unreadable => Frame::Unreadable,
                };
                let Machine { lane, epoch } = seen.machine;
                let date = seen.date.map(Day);
                Self::Lane(lane.0, epoch.0, seen.sequence, seen.at.0, date, frame)
            }
            // Sealed versions lie in their own folder; a machine taken back left no trace.
            Fact::Sealed { .. } | Fact::TakenBack { .. } => return None,
        })
    }

    fn fact(&self) -> Fact {
        match self {
            Self::Turned(ended, begins, by) => Fact::Turned {
                ended: ended.0,
                begins: begins.0,
                by: match by {
                    Turn::Hand => TurnedBy::Hand,
                    Turn::Clock => TurnedBy::Clock,
                    Turn::Moved => TurnedBy::Moved,
                },
            },
            Self::Attached(lane, epoch, date) => Fact::Attached {
                machine: machine(*lane, *epoch),
                date: date.0,
            },
            Self::EndStated(lane, epoch, sequence) => Fact::EndStated {
                machine: machine(*lane, *epoch),
                sequence: *sequence,
            },
            Self::BatchClosed(date) => Fact::BatchClosed { date: date.0 },
            Self::Booked(date) => Fact::Booked { date: date.0 },
            Self::Lane(lane, epoch, sequence, at, date, frame) => Fact::Lane(LaneRecordSeen {
                machine: machine(*lane, *epoch),
                sequence: *sequence,
                at: WallMs(*at),
                date: date.map(|date| date.0),
                fact: match frame {
                    Frame::Marker(begins) => FrameFact::Marker { begins: begins.0 },
                    Frame::Rested => FrameFact::Rested,
                    Frame::Started => FrameFact::Started,
                    Frame::Counted => FrameFact::Counted,
                    Frame::Other => FrameFact::Other,
                    Frame::Unreadable => FrameFact::Unreadable,
                },
            }),
        }
    }
}
