//! What is written of one payment.

use crate::{
    ids::{BatchNumber, LaneId, LeaseId, PaymentId, ReceiptNumber, Stan, Tid},
    payment::{Completion, Decision, Payment, PaymentRequest, Progress},
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
            // The first begins a payment; a card that came changes nothing of it.
            Self::Requested { .. }
            | Self::OfflineReported { .. }
            | Self::OfflineCardHeld { .. } => {}
        }
    }

    /// The payment it is about.
    #[must_use]
    pub const fn payment_id(&self) -> PaymentId {
        match self {
            Self::Requested { request } | Self::OfflineReported { request, .. } => {
                request.payment_id
            }
            Self::Sent { payment_id, .. }
            | Self::Decided { payment_id, .. }
            | Self::Completed { payment_id, .. }
            | Self::Abandoned { payment_id, .. }
            | Self::OfflineCardHeld { payment_id } => *payment_id,
        }
    }
}
