//! What one payment comes to: what the hub holds as paid, and the batch in which the host counts
//! it. Reports, histories and comparisons ask here.

use crate::{
    desk::PaymentFile,
    forward::{Forward, ForwardEnd, ForwardKind},
    ids::{BatchNumber, Tid},
    money::Money,
    payment::{Completion, Decision},
};

impl PaymentFile {
    /// What the customer has paid by it, as far as was decided.
    #[must_use]
    pub fn paid(&self) -> Money {
        let asked = self.payment.request.amount;
        let decision = self.payment.decision();
        decision.map_or(Money::zero(asked.currency()), |decision| {
            decision.paid(asked)
        })
    }

    /// What the hub holds as paid: approved and not undone; a stand-in whether it was delivered or
    /// not. What the bank refused after the goods were gone was paid at the lane all the same: a
    /// loss line.
    #[must_use]
    pub fn held(&self) -> Money {
        if self.forwards.iter().any(undoes) {
            return Money::zero(self.payment.request.amount.currency());
        }
        self.paid()
    }

    /// Terminal and batch the host counts it in, if it counts it at all: those of the approval, or
    /// of the delivered advice.
    #[must_use]
    pub fn counted_in(&self) -> Option<(&Tid, BatchNumber)> {
        let delivered =
            |forward: &&Forward| matches!(forward.end, Some(ForwardEnd::Delivered { .. }));
        let mut delivered = self.forwards.iter().filter(delivered);
        if delivered.clone().any(undoes) {
            return None;
        }
        if let Some(advice) = delivered.find(|forward| forward.kind == ForwardKind::Advice) {
            return advice.bound.map(|(_, batch)| (&advice.tid, batch));
        }
        match self.payment.decision()? {
            Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                let (tid, _, batch) = self.payment.bound.as_ref()?;
                Some((tid, *batch))
            }
            Decision::Declined { .. }
            | Decision::Unknown { .. }
            | Decision::Refused { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. } => None,
        }
    }

    /// Whether something is still to come: a decision, the end of its sale, the end of an entry.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let Some(decision) = self.payment.decision() else {
            return true;
        };
        let waits_for_sale = match decision {
            Decision::Approved { .. }
            | Decision::PartiallyApproved { .. }
            | Decision::StandIn { .. }
            | Decision::OfflineApproved { .. } => self.payment.completion == Completion::Open,
            Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {
                false
            }
        };
        waits_for_sale || self.forwards.iter().any(|forward| forward.end.is_none())
    }
}

/// A reversal or void that the host has; an advice that was taken back.
fn undoes(forward: &Forward) -> bool {
    match (&forward.kind, &forward.end) {
        (
            ForwardKind::Reversal { .. } | ForwardKind::Void { .. },
            Some(ForwardEnd::Delivered { .. }),
        )
        | (ForwardKind::Advice, Some(ForwardEnd::Withdrawn)) => true,
        (
            ForwardKind::Reversal { .. } | ForwardKind::Void { .. } | ForwardKind::Advice,
            None
            | Some(
                ForwardEnd::Delivered { .. }
                | ForwardEnd::Withdrawn
                | ForwardEnd::DeadLetter { .. },
            ),
        ) => false,
    }
}
