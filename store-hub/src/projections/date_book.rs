//! What is added up under one business date, and in one batch.

use std::collections::BTreeMap;

use domain::time::BusinessDate;
use serde::{Deserialize, Serialize};

use super::{
    contribution::{Booked, InBatch},
    day_text::Day,
    figures::{
        DeadLetterLine, Difference, ForwardFigures, PaymentSum, Payments, Place, SalesDay, Sign,
    },
    tills::TillsDay,
};

/// One business date.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct DateBook {
    pub(crate) sales: SalesDay,
    pub(crate) payments: Payments,
    pub(crate) forward: ForwardFigures,
    /// By entry, each with whether the goods were gone.
    #[serde(with = "super::pairs")]
    pub(crate) dead_letters: BTreeMap<u64, (bool, DeadLetterLine)>,
    /// By payment.
    pub(crate) differences: BTreeMap<String, Difference>,
    /// Batches that fell due with it and are closed.
    #[serde(with = "super::pairs")]
    pub(crate) batches: BTreeMap<Place, Batch>,
    /// Payments of its sales, by the batch that the host counts them in.
    #[serde(with = "super::pairs")]
    pub(crate) sold_in: BTreeMap<Place, SoldIn>,
    /// Payments kept under it of which something is still to come.
    pub(super) open: u64,
    /// A hub that did not add them up wrote none, and a lane without floats has none.
    #[serde(default, skip_serializing_if = "TillsDay::is_empty")]
    pub(crate) tills: TillsDay,
}

/// Payments of one date's sales in one batch.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct SoldIn {
    pub(crate) sum: PaymentSum,
    /// The date with which the batch fell due, once it is closed.
    pub(crate) settled: Option<Day>,
}

/// What is in a batch.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Batch {
    /// Once it is closed.
    pub(crate) closed: Option<Closed>,
    /// By the date of their sales.
    #[serde(with = "super::pairs")]
    pub(crate) sold: BTreeMap<Day, OfDate>,
    /// One by one, where the host did not count the same.
    pub(crate) items: BTreeMap<String, Item>,
}

/// How a batch was closed.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Closed {
    pub(crate) debit_minor: i64,
    pub(crate) debit_count: u32,
    pub(crate) credit_minor: i64,
    pub(crate) credit_count: u32,
    pub(crate) balanced: bool,
}

/// Payments of one date's sales, as hub and lane count them.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct OfDate {
    pub(crate) sum: PaymentSum,
    pub(crate) lane_minor: i64,
}

/// One payment of a batch.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    pub(crate) stan: u32,
    pub(crate) minor: i64,
}

impl DateBook {
    pub(super) fn booked(&mut self, sign: Sign, booked: &Booked) {
        let (all, one) = (&mut self.payments, &booked.payments);
        for (sum, by) in [
            (&mut all.requested, one.requested),
            (&mut all.approved, one.approved),
            (&mut all.partially_approved, one.partially_approved),
            (&mut all.declined, one.declined),
            (&mut all.unknown, one.unknown),
            (&mut all.refused, one.refused),
            (&mut all.stand_in, one.stand_in),
            (&mut all.offline_approved, one.offline_approved),
            (&mut all.reversed, one.reversed),
            (&mut all.declined_after_goods, one.declined_after_goods),
        ] {
            sign.counts(sum, by);
        }
        let (all, one) = (&mut self.forward, &booked.forward);
        for (sum, by) in [
            (&mut all.queued, one.queued),
            (&mut all.delivered, one.delivered),
            (&mut all.withdrawn, one.withdrawn),
            (&mut all.dead_letters, one.dead_letters),
            (&mut all.waiting, one.waiting),
        ] {
            sign.counts(sum, by);
        }
        sign.minor(&mut all.waiting_minor, one.waiting_minor);
        for letter in &booked.dead_letters {
            let id = letter.1.forward_id;
            match sign {
                Sign::Plus => self.dead_letters.insert(id, letter.clone()),
                Sign::Minus => self.dead_letters.remove(&id),
            };
        }
    }

    pub(super) fn difference(&mut self, sign: Sign, difference: &Difference) {
        let id = &difference.payment_id;
        match sign {
            Sign::Plus => self.differences.insert(id.clone(), difference.clone()),
            Sign::Minus => self.differences.remove(id),
        };
    }

    /// Whether every payment under it is over and every batch of its sales is closed.
    pub(super) fn is_over(&self) -> bool {
        let mut sold_in = self.sold_in.values();
        self.open == 0 && sold_in.all(|sold| sold.sum.count == 0 || sold.settled.is_some())
    }
}

impl Batch {
    pub(super) fn change(&mut self, sign: Sign, id: &str, one: &InBatch) {
        let of_date = self.sold.entry(Day(one.sold)).or_default();
        of_date.sum.change(sign, one.minor);
        sign.minor(&mut of_date.lane_minor, one.lane_minor);
        if of_date.sum.count == 0 {
            self.sold.remove(&Day(one.sold));
        }
        if self.closed.is_some_and(|closed| !closed.balanced) {
            match sign {
                Sign::Plus => self.items.insert(id.to_owned(), one.item()),
                Sign::Minus => self.items.remove(id),
            };
        }
    }
}

impl InBatch {
    pub(super) const fn item(&self) -> Item {
        Item {
            stan: self.stan,
            minor: self.minor,
        }
    }
}

/// A batch of a date, as its settlement tells it.
#[derive(Clone, Debug)]
pub(crate) struct BatchOf<'a> {
    pub(crate) place: &'a Place,
    pub(crate) closed: Closed,
    pub(crate) lane_minor: i64,
    pub(crate) later_sales: PaymentSum,
    pub(crate) earlier_sales: PaymentSum,
    pub(crate) items: &'a BTreeMap<String, Item>,
}

impl DateBook {
    /// The batches that fell due with this date, each with which sales are in it.
    pub(crate) fn settled(&self, date: BusinessDate) -> impl Iterator<Item = BatchOf<'_>> {
        let batches = self.batches.iter();
        batches.filter_map(move |(place, batch)| {
            let mut of = BatchOf {
                place,
                closed: batch.closed?,
                lane_minor: 0,
                later_sales: PaymentSum::default(),
                earlier_sales: PaymentSum::default(),
                items: &batch.items,
            };
            for (sold, of_date) in &batch.sold {
                of.lane_minor = of.lane_minor.saturating_add(of_date.lane_minor);
                match sold.0.cmp(&date) {
                    std::cmp::Ordering::Greater => of.later_sales.add(of_date.sum),
                    std::cmp::Ordering::Less => of.earlier_sales.add(of_date.sum),
                    std::cmp::Ordering::Equal => {}
                }
            }
            Some(of)
        })
    }

    /// Payments of this date's sales that a batch of an earlier date holds, and those that no
    /// closed batch holds yet.
    pub(crate) fn elsewhere(&self, date: BusinessDate) -> (PaymentSum, PaymentSum) {
        let (mut before, mut not) = (PaymentSum::default(), PaymentSum::default());
        for sold in self.sold_in.values() {
            match sold.settled {
                None => not.add(sold.sum),
                Some(settled) if settled.0 < date => before.add(sold.sum),
                Some(_) => {}
            }
        }
        (before, not)
    }
}
