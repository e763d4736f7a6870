//! The offline lease of a lane: taking it, approving under it, giving it back (payments.md,
//! "Deciding without the bank").
//!
//! Never: approves before its acceptance is written, after its time, or after a restart; the clock
//! that would tell how much of its time has gone by did not run then.

use crate::{
    card_ref::CardHash,
    ids::LeaseId,
    money::Money,
    payment::{Decision, KindRow, RefusalReason, WithoutBank},
    risk::{LeaseUse, OfflineLease, VelocityLimit},
    sale::{LeaseReturnReason, PendingPayment, Rejected, Sale, Step},
    words::Reason,
};

/// What happened to the lane's offline lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseFact {
    /// From here on the lane may approve under it.
    Accepted {
        /// Its terms.
        lease: OfflineLease,
    },
    /// From here on never again; what it did not spend is the store's.
    Returned {
        /// Which.
        lease: LeaseId,
        /// Approved under it.
        spent: Money,
        /// How many payments.
        payments: u32,
        /// Why.
        reason: Reason<LeaseReturnReason>,
    },
}

/// Part of the checkpoint: the lease.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeasePart {
    /// The lease this lane holds, with its use.
    pub held: Option<LeaseUse>,
    /// The newest lease ever accepted: an older one, or the same again, is never taken.
    pub last: Option<LeaseId>,
}

impl LeasePart {
    pub(super) fn apply(&mut self, fact: &LeaseFact) {
        match fact {
            LeaseFact::Accepted { lease } => {
                self.last = Some(lease.id);
                self.held = Some(LeaseUse::new(lease.clone()));
            }
            LeaseFact::Returned { .. } => self.held = None,
        }
    }

    /// A payment of the running sale was decided. Its card stands in the pending payment, which
    /// the sale has not taken the decision for yet.
    pub(super) fn book(&mut self, decision: &Decision, running: Option<&Sale>) {
        let Decision::OfflineApproved { amount, lease } = decision else {
            return;
        };
        let pending = running.and_then(|sale| sale.pending.as_ref());
        let card = pending.and_then(|pending| pending.card.hash);
        if let Some(account) = &mut self.held
            && account.lease.id == *lease
        {
            account.spend(*amount, card.as_ref());
        }
    }
}

impl Step {
    /// A lease that is known already is told again until the hub has heard of it: ignored.
    pub(super) fn lease_offered(&mut self, lease: OfflineLease) -> Result<(), Rejected> {
        let is_ours = lease.lane == self.config.lane
            && lease.lane_epoch == self.config.epoch
            && lease.budget.currency() == self.config.currency;
        let is_new = self.durable.lease.last.is_none_or(|last| lease.id > last);
        if !is_ours || !is_new {
            return Err(Rejected::LeaseNotTaken);
        }
        self.return_lease(LeaseReturnReason::Replaced);
        let until = self.now.mono.after(lease.valid_for_ms);
        self.record(LeaseFact::Accepted { lease });
        self.volatile.lease_until = Some(until);
        Ok(())
    }

    /// While the hub is there, a lease that is mostly spent or over is exchanged for another.
    /// Without the hub it is kept: what is left of it is all there is.
    pub(super) fn review_lease(&mut self) {
        let Some(account) = &self.durable.lease.held else {
            return;
        };
        if !self.is_in_time() {
            self.return_lease(LeaseReturnReason::Expired);
        } else if account.is_mostly_spent() {
            self.return_lease(LeaseReturnReason::MostlySpent);
        }
    }

    pub(super) fn return_lease(&mut self, reason: LeaseReturnReason) {
        self.volatile.lease_until = None;
        let Some(account) = &self.durable.lease.held else {
            return;
        };
        let fact = LeaseFact::Returned {
            lease: account.lease.id,
            spent: account.spent(),
            payments: account.payments(),
            reason: reason.into(),
        };
        self.record(fact);
    }

    pub(super) fn offline_allowed(&self, asked: &PendingPayment) -> Result<LeaseId, RefusalReason> {
        let row = KindRow::of(asked.kind, asked.method);
        match row.map(|row| row.without_bank) {
            Some(WithoutBank::ByRule) => {}
            Some(WithoutBank::Refused) => return Err(RefusalReason::WalletOffline),
            None => return Err(RefusalReason::NotOffline),
        }
        let account = self.durable.lease.held.as_ref();
        let account = account.filter(|_| self.is_in_time());
        let account = account.ok_or(RefusalReason::NotOffline)?;
        let hot_list = &self.volatile.hot_list;
        // Without the list it was lent for, nobody knows which cards are hot.
        if hot_list.version() < account.lease.hot_list_version {
            return Err(RefusalReason::NotOffline);
        }
        if hot_list.names(&asked.card) {
            return Err(RefusalReason::HotCard);
        }
        account.decide(
            asked.amount,
            &asked.card,
            asked.entry_mode,
            asked.pin_entered,
        )?;
        self.not_too_often(asked, account.lease.velocity)?;
        Ok(account.lease.id)
    }

    fn not_too_often(
        &self,
        asked: &PendingPayment,
        limit: Option<VelocityLimit>,
    ) -> Result<(), RefusalReason> {
        let (Some(limit), Some(card)) = (limit, &asked.card.hash) else {
            return Ok(());
        };
        let velocity = &self.volatile.velocity;
        let allowed = velocity.allows(card, limit, self.now.mono);
        allowed.then_some(()).ok_or(RefusalReason::TooOften)
    }

    /// It was approved here alone.
    pub(super) fn note_velocity(&mut self, card: Option<CardHash>) {
        let limit = self.durable.lease.held.as_ref();
        let limit = limit.and_then(|account| account.lease.velocity);
        if let (Some(limit), Some(card)) = (limit, card) {
            self.volatile.velocity.note(card, limit, self.now.mono);
        }
    }

    fn is_in_time(&self) -> bool {
        let until = self.volatile.lease_until;
        until.is_some_and(|until| self.now.mono < until)
    }
}
