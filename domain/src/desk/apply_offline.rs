//! What the records of leases and offline payments make of the state.

use crate::{
    desk::{DeskRecord, State, state::OfflineFact},
    ids::LeaseId,
    payment::PaymentRequest,
    time::WallMs,
};

impl State {
    /// One record of a lease; `None` if it names what nobody knows.
    pub(crate) fn apply_lease(&mut self, record: &DeskRecord) -> Option<()> {
        match record {
            DeskRecord::LeaseGranted { lease, at } => {
                self.leases.grant(lease.clone(), *at);
                Some(())
            }
            DeskRecord::LeaseEnded { lease_id, end, at } => {
                let ended = self.leases.end(*lease_id, end.clone(), *at);
                ended.then_some(())
            }
            DeskRecord::OfflineReported { request, lease, at } => {
                self.offline_reported(request, *lease, *at)
            }
            DeskRecord::OfflineCardHeld { payment_id } => {
                self.offline_cards.insert(*payment_id);
                Some(())
            }
            DeskRecord::LaneAttached { .. }
            | DeskRecord::Requested { .. }
            | DeskRecord::Sent { .. }
            | DeskRecord::Decided { .. }
            | DeskRecord::Completed { .. }
            | DeskRecord::Abandoned { .. }
            | DeskRecord::ForwardQueued { .. }
            | DeskRecord::ForwardSent { .. }
            | DeskRecord::ForwardDeferred { .. }
            | DeskRecord::ForwardEnded { .. }
            | DeskRecord::DeadLetterResolved { .. }
            | DeskRecord::SignedOn { .. }
            | DeskRecord::TerminalStopped { .. }
            | DeskRecord::UnmatchedAnswer { .. }
            | DeskRecord::DayClosing { .. }
            | DeskRecord::SettlementSent { .. }
            | DeskRecord::BatchClosed { .. }
            | DeskRecord::DayClosed { .. }
            | DeskRecord::HubBefore { .. }
            | DeskRecord::AskedOfHubBefore { .. }
            | DeskRecord::CarriedOver { .. } => None,
        }
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
        let covered = self.leases.spend(lease, request.amount, card);
        let fact = OfflineFact { lease, covered };
        self.offline.insert(request.payment_id, fact);
        self.requested(request, at)
    }
}
