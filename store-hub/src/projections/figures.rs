//! The figures of one business date, as they are added up: counts of decisions and of queue
//! entries, what lanes sold, what is to be looked at.

use std::collections::BTreeMap;

use domain::{ids::LaneId, till::CashAccount};
use serde::{Deserialize, Serialize};

/// A batch: its terminal and its number.
pub(crate) type Place = (String, u32);

/// Counts of decisions: requested = the kinds together and those still open.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Payments {
    pub(crate) requested: u64,
    pub(crate) approved: u64,
    pub(crate) partially_approved: u64,
    pub(crate) declined: u64,
    pub(crate) unknown: u64,
    pub(crate) refused: u64,
    pub(crate) stand_in: u64,
    pub(crate) offline_approved: u64,
    /// Reversals the host accepted.
    pub(crate) reversed: u64,
    pub(crate) declined_after_goods: u64,
    pub(crate) late_answers: u64,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct ForwardFigures {
    pub(crate) queued: u64,
    pub(crate) delivered: u64,
    pub(crate) withdrawn: u64,
    pub(crate) dead_letters: u64,
    pub(crate) waiting: u64,
    pub(crate) waiting_minor: i64,
}

/// Payments, counted and added up.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct PaymentSum {
    pub(crate) count: u64,
    pub(crate) minor: i64,
}

impl PaymentSum {
    pub(crate) const fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.minor = self.minor.saturating_add(other.minor);
    }

    pub(crate) const fn change(&mut self, sign: Sign, minor: i64) {
        sign.count(&mut self.count);
        sign.minor(&mut self.minor, minor);
    }
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct DeadLetterLine {
    pub(crate) forward_id: u64,
    pub(crate) payment_id: String,
    pub(crate) kind: String,
    pub(crate) amount_minor: i64,
    pub(crate) reason: String,
    pub(crate) last_answer: String,
    pub(crate) owner: String,
    pub(crate) resolution: String,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Difference {
    pub(crate) payment_id: String,
    pub(crate) lane_minor: i64,
    pub(crate) hub_minor: i64,
    pub(crate) what: String,
}

/// One lane's day.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct LaneDay {
    pub(crate) sales: u32,
    pub(crate) voided: u32,
    pub(crate) items: u64,
    pub(crate) total_minor: i64,
    pub(crate) change_minor: i64,
}

/// Count and sum of a kind of tender.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct TenderSum {
    pub(crate) count: u32,
    pub(crate) minor: i64,
}

impl TenderSum {
    /// `None` when the sum can't be made.
    pub(super) fn add(&mut self, minor: i64) -> Option<()> {
        self.count = self.count.saturating_add(1);
        self.minor = self.minor.checked_add(minor)?;
        Some(())
    }
}

/// What all lanes sold, over all dates.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Takings {
    /// Sales closed and voided by each lane, whatever machines it had.
    pub(crate) sales: BTreeMap<LaneId, (u64, u64)>,
    /// By kind of tender, in minor units; cash is what the till kept.
    pub(crate) taken: BTreeMap<String, i64>,
    /// In the safe and on its way to the bank, in minor units.
    pub(crate) cash: BTreeMap<CashAccount, i64>,
}

/// What all lanes sold on one business date.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct SalesDay {
    /// By lane and epoch.
    #[serde(with = "super::pairs")]
    pub(crate) lanes: BTreeMap<(u16, u32), LaneDay>,
    /// By tender and scheme; cash has no scheme. Cash is what the till kept: given less change.
    #[serde(with = "super::pairs")]
    pub(crate) tenders: BTreeMap<(String, String), TenderSum>,
    /// By hour of the day, 0 to 23.
    #[serde(with = "super::pairs")]
    pub(crate) hours: BTreeMap<u8, TenderSum>,
}

/// Whether a contribution is added or taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

impl Sign {
    pub(super) const fn count(self, counter: &mut u64) {
        self.counts(counter, 1);
    }

    pub(super) const fn counts(self, counter: &mut u64, by: u64) {
        *counter = match self {
            Self::Plus => counter.saturating_add(by),
            Self::Minus => counter.saturating_sub(by),
        };
    }

    pub(super) const fn minor(self, sum: &mut i64, minor: i64) {
        *sum = match self {
            Self::Plus => sum.saturating_add(minor),
            Self::Minus => sum.saturating_sub(minor),
        };
    }
}
