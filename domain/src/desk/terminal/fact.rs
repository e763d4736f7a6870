//! What is written of one terminal.

use crate::{
    ids::{BatchNumber, Stan, Tid},
    response_code::ResponseCode,
    settlement::BatchTotals,
};

/// What happened at a terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TerminalFact {
    /// It signed on; its batch from here on.
    SignedOn {
        /// The terminal.
        tid: Tid,
        /// The host's batch.
        batch: BatchNumber,
    },
    /// It was stopped (rule 10).
    Stopped {
        /// The terminal.
        tid: Tid,
        /// The host's batch.
        theirs: BatchNumber,
    },
    /// An answer that fits nothing outstanding: journaled and counted (rule 5).
    UnmatchedAnswer {
        /// Its terminal.
        tid: Tid,
        /// Its STAN.
        stan: Stan,
        /// Its MTI.
        mti: u16,
        /// Its code.
        code: ResponseCode,
    },
    /// A 0500 goes out.
    SettlementSent {
        /// The terminal.
        tid: Tid,
        /// Its batch.
        batch: BatchNumber,
        /// The 0500's own STAN.
        stan: Stan,
        /// What we count.
        totals: BatchTotals,
    },
    /// The host answered the 0500 and the batch is closed; the next one is open.
    BatchClosed {
        /// The terminal.
        tid: Tid,
        /// The closed batch.
        batch: BatchNumber,
        /// What we counted.
        totals: BatchTotals,
        /// Whether the host counted the same.
        balanced: bool,
    },
}
