//! Offline leases and what lanes approved under them (I10, I19).
//!
//! A lane's journal is what counts: an approval is booked when the journal shows it, a lease is
//! freed when the journal shows it returned. The goods are gone by then, so nothing a lane approved
//! is ever refused; but what no open lease of that lane covers is nothing the store has promised
//! the bank, and never reaches it: a dead letter with an owner, and an alarm.

use crate::{
    desk::{Alarm, Desk, DurableState, Effect, LeaseFact, PaymentFact, Rejected, outcome::Outcome},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
    payment::{Decision, Payment, PaymentRequest},
    risk::{LeaseEnd, LeaseTerms, OfflineLease},
};

impl Desk {
    /// The lane's journal shows a payment it approved alone. Twice does no harm.
    pub(crate) fn offline_reported(
        &mut self,
        out: &mut Outcome,
        request: PaymentRequest,
        lease: LeaseId,
    ) -> Result<(), Rejected> {
        let payment_id = request.payment_id;
        if let Some(known) = self.durable.payments.get(&payment_id) {
            let is_same = known.request.is_same_as(&request);
            return match self.durable.offline.get(&payment_id) {
                Some(_) if is_same => Ok(()),
                Some(_) => Err(Rejected::OfflineContentDiffers(payment_id)),
                None => Err(Rejected::OfflineAfterRequested(payment_id)),
            };
        }
        let (amount, lane) = (request.amount, request.lane);
        self.note(out, PaymentFact::OfflineReported { request, lease });
        if self.is_outside_lease(payment_id) {
            out.effect(Effect::Alarm(Alarm::OutsideLease { payment_id, lane }));
        }
        self.decide(out, payment_id, Decision::OfflineApproved { amount, lease });
        Ok(())
    }

    /// A lane approved it alone, and no open lease of that machine covered it when the hub heard.
    #[must_use]
    pub fn is_outside_lease(&self, payment_id: PaymentId) -> bool {
        let fact = self.durable.offline.get(&payment_id);
        fact.is_some_and(|fact| !fact.covered)
    }

    /// The sealed card of an offline payment has come. It may come before the journal that tells of
    /// the payment; when nobody needs it any more it is not kept.
    pub(crate) fn offline_card(&mut self, out: &mut Outcome, payment_id: PaymentId) {
        if !self.wants_offline_card(payment_id) {
            out.effect(Effect::ForgetSecrets(payment_id));
            return;
        }
        self.note(out, PaymentFact::OfflineCardHeld { payment_id });
        out.hold_card(payment_id);
        out.effect(Effect::ForgetSecrets(payment_id));
        let lane = self
            .durable
            .payments
            .get(&payment_id)
            .map(|paid| paid.request.lane);
        if let Some(tid) = lane.and_then(|lane| self.terminal_of(lane)).cloned() {
            out.touch(&tid);
        }
    }

    /// Whether the card of this payment lies at rest: it came, and a reversal or an advice may
    /// still need it.
    #[must_use]
    pub fn holds_card(&self, payment_id: PaymentId) -> bool {
        self.card_lies(payment_id, DurableState::needs_card)
    }

    /// What `holds_card` was before cards were held until their batch is over.
    #[must_use]
    pub fn held_card_before(&self, payment_id: PaymentId) -> bool {
        self.card_lies(payment_id, DurableState::needs_card_by_itself)
    }

    fn card_lies(&self, payment_id: PaymentId, needs: fn(&DurableState, &Payment) -> bool) -> bool {
        let uploaded = self.durable.offline_cards.contains(&payment_id);
        match self.durable.payments.get(&payment_id) {
            None => uploaded,
            Some(payment) => {
                let came = uploaded || !self.durable.offline.contains_key(&payment_id);
                came && needs(&self.durable, payment)
            }
        }
    }

    /// Whether the sealed card of this payment is still to come from its lane.
    #[must_use]
    pub fn wants_offline_card(&self, payment_id: PaymentId) -> bool {
        if self.durable.offline_cards.contains(&payment_id) {
            return false;
        }
        match self.durable.payments.get(&payment_id) {
            None => true,
            Some(payment) => {
                self.durable.offline.contains_key(&payment_id) && self.durable.needs_card(payment)
            }
        }
    }

    /// The lane's journal shows a lease returned: what it did not spend is the store's again.
    pub(crate) fn lease_returned(
        &mut self,
        out: &mut Outcome,
        lane: LaneId,
        lease_id: LeaseId,
    ) -> Result<(), Rejected> {
        match self.leases().get(lease_id) {
            Some(open) if open.lease.lane == lane => {
                self.end_lease(out, lane, lease_id, LeaseEnd::Returned);
                Ok(())
            }
            Some(_) => Err(Rejected::UnknownLease(lease_id)),
            // Told again, or written off before.
            None => Ok(()),
        }
    }

    /// A manager gives up a lease whose lane does not come back.
    pub(crate) fn lease_written_off(
        &mut self,
        out: &mut Outcome,
        lease_id: LeaseId,
        by: String,
        reason: String,
    ) -> Result<(), Rejected> {
        Rejected::unless_said(&by, &reason)?;
        let Some(open) = self.leases().get(lease_id) else {
            return Err(Rejected::UnknownLease(lease_id));
        };
        let lane = open.lease.lane;
        self.end_lease(out, lane, lease_id, LeaseEnd::WrittenOff { by, reason });
        Ok(())
    }

    fn end_lease(&mut self, out: &mut Outcome, lane: LaneId, lease_id: LeaseId, end: LeaseEnd) {
        self.note(out, LeaseFact::Ended { lease_id, end });
        self.look_for_lease_of(lane);
    }

    /// A lane that is back is told of the lease it holds: the grant may have been lost. A lane that
    /// knows it already ignores it.
    pub(crate) fn lane_is_here(&mut self, out: &mut Outcome, lane: LaneId, epoch: LaneEpoch) {
        self.volatile.attached.insert(lane);
        self.look_for_lease_of(lane);
        if let Some(held) = self.leases().held_by(lane, epoch) {
            out.effect(Effect::GrantLease(held.lease.clone()));
        }
    }

    /// Each attached lane without a lease gets one, as far as the budget goes. It is asked after
    /// every event, so it only looks at lanes without one, and at sums that are kept.
    pub(crate) fn grant_leases(&mut self, out: &mut Outcome) {
        while let Some(lane) = self.volatile.without_lease.first().copied() {
            let lanes = self.volatile.stations.len();
            let terms = self.config.policy.lease_terms(lanes, &self.durable.risk);
            let (Some(terms), Some(lane_epoch)) = (terms, self.epoch_of(lane)) else {
                return;
            };
            self.grant_lease(out, lane, lane_epoch, &terms);
            self.volatile.without_lease.remove(&lane);
        }
    }

    /// Whether a lane is among those that a lease is wanted for, after anything that bears on it: a
    /// hello, a terminal, an epoch, a lease that is open or has ended.
    pub(crate) fn look_for_lease_of(&mut self, lane: LaneId) {
        match self.is_without_lease(lane) {
            true => self.volatile.without_lease.insert(lane),
            false => self.volatile.without_lease.remove(&lane),
        };
    }

    pub(crate) fn is_without_lease(&self, lane: LaneId) -> bool {
        let holds_none = |epoch| self.leases().held_by(lane, epoch).is_none();
        self.config.policy.leases.is_some()
            && self.volatile.attached.contains(&lane)
            && self.terminal_of(lane).is_some()
            && self.epoch_of(lane).is_some_and(holds_none)
    }

    fn grant_lease(
        &mut self,
        out: &mut Outcome,
        lane: LaneId,
        lane_epoch: LaneEpoch,
        terms: &LeaseTerms,
    ) {
        let policy = &self.config.policy;
        let lease = OfflineLease {
            id: self.leases().next_id(),
            lane,
            lane_epoch,
            budget: terms.budget,
            per_payment_cap: terms.per_payment_cap,
            per_card_cap: terms.per_card_cap,
            count_max: terms.share.count_max,
            hot_list_version: self.hot_list_version(),
            valid_for_ms: terms.share.valid_for_ms,
            floor_limits: policy.floor_limits.clone(),
            velocity: policy.velocity,
        };
        let granted = Effect::GrantLease(lease.clone());
        self.note(out, LeaseFact::Granted { lease });
        out.effect(granted);
    }
}
