//! The close of the business day: no new payments, every queue drained, every batch settled, then
//! the next day. Each step is resumable, and twice does no harm.

use crate::{
    desk::{Alarm, DayFact, Desk, Effect, Rejected, TerminalFact, outcome::Outcome},
    ids::{BatchNumber, ForwardId, Tid},
    payment::{Answer, Completion},
    settlement::BatchTotals,
    terminal::{Settling, Terminal},
    time::BusinessDate,
};

impl Desk {
    pub(crate) fn close_day(
        &mut self,
        out: &mut Outcome,
        date: BusinessDate,
    ) -> Result<(), Rejected> {
        match self.durable.closing {
            Some(closing) if closing != date => return Err(Rejected::OtherDayClosing { closing }),
            Some(_) => {}
            None if self.durable.closed.is_some_and(|closed| date <= closed) => return Ok(()),
            None => self.note(out, DayFact::Closing { date }),
        }
        for tid in self.volatile.stations.keys() {
            out.touch(tid);
        }
        Ok(())
    }

    /// A batch is settled when nothing of its terminal is open. A payment goes before a settlement,
    /// so only the queue is looked at here. Dead letters don't hold it up: they are named, with an
    /// owner.
    pub(crate) fn may_settle(&self, terminal: &Terminal) -> bool {
        let settled_now = match self.durable.closing {
            Some(_) => self.durable.depth_to_close(terminal) == 0,
            None => terminal.batch_is_nearly_full() && self.nothing_open_in_batch(terminal),
        };
        settled_now && terminal.settling == Settling::Open
    }

    /// A batch that is settled during the day takes with it only what can't change any more: every
    /// sale in it has ended, no entry of it is under way. What was never sent goes into the next.
    fn nothing_open_in_batch(&self, terminal: &Terminal) -> bool {
        let payments = terminal.items.values().map(|item| item.payment_id);
        let mut payments = payments.filter_map(|id| self.durable.payments.get(&id));
        let mut entries = terminal.reversals.iter().chain(&terminal.uploads);
        payments.all(|payment| payment.completion != Completion::Open)
            && entries.all(|id| {
                self.durable
                    .forwards
                    .get(id)
                    .is_none_or(|one| one.batch().is_none())
            })
    }

    /// 0510: 1 balanced, 2 not balanced, 3 error. Without a result the 0500 is repeated after a
    /// pause; it equals the first.
    pub(crate) fn settlement_answered(&mut self, out: &mut Outcome, tid: &Tid, answer: &Answer) {
        let Some(terminal) = self.durable.terminals.get(tid) else {
            return;
        };
        let (Settling::Sent { totals, .. }, Some(batch)) = (terminal.settling, terminal.batch)
        else {
            return;
        };
        if answer.code.asks_for_sign_on() {
            self.drop_sign_on(out, tid);
        }
        match answer.settlement_result {
            Some(result) => self.close_batch(out, tid, batch, totals, result == 1),
            None => self.be_quiet(out, tid),
        }
    }

    pub(crate) fn close_batch(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        batch: BatchNumber,
        totals: BatchTotals,
        balanced: bool,
    ) {
        let record = TerminalFact::BatchClosed {
            tid: tid.clone(),
            batch,
            totals,
            balanced,
        };
        self.note(out, record);
        if !balanced {
            let tid = tid.clone();
            out.effect(Effect::Alarm(Alarm::NotBalanced { tid, batch }));
        }
        self.bury_entries_of(out, tid, batch);
        out.touch(tid);
    }

    /// An entry that belongs to a closed batch is never renumbered: its outcome is resolved from
    /// the acquirer's file.
    fn bury_entries_of(&mut self, out: &mut Outcome, tid: &Tid, batch: BatchNumber) {
        let Some(terminal) = self.durable.terminals.get(tid) else {
            return;
        };
        let entries = terminal.reversals.iter().chain(&terminal.uploads);
        let of_batch = entries.filter(|id| {
            let forward = self.durable.forwards.get(id);
            forward.and_then(crate::forward::Forward::batch) == Some(batch)
        });
        for id in of_batch.copied().collect::<Vec<ForwardId>>() {
            self.bury(out, id, "outcome unknown: its batch is closed");
        }
    }

    /// Goes on with the close as far as it can go now.
    pub(crate) fn advance_close(&mut self, out: &mut Outcome) {
        let Some(date) = self.durable.closing else {
            return;
        };
        self.give_up_stopped_batches(out);
        let settled = self.durable.terminals.values();
        let all_settled = settled
            .into_iter()
            .all(|terminal| self.is_settled(terminal));
        if all_settled && self.durable.undecided.is_empty() {
            self.note(out, DayFact::Closed { date });
            self.find_archivable();
        }
    }

    /// The host is in another batch than a stopped terminal: no 0500 of ours could close it. It is
    /// closed here as not balanced, by name, and the terminal goes on in the host's batch.
    fn give_up_stopped_batches(&mut self, out: &mut Outcome) {
        let stopped = self.durable.terminals.values();
        let stopped = stopped
            .filter(|terminal| terminal.stopped.is_some() && terminal.settling != Settling::Closed);
        let given_up: Vec<(Tid, BatchNumber, BatchTotals)> = stopped
            .filter_map(|terminal| {
                let totals = terminal.totals(self.config.currency).ok()?;
                Some((terminal.tid.clone(), terminal.batch?, totals))
            })
            .collect();
        for (tid, batch, totals) in given_up {
            self.close_batch(out, &tid, batch, totals, false);
        }
    }
}
