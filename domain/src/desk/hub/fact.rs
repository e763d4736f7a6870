//! What is written of machines: which speaks for a lane, and which hub was here before.

use crate::ids::{LaneEpoch, LaneId, LeaseId, PaymentId, Stan, Tid};

/// What became known of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HubFact {
    /// A lane's machine was accepted.
    LaneAttached {
        /// The lane.
        lane: LaneId,
        /// Its epoch from here on.
        epoch: LaneEpoch,
    },
    /// An operator took a lane's epoch back: an older machine speaks for it again.
    EpochTakenBack {
        /// The lane.
        lane: LaneId,
        /// Its epoch until here.
        from: LaneEpoch,
        /// Its epoch from here on.
        to: LaneEpoch,
        /// Who decided it.
        by: String,
        /// Why.
        reason: String,
    },
    /// A lane remembers a hub whose journal this is not (payments.md, "Identity, swap, rebuild").
    PreviousHub {
        /// The lane.
        lane: LaneId,
        /// That hub's epoch.
        hub_epoch: u64,
        /// The newest lease it had lent to this lane.
        last_lease: LeaseId,
        /// Where the lane's terminal goes on: far beyond what that hub can have used.
        skipped: Option<(Tid, Stan)>,
    },
    /// The previous hub may have sent this payment: it is never sent again.
    AskedOfPreviousHub {
        /// The payment.
        payment_id: PaymentId,
        /// Whose it is.
        lane: LaneId,
    },
}

impl HubFact {
    /// The payment it is about, if any.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::AskedOfPreviousHub { payment_id, .. } => Some(*payment_id),
            Self::LaneAttached { .. } | Self::EpochTakenBack { .. } | Self::PreviousHub { .. } => {
                None
            }
        }
    }
}
