//! What the records of machines make of the state.

use crate::{
    desk::{DurableState, HubFact},
    ids::{LeaseId, Stan, Tid},
    limits::LEASE_IDS_SKIPPED,
    time::WallMs,
};

impl DurableState {
    pub(in crate::desk) fn apply_hub(&mut self, fact: &HubFact, at: WallMs) {
        match fact {
            HubFact::LaneAttached { lane, epoch } => {
                self.lane_epochs.insert(*lane, *epoch);
            }
            // Bears on the days alone.
            HubFact::EpochEndStated { .. } => {}
            HubFact::EpochTakenBack { lane, to, .. } => {
                self.lane_epochs.insert(*lane, *to);
            }
            HubFact::PreviousHub {
                hub_epoch,
                last_lease,
                skipped,
                ..
            } => self.previous_hub(*hub_epoch, *last_lease, skipped.as_ref()),
            HubFact::AskedOfPreviousHub { payment_id, lane } => {
                self.previous_hub.asked.insert(*payment_id, (*lane, at));
            }
        }
    }

    fn previous_hub(&mut self, epoch: u64, last_lease: LeaseId, skipped: Option<&(Tid, Stan)>) {
        self.previous_hub.epoch = self.previous_hub.epoch.max(epoch);
        self.previous_hub.last_lease = self.previous_hub.last_lease.max(last_lease);
        let beyond = last_lease.0.saturating_add(LEASE_IDS_SKIPPED);
        self.risk.skip_to(LeaseId(beyond));
        if let Some((tid, stan)) = skipped {
            self.terminal_mut(tid).next_stan = *stan;
        }
    }
}
