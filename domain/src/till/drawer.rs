//! What a drawer should hold, from one moment on.

use std::collections::BTreeMap;

use super::{CashAccount, CashMove, Tally};

/// The drawer as somebody answers for it: an operator, a lane, a date. Sums in minor units; what
/// went out is negative.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drawer {
    /// What lay there at the beginning: of each shift, for an operator.
    pub taken_over: i64,
    /// What an operator left to others before each shift but the first.
    pub handed_over: i64,
    /// Cash of sales, change taken off.
    pub sales: Tally,
    /// Cash that went back to customers.
    pub returns: Tally,
    /// Into the drawer and out of it.
    pub moved: BTreeMap<CashMove, Tally>,
    /// How often it was opened for nothing.
    pub no_sales: u32,
    /// What all counts differed by.
    pub variance: i64,
    /// Counted, and nothing moved since.
    pub is_counted: bool,
}

impl Drawer {
    pub(super) fn beginning_with(minor: i64) -> Self {
        Self {
            taken_over: minor,
            ..Self::default()
        }
    }

    /// What should be there, whatever was counted.
    #[must_use]
    pub fn expected(&self) -> i64 {
        let moved = self.moved.values().map(|tally| tally.minor);
        [self.sales.minor, self.returns.minor]
            .into_iter()
            .chain(moved)
            .fold(self.taken_over, i64::saturating_add)
            .saturating_sub(self.handed_over)
    }

    /// What was counted; `None`: it was not, or something moved since.
    #[must_use]
    pub fn counted(&self) -> Option<i64> {
        let counted = self.expected().saturating_add(self.variance);
        self.is_counted.then_some(counted)
    }

    /// The drawer of another till on top: of a store, all of them. Counted when all were.
    pub fn add(&mut self, other: &Self) {
        self.taken_over = self.taken_over.saturating_add(other.taken_over);
        self.handed_over = self.handed_over.saturating_add(other.handed_over);
        self.sales.add(other.sales);
        self.returns.add(other.returns);
        for (kind, tally) in &other.moved {
            self.moved.entry(*kind).or_default().add(*tally);
        }
        self.no_sales = self.no_sales.saturating_add(other.no_sales);
        self.variance = self.variance.saturating_add(other.variance);
        self.is_counted &= other.is_counted;
    }

    pub(super) fn sold_for(&mut self, cash: i64) {
        if cash < 0 {
            self.returns.add(Tally::of(cash));
        } else {
            self.sales.add(Tally::of(cash));
        }
        self.is_counted &= cash == 0;
    }

    pub(super) fn take(&mut self, kind: CashMove, minor: i64) {
        if let Some(change) = kind.changes(CashAccount::Till, minor) {
            self.moved.entry(kind).or_default().add(Tally::of(change));
            self.is_counted = false;
        }
    }

    pub(super) fn count(&mut self, variance: i64) {
        self.variance = self.variance.saturating_add(variance);
        self.is_counted = true;
    }

    /// From here on it holds what lies there now, and nothing of what was left before.
    pub(super) fn begin_shift(&mut self, minor: i64) {
        let left = self.expected().saturating_add(self.variance);
        self.handed_over = self.handed_over.saturating_add(left);
        self.taken_over = self.taken_over.saturating_add(minor);
        self.is_counted = false;
    }
}
