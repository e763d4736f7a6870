//! Offline leases: the part of the store's one budget that a lane may approve from while it can't
//! reach the hub (payments.md, "Deciding without the bank").
//!
//! Hub and lane keep the same account of a lease with the same code: the lane before it approves,
//! the hub from what the lane's journal shows.

use std::collections::BTreeMap;

use crate::{
    card_ref::{CardHash, CardRef, EntryMode},
    ids::{LaneEpoch, LaneId, LeaseId},
    money::Money,
    payment::RefusalReason,
    risk::{FloorLimits, VelocityLimit},
};

/// How much of the store's caps lanes may hold as leases, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseShare {
    /// Of the store's and of the card cap, all lanes together, in per cent; the rest is kept for
    /// the hub's own stand-ins.
    pub percent: u8,
    /// Payments under one lease, at most.
    pub count_max: u32,
    /// How long a lane may use one.
    pub valid_for_ms: u64,
}

/// A part of the store's offline budget, lent to one lane. Never changed once granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfflineLease {
    /// Given by the hub, never reused.
    pub id: LeaseId,
    /// Whose it is.
    pub lane: LaneId,
    /// Which machine of that lane: a swapped-in one gets a lease of its own.
    pub lane_epoch: LaneEpoch,
    /// All that may be approved under it.
    pub budget: Money,
    /// The largest single payment.
    pub per_payment_cap: Money,
    /// All of one card.
    pub per_card_cap: Money,
    /// Payments under it, at most.
    pub count_max: u32,
    /// Which hot list the lane must know at least.
    pub hot_list_version: u64,
    /// From its acceptance, by the lane's monotonic clock. Expiry stops the lane and frees nothing.
    pub valid_for_ms: u64,
    /// Which cards at all, and each up to how much.
    pub floor_limits: FloorLimits,
    /// How often the same card; any number without it.
    pub velocity: Option<VelocityLimit>,
}

/// How a lease ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseEnd {
    /// The lane's journal shows it returned.
    Returned,
    /// A manager gave it up.
    WrittenOff {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// A lease and what was approved under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseUse {
    /// Its terms.
    pub lease: OfflineLease,
    spent_minor: i64,
    payments: u32,
    by_card: BTreeMap<CardHash, i64>,
}

impl LeaseUse {
    /// Nothing spent yet.
    #[must_use]
    pub const fn new(lease: OfflineLease) -> Self {
        Self {
            lease,
            spent_minor: 0,
            payments: 0,
            by_card: BTreeMap::new(),
        }
    }

    /// As it was kept: what was spent in all and of each card, and by how many payments.
    #[must_use]
    pub const fn restored(
        lease: OfflineLease,
        spent_minor: i64,
        payments: u32,
        by_card: BTreeMap<CardHash, i64>,
    ) -> Self {
        Self {
            lease,
            spent_minor,
            payments,
            by_card,
        }
    }

    /// What was spent of each card.
    pub fn cards(&self) -> impl Iterator<Item = (&CardHash, i64)> {
        self.by_card.iter().map(|(card, spent)| (card, *spent))
    }

    /// Approved under it, in the budget's currency.
    #[must_use]
    pub const fn spent(&self) -> Money {
        Money::new(self.spent_minor, self.lease.budget.currency())
    }

    /// Payments approved under it.
    #[must_use]
    pub const fn payments(&self) -> u32 {
        self.payments
    }

    /// An account that is over: cards are not asked after any more.
    pub(super) fn forget_cards(&mut self) {
        self.by_card.clear();
    }

    /// What is left of its budget; nothing once it is overdrawn.
    #[must_use]
    pub fn remaining_minor(&self) -> i64 {
        rest(self.lease.budget, self.spent_minor)
    }

    /// What is left of it for one card.
    #[must_use]
    pub fn card_remaining_minor(&self, card: &CardHash) -> i64 {
        rest(self.lease.per_card_cap, self.spent_of(card))
    }

    fn spent_of(&self, card: &CardHash) -> i64 {
        self.by_card.get(card).copied().unwrap_or(0)
    }

    /// Whether a lane may approve this payment under it, the clock apart.
    ///
    /// # Errors
    /// `NotOffline`: this card, entry mode or amount never. `OfflineBudget`: not any more under
    /// this lease.
    pub fn decide(
        &self,
        amount: Money,
        card: &CardRef,
        entry_mode: EntryMode,
        pin_entered: bool,
    ) -> Result<(), RefusalReason> {
        let hash = card.hash.ok_or(RefusalReason::NotOffline)?;
        let limits = &self.lease.floor_limits;
        let limit_minor = limits.limit_minor(card, entry_mode, pin_entered);
        let fits_payment = self.lease.per_payment_cap.covers(amount).unwrap_or(false);
        if !amount.is_positive() || !fits_payment || amount.minor() > limit_minor {
            return Err(RefusalReason::NotOffline);
        }
        let within = amount.minor() <= self.remaining_minor()
            && amount.minor() <= self.card_remaining_minor(&hash)
            && self.payments < self.lease.count_max;
        within.then_some(()).ok_or(RefusalReason::OfflineBudget)
    }

    /// Books a payment, whatever the caps say: at the lane it was held against them before, at the
    /// hub the goods are gone. False if it did not fit.
    pub fn spend(&mut self, amount: Money, card: Option<&CardHash>) -> bool {
        let of_card = card.map(|card| self.card_remaining_minor(card));
        let fits = amount.currency() == self.lease.budget.currency()
            && amount.minor() <= self.lease.per_payment_cap.minor()
            && amount.minor() <= self.remaining_minor()
            && of_card.is_some_and(|left| amount.minor() <= left)
            && self.payments < self.lease.count_max;
        self.spent_minor = self.spent_minor.saturating_add(amount.minor());
        self.payments = self.payments.saturating_add(1);
        if let Some(card) = card {
            let spent = self.by_card.entry(*card).or_insert(0);
            *spent = spent.saturating_add(amount.minor());
        }
        fits
    }

    /// Less than a quarter of its budget or of its payments is left: time for another.
    #[must_use]
    pub fn is_mostly_spent(&self) -> bool {
        let quarter = self.lease.budget.minor().checked_div(4).unwrap_or(0);
        let few = self.lease.count_max.checked_div(4).unwrap_or(0);
        let payments_left = self.lease.count_max.saturating_sub(self.payments);
        self.payments > 0 && (self.remaining_minor() < quarter || payments_left < few)
    }
}

fn rest(cap: Money, used_minor: i64) -> i64 {
    cap.minor().saturating_sub(used_minor).max(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        card_ref::{Funding, MaskedPan, Scheme},
        money::Currency,
    };

    pub(crate) fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    pub(crate) fn lease() -> OfflineLease {
        OfflineLease {
            id: LeaseId(1),
            lane: LaneId(3),
            lane_epoch: LaneEpoch(1),
            budget: cny(1000),
            per_payment_cap: cny(400),
            per_card_cap: cny(500),
            count_max: 3,
            hot_list_version: 0,
            valid_for_ms: 60_000,
            floor_limits: FloorLimits::up_to(400),
            velocity: None,
        }
    }

    pub(crate) fn card(number: u8) -> CardRef {
        CardRef {
            masked: MaskedPan::new("621626*********0018").unwrap(),
            hash: Some(CardHash([number; 32])),
            scheme: Scheme::UnionPay,
            funding: Funding::Credit,
        }
    }

    #[test]
    fn each_term_of_a_lease_says_yes_and_no() {
        let (no, over) = (
            Err(RefusalReason::NotOffline),
            Err(RefusalReason::OfflineBudget),
        );
        // Spent before by this card, by others, payments before; asked; what is said.
        let table = [
            (0, 0, 0, 400, Ok(())),
            (0, 0, 0, 401, no),
            (0, 0, 0, 0, no),
            (100, 0, 1, 400, Ok(())),
            (101, 0, 1, 400, over),
            (0, 600, 2, 400, Ok(())),
            (0, 601, 2, 400, over),
            (0, 10, 3, 1, over),
        ];
        for (by_card, by_others, payments, asked, expected) in table {
            let mut account = LeaseUse::new(lease());
            account.by_card.insert(CardHash([7; 32]), by_card);
            account.spent_minor = by_card + by_others;
            account.payments = payments;
            let said = account.decide(cny(asked), &card(7), EntryMode::Chip, false);
            assert_eq!(said, expected, "{by_card} {by_others} {payments} {asked}");
        }
    }

    #[test]
    fn entry_mode_funding_pin_and_hash_decide_as_when_standing_in() {
        let account = LeaseUse::new(lease());
        let no = Err(RefusalReason::NotOffline);
        let mut unhashed = card(7);
        unhashed.hash = None;
        let with = |funding| CardRef { funding, ..card(7) };
        let table = [
            (card(7), EntryMode::Contactless, false, Ok(())),
            (card(7), EntryMode::Stripe, false, no),
            (card(7), EntryMode::Keyed, false, no),
            (with(Funding::Debit), EntryMode::Chip, true, no),
            (with(Funding::Debit), EntryMode::Chip, false, Ok(())),
            (with(Funding::Unknown), EntryMode::Chip, true, no),
            (with(Funding::Prepaid), EntryMode::Chip, false, no),
            (unhashed, EntryMode::Chip, false, no),
        ];
        for (card, mode, pin, expected) in table {
            assert_eq!(
                account.decide(cny(100), &card, mode, pin),
                expected,
                "{card:?} {mode:?}"
            );
        }
        let euro = Money::new(100, Currency::EUR);
        assert_eq!(account.decide(euro, &card(7), EntryMode::Chip, false), no);
    }

    #[test]
    fn it_is_mostly_spent_when_money_or_payments_run_out() {
        let mut account = LeaseUse::new(OfflineLease {
            count_max: 100,
            ..lease()
        });
        assert!(!account.is_mostly_spent());
        assert!(account.spend(cny(400), card(1).hash.as_ref()));
        assert!(account.spend(cny(350), card(2).hash.as_ref()));
        assert!(!account.is_mostly_spent());
        assert!(account.spend(cny(1), card(3).hash.as_ref()));
        assert!(account.is_mostly_spent());
        assert!(
            !account.spend(cny(400), card(4).hash.as_ref()),
            "over its budget"
        );
        assert_eq!(account.remaining_minor(), 0);
    }
}
