//! A hub whose journal is not the one its lanes knew: it was lost, and this one began anew
//! (payments.md, "Identity, swap, rebuild").
//!
//! What the lanes remember is all there is: how far the previous hub had counted, and what it had
//! lent. An id that the previous hub may have been asked for is never sent: Unknown, and named until
//! the day is closed, since only the acquirer's file tells what became of it.

use std::collections::BTreeMap;

use crate::{
    desk::{Desk, HubFact, LeaseFact, PaymentFact, PaymentStatus, Unresolved, outcome::Outcome},
    ids::{LaneId, LeaseId, PaymentId, Stan},
    limits::STANS_SKIPPED,
    payment::{Decision, PaymentRequest, UnknownReason},
    risk::OfflineLease,
    time::WallMs,
};

/// What a lane remembers of a hub whose journal this is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneMemory {
    /// That hub's epoch.
    pub hub_epoch: u64,
    /// Field 11 of the last answer this lane was told of.
    pub last_stan: Option<Stan>,
    /// The newest lease it had accepted.
    pub last_lease: LeaseId,
}

/// What is known of the previous hub.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PreviousHub {
    /// Its highest epoch that a lane remembers; 0 when there was none.
    pub epoch: u64,
    /// Its highest lease that a lane remembers.
    pub last_lease: LeaseId,
    /// It may have sent these, and nobody knows; until the day is closed.
    pub asked: BTreeMap<PaymentId, (LaneId, WallMs)>,
}

impl Desk {
    /// A lane tells of a hub that this journal does not know.
    pub(crate) fn lane_remembers(&mut self, out: &mut Outcome, lane: LaneId, memory: LaneMemory) {
        let next_stan = memory.last_stan.unwrap_or(Stan::FIRST).skip(STANS_SKIPPED);
        let tid = self.terminal_of(lane).cloned();
        let skipped = tid.map(|tid| (tid, next_stan));
        let record = HubFact::PreviousHub {
            lane,
            hub_epoch: memory.hub_epoch,
            last_lease: memory.last_lease,
            skipped,
        };
        self.note(out, record);
    }

    /// A lane asks for what the previous hub may have been asked for. It is never sent again.
    pub(crate) fn requested_of_previous_hub(&mut self, out: &mut Outcome, request: PaymentRequest) {
        let known = self.durable.payments.contains_key(&request.payment_id);
        let fenced = self
            .epoch_of(request.lane)
            .is_some_and(|epoch| request.epoch < epoch);
        if known || fenced {
            return self.requested(out, request);
        }
        let (payment_id, lane) = (request.payment_id, request.lane);
        let request = PaymentRequest {
            business_date: request.business_date.or(Some(self.business_date())),
            ..request
        };
        self.note(out, PaymentFact::Requested { request });
        self.asked_of_previous_hub(out, payment_id, lane);
        let reason = UnknownReason::HubRestarted;
        self.decide(out, payment_id, Decision::Unknown { reason });
    }

    /// A lane gave it up while the previous hub was lost.
    pub(crate) fn abandoned_at_previous_hub(
        &mut self,
        out: &mut Outcome,
        payment_id: PaymentId,
        lane: LaneId,
    ) {
        if !self.durable.payments.contains_key(&payment_id) {
            self.asked_of_previous_hub(out, payment_id, lane);
        }
    }

    fn asked_of_previous_hub(&mut self, out: &mut Outcome, payment_id: PaymentId, lane: LaneId) {
        if !self.durable.previous_hub.asked.contains_key(&payment_id) {
            let record = HubFact::AskedOfPreviousHub { payment_id, lane };
            self.note(out, record);
        }
    }

    /// A lane's journal shows a lease of the previous hub: it counts like one of this hub's.
    pub(crate) fn lease_shown(&mut self, out: &mut Outcome, lease: OfflineLease) {
        let leases = &self.durable.leases;
        if lease.id <= self.durable.previous_hub.last_lease && !leases.knows(lease.id) {
            self.note(out, LeaseFact::Granted { lease });
        }
    }

    /// Whether a hub before this one lost its journal.
    #[must_use]
    pub const fn is_rebuilt(&self) -> bool {
        self.durable.previous_hub.epoch > 0
    }

    pub(crate) fn unresolved_of_previous_hub(&self) -> impl Iterator<Item = Unresolved> + '_ {
        let asked = self.durable.previous_hub.asked.iter();
        asked.map(|(payment_id, (lane, since))| Unresolved {
            payment_id: *payment_id,
            lane: *lane,
            amount: self.payment(*payment_id).map(|paid| paid.request.amount),
            status: PaymentStatus::AskedOfPreviousHub,
            since: *since,
            owner: "store manager",
        })
    }
}
