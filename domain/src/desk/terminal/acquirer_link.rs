//! The acquirer link goes up and down, and terminals sign on.

use crate::{
    desk::{Alarm, Desk, Effect, Rejected, TerminalFact, outcome::Outcome},
    forward::backoff_ms,
    ids::{BatchNumber, LaneId, Mid, PaymentId, Tid},
    payment::{Decision, RefusalReason},
    terminal::{Settling, Station, Terminal},
};

impl Desk {
    pub(crate) fn terminal_configured(
        &mut self,
        out: &mut Outcome,
        tid: Tid,
        mid: Mid,
        lane: LaneId,
    ) -> Result<(), Rejected> {
        if let Some(known) = self.volatile.stations.get(&tid) {
            return if known.mid == mid && known.lane == lane {
                Ok(())
            } else {
                Err(Rejected::TerminalConfiguredTwice)
            };
        }
        out.touch(&tid);
        self.volatile.stations.insert(tid, Station::new(mid, lane));
        self.look_for_lease_of(lane);
        Ok(())
    }

    /// Up: every terminal signs on, once. Down: what waits unsent is decided without the bank. What
    /// is outstanding is told of one by one (`NotSent`, `SentThenBroke`) or times out. A sign-on
    /// belongs to its terminal: connections come and go in between, and nobody here hears of it.
    pub(crate) fn acquirer_link(&mut self, out: &mut Outcome, up: bool) {
        if self.volatile.link_up == up {
            return;
        }
        self.volatile.link_up = up;
        let mut left: Vec<PaymentId> = Vec::new();
        for (tid, station) in &mut self.volatile.stations {
            if up {
                station.renew_sign_on();
                out.touch(tid);
            } else {
                left.extend(station.waiting.drain(..).map(|waiting| waiting.payment_id));
            }
        }
        for id in left {
            self.decide_without_bank(out, id);
        }
    }

    /// Whatever waits for a pause to end goes now, as far as it may go at all.
    pub(crate) fn try_now(&mut self, out: &mut Outcome) {
        for (tid, station) in &mut self.volatile.stations {
            station.wait_no_longer();
            out.touch(tid);
        }
    }

    /// Asks for a sign-on unless one is under way.
    pub(crate) fn ask_sign_on(&mut self, out: &mut Outcome, tid: &Tid) {
        let timeout_ms = self.config.timing.forward_answer_timeout_ms;
        let Some(station) = self.volatile.stations.get_mut(tid) else {
            return;
        };
        let under_way = station.sign_on_again;
        if under_way.is_some_and(|again| out.now.mono < again) {
            return;
        }
        station.sign_on_again = Some(out.now.mono.after(timeout_ms));
        station.signing_on = true;
        out.effect(Effect::SignOn { tid: tid.clone() });
    }

    pub(crate) fn sign_on_failed(&mut self, out: &mut Outcome, tid: &Tid) -> Result<(), Rejected> {
        let timing = self.config.timing;
        let random = out.random();
        let station = self.volatile.stations.get_mut(tid);
        let station = station.ok_or(Rejected::UnknownTerminal)?;
        station.signed_on = false;
        station.signing_on = false;
        station.sign_on_tries = station.sign_on_tries.saturating_add(1);
        let (min_ms, max_ms) = (timing.backoff_min_ms, timing.backoff_max_ms);
        let pause_ms = backoff_ms(station.sign_on_tries, min_ms, max_ms, random);
        station.sign_on_again = Some(out.now.mono.after(pause_ms));
        Ok(())
    }

    /// The host wants a sign-on before anything else of this terminal.
    pub(crate) fn drop_sign_on(&mut self, out: &mut Outcome, tid: &Tid) {
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.signed_on = false;
            station.signing_on = false;
            station.sign_on_again = None;
        }
        out.touch(tid);
    }

    /// Keys are there. The terminal goes on in the host's batch, whatever ours was (rule 10).
    pub(crate) fn signed_on(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        theirs: BatchNumber,
    ) -> Result<(), Rejected> {
        let station = self.volatile.stations.get_mut(tid);
        let station = station.ok_or(Rejected::UnknownTerminal)?;
        self.volatile.heard_at = Some(out.now.mono);
        if !self.volatile.link_up {
            return Ok(());
        }
        station.signed_on = true;
        station.signing_on = false;
        station.wait_no_longer();
        out.touch(tid);
        self.compare_batch(out, tid, theirs);
        Ok(())
    }

    fn compare_batch(&mut self, out: &mut Outcome, tid: &Tid, theirs: BatchNumber) {
        let tid = tid.clone();
        let Some(terminal) = self.durable.terminals.get(&tid) else {
            self.note(out, TerminalFact::SignedOn { tid, batch: theirs });
            return;
        };
        match terminal.batch {
            Some(ours) if ours == theirs && terminal.stopped.is_none() => {}
            Some(ours) if ours == theirs => {
                self.note(out, TerminalFact::SignedOn { tid, batch: theirs });
            }
            Some(ours) if closed_at_host(terminal, ours, theirs) => {}
            Some(ours) if !self.batch_is_empty(terminal, ours) => {
                self.batch_was_cut(out, tid, ours, theirs);
            }
            Some(_) | None => self.note(out, TerminalFact::SignedOn { tid, batch: theirs }),
        }
    }

    /// The host has begun another batch on its own. Ours can't be settled any more: it is closed at
    /// once as not balanced, by name, with what of its queue belongs to it, and an alarm says so.
    fn batch_was_cut(
        &mut self,
        out: &mut Outcome,
        tid: Tid,
        ours: BatchNumber,
        theirs: BatchNumber,
    ) {
        self.give_up_asking_on(out, &tid);
        let stopped = TerminalFact::Stopped {
            tid: tid.clone(),
            theirs,
        };
        self.note(out, stopped);
        let mismatch = Alarm::BatchMismatch {
            tid: tid.clone(),
            ours,
            theirs,
        };
        out.effect(Effect::Alarm(mismatch));
        let terminal = self.durable.terminals.get(&tid);
        let totals = terminal.map(|terminal| terminal.totals(self.config.currency));
        match totals {
            Some(Ok(totals)) => self.close_batch(out, &tid, ours, totals),
            // Beyond what a 0500 could say: somebody has to look before it goes on.
            Some(Err(_)) | None => self.refuse_waiting(out, &tid),
        }
    }

    /// Nothing in it for the host to count, and nothing in the queue that belongs to it.
    fn batch_is_empty(&self, terminal: &Terminal, ours: BatchNumber) -> bool {
        let mut entries = terminal.reversals.iter().chain(&terminal.uploads);
        let none_belongs = entries.all(|id| {
            let forward = self.durable.forwards.get(id);
            forward.and_then(crate::forward::Forward::batch) != Some(ours)
        });
        let nothing_sent = !self.durable.sent_on.contains_key(&terminal.tid);
        terminal.items.is_empty() && none_belongs && nothing_sent
    }

    fn refuse_waiting(&mut self, out: &mut Outcome, tid: &Tid) {
        let station = self.volatile.stations.get_mut(tid);
        let waiting = station.map(|station| std::mem::take(&mut station.waiting));
        for left in waiting.unwrap_or_default() {
            let reason = RefusalReason::NoTerminal;
            self.decide(out, left.payment_id, Decision::Refused { reason });
        }
    }
}

/// Our 0500 closed the batch there and its answer was lost: the repeat will tell.
fn closed_at_host(terminal: &Terminal, ours: BatchNumber, theirs: BatchNumber) -> bool {
    matches!(terminal.settling, Settling::Sent { .. }) && theirs == ours.next()
}
