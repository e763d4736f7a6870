//! The day report: one set of figures, three forms, each lane with how far it is complete.

mod compare;
mod figures;
mod html;
mod seal;
mod text;

use serde::Serialize;

pub(crate) use compare::differences;
pub(crate) use figures::{About, day_report};
pub(crate) use html::html;
pub use seal::SealError;
pub(crate) use seal::{DaysFolder, SealedDay, hex};
pub(crate) use text::text;

/// Version of the form of `day.json` and the manifest.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// All figures of a day. Amounts are minor units of `currency`.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct DayReport {
    pub(crate) schema_version: u32,
    pub(crate) store_id: String,
    pub(crate) store_name: String,
    pub(crate) business_date: String,
    pub(crate) currency: String,
    /// True once every batch of the day is closed.
    pub(crate) closed: bool,
    pub(crate) sales: Sales,
    pub(crate) by_tender: Vec<TenderLine>,
    pub(crate) by_lane: Vec<LaneLine>,
    pub(crate) by_hour: Vec<HourLine>,
    pub(crate) payments: Payments,
    pub(crate) forward: ForwardFigures,
    pub(crate) settlement: Settlement,
    pub(crate) dead_letters: Vec<DeadLetterLine>,
    pub(crate) declined_after_goods: Vec<DeadLetterLine>,
    /// What lane journals, hub and host don't agree on, by name.
    pub(crate) differences: Vec<Difference>,
    pub(crate) completeness: Vec<LaneCompleteness>,
}

#[derive(Serialize, Clone, Copy, Default, Debug)]
pub(crate) struct Sales {
    pub(crate) count: u32,
    pub(crate) voided: u32,
    pub(crate) items: u64,
    pub(crate) total_minor: i64,
    pub(crate) change_minor: i64,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct TenderLine {
    pub(crate) tender: String,
    pub(crate) scheme: String,
    pub(crate) count: u32,
    pub(crate) total_minor: i64,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct LaneLine {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    pub(crate) sales: u32,
    pub(crate) voided: u32,
    pub(crate) items: u64,
    pub(crate) total_minor: i64,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct HourLine {
    pub(crate) hour: u8,
    pub(crate) sales: u32,
    pub(crate) total_minor: i64,
}

/// Counts of decisions: requested = the kinds together and those still open.
#[derive(Serialize, Clone, Copy, Default, Debug)]
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

#[derive(Serialize, Clone, Copy, Default, Debug)]
pub(crate) struct ForwardFigures {
    pub(crate) queued: u64,
    pub(crate) delivered: u64,
    pub(crate) withdrawn: u64,
    pub(crate) dead_letters: u64,
    pub(crate) waiting: u64,
    pub(crate) waiting_minor: i64,
}

/// Every batch, and the sums over the batches.
#[derive(Serialize, Clone, Default, Debug)]
pub(crate) struct Settlement {
    pub(crate) batches: Vec<BatchLine>,
    pub(crate) balanced: u64,
    pub(crate) lane_minor: i64,
    pub(crate) hub_minor: i64,
    /// Absent while a batch is not balanced: the host did not say what it counts.
    pub(crate) host_minor: Option<i64>,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct BatchLine {
    pub(crate) tid: String,
    pub(crate) batch: String,
    pub(crate) balanced: bool,
    /// Card tenders on receipts that the host counts in this batch.
    pub(crate) lane_minor: i64,
    /// Debits less credits as the hub counts them.
    pub(crate) hub_minor: i64,
    /// The hub's figure where the host agreed.
    pub(crate) host_minor: Option<i64>,
    pub(crate) debit_minor: i64,
    pub(crate) debit_count: u32,
    pub(crate) credit_minor: i64,
    pub(crate) credit_count: u32,
}

#[derive(Serialize, Clone, Debug)]
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

#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Difference {
    pub(crate) payment_id: String,
    pub(crate) lane_minor: i64,
    pub(crate) hub_minor: i64,
    pub(crate) what: String,
}

/// I18: how far a lane's journal is contained in the figures.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct LaneCompleteness {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    pub(crate) through_sequence: u64,
    pub(crate) through_wall_ms: i64,
    /// What the lane said it has.
    pub(crate) known_sequence: u64,
    pub(crate) complete: bool,
}

/// The journal the lane itself said it has, by lane and epoch: from its status frames.
/// `MORE_NOT_KNOWN` for a machine with a trouble.
pub(crate) type KnownSequences = std::collections::BTreeMap<(u16, u32), u64>;

/// A machine showed another journal than the one held, or a gap in it: how much more there is
/// nobody knows, and its lane is not complete.
pub(crate) const MORE_NOT_KNOWN: u64 = u64::MAX;
