//! Settlement is a state of each terminal and batch, apart from the date. A batch that is due, or
//! nearly full, goes before the terminal's next live payment; one exchange lies between two of
//! them. After an answer the batch is cut: never a second 0500.

use crate::{
    desk::{Alarm, Desk, Effect, TerminalFact, outcome::Outcome},
    forward::DeadLetterReason,
    ids::{BatchNumber, ForwardId, PaymentId, Tid},
    payment::{Answer, Completion},
    settlement::BatchTotals,
    terminal::{Settling, Terminal},
};

impl Desk {
    /// A batch is settled when nothing of it is open: a payment that was given up later could be
    /// taken back no more. What only silent lanes can bring on is waited for until the close times
    /// out; dead letters don't hold it up: they are named, with an owner.
    pub(crate) fn may_settle(&self, terminal: &Terminal) -> bool {
        let settled_now = match terminal.due {
            Some(_) => {
                let nothing_open =
                    self.volatile.waits_no_longer || self.nothing_open_in_batch(terminal);
                self.durable.depth_to_close(terminal) == 0 && nothing_open
            }
            None => terminal.batch_is_nearly_full() && self.nothing_open_in_batch(terminal),
        };
        let one_at_a_time = terminal.upload.is_none();
        // What becomes of a payment that is asked for is not known, and it is in this batch.
        let nothing_asked = !self.durable.sent_on.contains_key(&terminal.tid);
        settled_now && nothing_asked && one_at_a_time && terminal.settling == Settling::Open
    }

    /// A batch takes with it only what can't change any more: every sale in it has ended, no entry
    /// of it is under way. What was never sent goes into the next.
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

    /// A payment came, or waits already, while its terminal settles.
    pub(crate) fn tell_if_settling(&self, out: &mut Outcome, tid: &Tid, payment_id: PaymentId) {
        let station = self.volatile.stations.get(tid);
        if let Some(station) = station.filter(|station| station.is_settling()) {
            let lane = station.lane;
            out.effect(Effect::WaitsForSettlement { lane, payment_id });
        }
    }

    /// 0510: 1 balanced, 2 not balanced, 3 error. It is an answer, and the batch is cut, whatever
    /// it says; only one that says the host did nothing yet (sign on first, try again) is no answer
    /// to the totals: the 0500 is repeated after a pause, equal to the first.
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
            self.be_quiet(out, tid);
        } else if answer.settlement_result.is_none() && answer.code.means_later() {
            self.be_quiet(out, tid);
        } else {
            let balanced = answer.settlement_result == Some(1);
            let upload_follows = !balanced || self.config.marker_when_balanced;
            self.cut_batch(out, tid, (batch, totals), balanced, upload_follows);
        }
    }

    /// Closes a batch by name, as not balanced, that the host will answer no 0500 of.
    pub(crate) fn close_batch(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        batch: BatchNumber,
        totals: BatchTotals,
    ) {
        self.cut_batch(out, tid, (batch, totals), false, false);
    }

    fn cut_batch(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        (batch, totals): (BatchNumber, BatchTotals),
        balanced: bool,
        upload_follows: bool,
    ) {
        let terminal = self.durable.terminals.get(tid);
        let items = terminal.map(|terminal| terminal.items.values().map(|item| item.payment_id));
        let payments: Vec<PaymentId> = items.into_iter().flatten().collect();
        let record = TerminalFact::BatchClosed {
            tid: tid.clone(),
            batch,
            totals,
            balanced,
            date: terminal.and_then(|terminal| terminal.due),
            upload_follows,
        };
        self.note(out, record);
        if !balanced {
            let tid = tid.clone();
            out.effect(Effect::Alarm(Alarm::NotBalanced { tid, batch }));
        }
        self.bury_entries_of(out, tid, batch);
        self.erase_cards_if_done(out, payments);
        self.find_archivable_when_settled();
        out.touch(tid);
    }

    pub(crate) fn erase_cards_if_done(&self, out: &mut Outcome, payments: Vec<PaymentId>) {
        for id in payments {
            self.erase_card_if_done(out, id);
        }
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
            self.bury(out, id, DeadLetterReason::BatchClosed);
        }
    }

    /// The host is in another batch than a stopped terminal: no 0500 of ours could close it. It is
    /// closed here as not balanced, by name, and the terminal goes on in the host's batch.
    pub(crate) fn give_up_stopped_batches(&mut self, out: &mut Outcome) {
        let terminals = &self.durable.terminals;
        let stopped = self.durable.stopped.iter();
        let stopped = stopped.filter_map(|tid| terminals.get(tid));
        let stopped =
            stopped.filter(|terminal| terminal.stopped.is_some() && terminal.due.is_some());
        let given_up: Vec<(Tid, BatchNumber, BatchTotals)> = stopped
            .filter_map(|terminal| {
                let totals = terminal.totals(self.config.currency).ok()?;
                Some((terminal.tid.clone(), terminal.batch?, totals))
            })
            .collect();
        for (tid, batch, totals) in given_up {
            self.close_batch(out, &tid, batch, totals);
        }
    }
}
