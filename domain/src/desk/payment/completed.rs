//! The lane says what became of a payment: its sale was closed with it, or it was given up.

use crate::{
    desk::{Desk, PaymentFact, Rejected, outcome::Outcome},
    forward::{ForwardEnd, ForwardKind},
    ids::{LaneId, PaymentId, ReceiptNumber},
    payment::{Completion, Decision, Payment, Progress, RefusalReason, Silence},
};

impl Desk {
    /// The sale was closed: what was approved stays, and a stand-in may go to the bank.
    pub(crate) fn completed(
        &mut self,
        out: &mut Outcome,
        payment_id: PaymentId,
        receipt: ReceiptNumber,
    ) -> Result<(), Rejected> {
        let Some(payment) = self.durable.payments.get(&payment_id) else {
            // The previous hub knew it. The day's close names it: on a receipt, unknown here.
            return match self.is_rebuilt() {
                true => Ok(()),
                false => Err(Rejected::UnknownPayment(payment_id)),
            };
        };
        match payment.completion {
            Completion::Completed(known) if known == receipt => return Ok(()),
            Completion::Completed(_) => return Err(Rejected::OtherReceipt(payment_id)),
            Completion::Abandoned => return Err(Rejected::CompletedAfterAbandoned(payment_id)),
            Completion::Open => {}
        }
        if payment.request.lane != receipt.lane {
            return Err(Rejected::OtherLane(payment_id));
        }
        if !is_paid(payment) {
            return Err(Rejected::NotPaid(payment_id));
        }
        let lane = payment.request.lane;
        let record = PaymentFact::Completed {
            payment_id,
            receipt,
        };
        self.note(out, record);
        if let Some(tid) = self.terminal_of(lane).cloned() {
            out.touch(&tid);
        }
        self.erase_card_if_done(out, payment_id);
        Ok(())
    }

    /// The lane gave the payment up. Obeyed whenever it comes (rule 2).
    pub(crate) fn abandoned(
        &mut self,
        out: &mut Outcome,
        payment_id: PaymentId,
        lane: LaneId,
    ) -> Result<(), Rejected> {
        let Some(payment) = self.durable.payments.get(&payment_id) else {
            if !self.durable.abandoned_early.contains_key(&payment_id) {
                self.note(out, PaymentFact::Abandoned { payment_id, lane });
            }
            return Ok(());
        };
        if payment.request.lane != lane {
            return Err(Rejected::OtherLane(payment_id));
        }
        match payment.completion {
            Completion::Completed(_) => return Err(Rejected::AbandonedAfterCompleted(payment_id)),
            Completion::Abandoned => return Ok(()),
            Completion::Open => {}
        }
        let progress = payment.progress.clone();
        self.note(out, PaymentFact::Abandoned { payment_id, lane });
        self.obey_abandon(out, payment_id, &progress);
        Ok(())
    }

    fn obey_abandon(&mut self, out: &mut Outcome, id: PaymentId, progress: &Progress) {
        match progress {
            Progress::Requested => {
                self.stop_waiting(id);
                let reason = RefusalReason::Abandoned;
                self.decide(out, id, Decision::Refused { reason });
            }
            // The answer decides; an approval is undone then.
            Progress::Sent => match self.durable.row_of(id).map(|row| row.silence) {
                Some(Silence::Ask) => self.ask_no_longer(out, id),
                Some(Silence::Reverse) | None => {}
            },
            Progress::Decided(decision) => match decision {
                Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                    self.undo(out, id);
                }
                Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
                    self.withdraw(out, id);
                }
                // Nothing was approved, or it is being taken back already.
                Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {
                }
            },
        }
    }

    fn stop_waiting(&mut self, id: PaymentId) {
        for (_, station) in &mut self.volatile.stations {
            station.waiting.retain(|waiting| waiting.payment_id != id);
        }
    }

    /// Before the first byte of its advice has left, cancelling the sale ends it in one commit with
    /// the sale. An advice that was tried is never withdrawn; it can't be here, since only the
    /// advice of a closed sale is sent, and a closed sale is not abandoned.
    pub(crate) fn withdraw(&mut self, out: &mut Outcome, id: PaymentId) {
        let entries = self
            .durable
            .payments
            .get(&id)
            .map(|paid| paid.forwards.clone());
        for entry in entries.unwrap_or_default() {
            let unsent = self.durable.forwards.get(&entry).is_some_and(|forward| {
                forward.kind == ForwardKind::Advice
                    && forward.end.is_none()
                    && forward.bound.is_none()
            });
            if unsent {
                self.end_forward(out, entry, ForwardEnd::Withdrawn);
            }
        }
    }
}

fn is_paid(payment: &Payment) -> bool {
    match &payment.progress {
        Progress::Requested | Progress::Sent => false,
        Progress::Decided(decision) => decision.paid(payment.request.amount).is_positive(),
    }
}
