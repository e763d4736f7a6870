//! What the record of an offline payment makes of the state.

use crate::{
    desk::{DurableState, durable_state::OfflineFact},
    ids::LeaseId,
    payment::PaymentRequest,
    time::WallMs,
};

impl DurableState {
    /// What was lent becomes what is owed to the bank: the decision in the same commit adds it to
    /// the exposure.
    pub(crate) fn offline_reported(
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
