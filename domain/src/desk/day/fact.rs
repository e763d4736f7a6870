//! What is written of the business day.

use crate::time::BusinessDate;

/// What happened to the business day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DayFact {
    /// It is being closed: no new payments.
    Closing {
        /// The day.
        date: BusinessDate,
    },
    /// All batches are closed; the next day is open.
    Closed {
        /// The day.
        date: BusinessDate,
    },
}
