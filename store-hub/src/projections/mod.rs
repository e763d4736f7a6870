//! Projections: what the journals say, in the shape reports need. Computed from the records alone,
//! in the running hub as over the folder of a stopped one; nothing here decides anything.

mod books;
mod contribution;
mod date_book;
mod dates;
mod day_text;
mod figures;
mod find;
mod fold;
mod follow;
mod history;
mod kept;
mod original;
mod pairs;
mod payment;
mod sale;
mod stall;
#[cfg(test)]
mod tests;
mod tills;

use journal::{LogId, ReadError};

pub(crate) use books::Books;
pub(crate) use date_book::{BatchOf, DateBook};
pub(crate) use figures::{
    DeadLetterLine, Difference, ForwardFigures, PaymentSum, Payments, Takings,
};
pub(crate) use find::{Found, PrefixFound, Query};
pub(crate) use history::{HostFile, receipt_text, tell};
pub(crate) use kept::KeptDates;
pub(crate) use original::suspended_basket;
pub(crate) use sale::SaleEntry;
pub(crate) use tills::TillDay;

/// Why the journals could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A record can't be trusted, or the disk failed.
    #[error("the journal can't be read: {0}")]
    Read(#[from] ReadError),
    /// A record is none.
    #[error("record {sequence} of log {log} can't be understood")]
    Record {
        /// Which log.
        log: LogId,
        /// Which record.
        sequence: u64,
    },
    /// What is kept of a date can't be read. A running hub makes it again.
    #[error("what is kept of a date can't be read: {0}")]
    Kept(String),
}

impl From<kept::KeptError> for LedgerError {
    fn from(error: kept::KeptError) -> Self {
        Self::Kept(error.to_string())
    }
}
