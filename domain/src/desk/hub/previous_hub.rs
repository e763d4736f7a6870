//! A lane knew a hub that wrote another journal. That journal was lost, and this hub began anew
//! (payments.md, "Identity, swap, rebuild").
//!
//! Only the lanes remember the previous hub: how far it had counted, and what it had lent. It may
//! have sent a payment that this hub never heard of. Such a payment is never sent again: it is
//! Unknown, and named until the day is closed, since only the acquirer's file says what became of
//! it.

use std::collections::BTreeMap;

use crate::{
    desk::{
        Desk, HubFact, LeaseFact, Owner, PaymentFact, PaymentStatus, Unresolved, outcome::Outcome,
    },
    ids::{LaneId, LeaseId, PaymentId, Stan, Tid},
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
    /// Whether a lane remembers what this journal, though it is the one the lane knew, does not: an
    /// older copy of it was put back. `terminal` is the one the lane was told of, if it knows.
    #[must_use]
    pub fn is_behind(&self, lane: LaneId, terminal: Option<&Tid>, memory: &LaneMemory) -> bool {
        if memory.last_lease > self.leases().last_id() {
            return true;
        }
        let own = self.terminal_of(lane);
        if terminal.is_some() && terminal != own {
            // It counted on another terminal.
            return false;
        }
        let next = own.and_then(|tid| self.durable.terminals.get(tid));
        match (next, memory.last_stan) {
            (Some(terminal), Some(last)) => !is_later(terminal.next_stan, last),
            (Some(_), None) | (None, _) => false,
        }
    }

    /// What this hub itself would tell of a lane: for terminals of lanes that have not been heard,
    /// once another lane has shown that the journal is an older one.
    #[must_use]
    pub fn own_memory(&self, lane: LaneId, hub_epoch: u64) -> LaneMemory {
        let terminal = self.terminal_of(lane);
        let terminal = terminal.and_then(|tid| self.durable.terminals.get(tid));
        LaneMemory {
            hub_epoch,
            last_stan: terminal.map(|terminal| terminal.next_stan),
            last_lease: self.leases().last_id(),
        }
    }

    /// A lane tells of a hub that this journal does not know. Its terminal goes on far beyond what
    /// either of them has used.
    pub(crate) fn lane_remembers(&mut self, out: &mut Outcome, lane: LaneId, memory: LaneMemory) {
        let tid = self.terminal_of(lane).cloned();
        let skipped = tid.map(|tid| {
            let own = self.durable.terminals.get(&tid);
            let own = own.map_or(Stan::FIRST, |terminal| terminal.next_stan);
            let remembered = memory.last_stan.unwrap_or(Stan::FIRST);
            let farther = match is_later(own, remembered) {
                true => own,
                false => remembered,
            };
            (tid, farther.skip(STANS_SKIPPED))
        });
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
        if !self
            .durable
            .machines
            .previous_hub
            .asked
            .contains_key(&payment_id)
        {
            let record = HubFact::AskedOfPreviousHub { payment_id, lane };
            self.note(out, record);
        }
    }

    /// A lane's journal shows a lease of the previous hub: it counts like one of this hub's.
    pub(crate) fn lease_shown(&mut self, out: &mut Outcome, lease: OfflineLease) {
        let leases = self.leases();
        if lease.id <= self.durable.machines.previous_hub.last_lease && !leases.knows(lease.id) {
            let lane = lease.lane;
            self.note(out, LeaseFact::Granted { lease });
            self.look_for_lease_of(lane);
        }
    }

    /// Whether a hub before this one lost its journal.
    #[must_use]
    pub const fn is_rebuilt(&self) -> bool {
        self.durable.machines.previous_hub.epoch > 0
    }

    pub(crate) fn unresolved_of_previous_hub(&self) -> impl Iterator<Item = Unresolved> + '_ {
        let asked = self.durable.machines.previous_hub.asked.iter();
        asked.map(|(payment_id, (lane, since))| Unresolved {
            payment_id: *payment_id,
            lane: *lane,
            amount: self.payment(*payment_id).map(|paid| paid.request.amount),
            status: PaymentStatus::AskedOfPreviousHub,
            since: *since,
            owner: Owner::StoreManager,
        })
    }
}

/// Whether a STAN comes after another one; they wrap, and half of them lie ahead.
fn is_later(stan: Stan, than: Stan) -> bool {
    let (stan, than) = (stan.number(), than.number());
    let ahead = match stan >= than {
        true => stan.saturating_sub(than),
        false => stan
            .saturating_add(Stan::LAST.number())
            .saturating_sub(than),
    };
    (1..=Stan::LAST.number() / 2).contains(&ahead)
}
