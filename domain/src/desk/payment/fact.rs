//! What is written of one payment, and what it makes of the state, of the books and of the dates.

use crate::{
    day::Fact,
    desk::{DurableState, OfflineFact, counts::count, posting},
    ids::{BatchNumber, LaneId, LeaseId, PaymentId, ReceiptNumber, Stan, Tid},
    payment::{Completion, Decision, Payment, PaymentRequest, Progress, Side, WithoutBank},
    settlement::Transfer,
    terminal::BatchItem,
    time::{BusinessDate, WallMs},
};

/// What happened to a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PaymentFact {
    /// A lane asked.
    Requested {
        /// What it asked.
        request: PaymentRequest,
    },
    /// TID, STAN and batch are bound; durable before the first byte leaves (I6).
    Sent {
        /// The payment.
        payment_id: PaymentId,
        /// Its terminal.
        tid: Tid,
        /// Its STAN.
        stan: Stan,
        /// Its batch.
        batch: BatchNumber,
    },
    /// Its outcome was asked for; TID, STAN and batch of that message are bound.
    OutcomeAsked {
        /// Which one.
        payment_id: PaymentId,
        /// Its terminal.
        tid: Tid,
        /// The STAN of this message.
        stan: Stan,
        /// The batch that is open.
        batch: BatchNumber,
    },
    /// What was decided; made once.
    Decided {
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
    },
    /// The sale was closed with this payment.
    Completed {
        /// The payment.
        payment_id: PaymentId,
        /// The receipt.
        receipt: ReceiptNumber,
    },
    /// The lane gave it up. May stand before `Requested`: the id is then refused when it comes.
    Abandoned {
        /// The payment.
        payment_id: PaymentId,
        /// The lane.
        lane: LaneId,
    },
    /// The lane's journal shows an approval of its own; the decision follows in the same commit.
    OfflineReported {
        /// What the lane would have asked.
        request: PaymentRequest,
        /// Inside which lease.
        lease: LeaseId,
    },
    /// The card of an offline payment is held: its advice can be sent.
    OfflineCardHeld {
        /// Whose.
        payment_id: PaymentId,
    },
}

impl PaymentFact {
    /// What it makes of the payment it is about, once that was asked for.
    pub fn change(&self, payment: &mut Payment) {
        match self {
            Self::Sent {
                tid, stan, batch, ..
            } => {
                payment.bound = Some((tid.clone(), *stan, *batch));
                payment.progress = Progress::Sent;
            }
            Self::Decided { decision, .. } => {
                payment.progress = Progress::Decided(decision.clone());
            }
            Self::Completed { receipt, .. } => {
                payment.completion = Completion::Completed(*receipt);
            }
            Self::Abandoned { .. } => payment.completion = Completion::Abandoned,
            // The first begins a payment; a question or a card that came changes nothing of it.
            Self::Requested { .. }
            | Self::OutcomeAsked { .. }
            | Self::OfflineReported { .. }
            | Self::OfflineCardHeld { .. } => {}
        }
    }

    /// What was asked, of the facts that begin a payment.
    #[must_use]
    pub const fn asked(&self) -> Option<&PaymentRequest> {
        match self {
            Self::Requested { request } | Self::OfflineReported { request, .. } => Some(request),
            Self::Sent { .. }
            | Self::OutcomeAsked { .. }
            | Self::Decided { .. }
            | Self::Completed { .. }
            | Self::Abandoned { .. }
            | Self::OfflineCardHeld { .. } => None,
        }
    }

    /// Whether the card of the payment came with it: in memory when a lane asks; that of an offline
    /// payment is uploaded.
    #[must_use]
    pub const fn brings_card(&self) -> bool {
        match self {
            Self::Requested { .. } | Self::OfflineCardHeld { .. } => true,
            Self::Sent { .. }
            | Self::OutcomeAsked { .. }
            | Self::Decided { .. }
            | Self::Completed { .. }
            | Self::Abandoned { .. }
            | Self::OfflineReported { .. } => false,
        }
    }

    /// What it is to the store's dates; `header`: the date that its record carries.
    pub(in crate::desk) fn of_dates(&self, header: BusinessDate) -> Option<Fact> {
        let request = self.asked()?;
        Some(Fact::Booked {
            date: request.business_date.unwrap_or(header),
        })
    }

    /// The money that it moves (I1), told by the state before it.
    pub(in crate::desk) fn transfers(&self, state: &DurableState) -> Vec<Transfer> {
        let Self::Decided {
            payment_id,
            decision,
        } = self
        else {
            return Vec::new();
        };
        let payment = state.payments.get(payment_id);
        let moved = payment.and_then(|payment| posting::decided(payment, decision));
        moved.into_iter().collect()
    }

    /// The payment it is about.
    #[must_use]
    pub const fn payment_id(&self) -> PaymentId {
        match self {
            Self::Requested { request } | Self::OfflineReported { request, .. } => {
                request.payment_id
            }
            Self::Sent { payment_id, .. }
            | Self::OutcomeAsked { payment_id, .. }
            | Self::Decided { payment_id, .. }
            | Self::Completed { payment_id, .. }
            | Self::Abandoned { payment_id, .. }
            | Self::OfflineCardHeld { payment_id } => *payment_id,
        }
    }
}

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
            PaymentFact::OutcomeAsked {
                payment_id,
                tid,
                stan,
                ..
            } => {
                self.payments.get(payment_id)?;
                self.terminal_mut(tid).next_stan = stan.next();
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
        let row = request.row();
        let may_be = row.is_some_and(|row| row.without_bank == WithoutBank::ByRule);
        let covered = may_be && self.risk.spend(lease, machine, request.amount, card);
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
        let row = payment.request.row();
        let bound = payment.bound.clone();
        if let Some((tid, ..)) = &bound {
            self.is_sent_no_more(tid, id);
        }
        match decision {
            Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. } => {
                let (tid, stan, batch) = bound?;
                let side = row?.side;
                let item = BatchItem {
                    payment_id: id,
                    amount: *amount,
                    is_credit: side == Side::Credit,
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
