//! The store-and-forward queue: what an answer or silence means for an entry, and its only three
//! ends (I9).

use crate::{
    desk::{Alarm, Desk, Effect, ForwardFact, outcome::Outcome},
    forward::{DeadLetterReason, Forward, ForwardEnd, ForwardKind, Meaning, backoff_ms, meaning},
    ids::{ForwardId, Tid},
    money::Money,
    payment::Answer,
    response_code::ResponseCode,
};

/// How much of a try left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// All of it: the host may have it.
    InFull,
    /// Nothing, or a part that no host can take for a message.
    NotInFull,
}

impl Desk {
    pub(crate) fn forward_answered(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        id: ForwardId,
        answer: &Answer,
    ) {
        let Some(forward) = self.durable.forwards.get(&id).cloned() else {
            return;
        };
        let code = answer.code;
        let row = self.durable.row_of(forward.payment_id);
        let original = row.map(|row| self.config.processing_code(row.message));
        match meaning(&forward, original.unwrap_or_default(), answer) {
            Meaning::Delivered => {
                let amount = forward.amount;
                self.end_forward(out, id, ForwardEnd::Delivered { code, amount });
            }
            Meaning::DeliveredInPart(amount) => self.delivered_in_part(out, &forward, code, amount),
            Meaning::Later => self.defer(out, id, Some(code), Sent::InFull),
            Meaning::SignOnFirst | Meaning::NotBelieved => {
                self.drop_sign_on(out, tid);
                self.defer(out, id, Some(code), Sent::InFull);
            }
            Meaning::StanCollision => {
                let (tid, stan) = (tid.clone(), answer.stan);
                out.effect(Effect::Alarm(Alarm::StanCollision { tid, stan }));
                let reason = DeadLetterReason::StanCollision;
                self.dead_letter(out, id, code, reason, false);
            }
            Meaning::DeclinedAfterGoods => {
                self.dead_letter(out, id, code, DeadLetterReason::CardRefused, true);
            }
            Meaning::Refused => {
                self.dead_letter(out, id, code, DeadLetterReason::MessageRefused, false);
            }
        }
    }

    /// Ends an entry.
    pub(crate) fn end_forward(&mut self, out: &mut Outcome, id: ForwardId, end: ForwardEnd) {
        let Some(forward) = self.durable.forwards.get(&id) else {
            return;
        };
        let (tid, payment_id) = (forward.tid.clone(), forward.payment_id);
        match &end {
            ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn => {}
            ForwardEnd::DeadLetter {
                declined_after_goods,
                ..
            } => {
                out.effect(Effect::Alarm(Alarm::DeadLetter(id)));
                if *declined_after_goods {
                    out.effect(Effect::Alarm(Alarm::DeclinedAfterGoods(payment_id)));
                }
            }
        }
        let record = ForwardFact::Ended {
            forward_id: id,
            end,
        };
        let hot_list_before = self.hot_list_version();
        self.note(out, record);
        let payment = self.durable.payments.get(&payment_id);
        let card = payment.and_then(|paid| paid.request.card.hash);
        self.tell_hot_card(out, hot_list_before, card);
        if let Some(station) = self.volatile.stations.get_mut(&tid) {
            station.not_before.remove(&id);
            station.held_back.remove(&id);
        }
        self.erase_card_if_done(out, payment_id);
        out.touch(&tid);
    }

    fn dead_letter(
        &mut self,
        out: &mut Outcome,
        id: ForwardId,
        code: ResponseCode,
        reason: DeadLetterReason,
        declined_after_goods: bool,
    ) {
        let end = ForwardEnd::DeadLetter {
            reason: reason.into(),
            code: Some(code),
            declined_after_goods,
        };
        self.end_forward(out, id, end);
    }

    /// The host took a part: that is delivered, and the rest is an entry of its own that is a dead
    /// letter from its birth.
    fn delivered_in_part(
        &mut self,
        out: &mut Outcome,
        forward: &Forward,
        code: ResponseCode,
        amount: Money,
    ) {
        let Ok(rest) = forward.amount.subtract(amount) else {
            return;
        };
        let (payment_id, tid) = (forward.payment_id, &forward.tid);
        let entry = self.queue(out, payment_id, tid, ForwardKind::Advice, rest);
        self.end_forward(out, forward.id, ForwardEnd::Delivered { code, amount });
        self.dead_letter(out, entry, code, DeadLetterReason::TookAPart, false);
    }

    /// Again, after a pause of this entry alone. A reversal that has used up its tries is a dead
    /// letter instead and frees its TID (rule 7). Only tries that were sent in full count (rule 3).
    pub(crate) fn defer(
        &mut self,
        out: &mut Outcome,
        id: ForwardId,
        code: Option<ResponseCode>,
        sent: Sent,
    ) {
        let Some(forward) = self.durable.forwards.get(&id) else {
            return;
        };
        let is_reversal = matches!(forward.kind, ForwardKind::Reversal { .. });
        let tid = forward.tid.clone();
        let record = ForwardFact::Deferred {
            forward_id: id,
            code,
            sent_in_full: sent == Sent::InFull,
        };
        self.note(out, record);
        let tries = self.durable.forwards.get(&id).map_or(0, Forward::tries);
        let timing = self.config.timing;
        if is_reversal && self.is_given_up(out, id) {
            let reason = match self.blocks_payments(id) {
                true => DeadLetterReason::TriesUsedUp,
                false => DeadLetterReason::TooLate,
            };
            self.bury(out, id, reason);
            return;
        }
        let (min_ms, max_ms) = (timing.backoff_min_ms, timing.backoff_max_ms);
        let pause_ms = backoff_ms(tries, min_ms, max_ms, out.random());
        if let Some(station) = self.volatile.stations.get_mut(&tid) {
            let moment = out.now.mono.after(pause_ms);
            station.not_before.insert(id, moment);
        }
        out.touch(&tid);
    }

    /// Nothing came back on this terminal: no advice, void or settlement for a while.
    pub(crate) fn be_quiet(&mut self, out: &mut Outcome, tid: &Tid) {
        let timing = self.config.timing;
        let random = out.random();
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.silences = station.silences.saturating_add(1);
            let (min_ms, max_ms) = (timing.backoff_min_ms, timing.backoff_max_ms);
            let pause_ms = backoff_ms(station.silences, min_ms, max_ms, random);
            station.quiet_until = Some(out.now.mono.after(pause_ms));
        }
        out.touch(tid);
    }
}
