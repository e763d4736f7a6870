//! What the desk will not do. Nothing was written and nothing changed.

use crate::{
    desk::Alarm,
    ids::{ForwardId, LaneEpoch, LaneId, LeaseId, PaymentId, ReturnId},
};

/// Why an event was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejected {
    /// A terminal that was never configured.
    #[error("terminal is not configured")]
    UnknownTerminal,
    /// The terminal id is configured for another lane or merchant.
    #[error("terminal is configured twice, for two lanes or merchants")]
    TerminalConfiguredTwice,
    /// A newer machine speaks for this lane.
    #[error("{lane} is spoken for by epoch {}", known.0)]
    Fenced {
        /// The lane.
        lane: LaneId,
        /// The epoch that holds it.
        known: LaneEpoch,
    },
    /// A machine says an epoch that nobody can have given it: they go up one at a time.
    #[error(
        "{lane} is spoken for by epoch {}: a machine of epoch {} can't follow it, only {}",
        known.0, said.0, known.0.saturating_add(1)
    )]
    EpochTooFar {
        /// The lane.
        lane: LaneId,
        /// The epoch that holds it.
        known: LaneEpoch,
        /// What the machine says.
        said: LaneEpoch,
    },
    /// The lane has no epoch that could be taken back to this one.
    #[error("{lane} has no epoch above {} to take back", to.0)]
    NoEpochToTakeBack {
        /// The lane.
        lane: LaneId,
        /// The epoch that was to hold it.
        to: LaneEpoch,
    },
    /// No payment has this id.
    #[error("payment {0} is not known")]
    UnknownPayment(PaymentId),
    /// The payment was asked for by another lane.
    #[error("payment {0} belongs to another lane")]
    OtherLane(PaymentId),
    /// The sale was closed with a payment that the same lane had given up.
    #[error("payment {0} was abandoned before")]
    CompletedAfterAbandoned(PaymentId),
    /// A payment was given up after its sale had been closed.
    #[error("payment {0} was completed before")]
    AbandonedAfterCompleted(PaymentId),
    /// The sale was closed with a payment that was not approved.
    #[error("payment {0} was not approved")]
    NotPaid(PaymentId),
    /// The payment stands on another receipt already.
    #[error("payment {0} stands on another receipt")]
    OtherReceipt(PaymentId),
    /// A lane approved alone what the hub had been asked for (I19).
    #[error("payment {0} was approved offline though the hub had been asked")]
    OfflineAfterRequested(PaymentId),
    /// An offline payment is told again with other content.
    #[error("payment {0} was told before with other content")]
    OfflineContentDiffers(PaymentId),
    /// No open lease of this lane has this id.
    #[error("lease {} is not open", _0.0)]
    UnknownLease(LeaseId),
    /// No queue entry has this number.
    #[error("queue entry {} is not known", _0.0)]
    UnknownForward(ForwardId),
    /// The entry is no dead letter, or was resolved before.
    #[error("queue entry {} is no open dead letter", _0.0)]
    NotAnOpenDeadLetter(ForwardId),
    /// The batch of the entry is closed: a repeat would reach the host under a number that means
    /// something else by now (payments.md, "Store and forward").
    #[error("the batch of queue entry {} is closed: settle it by hand", _0.0)]
    BatchIsClosed(ForwardId),
    /// A lane approved it outside its lease: the bank is never told, whoever asks for it.
    #[error("queue entry {} was approved outside a lease: settle it by hand", _0.0)]
    NeverForwarded(ForwardId),
    /// No return of this number is open.
    #[error("return {0} is not open")]
    UnknownReturn(ReturnId),
    /// A note is required.
    #[error("a reference or a reason is required")]
    NoteMissing,
    /// A machine that speaks for its lane ends its own days.
    #[error("{lane} is spoken for by epoch {} itself", epoch.0)]
    NotFenced {
        /// The lane.
        lane: LaneId,
        /// Its machine.
        epoch: LaneEpoch,
    },
}

impl Rejected {
    /// An order needs somebody who gives it and a reason; blanks are neither.
    pub(crate) fn unless_said(by: &str, reason: &str) -> Result<(), Self> {
        match by.trim().is_empty() || reason.trim().is_empty() {
            true => Err(Self::NoteMissing),
            false => Ok(()),
        }
    }

    /// The alarm to raise with it, if it is one somebody must look at.
    #[must_use]
    pub fn alarm(&self) -> Option<Alarm> {
        match self {
            Self::CompletedAfterAbandoned(id)
            | Self::AbandonedAfterCompleted(id)
            | Self::NotPaid(id)
            | Self::OtherReceipt(id)
            | Self::OtherLane(id)
            | Self::UnknownPayment(id) => Some(Alarm::CompletionConflict(*id)),
            Self::OfflineAfterRequested(id) | Self::OfflineContentDiffers(id) => {
                Some(Alarm::OfflineConflict(*id))
            }
            Self::Fenced { lane, .. } => Some(Alarm::FencedLane(*lane)),
            Self::UnknownTerminal
            | Self::TerminalConfiguredTwice
            | Self::EpochTooFar { .. }
            | Self::NoEpochToTakeBack { .. }
            | Self::UnknownForward(_)
            | Self::UnknownLease(_)
            | Self::UnknownReturn(_)
            | Self::NotAnOpenDeadLetter(_)
            | Self::BatchIsClosed(_)
            | Self::NeverForwarded(_)
            | Self::NoteMissing
            | Self::NotFenced { .. } => None,
        }
    }
}
