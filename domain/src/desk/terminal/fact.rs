//! What is written of one terminal, and what it makes of the state, of the books and of the dates.

use crate::{
    day::Fact,
    desk::{DurableState, counts::count, posting},
    ids::{BatchNumber, Stan, Tid},
    response_code::ResponseCode,
    settlement::{BatchTotals, Transfer},
    terminal::{Settling, UploadSent},
    time::BusinessDate,
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
        /// The date with which it fell due; `None`: it was closed in mid-day.
        date: Option<BusinessDate>,
        /// Whether the host is told what was in it, or only that this was all (0320).
        upload_follows: bool,
    },
    /// A 0320 goes out.
    UploadSent {
        /// The terminal.
        tid: Tid,
        /// The closed batch.
        batch: BatchNumber,
        /// The message.
        sent: UploadSent,
    },
    /// A 0320 was answered, or given up.
    UploadAnswered {
        /// The terminal.
        tid: Tid,
        /// The closed batch.
        batch: BatchNumber,
        /// Nothing more is sent of it.
        ended: bool,
        /// The host's code, if it answered.
        code: Option<ResponseCode>,
    },
}

impl TerminalFact {
    /// What it is to the store's dates; `header`: the date that its record carries.
    pub(in crate::desk) fn of_dates(&self, header: BusinessDate) -> Option<Fact> {
        match self {
            Self::BatchClosed { date, .. } => Some(Fact::BatchClosed {
                date: date.unwrap_or(header),
            }),
            Self::SignedOn { .. }
            | Self::Stopped { .. }
            | Self::UnmatchedAnswer { .. }
            | Self::SettlementSent { .. }
            | Self::UploadSent { .. }
            | Self::UploadAnswered { .. } => None,
        }
    }

    /// The money that it moves (I1), told by the state before it.
    pub(in crate::desk) fn transfers(&self, state: &DurableState) -> Vec<Transfer> {
        match self {
            Self::BatchClosed { tid, batch, .. } => posting::batch_closed(state, tid, *batch),
            Self::SignedOn { .. }
            | Self::Stopped { .. }
            | Self::UnmatchedAnswer { .. }
            | Self::SettlementSent { .. }
            | Self::UploadSent { .. }
            | Self::UploadAnswered { .. } => Vec::new(),
        }
    }
}

impl DurableState {
    /// `None`: the record names an upload nobody knows.
    pub(in crate::desk) fn apply_terminal(&mut self, fact: &TerminalFact) -> Option<()> {
        match fact {
            TerminalFact::SignedOn { tid, batch } => self.signed_on(tid, *batch),
            TerminalFact::Stopped { tid, theirs } => {
                self.terminal_mut(tid).stopped = Some(*theirs);
                self.stopped.insert(tid.clone());
            }
            TerminalFact::UnmatchedAnswer { .. } => count(&mut self.counts.late_answers),
            TerminalFact::SettlementSent {
                tid, stan, totals, ..
            } => self.settlement_sent(tid, *stan, *totals),
            TerminalFact::BatchClosed {
                tid,
                batch,
                balanced,
                upload_follows,
                ..
            } => self.batch_closed(tid, *batch, *balanced, *upload_follows),
            TerminalFact::UploadSent { tid, sent, .. } => self.upload_sent(tid, *sent)?,
            TerminalFact::UploadAnswered { tid, ended, .. } => self.upload_answered(tid, *ended)?,
        }
        Some(())
    }

    fn signed_on(&mut self, tid: &Tid, batch: BatchNumber) {
        let terminal = self.terminal_mut(tid);
        // A 0500 of a batch that is left behind empty is not repeated in the next.
        if terminal.batch != Some(batch) && terminal.settling != Settling::Closed {
            terminal.settling = Settling::Open;
        }
        terminal.batch = Some(batch);
        terminal.stopped = None;
        self.stopped.remove(tid);
    }
}
