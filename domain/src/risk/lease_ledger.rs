//! The hub's account of the leases it has granted (I10).
//!
//! A lease that is open counts in full, less what the lane's own journal shows as spent: that
//! counts as an undelivered advice from the same commit on, so the sum never shrinks by a guess.

use std::collections::{BTreeMap, BTreeSet};

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
    lent: Lent,
}

/// What the open leases come to, kept with each change: every payment asks for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Lent {
    reserved_minor: i64,
    card_caps_minor: i64,
    /// Of each card, how much less than the sum of the caps lanes may still approve.
    used_of_card: BTreeMap<CardHash, i64>,
    by_machine: BTreeMap<(LaneId, LaneEpoch), BTreeSet<LeaseId>>,
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
        let mut lent = Lent::default();
        for (one, _) in &open {
            lent.opened(one);
        }
        Self {
            lent,
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
        let ids = self.lent.by_machine.get(&(lane, epoch))?;
        self.open.get(ids.first()?)
    }

    /// Lent out and not shown as spent: counts against the store's cap.
    #[must_use]
    pub const fn reserved_minor(&self) -> i64 {
        self.lent.reserved_minor
    }

    /// What lanes may still approve of this card: counts against the card cap.
    #[must_use]
    pub fn card_reserved_minor(&self, card: &CardHash) -> i64 {
        let any = self.any_card_reserved_minor();
        any.saturating_sub(self.card_used_minor(card))
    }

    /// The same of a card nobody has seen yet: the sum of the per-card caps.
    #[must_use]
    pub const fn any_card_reserved_minor(&self) -> i64 {
        self.lent.card_caps_minor
    }

    /// By how much what lanes may approve of this card is less than of one nobody has seen yet.
    pub(super) fn card_used_minor(&self, card: &CardHash) -> i64 {
        self.lent.used_of_card.get(card).copied().unwrap_or(0)
    }

    pub(crate) const fn next_id(&self) -> LeaseId {
        LeaseId(self.last.saturating_add(1))
    }

    /// Open, or ended and still kept.
    pub(crate) fn knows(&self, id: LeaseId) -> bool {
        self.open.contains_key(&id) || self.ended.contains_key(&id)
    }

    /// The next one is beyond this one.
    pub(super) fn skip_to(&mut self, id: LeaseId) {
        self.last = self.last.max(id.0);
    }

    pub(super) fn grant(&mut self, lease: OfflineLease, at: WallMs) {
        let id = lease.id;
        self.skip_to(id);
        self.granted_at.insert(id, at);
        if let Some(replaced) = self.open.remove(&id) {
            self.lent.ended(&replaced);
        }
        let account = LeaseUse::new(lease);
        self.lent.opened(&account);
        self.open.insert(id, account);
    }

    /// The lane's journal shows a payment. False if the lease is not open, not of this machine, or
    /// does not cover it.
    pub(super) fn spend(
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
        open.is_some_and(|open| self.lent.spent(open, amount, card))
    }

    /// False if it was not open.
    pub(super) fn end(&mut self, id: LeaseId, end: LeaseEnd, ended_at: WallMs) -> bool {
        let Some(mut account) = self.open.remove(&id) else {
            return false;
        };
        self.lent.ended(&account);
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

impl Lent {
    fn opened(&mut self, account: &LeaseUse) {
        self.count(account, 1);
        let machine = machine_of(account);
        let ids = self.by_machine.entry(machine).or_default();
        ids.insert(account.lease.id);
    }

    fn ended(&mut self, account: &LeaseUse) {
        self.count(account, -1);
        let machine = machine_of(account);
        if let Some(ids) = self.by_machine.get_mut(&machine) {
            ids.remove(&account.lease.id);
            if ids.is_empty() {
                self.by_machine.remove(&machine);
            }
        }
    }

    /// Sums stay far below 64 bits: each lease was held against the caps of the store.
    fn count(&mut self, account: &LeaseUse, sign: i64) {
        let signed = |minor: i64| minor.saturating_mul(sign);
        let (left, cap) = (account.remaining_minor(), &account.lease.per_card_cap);
        self.reserved_minor = self.reserved_minor.saturating_add(signed(left));
        self.card_caps_minor = self.card_caps_minor.saturating_add(signed(cap.minor()));
        for (card, _) in account.cards() {
            let used = cap
                .minor()
                .saturating_sub(account.card_remaining_minor(card));
            self.use_of_card(*card, signed(used));
        }
    }

    /// False if it did not fit.
    fn spent(&mut self, account: &mut LeaseUse, amount: Money, card: Option<&CardHash>) -> bool {
        let of_card =
            |account: &LeaseUse| card.map_or(0, |card| account.card_remaining_minor(card));
        let (left, left_of_card) = (account.remaining_minor(), of_card(account));
        let fits = account.spend(amount, card);
        let used = left.saturating_sub(account.remaining_minor());
        self.reserved_minor = self.reserved_minor.saturating_sub(used);
        if let Some(card) = card {
            let used = left_of_card.saturating_sub(of_card(account));
            self.use_of_card(*card, used);
        }
        fits
    }

    fn use_of_card(&mut self, card: CardHash, minor: i64) {
        let used = self.used_of_card.entry(card).or_insert(0);
        *used = used.saturating_add(minor);
        if *used == 0 {
            self.used_of_card.remove(&card);
        }
    }
}

const fn machine_of(account: &LeaseUse) -> (LaneId, LaneEpoch) {
    (account.lease.lane, account.lease.lane_epoch)
}
