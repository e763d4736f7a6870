//! What is written of the business day.

use crate::{day::TurnedBy, time::BusinessDate};

/// What happened to the business day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DayFact {
    /// The store's date was turned, at once. The record carries the date that ended; every batch is
    /// due.
    Turned {
        /// From this date.
        ended: BusinessDate,
        /// To this one.
        begins: BusinessDate,
        /// By whom.
        by: TurnedBy,
    },
    /// Every batch is due in mid-day.
    SettlementOrdered,
    /// A hub before this release closed a day: no new payments until all batches were closed.
    Closing {
        /// The day.
        date: BusinessDate,
    },
    /// A hub before this release had closed all batches; the next day is open.
    Closed {
        /// The day.
        date: BusinessDate,
    },
}
