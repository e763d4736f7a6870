//! What the records of a payment make of the state. `None`: the record names something nobody
//! knows.

use crate::{
    desk::{DurableState, OfflineFact, PaymentFact, counts::count},
    ids::{BatchNumber, LeaseId, PaymentId, Stan, Tid},
    payment::{Completion, Decision, Payment, PaymentRequest},
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
            } => {
                fact.change(self.payments.get_mut(payment_id)?);
                self.is_sent_on(tid, *payment_id);
                self.bound(tid, *stan, *batch);
                Some(())
            }
            PaymentFact::Decided {
                payment_id,
                decision,
            } => {
                self.undecided.remove(payment_id);
                self.count_decision(decision);
                fact.change(self.payments.get_mut(payment_id)?);
                self.decided(*payment_id, decision)
            }
            PaymentFact::Completed { payment_id, .. } => {
                fact.change(self.payments.get_mut(payment_id)?);
                Some(())
            }
            PaymentFact::Abandoned { payment_id, lane } => {
                match self.payments.get_mut(payment_id) {
                    Some(payment) => fact.change(payment),
                    // The id is refused when the request comes.
                    None => {
                        self.abandoned_early.insert(*payment_id, *lane);
                    }
                }
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

    fn requested(&mut self, request: &PaymentRequest, at: WallMs) -> Option<()> {
        let id = request.payment_id;
        let completion = match self.abandoned_early.remove(&id) {
            Some(_) => Completion::Abandoned,
            None => Completion::Open,
        };
        let payment = Payment {
            completion,
            ..Payment::asked(request.clone(), at)
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

    fn bound(&mut self, tid: &Tid, stan: Stan, batch: BatchNumber) {
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.last_financial = Some((batch, stan));
    }

    fn decided(&mut self, id: PaymentId, decision: &Decision) -> Option<()> {
        let payment = self.payments.get(&id)?;
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
