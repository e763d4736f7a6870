//! The figures of a run.

use serde::{Deserialize, Serialize};

/// What was sold and how it was paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Closed sales of those who brought nothing back.
    pub sales: u64,
    /// What was paid for them: tenders less change.
    pub sales_minor: i64,
    /// What cash was rounded by, in all: so much less than their totals was paid.
    #[serde(default)]
    pub rounding_minor: i64,
    /// How they were paid.
    pub tenders: Tenders,
    /// Sales in which goods came back.
    #[serde(default)]
    pub returns: u64,
    /// Sales of baskets that were scanned on another lane.
    #[serde(default)]
    pub moved: u64,
    /// Cash given back.
    pub change_minor: i64,
    /// Decisions, counted.
    pub payments: Payments,
    /// The queue to the bank.
    pub forward: Forward,
    /// All terminals together.
    pub settlement: Settlement,
    /// Each terminal.
    pub terminals: Vec<TerminalDay>,
    /// Payments worth a look.
    pub examples: Examples,
    /// Orders in the middle of which their lane was started again, and which it sold all the same.
    pub resumed: Vec<String>,
    /// Each business day, oldest first.
    pub days: Vec<DayFigures>,
}

/// Sums of tenders by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenders {
    /// Handed over, change not yet taken off.
    pub cash_minor: i64,
    /// Paid by card.
    pub card_minor: i64,
    /// Owed to cards for goods that came back: below zero.
    #[serde(default)]
    pub owed_minor: i64,
}

/// Payments by decision; `reversed` and `declined_after_goods` come on top.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the decisions")]
pub struct Payments {
    pub requested: u64,
    pub approved: u64,
    pub partially_approved: u64,
    pub declined: u64,
    pub unknown: u64,
    pub refused: u64,
    pub reversed: u64,
    pub stand_in: u64,
    pub offline_approved: u64,
    pub declined_after_goods: u64,
}

/// Queue entries by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the ends")]
pub struct Forward {
    pub queued: u64,
    pub delivered: u64,
    pub withdrawn: u64,
    pub dead_letters: u64,
    /// The most that waited at once.
    pub depth_max: u64,
}

/// The terminals' days added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Batches closed.
    pub batches: u32,
    /// Those the bank found balanced.
    pub balanced: u32,
    /// See [`TerminalDay`].
    pub lane_minor: i64,
    /// See [`TerminalDay`].
    pub hub_minor: i64,
    /// See [`TerminalDay`].
    pub host_minor: i64,
    /// See [`TerminalDay`].
    pub lost_minor: i64,
    /// See [`TerminalDay`].
    #[serde(default)]
    pub not_taken_back_minor: i64,
}

/// One payment of each kind that is worth following.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples {
    /// Taken back after nobody knew.
    pub reversed: Option<String>,
    /// Approved without the bank, forwarded later.
    pub stood_in: Option<String>,
    /// Refused by the bank.
    pub declined: Option<String>,
    /// Nothing special.
    pub approved: Option<String>,
}

/// One terminal's day, as three count it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalDay {
    /// The terminal.
    pub tid: String,
    /// Card tenders on the lane's receipts, less what the bank refused after the goods were gone,
    /// and with what could not be taken back; both stand as dead letters.
    pub lane_minor: i64,
    /// Debits less credits of the batches the hub closed.
    pub hub_minor: i64,
    /// What the bank has booked, less what it took back.
    pub host_minor: i64,
    /// Card tenders that the bank refused after the goods were gone.
    pub lost_minor: i64,
    /// Approvals of abandoned sales that the bank did not take back any more.
    #[serde(default)]
    pub not_taken_back_minor: i64,
    /// How many batches were closed, and how many of them the bank found balanced.
    pub batches: u32,
    /// See `batches`.
    pub balanced: u32,
}

/// One business day, as its records tell it and as it is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigures {
    /// The business date.
    pub date: String,
    /// The newest sealed version; 0: none is sealed.
    pub version: u32,
    /// Sales closed in the day's frames.
    pub sales: u32,
    /// Sum of their totals, from the lanes' journals.
    pub sales_minor: i64,
    /// Lanes that the newest version calls complete.
    pub lanes_complete: u32,
    /// Lanes that the first version did not: they came after it was sealed, or not at all.
    pub lanes_late: u32,
    /// Card payments that were at the bank when the date turned, each with its basket open.
    pub at_bank_at_turn: u32,
}
