//! The host answered. Matched by MTI, TID, MID, STAN and, where echoed, batch (rule 5); what fits
//! nothing outstanding is written down and counted, and never changes an outcome.

use crate::{
    desk::{Alarm, Desk, Effect, TerminalFact, outcome::Outcome},
    forward::ForwardKind,
    ids::{PaymentId, Tid},
    payment::{Answer, Asked, Decision, Payment, UnknownReason, verdict},
    response_code::ResponseCode,
    terminal::{Outstanding, What},
};

impl Desk {
    pub(crate) fn answered(&mut self, out: &mut Outcome, answer: &Answer) {
        self.volatile.heard_at = Some(out.now.mono);
        let tid = &answer.tid;
        let Some(message) = self.matching(answer) else {
            match self.asked_for_late(answer) {
                Some(id) => self.live_answered(out, tid, id, answer),
                None => self.unmatched(out, answer),
            }
            return;
        };
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.outstanding = None;
            station.heard();
        }
        out.touch(tid);
        match message.what {
            What::Live(id) => self.live_answered(out, tid, id, answer),
            What::Query(id) => self.query_answered(out, tid, id, answer),
            What::Forward(id) => self.forward_answered(out, tid, id, answer),
            What::Settlement => self.settlement_answered(out, tid, answer),
            What::Upload => self.upload_was_answered(out, tid, answer),
        }
    }

    /// The outstanding message that this answer belongs to. A 0410 can't be taken for a late 0210:
    /// the response MTI must be that of what is outstanding now.
    fn matching(&self, answer: &Answer) -> Option<Outstanding> {
        let station = self.volatile.stations.get(&answer.tid)?;
        let message = station.outstanding?;
        let fits = answer.mti == self.response_mti(message.what)?
            && answer.mid == station.mid
            && answer.stan == message.stan
            && answer.batch.is_none_or(|batch| batch == message.batch);
        fits.then_some(message)
    }

    fn response_mti(&self, what: What) -> Option<u16> {
        match what {
            What::Live(_) | What::Query(_) => Some(210),
            What::Settlement => Some(510),
            What::Upload => Some(330),
            What::Forward(id) => Some(match self.durable.forwards.get(&id)?.kind {
                ForwardKind::Reversal { .. } => 410,
                ForwardKind::Advice => 230,
                ForwardKind::Void { .. } => 210,
            }),
        }
    }

    fn unmatched(&mut self, out: &mut Outcome, answer: &Answer) {
        let (tid, stan) = (answer.tid.clone(), answer.stan);
        let record = TerminalFact::UnmatchedAnswer {
            tid: tid.clone(),
            stan,
            mti: answer.mti,
            code: answer.code,
        };
        self.note(out, record);
        out.effect(Effect::Alarm(Alarm::UnmatchedAnswer { tid, stan }));
    }

    /// What an answer to the live message of a payment must repeat.
    fn asked(&self, payment: &Payment) -> Option<Asked> {
        let row = payment.request.row()?;
        Some(Asked {
            row,
            processing_code: self.config.processing_code(row.message),
            amount: payment.request.amount,
        })
    }

    fn live_answered(&mut self, out: &mut Outcome, tid: &Tid, id: PaymentId, answer: &Answer) {
        let payment = self.durable.payments.get(&id);
        let Some(asked) = payment.and_then(|payment| self.asked(payment)) else {
            return;
        };
        if self.tells_nothing(asked, answer) {
            self.ask_on(out, id);
            return;
        }
        let decision = verdict(asked, answer);
        let bad_mac = Decision::Unknown {
            reason: UnknownReason::BadMac,
        };
        // Keys that don't match make every approval unknown: fresh ones end that.
        if decision == bad_mac || answer.code.asks_for_sign_on() {
            self.drop_sign_on(out, tid);
        }
        // A 0200 is sent once: nobody can have sent this one before.
        if answer.code == ResponseCode::DUPLICATE {
            let (tid, stan) = (tid.clone(), answer.stan);
            out.effect(Effect::Alarm(Alarm::StanCollision { tid, stan }));
        }
        self.decide(out, id, decision);
    }
}
