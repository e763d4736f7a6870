//! The decision of a payment, and what is queued in the same commit.

use crate::{
    desk::{Desk, DeskFact, DeskRecord, Effect, ForwardFact, PaymentFact, outcome::Outcome},
    forward::{DeadLetterReason, ForwardEnd, ForwardKind},
    ids::{BatchNumber, ForwardId, PaymentId, Stan, Tid},
    money::Money,
    payment::{
        Completion, Decision, HostFacts, Payment, Progress, RefusalReason, UndoneBy, UnknownReason,
        WithoutBank,
    },
    response_code::ResponseCode,
    terminal::Settling,
};

impl Desk {
    /// Writes a record: applied at once, made durable before anything that depends on it.
    pub(crate) fn note(&mut self, out: &mut Outcome, fact: impl Into<DeskFact>) {
        let record = DeskRecord {
            at: out.now.wall,
            date: self.business_date(),
            fact: fact.into(),
        };
        self.durable.apply(&record, |_| true);
        out.persist(record);
    }

    /// Decides a payment, once. An unknown outcome queues its reversal in the same commit (rule 4),
    /// a stand-in its advice, and an approval that the lane has given up is undone (rule 2).
    pub(crate) fn decide(&mut self, out: &mut Outcome, id: PaymentId, decision: Decision) {
        let record = PaymentFact::Decided {
            payment_id: id,
            decision: decision.clone(),
        };
        self.note(out, record);
        self.stop_asking(id);
        match &decision {
            Decision::Unknown { reason } => self.queue_reversal_in_doubt(out, id, *reason),
            Decision::StandIn { amount } => {
                self.queue_advice(out, id, *amount);
            }
            Decision::OfflineApproved { amount, .. } => {
                self.offline_approved(out, id, *amount);
            }
            Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                let abandoned = self.durable.payments.get(&id);
                if abandoned.is_some_and(|payment| payment.completion == Completion::Abandoned) {
                    self.undo(out, id);
                }
            }
            Decision::Declined { .. } | Decision::Refused { .. } => {}
        }
        // A lane that decided alone waits for no answer.
        if !matches!(decision, Decision::OfflineApproved { .. }) {
            self.reply(out, id, decision);
        }
        out.effect(Effect::ForgetSecrets(id));
        self.erase_card_if_done(out, id);
    }

    fn reply(&self, out: &mut Outcome, payment_id: PaymentId, decision: Decision) {
        if let Some(payment) = self.durable.payments.get(&payment_id) {
            out.effect(Effect::Reply {
                lane: payment.request.lane,
                payment_id,
                decision,
            });
        }
    }

    /// Lets the side table forget a card that nothing can need any more.
    pub(crate) fn erase_card_if_done(&self, out: &mut Outcome, id: PaymentId) {
        let payment = self.durable.payments.get(&id);
        let was_held = |payment: &Payment| payment.request.row().is_none_or(|row| row.holds_card);
        let payment = payment.filter(|payment| was_held(payment));
        if payment.is_some_and(|payment| !self.durable.needs_card(payment)) {
            out.erase_card(id);
        }
    }

    /// Nothing of this payment was sent, and the bank can't be reached: the hub stands in or
    /// refuses. Never after a byte may have left (rule 2).
    pub(crate) fn decide_without_bank(&mut self, out: &mut Outcome, id: PaymentId) {
        let Some(payment) = self.durable.payments.get(&id) else {
            return;
        };
        let (amount, card) = (payment.request.amount, payment.request.card.hash);
        let allowed = self.stand_in_allowed(payment);
        let decision = match allowed.and_then(|()| self.not_too_often(out, id, card)) {
            Ok(()) => {
                self.note_velocity(out, card);
                Decision::StandIn { amount }
            }
            Err(reason) => Decision::Refused { reason },
        };
        self.decide(out, id, decision);
    }

    fn stand_in_allowed(&self, payment: &Payment) -> Result<(), RefusalReason> {
        if payment.completion == Completion::Abandoned {
            return Err(RefusalReason::Abandoned);
        }
        match payment.request.row().map(|row| row.without_bank) {
            Some(WithoutBank::ByRule) => {}
            Some(WithoutBank::Refused) => return Err(RefusalReason::WalletOffline),
            None => return Err(RefusalReason::NotOffline),
        }
        if self.is_hot(&payment.request.card) {
            return Err(RefusalReason::HotCard);
        }
        let policy = &self.config.policy;
        policy.decide(&payment.request, &self.durable.risk)
    }

    /// The sale may have been given up before the hub heard that it was paid. What is outside the
    /// lane's lease is never told to the bank.
    fn offline_approved(&mut self, out: &mut Outcome, id: PaymentId, amount: Money) {
        let advice = self.queue_advice(out, id, amount);
        let Some(payment) = self.durable.payments.get(&id) else {
            return;
        };
        if payment.completion == Completion::Abandoned {
            self.withdraw(out, id);
        } else if let Some(advice) = advice.filter(|_| self.is_outside_lease(id)) {
            self.bury(out, advice, DeadLetterReason::OutsideLease);
        }
    }

    fn queue_advice(
        &mut self,
        out: &mut Outcome,
        id: PaymentId,
        amount: Money,
    ) -> Option<ForwardId> {
        let lane = self.durable.payments.get(&id).map(|paid| paid.request.lane);
        let own = lane.and_then(|lane| self.terminal_of(lane));
        // A lane that was taken out of the configuration may still have sold.
        let tid = own
            .or_else(|| self.volatile.stations.keys().next())
            .cloned();
        tid.map(|tid| self.queue(out, id, &tid, ForwardKind::Advice, amount))
    }

    fn queue_reversal_in_doubt(&mut self, out: &mut Outcome, id: PaymentId, reason: UnknownReason) {
        let Some(payment) = self.durable.payments.get(&id) else {
            return;
        };
        let Some((tid, stan, batch)) = payment.bound.clone() else {
            return;
        };
        let kind = ForwardKind::Reversal {
            reason: reversal_reason(reason),
            original_stan: stan,
            original_batch: batch,
            auth_code: None,
        };
        let amount = payment.request.amount;
        let entry = self.queue(out, id, &tid, kind, amount);
        self.hold_back(out, id, entry, &tid);
    }

    /// Puts an entry into the queue, in the commit of what caused it.
    pub(crate) fn queue(
        &mut self,
        out: &mut Outcome,
        payment_id: PaymentId,
        tid: &Tid,
        kind: ForwardKind,
        amount: Money,
    ) -> ForwardId {
        let forward_id = self.durable.next_forward_id();
        let record = ForwardFact::Queued {
            forward_id,
            payment_id,
            tid: tid.clone(),
            kind,
            amount,
        };
        self.note(out, record);
        out.touch(tid);
        forward_id
    }

    /// Takes an approval back: by a reversal while it is the terminal's last financial message, by
    /// a void after that, and by hand once its batch is closed (rule 8; refunds are not built yet).
    pub(crate) fn undo(&mut self, out: &mut Outcome, id: PaymentId) {
        let Some(payment) = self.durable.payments.get(&id) else {
            return;
        };
        let (Some(bound), Some((approved, host))) = (payment.bound.clone(), approval(payment))
        else {
            return;
        };
        let asked = payment.request.amount;
        let (tid, stan, batch) = bound;
        if self.batch_is_gone(&tid, batch) {
            let kind = void_kind(stan, batch, host);
            let entry = self.queue(out, id, &tid, kind, approved);
            self.bury(out, entry, DeadLetterReason::OriginalClosed);
        } else if self.is_reversed(id, &tid, stan, batch) {
            let kind = ForwardKind::Reversal {
                reason: ResponseCode::ERROR,
                original_stan: stan,
                original_batch: batch,
                auth_code: host.auth_code,
            };
            let entry = self.queue(out, id, &tid, kind, asked);
            self.hold_back(out, id, entry, &tid);
        } else {
            self.queue(out, id, &tid, void_kind(stan, batch, host), approved);
        }
    }

    /// A 0500 may be at the host already, or the batch is closed: its totals can't change any more.
    fn batch_is_gone(&self, tid: &Tid, batch: BatchNumber) -> bool {
        self.durable.terminals.get(tid).is_none_or(|terminal| {
            let settling = matches!(terminal.settling, Settling::Sent { .. });
            terminal.batch != Some(batch) || settling
        })
    }

    /// Whether a 0400 takes an approval of an open batch back; else a void does (rule 8).
    fn is_reversed(&self, id: PaymentId, tid: &Tid, stan: Stan, batch: BatchNumber) -> bool {
        match self.durable.row_of(id).map(|row| row.undone_by) {
            Some(UndoneBy::Reversal) => true,
            Some(UndoneBy::ReversalThenVoid) | None => self.is_last_financial(tid, stan, batch),
        }
    }

    fn is_last_financial(&self, tid: &Tid, stan: Stan, batch: BatchNumber) -> bool {
        let terminal = self.durable.terminals.get(tid);
        terminal.is_some_and(|terminal| terminal.last_financial == Some((batch, stan)))
    }

    /// Ends an entry as a dead letter for a reason other than an answer.
    pub(crate) fn bury(&mut self, out: &mut Outcome, id: ForwardId, reason: DeadLetterReason) {
        let code = self
            .durable
            .forwards
            .get(&id)
            .and_then(|dead| dead.last_code);
        let end = ForwardEnd::DeadLetter {
            reason: reason.into(),
            code,
            declined_after_goods: false,
        };
        self.end_forward(out, id, end);
    }
}

/// Field 39 of the reversal that follows (cup-pos: 98 no answer, A0 bad MAC, 06 other).
const fn reversal_reason(reason: UnknownReason) -> ResponseCode {
    match reason {
        UnknownReason::NoAnswer | UnknownReason::LinkBroke | UnknownReason::HubRestarted => {
            ResponseCode::NO_ANSWER
        }
        UnknownReason::BadMac => ResponseCode::BAD_MAC,
        UnknownReason::Mismatch => ResponseCode::ERROR,
    }
}

fn void_kind(stan: Stan, batch: BatchNumber, host: HostFacts) -> ForwardKind {
    ForwardKind::Void {
        original_stan: stan,
        original_batch: batch,
        rrn: host.rrn,
        auth_code: host.auth_code,
    }
}

fn approval(payment: &Payment) -> Option<(Money, HostFacts)> {
    match &payment.progress {
        Progress::Decided(
            Decision::Approved { amount, host } | Decision::PartiallyApproved { amount, host },
        ) => Some((*amount, host.clone())),
        Progress::Requested
        | Progress::Sent
        | Progress::Decided(
            Decision::Declined { .. }
            | Decision::Unknown { .. }
            | Decision::Refused { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. },
        ) => None,
    }
}
