//! All projections, each record seen once. Dates that are over are kept in files and leave memory;
//! a late record brings its date back.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    day::{DayConfig, Days},
    ids::{ForwardId, LaneEpoch, LaneId, OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    money::Currency,
    till::CashAccount,
    time::BusinessDate,
};
use journal::{Head, LogId};
use ports::StoreZone;

use super::{
    contribution::{Contribution, InBatch},
    date_book::{Batch, Closed, DateBook},
    day_text::Day,
    figures::{Place, Sign, Takings},
    kept::KeptDates,
    payment::PaymentEntry,
    sale::SaleEntry,
    stall::Stall,
};

/// The sale that a lane has open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OpenSale {
    pub(super) sale: SaleNumber,
    pub(super) operator: OperatorId,
    /// Payments tried in it: how the sale ended belongs to their history.
    pub(super) tried: Vec<PaymentId>,
}

/// All projections.
#[derive(Debug)]
pub(crate) struct Books {
    pub(super) currency: Currency,
    pub(super) zone: StoreZone,
    pub(super) first_day: BusinessDate,
    /// The store's dates, and how far each lane's part of them is known.
    pub(crate) days: Days,
    /// Payments, entries and sales of the dates that are held.
    pub(super) payments: BTreeMap<PaymentId, PaymentEntry>,
    pub(super) forwards: BTreeMap<ForwardId, PaymentId>,
    pub(super) sales: BTreeMap<ReceiptNumber, SaleEntry>,
    pub(super) dates: BTreeMap<BusinessDate, DateBook>,
    /// Batches that are not closed.
    pub(super) open_batches: BTreeMap<Place, Batch>,
    /// With which of the dates held a batch fell due.
    pub(super) settled_on: BTreeMap<Place, BusinessDate>,
    pub(super) open_sales: BTreeMap<LogId, OpenSale>,
    /// Sales closed and voided by each lane, over all dates.
    pub(super) sold: BTreeMap<(LaneId, LaneEpoch), (u32, u32)>,
    /// What all lanes took by kind of tender, over all dates, in minor units.
    pub(super) taken: BTreeMap<String, i64>,
    /// What is in the store's safe and on its way to the bank, by all moves there were.
    pub(super) cash: BTreeMap<CashAccount, i64>,
    pub(super) positions: BTreeMap<LogId, Head>,
    /// Logs of lanes that can't be read on, each with where and why.
    pub(super) stalled: BTreeMap<LogId, Stall>,
    pub(super) kept: KeptDates,
    /// Records read since the books were kept last.
    pub(super) unkept: usize,
    /// What was held or changed since then.
    pub(super) changed: Changed,
}

/// Rows that the copy of what is open does not hold, or not as they are.
#[derive(Default, Debug)]
pub(super) struct Changed {
    pub(super) payments: BTreeSet<PaymentId>,
    pub(super) sales: BTreeSet<ReceiptNumber>,
}

impl Books {
    /// Books of nothing yet.
    pub(crate) fn new(
        currency: Currency,
        zone: StoreZone,
        days: DayConfig,
        kept: KeptDates,
    ) -> Self {
        Self {
            currency,
            zone,
            first_day: days.first_day,
            days: Days::new(days),
            payments: BTreeMap::new(),
            forwards: BTreeMap::new(),
            sales: BTreeMap::new(),
            dates: BTreeMap::new(),
            open_batches: BTreeMap::new(),
            settled_on: BTreeMap::new(),
            open_sales: BTreeMap::new(),
            sold: BTreeMap::new(),
            taken: BTreeMap::new(),
            cash: [(CashAccount::Safe, 0), (CashAccount::Deposit, 0)].into(),
            positions: BTreeMap::new(),
            stalled: BTreeMap::new(),
            kept,
            unkept: 0,
            changed: Changed::default(),
        }
    }

    /// The currency of all amounts.
    pub(crate) const fn currency(&self) -> Currency {
        self.currency
    }

    /// Whose local time hours are.
    pub(crate) const fn zone(&self) -> &StoreZone {
        &self.zone
    }

    /// Sales closed and voided by a lane, over all dates.
    pub(crate) fn counts_of(&self, lane: LaneId, epoch: LaneEpoch) -> (u32, u32) {
        self.sold.get(&(lane, epoch)).copied().unwrap_or_default()
    }

    /// What all lanes sold, over all dates.
    pub(crate) fn takings(&self) -> Takings {
        let mut sales: BTreeMap<LaneId, (u64, u64)> = BTreeMap::new();
        for ((lane, _), (closed, voided)) in &self.sold {
            let of_lane = sales.entry(*lane).or_default();
            of_lane.0 = of_lane.0.saturating_add(u64::from(*closed));
            of_lane.1 = of_lane.1.saturating_add(u64::from(*voided));
        }
        Takings {
            sales,
            taken: self.taken.clone(),
            cash: self.cash.clone(),
        }
    }

    /// What is in an account of the store.
    pub(super) fn in_account(&self, account: CashAccount) -> i64 {
        self.cash.get(&account).copied().unwrap_or(0)
    }

    /// A date's book to be changed; one that was kept is brought back.
    pub(super) fn date_mut(&mut self, date: BusinessDate) -> &mut DateBook {
        if !self.dates.contains_key(&date) {
            self.restore_date(date);
        }
        self.dates.entry(date).or_default()
    }

    /// A payment to be changed, made when a record names it for the first time.
    pub(super) fn change(
        &mut self,
        id: PaymentId,
        date: BusinessDate,
        change: impl FnOnce(&mut PaymentEntry),
    ) {
        self.changed.payments.insert(id);
        let entry = self.payments.entry(id);
        let entry = entry.or_insert_with(|| PaymentEntry::new(id, date));
        let before = Contribution::of(entry);
        change(entry);
        let after = Contribution::of(entry);
        if before != after {
            self.contribute(Sign::Minus, &before);
            self.contribute(Sign::Plus, &after);
        }
    }

    fn contribute(&mut self, sign: Sign, one: &Contribution) {
        if let Some(booked) = &one.booked {
            self.date_mut(booked.date).booked(sign, booked);
        }
        for (date, difference) in &one.differences {
            self.date_mut(*date).difference(sign, difference);
        }
        if let Some(date) = one.open_under {
            sign.count(&mut self.date_mut(date).open);
        }
        if let Some(batch) = &one.batch {
            self.in_batch(sign, one.id, batch);
        }
    }

    fn in_batch(&mut self, sign: Sign, id: PaymentId, one: &InBatch) {
        let settled = self.settled_date(one);
        let batch = match settled {
            Some(date) => self.date_mut(date).batches.entry(one.place.clone()),
            None => self.open_batches.entry(one.place.clone()),
        };
        batch.or_default().change(sign, &id.to_string(), one);
        if settled.is_none()
            && self
                .open_batches
                .get(&one.place)
                .is_some_and(|batch| batch.sold.is_empty())
        {
            self.open_batches.remove(&one.place);
        }
        let book = self.date_mut(one.sold);
        let sold = book.sold_in.entry(one.place.clone()).or_default();
        sold.sum.change(sign, one.minor);
        sold.settled = settled.map(Day);
        if sold.sum.count == 0 && settled.is_none() {
            book.sold_in.remove(&one.place);
        }
    }

    /// The date with which a batch fell due, once it is closed: of a date that is held, or as a
    /// date whose sales it holds knows it.
    fn settled_date(&mut self, one: &InBatch) -> Option<BusinessDate> {
        if let Some(date) = self.settled_on.get(&one.place) {
            return Some(*date);
        }
        let sold = self.date_mut(one.sold).sold_in.get(&one.place)?;
        sold.settled.map(|settled| settled.0)
    }

    /// A batch is closed: it belongs to the date with which it fell due.
    pub(super) fn close_batch(&mut self, place: Place, date: BusinessDate, closed: Closed) {
        let mut batch = self.open_batches.remove(&place).unwrap_or_default();
        batch.closed = Some(closed);
        if !closed.balanced {
            let entries = self.payments.values();
            let items = entries.filter_map(|entry| {
                let one = Contribution::of(entry).batch?;
                (one.place == place).then(|| (entry.id.to_string(), one.item()))
            });
            batch.items = items.collect();
        }
        let sold: Vec<BusinessDate> = batch.sold.keys().map(|sold| sold.0).collect();
        for sold in sold {
            let sold_in = &mut self.date_mut(sold).sold_in;
            sold_in.entry(place.clone()).or_default().settled = Some(Day(date));
        }
        self.date_mut(date).batches.insert(place.clone(), batch);
        self.settled_on.insert(place, date);
    }
}
