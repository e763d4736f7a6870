//! Where a payment stands.

use crate::{
    ids::{BatchNumber, ForwardId, ReceiptNumber, Stan, Tid},
    payment::{Decision, PaymentRequest},
    time::WallMs,
};

/// How far the decision has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Journaled, not sent: its TID is busy or the line is being tried.
    Requested,
    /// Journaled with TID, STAN and batch; from here on a byte may have left.
    Sent,
    /// Decided; see `Payment::decision`.
    Decided(Decision),
}

/// What the lane did with the decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completion {
    /// Nothing known yet.
    Open,
    /// The sale was closed with this payment as a tender.
    Completed(ReceiptNumber),
    /// The lane gave the payment up; if it was approved it is undone.
    Abandoned,
}

/// One payment with its whole history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// What was asked.
    pub request: PaymentRequest,
    /// When it reached the hub.
    pub requested_at: WallMs,
    /// Terminal, STAN and batch, once bound (rule 10).
    pub bound: Option<(Tid, Stan, BatchNumber)>,
    /// How far the decision has come.
    pub progress: Progress,
    /// What the lane did with it.
    pub completion: Completion,
    /// Queue entries made for it, oldest first: reversal, advice, void.
    pub forwards: Vec<ForwardId>,
    /// The batch it was settled in.
    pub settled_in: Option<BatchNumber>,
}

impl Payment {
    /// One that was asked for and of which nothing else is known.
    #[must_use]
    pub const fn asked(request: PaymentRequest, at: WallMs) -> Self {
        Self {
            request,
            requested_at: at,
            bound: None,
            progress: Progress::Requested,
            completion: Completion::Open,
            forwards: Vec::new(),
            settled_in: None,
        }
    }

    /// The decision, once it was made.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match &self.progress {
            Progress::Decided(decision) => Some(decision),
            Progress::Requested | Progress::Sent => None,
        }
    }
}
