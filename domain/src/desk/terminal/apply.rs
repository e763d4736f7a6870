//! What the records of a terminal make of the state.

use crate::{
    desk::{DurableState, TerminalFact, counts::count},
    ids::{BatchNumber, Tid},
    terminal::Settling,
};

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
