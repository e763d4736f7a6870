//! What the records of a lease make of the state.

use crate::{
    desk::{DurableState, LeaseFact},
    time::WallMs,
};

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
