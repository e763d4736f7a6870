//! A lane asks for a payment.

use crate::{
    desk::{Alarm, Desk, Effect, HubFact, PaymentFact, outcome::Outcome},
    ids::{PaymentId, Tid},
    limits::{AMOUNT_MINOR_MAX, PAYMENTS_IN_FLIGHT_PER_LANE_MAX, SEND_WAIT_MS},
    money::Money,
    payment::{Decision, Payment, PaymentRequest, Progress, RefusalReason},
    terminal::Waiting,
};

impl Desk {
    pub(crate) fn requested(&mut self, out: &mut Outcome, mut request: PaymentRequest) {
        if let Some(known) = self.durable.payments.get(&request.payment_id) {
            repeated(out, known, &request);
            return;
        }
        request.business_date = request.business_date.or(Some(self.business_date()));
        let id = request.payment_id;
        let refusal = self.refusal(&request);
        if refusal == Some(RefusalReason::Fenced) {
            out.effect(Effect::Alarm(Alarm::FencedLane(request.lane)));
        } else if self.epoch_of(request.lane) != Some(request.epoch) {
            let (lane, epoch) = (request.lane, request.epoch);
            self.note(out, HubFact::LaneAttached { lane, epoch });
        }
        let tid = self.terminal_of(request.lane).cloned();
        self.note(out, PaymentFact::Requested { request });
        match (refusal, tid) {
            (Some(reason), _) => self.decide(out, id, Decision::Refused { reason }),
            (None, None) => {
                let reason = RefusalReason::NoTerminal;
                self.decide(out, id, Decision::Refused { reason });
            }
            (None, Some(tid)) => self.admit(out, &tid, id),
        }
    }

    /// Waits for its terminal, or is decided at once while the line is down.
    fn admit(&mut self, out: &mut Outcome, tid: &Tid, payment_id: PaymentId) {
        if self.kind_holds_card(payment_id) {
            out.hold_card(payment_id);
        }
        if !self.volatile.link_up {
            self.decide_without_bank(out, payment_id);
            return;
        }
        let wait_ms = SEND_WAIT_MS.min(self.config.timing.answer_timeout_ms);
        let deadline = out.now.mono.after(wait_ms);
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            station.waiting.push_back(Waiting {
                payment_id,
                since: out.now.mono,
                deadline,
            });
        }
        self.tell_if_settling(out, tid, payment_id);
        out.touch(tid);
    }

    /// Why the hub says no before anything else.
    fn refusal(&self, request: &PaymentRequest) -> Option<RefusalReason> {
        if self.check_epoch(request.lane, request.epoch).is_err() {
            return Some(RefusalReason::Fenced);
        }
        if self
            .durable
            .abandoned_early
            .contains_key(&request.payment_id)
        {
            return Some(RefusalReason::Abandoned);
        }
        if !self.is_payable(request.amount) {
            return Some(RefusalReason::InvalidAmount);
        }
        if request.row().is_none_or(|row| !self.takes(row.message)) {
            return Some(RefusalReason::KindNotTaken);
        }
        let tid = self.terminal_of(request.lane);
        if tid.is_none_or(|tid| self.is_stopped(tid)) {
            return Some(RefusalReason::NoTerminal);
        }
        (self.durable.in_flight_of(request.lane) >= PAYMENTS_IN_FLIGHT_PER_LANE_MAX)
            .then_some(RefusalReason::TooMany)
    }

    fn is_payable(&self, amount: Money) -> bool {
        amount.currency() == self.config.currency
            && amount.is_positive()
            && amount.minor() <= AMOUNT_MINOR_MAX
    }

    fn kind_holds_card(&self, payment_id: PaymentId) -> bool {
        let row = self.durable.row_of(payment_id);
        row.is_some_and(|row| row.holds_card)
    }

    pub(crate) fn is_stopped(&self, tid: &Tid) -> bool {
        let terminal = self.durable.terminals.get(tid);
        terminal.is_some_and(|terminal| terminal.stopped.is_some())
    }
}

/// A known id: the recorded result again, or nothing while it is open. Other content is refused and
/// alarmed, and the recorded payment stays as it is (rule 1).
fn repeated(out: &mut Outcome, known: &Payment, request: &PaymentRequest) {
    let payment_id = request.payment_id;
    let lane = request.lane;
    if !known.request.is_same_as(request) {
        out.effect(Effect::Alarm(Alarm::ContentDiffers(payment_id)));
        let reason = RefusalReason::ContentDiffers;
        out.effect(Effect::Reply {
            lane,
            payment_id,
            decision: Decision::Refused { reason },
        });
        return;
    }
    match &known.progress {
        Progress::Requested | Progress::Sent => {}
        Progress::Decided(decision) => out.effect(Effect::Reply {
            lane,
            payment_id,
            decision: decision.clone(),
        }),
    }
}
