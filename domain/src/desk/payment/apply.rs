//! What the records of a payment make of the state. `None`: the record names something nobody
//! knows.

use crate::{
    desk::{DurableState, OfflineFact, PaymentFact, counts::count},
    ids::{BatchNumber, LaneId, LeaseId, PaymentId, Stan, Tid},
    payment::{Completion, Decision, Payment, PaymentRequest, Progress},
    terminal::BatchItem,
    time::WallMs,
};

impl DurableState {
    pub(in crate::desk) fn apply_payment(&mut self, fact: &PaymentFact, at: WallMs) -> Option<()> {
        match fact {
            PaymentFact::Requested { request } => self.requested(request, at),
            PaymentFact::Sent {
                payment_id,
                tid,
                stan,
                batch,
            } => self.sent(*payment_id, tid, *stan, *batch),
            PaymentFact::Decided {
                payment_id,
                decision,
            } => self.decided(*payment_id, decision),
            PaymentFact::Completed {
                payment_id,
                receipt,
            } => {
                self.payments.get_mut(payment_id)?.completion = Completion::Completed(*receipt);
                Some(())
            }
            PaymentFact::Abandoned { payment_id, lane } => {
                self.abandoned(*payment_id, *lane);
                Some(())
            }
            PaymentFact::OfflineReported { request, lease } => {
                self.offline_reported(request, *lease, at)
            }
            PaymentFact::OfflineCardHeld { payment_id } => {
                self.offline_cards.insert(*payment_id);
                Some(())
            }
        }
    }

    /// May come before the request does: the id is then refused when it comes.
    fn abandoned(&mut self, id: PaymentId, lane: LaneId) {
        match self.payments.get_mut(&id) {
            Some(payment) => payment.completion = Completion::Abandoned,
            None => {
                self.abandoned_early.insert(id, lane);
            }
        }
    }

    fn requested(&mut self, request: &PaymentRequest, at: WallMs) -> Option<()> {
        let id = request.payment_id;
        let completion = match self.abandoned_early.remove(&id) {
            Some(_) => Completion::Abandoned,
            None => Completion::Open,
        };
        let payment = Payment {
            request: request.clone(),
            requested_at: at,
            bound: None,
            progress: Progress::Requested,
            completion,
            forwards: Vec::new(),
            settled_in: None,
        };
        let before = self.payments.insert(id, payment);
        self.undecided.insert(id);
        count(&mut self.counts.requested);
        before.is_none().then_some(())
    }

    /// What was lent becomes what is owed to the bank: the decision in the same commit adds it to
    /// the exposure.
    fn offline_reported(
        &mut self,
        request: &PaymentRequest,
        lease: LeaseId,
        at: WallMs,
    ) -> Option<()> {
        let card = request.card.hash.as_ref();
        let machine = (request.lane, request.epoch);
        let covered = self.risk.spend(lease, machine, request.amount, card);
        let fact = OfflineFact { lease, covered };
        self.offline.insert(request.payment_id, fact);
        self.requested(request, at)
    }

    fn sent(&mut self, id: PaymentId, tid: &Tid, stan: Stan, batch: BatchNumber) -> Option<()> {
        let payment = self.payments.get_mut(&id)?;
        payment.bound = Some((tid.clone(), stan, batch));
        payment.progress = Progress::Sent;
        self.is_sent_on(tid, id);
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.last_financial = Some((batch, stan));
        Some(())
    }

    fn decided(&mut self, id: PaymentId, decision: &Decision) -> Option<()> {
        self.undecided.remove(&id);
        self.count_decision(decision);
        let payment = self.payments.get_mut(&id)?;
        payment.progress = Progress::Decided(decision.clone());
        let card = payment.request.card.hash;
        let bound = payment.bound.clone();
        if let Some((tid, ..)) = &bound {
            self.is_sent_no_more(tid, id);
        }
        match decision {
            Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. } => {
                let (tid, stan, batch) = bound?;
                let item = BatchItem {
                    payment_id: id,
                    amount: *amount,
                    is_credit: false,
                };
                self.terminal_mut(&tid).items.insert((batch, stan), item);
            }
            Decision::StandIn { amount } | Decision::OfflineApproved { amount, .. } => {
                self.risk.grow(card.as_ref(), amount.minor());
            }
            Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {}
        }
        Some(())
    }

    const fn count_decision(&mut self, decision: &Decision) {
        count(match decision {
            Decision::Approved { .. } => &mut self.counts.approved,
            Decision::PartiallyApproved { .. } => &mut self.counts.partially_approved,
            Decision::Declined { .. } => &mut self.counts.declined,
            Decision::Unknown { .. } => &mut self.counts.unknown,
            Decision::Refused { .. } => &mut self.counts.refused,
            Decision::StandIn { .. } => &mut self.counts.stand_in,
            Decision::OfflineApproved { .. } => &mut self.counts.offline_approved,
        });
    }
}
