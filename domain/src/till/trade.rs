//! What was sold, in sums that add up: of one sale, of an operator, of a lane, of a store.

use std::collections::BTreeMap;

use crate::{ids::ReceiptNumber, limits, sale::TenderKind};

/// How often, and how much in all. An amount has twelve digits at most, so that a sum of nine
/// million of the largest still fits; beyond it stays at the largest number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How often.
    pub count: u32,
    /// In minor units.
    pub minor: i64,
}

impl Tally {
    /// Once.
    #[must_use]
    pub const fn of(minor: i64) -> Self {
        Self { count: 1, minor }
    }

    /// One more, or many.
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.minor = self.minor.saturating_add(other.minor);
    }
}

/// One class of tax.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TaxTally {
    /// The totals of its lines, as they are priced, in minor units.
    pub taxed: i64,
    /// The tax in them, or on top of them.
    pub tax: i64,
}

/// The class of all that there is no room to tell apart.
const OTHER_CLASSES: &str = "*";

/// What was sold, and by what it was paid. What comes off is negative.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trade {
    /// First and last.
    pub receipts: Option<(ReceiptNumber, ReceiptNumber)>,
    /// Sales with goods that were sold: what those cost, with their tax.
    pub sales: Tally,
    /// Sales with goods that came back: what those cost.
    pub returns: Tally,
    /// What cash was rounded by.
    pub rounding: Tally,
    /// Sales that were given up: what was in them.
    pub voided_sales: Tally,
    /// Lines that were taken back.
    pub voided_lines: Tally,
    /// Taken off lines.
    pub discounts: Tally,
    /// Prices that are not those of the shelf: what that makes.
    pub overrides: Tally,
    /// Given back of what was tendered.
    pub change: Tally,
    /// By what it was paid; change is taken off cash.
    pub tenders: BTreeMap<TenderKind, Tally>,
    /// By class and rate in basis points.
    pub taxes: BTreeMap<(String, u16), TaxTally>,
}

impl Trade {
    /// Sales less returns, as they were paid: the sum of the tenders.
    #[must_use]
    pub fn net(&self) -> i64 {
        let sold = self.sales.minor.saturating_add(self.returns.minor);
        sold.saturating_add(self.rounding.minor)
    }

    /// What is in the drawer for it; `None`: no cash was used.
    #[must_use]
    pub fn cash(&self) -> Option<i64> {
        let cash = self.tenders.get(&TenderKind::Cash);
        cash.map(|tally| tally.minor)
    }

    /// All of the other on top. In whichever order many are added, the sum is the same, as long as
    /// there is room for their classes of tax.
    pub fn add(&mut self, other: &Self) {
        self.receipts = match (self.receipts, other.receipts) {
            (Some(own), Some(others)) => Some((own.0.min(others.0), own.1.max(others.1))),
            (own, others) => own.or(others),
        };
        self.sales.add(other.sales);
        self.returns.add(other.returns);
        self.rounding.add(other.rounding);
        self.voided_sales.add(other.voided_sales);
        self.voided_lines.add(other.voided_lines);
        self.discounts.add(other.discounts);
        self.overrides.add(other.overrides);
        self.change.add(other.change);
        for (kind, tally) in &other.tenders {
            self.tenders.entry(*kind).or_default().add(*tally);
        }
        for ((class, rate), tally) in &other.taxes {
            self.add_tax(class, *rate, *tally);
        }
    }

    /// The tax of one class. A report is one record, and has room for so many.
    pub fn add_tax(&mut self, class: &str, rate_basis_points: u16, tally: TaxTally) {
        let own = (class.to_owned(), rate_basis_points);
        let has_room = self.taxes.len() < limits::REPORT_TAX_CLASSES_MAX;
        let key = if has_room || self.taxes.contains_key(&own) {
            own
        } else {
            (OTHER_CLASSES.to_owned(), 0)
        };
        let sum = self.taxes.entry(key).or_default();
        sum.taxed = sum.taxed.saturating_add(tally.taxed);
        sum.tax = sum.tax.saturating_add(tally.tax);
    }
}
