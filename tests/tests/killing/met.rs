//! What a kill met, as the hub showed it the moment before.

use std::fmt;

use serde_json::Value;

/// A payment whose end was not known.
pub(super) struct Open {
    pub(super) payment_id: String,
    /// `sent`, `approved`, `reversing` and so on.
    status: String,
    lane: u64,
    amount_minor: i64,
}

/// What was going on just before the kill.
pub(super) struct Met {
    /// Asked for so far.
    pub(super) requested: u64,
    /// Entries in the store-and-forward queue.
    pub(super) queued: u64,
    /// Of `store-hub unresolved`.
    pub(super) open: Vec<Open>,
}

impl Open {
    /// Of one row of `store-hub unresolved --output json`.
    pub(super) fn of_row(row: &Value) -> Self {
        let word = |name: &str| row[name].as_str().expect("a word").to_owned();
        Self {
            payment_id: word("payment_id"),
            status: word("standing"),
            lane: row["lane"].as_u64().expect("a lane"),
            amount_minor: row["amount"]["amount_minor"].as_i64().expect("an amount"),
        }
    }

    /// Whether the bank's word is still awaited, or not even asked for.
    fn is_in_flight(&self) -> bool {
        matches!(self.status.as_str(), "requested" | "sent")
    }
}

impl Met {
    /// Payments that were asked for and not decided.
    pub(super) fn in_flight(&self) -> usize {
        self.open.iter().filter(|open| open.is_in_flight()).count()
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (in_flight, requested) = (self.in_flight(), self.requested);
        write!(f, "{in_flight} of {requested} payments in flight, ")?;
        write!(f, "{} entries queued", self.queued)
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, lane, minor) = (&self.payment_id, self.lane, self.amount_minor);
        write!(f, "{id} of lane {lane}, {minor} minor, {}", self.status)
    }
}
