//! What the records of a terminal make of the state.

use crate::{
    desk::{DurableState, TerminalFact, counts::count},
    ids::{BatchNumber, Stan, Tid},
    settlement::BatchTotals,
    terminal::Settling,
};

impl DurableState {
    pub(in crate::desk) fn apply_terminal(&mut self, fact: &TerminalFact) {
        match fact {
            TerminalFact::SignedOn { tid, batch } => self.signed_on(tid, *batch),
            TerminalFact::Stopped { tid, theirs } => {
                self.terminal_mut(tid).stopped = Some(*theirs);
            }
            TerminalFact::UnmatchedAnswer { .. } => count(&mut self.counts.late_answers),
            TerminalFact::SettlementSent {
                tid, stan, totals, ..
            } => self.settlement_sent(tid, *stan, *totals),
            TerminalFact::BatchClosed {
                tid,
                batch,
                balanced,
                ..
            } => self.batch_closed(tid, *batch, *balanced),
        }
    }

    fn signed_on(&mut self, tid: &Tid, batch: BatchNumber) {
        let terminal = self.terminal_mut(tid);
        // A 0500 of a batch that is left behind empty is not repeated in the next.
        if terminal.batch != Some(batch) && terminal.settling != Settling::Closed {
            terminal.settling = Settling::Open;
        }
        terminal.batch = Some(batch);
        terminal.stopped = None;
    }

    fn settlement_sent(&mut self, tid: &Tid, stan: Stan, totals: BatchTotals) {
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.settling = Settling::Sent { stan, totals };
    }

    fn batch_closed(&mut self, tid: &Tid, batch: BatchNumber, balanced: bool) {
        count(&mut self.counts.batches);
        if balanced {
            count(&mut self.counts.batches_balanced);
        }
        let day_is_closing = self.closing.is_some();
        let terminal = self.terminal_mut(tid);
        let items = std::mem::take(&mut terminal.items);
        // A terminal that rule 10 had stopped goes on in the host's batch.
        terminal.batch = Some(terminal.stopped.take().unwrap_or(batch.next()));
        terminal.last_financial = None;
        // A full batch is settled during the day as well; the day's own settlement comes then, too.
        terminal.settling = match day_is_closing {
            true => Settling::Closed,
            false => Settling::Open,
        };
        for item in items.values() {
            if let Some(payment) = self.payments.get_mut(&item.payment_id) {
                payment.settled_in = Some(batch);
            }
        }
    }
}
