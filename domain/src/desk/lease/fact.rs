//! What is written of one offline lease, and what it makes of the state.

use crate::{
    desk::DurableState,
    ids::LeaseId,
    risk::{LeaseEnd, OfflineLease},
    time::WallMs,
};

/// What happened to a lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseFact {
    /// It counts from here on.
    Granted {
        /// Its terms.
        lease: OfflineLease,
    },
    /// It counts no more.
    Ended {
        /// The lease.
        lease_id: LeaseId,
        /// How.
        end: LeaseEnd,
    },
}

impl DurableState {
    /// `None`: nobody knows the lease.
    pub(in crate::desk) fn apply_lease(&mut self, fact: &LeaseFact, at: WallMs) -> Option<()> {
        match fact {
            LeaseFact::Granted { lease } => {
                self.risk.grant(lease.clone(), at);
                Some(())
            }
            LeaseFact::Ended { lease_id, end } => {
                let ended = self.risk.end(*lease_id, end.clone(), at);
                ended.then_some(())
            }
        }
    }
}
