//! The day report: one set of figures, three forms, each lane with how far it is complete.

mod completeness;
mod correction;
mod figures;
mod html;
mod seal;
mod settled;
mod text;
mod tills;

use domain::words::Sentence;
use serde::{Serialize, Serializer};

use crate::projections::{DeadLetterLine, Difference, ForwardFigures, PaymentSum, Payments};

pub(crate) use correction::Correction;
pub(crate) use figures::{About, day_report};
pub(crate) use html::html;
pub use seal::SealError;
pub(crate) use seal::{DaysFolder, SealedDay};
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
    /// True once the date was turned: what is sold goes on under the next.
    pub(crate) closed: bool,
    /// Why this is not the first version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) correction: Option<Correction>,
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
    /// Cash drawers; a day of lanes without floats has none, and its file is as it always was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tills: Vec<TillLine>,
    /// What the day's moves did to the store's accounts; absent: no cash moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cash_accounts: Option<CashAccounts>,
}

/// One cash drawer on this day.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct TillLine {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    /// What should be in it at the end of the day; absent: its lane has not said.
    pub(crate) expected_minor: Option<i64>,
    /// What was found at the last count; absent: it was not counted.
    pub(crate) counted_minor: Option<i64>,
    /// Counted less expected, of all counts of the day.
    pub(crate) variance_minor: i64,
    pub(crate) counts: u32,
    /// Whose shift was still open at the end.
    pub(crate) open_shift_of: Option<u32>,
    pub(crate) no_sales: u32,
    pub(crate) z_numbers: Vec<u32>,
    pub(crate) moves: Vec<CashMoveLine>,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct CashMoveLine {
    pub(crate) kind: String,
    pub(crate) count: u32,
    pub(crate) total_minor: i64,
}

/// Gained, in minor units; negative: more went out.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct CashAccounts {
    pub(crate) safe_minor: i64,
    pub(crate) deposit_minor: i64,
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

/// Every batch that fell due with the date, and the sums over the batches.
#[derive(Serialize, Clone, Default, Debug)]
pub(crate) struct Settlement {
    pub(crate) batches: Vec<BatchLine>,
    pub(crate) balanced: u64,
    pub(crate) lane_minor: i64,
    pub(crate) hub_minor: i64,
    /// Absent while a batch is not balanced: the host did not say what it counts.
    pub(crate) host_minor: Option<i64>,
    /// Payments of this date's sales that a batch of an earlier date holds.
    pub(crate) settled_before: PaymentSum,
    /// Those that no closed batch holds yet.
    pub(crate) not_settled: PaymentSum,
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
    /// Payments in it whose sales belong to a later date than the batch, and to an earlier one.
    pub(crate) later_sales: PaymentSum,
    pub(crate) earlier_sales: PaymentSum,
    /// What is in it, where the host does not count the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<BatchItemLine>,
}

#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct BatchItemLine {
    pub(crate) payment_id: String,
    pub(crate) stan: u32,
    pub(crate) amount_minor: i64,
}

/// I18: how far a lane's part of the date is contained in the figures.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct LaneCompleteness {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    pub(crate) through_sequence: u64,
    pub(crate) through_wall_ms: i64,
    /// What is known to exist.
    pub(crate) known_sequence: u64,
    /// The lane's journal is held up to where the date ends in it.
    pub(crate) complete: bool,
    pub(crate) connected: bool,
    /// Local time, or "not since the hub's start".
    pub(crate) last_heard: String,
    pub(crate) last_heard_wall_ms: Option<i64>,
    /// Why it is not complete.
    #[serde(serialize_with = "in_english")]
    pub(crate) missing: Sentence,
}

/// Files are read by programs: they have the one language of records.
fn in_english<S: Serializer>(said: &Sentence, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&said.english)
}
