//! A message came to nothing: it was not sent, the link broke, or time ran out.

use crate::{
    desk::{Desk, forward::Sent, outcome::Outcome},
    ids::{PaymentId, Stan, Tid},
    payment::{Decision, Progress, RefusalReason, Silence, UnknownReason},
    terminal::{Outstanding, Waiting, What},
    time::MonoMs,
};

impl Desk {
    /// Not a byte left: a payment may still be decided without the bank, and the try of an entry
    /// does not count.
    pub(crate) fn not_sent(&mut self, out: &mut Outcome, tid: &Tid, stan: Stan) {
        let Some(message) = self.take_outstanding(out, tid, stan) else {
            return;
        };
        match message.what {
            What::Live(id) => self.decide_unsent(out, id, message.since),
            What::Query(_) | What::Forward(_) | What::Settlement | What::Upload => {
                self.silence(out, tid, message, Sent::NotInFull);
            }
        }
    }

    /// A byte left, and the connection is gone. `in_full`: all of the message left.
    pub(crate) fn sent_then_broke(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        stan: Stan,
        in_full: bool,
    ) {
        let Some(message) = self.take_outstanding(out, tid, stan) else {
            return;
        };
        let sent = match in_full {
            true => Sent::InFull,
            false => Sent::NotInFull,
        };
        match message.what {
            What::Live(id) => self.live_unanswered(out, id, UnknownReason::LinkBroke),
            What::Query(_) | What::Forward(_) | What::Settlement | What::Upload => {
                self.silence(out, tid, message, sent);
            }
        }
    }

    /// Whatever is overdue. A payment that waited too long for its terminal waits no longer:
    /// nothing of it was sent, and its lane still listens.
    pub(crate) fn tick(&mut self, out: &mut Outcome) {
        let now = out.now.mono;
        let mut overdue: Vec<(Tid, Outstanding)> = Vec::new();
        let mut waited: Vec<Waiting> = Vec::new();
        for (tid, station) in &mut self.volatile.stations {
            out.touch(tid);
            if let Some(message) = station.outstanding.take_if(|sent| sent.deadline <= now) {
                overdue.push((tid.clone(), message));
            }
            // It waits for one exchange of a settlement, and is never stood in for meanwhile.
            if station.is_settling() {
                continue;
            }
            let late = station.waiting.iter().filter(|one| one.deadline <= now);
            waited.extend(late.copied());
            station.waiting.retain(|one| one.deadline > now);
        }
        for (tid, message) in overdue {
            match message.what {
                What::Live(id) => self.live_unanswered(out, id, UnknownReason::NoAnswer),
                What::Query(_) | What::Forward(_) | What::Settlement | What::Upload => {
                    self.silence(out, &tid, message, Sent::InFull);
                }
            }
        }
        self.give_up_overdue(out);
        for one in waited {
            self.decide_unsent(out, one.payment_id, one.since);
        }
    }

    /// Nothing of this payment was sent, though the line is not down. A host that has spoken since
    /// is never stood in for (rule 3): this terminal alone did not come to it.
    fn decide_unsent(&mut self, out: &mut Outcome, id: PaymentId, since: MonoMs) {
        let answers = self.volatile.heard_at.is_some_and(|heard| heard > since);
        if self.volatile.link_up && answers {
            let reason = RefusalReason::BankBusy;
            self.decide(out, id, Decision::Refused { reason });
        } else {
            self.decide_without_bank(out, id);
        }
    }

    /// The journal has been read. What was sent and has no outcome is in doubt (rule 3). What was
    /// not sent is refused: that nothing left is certain (I6), track data and PIN are gone, and the
    /// lane, whose link broke with the hub, abandons it (rule 2).
    pub(crate) fn recovered(&mut self, out: &mut Outcome) {
        self.finish_old_close(out);
        self.hold_back_untried(out);
        for id in self.durable.undecided.clone() {
            let progress = self.durable.payments.get(&id).map(|paid| &paid.progress);
            match progress {
                Some(Progress::Sent) => self.doubt(out, id, UnknownReason::HubRestarted),
                Some(Progress::Requested) => {
                    let reason = RefusalReason::Abandoned;
                    self.decide(out, id, Decision::Refused { reason });
                }
                Some(Progress::Decided(_)) | None => {}
            }
        }
    }

    /// A live message may be at the host, and no answer has come.
    fn live_unanswered(&mut self, out: &mut Outcome, id: PaymentId, reason: UnknownReason) {
        match self.durable.row_of(id).map(|row| row.silence) {
            Some(Silence::Reverse) | None => self.doubt(out, id, reason),
            Some(Silence::Ask) => self.ask_on(out, id),
        }
    }

    fn take_outstanding(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        stan: Stan,
    ) -> Option<Outstanding> {
        let station = self.volatile.stations.get_mut(tid)?;
        out.touch(tid);
        station.outstanding.take_if(|message| message.stan == stan)
    }

    fn doubt(&mut self, out: &mut Outcome, id: PaymentId, reason: UnknownReason) {
        self.decide(out, id, Decision::Unknown { reason });
    }

    fn silence(&mut self, out: &mut Outcome, tid: &Tid, message: Outstanding, sent: Sent) {
        match message.what {
            What::Forward(id) => {
                self.be_quiet(out, tid);
                self.defer(out, id, None, sent);
            }
            What::Query(id) => self.ask_on(out, id),
            What::Settlement => self.be_quiet(out, tid),
            What::Upload => self.upload_unanswered(out, tid),
            What::Live(_) => {}
        }
    }
}
