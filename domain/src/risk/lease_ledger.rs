//! The hub's account of the leases it has granted (I10).
//!
//! A lease that is open counts in full, less what the lane's own journal shows as spent: that
//! counts as an undelivered advice from the same commit on, so the sum never shrinks by a guess.

use std::collections::BTreeMap;

use crate::{
    card_ref::CardHash,
    ids::{LaneEpoch, LaneId, LeaseId},
    limits::LEASES_ENDED_KEPT_MAX,
    money::Money,
    risk::{LeaseEnd, LeaseUse, OfflineLease},
    time::WallMs,
};

/// All leases of the store: the open ones count, those that ended are kept to be looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaseLedger {
    open: BTreeMap<LeaseId, LeaseUse>,
    granted_at: BTreeMap<LeaseId, WallMs>,
    ended: BTreeMap<LeaseId, EndedLease>,
    last: u64,
}

/// A lease that counts no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndedLease {
    /// Its terms, and what the lane's journal shows of its use.
    pub account: LeaseUse,
    /// When it was granted.
    pub granted_at: WallMs,
    /// How it ended.
    pub end: LeaseEnd,
    /// When.
    pub ended_at: WallMs,
}

impl LeaseLedger {
    /// As it stood when it was kept: open leases with the moment each was granted, those that
    /// ended, and the newest id there ever was.
    #[must_use]
    pub fn restored(open: Vec<(LeaseUse, WallMs)>, ended: Vec<EndedLease>, last: LeaseId) -> Self {
        let granted_at = open.iter().map(|(one, at)| (one.lease.id, *at)).collect();
        Self {
            open: open
                .into_iter()
                .map(|(one, _)| (one.lease.id, one))
                .collect(),
            granted_at,
            ended: ended
                .into_iter()
                .map(|one| (one.account.lease.id, one))
                .collect(),
            last: last.0,
        }
    }

    /// The newest id that was given or skipped.
    #[must_use]
    pub const fn last_id(&self) -> LeaseId {
        LeaseId(self.last)
    }

    /// All open leases with what is known of their use, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &LeaseUse> {
        self.open.values()
    }

    /// One open lease.
    #[must_use]
    pub fn get(&self, id: LeaseId) -> Option<&LeaseUse> {
        self.open.get(&id)
    }

    /// The leases that ended, oldest first: the latest `limits::LEASES_ENDED_KEPT_MAX` of them.
    pub fn ended(&self) -> impl Iterator<Item = &EndedLease> {
        self.ended.values()
    }

    /// When an open lease was granted.
    #[must_use]
    pub fn granted_at(&self, id: LeaseId) -> Option<WallMs> {
        self.granted_at.get(&id).copied()
    }

    /// The open lease of this machine.
    #[must_use]
    pub fn held_by(&self, lane: LaneId, epoch: LaneEpoch) -> Option<&LeaseUse> {
        let mut open = self.open();
        open.find(|one| one.lease.lane == lane && one.lease.lane_epoch == epoch)
    }

    /// Lent out and not shown as spent: counts against the store's cap.
    #[must_use]
    pub fn reserved_minor(&self) -> i64 {
        let rests = self.open().map(LeaseUse::remaining_minor);
        rests.fold(0, i64::saturating_add)
    }

    /// What lanes may still approve of this card: counts against the card cap.
    #[must_use]
    pub fn card_reserved_minor(&self, card: &CardHash) -> i64 {
        let rests = self.open().map(|one| one.card_remaining_minor(card));
        rests.fold(0, i64::saturating_add)
    }

    /// The same of a card nobody has seen yet: the sum of the per-card caps.
    #[must_use]
    pub fn any_card_reserved_minor(&self) -> i64 {
        let caps = self.open().map(|one| one.lease.per_card_cap.minor());
        caps.fold(0, i64::saturating_add)
    }

    pub(crate) const fn next_id(&self) -> LeaseId {
        LeaseId(self.last.saturating_add(1))
    }

    /// Open, or ended and still kept.
    pub(crate) fn knows(&self, id: LeaseId) -> bool {
        self.open.contains_key(&id) || self.ended.contains_key(&id)
    }

    /// The next one is beyond this one.
    pub(crate) fn skip_to(&mut self, id: LeaseId) {
        self.last = self.last.max(id.0);
    }

    pub(crate) fn grant(&mut self, lease: OfflineLease, at: WallMs) {
        let id = lease.id;
        self.skip_to(id);
        self.granted_at.insert(id, at);
        self.open.insert(id, LeaseUse::new(lease));
    }

    /// The lane's journal shows a payment. False if the lease is not open, not of this machine, or
    /// does not cover it.
    pub(crate) fn spend(
        &mut self,
        id: LeaseId,
        machine: (LaneId, LaneEpoch),
        amount: Money,
        card: Option<&CardHash>,
    ) -> bool {
        let is_its_own = |of: &LeaseUse| (of.lease.lane, of.lease.lane_epoch) == machine;
        let ended = self.ended.get_mut(&id).map(|ended| &mut ended.account);
        if let Some(ended) = ended.filter(|ended| is_its_own(ended)) {
            ended.spend(amount, card);
        }
        let open = self.open.get_mut(&id).filter(|open| is_its_own(open));
        open.is_some_and(|open| open.spend(amount, card))
    }

    /// False if it was not open.
    pub(crate) fn end(&mut self, id: LeaseId, end: LeaseEnd, ended_at: WallMs) -> bool {
        let Some(mut account) = self.open.remove(&id) else {
            return false;
        };
        account.forget_cards();
        let ended = EndedLease {
            account,
            granted_at: self.granted_at.remove(&id).unwrap_or(ended_at),
            end,
            ended_at,
        };
        self.ended.insert(id, ended);
        if self.ended.len() > LEASES_ENDED_KEPT_MAX {
            self.ended.pop_first();
        }
        true
    }
}
