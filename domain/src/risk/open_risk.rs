//! What the store has open without the bank: what it stood in for and has not delivered, and what
//! it has lent to lanes (I10).
//!
//! Both change here alone, since the card of which most stands open is kept beside them: nobody
//! has to go through all cards and all leases to know what one more lease may hold.

use std::collections::BTreeSet;

use crate::{
    card_ref::CardHash,
    ids::{LaneEpoch, LaneId, LeaseId},
    money::Money,
    risk::{Exposure, LeaseEnd, LeaseLedger, OfflineLease},
    time::WallMs,
};

/// Undelivered stand-ins and leases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct OpenRisk {
    exposure: Exposure,
    leases: LeaseLedger,
    /// Cards of which something is undelivered, by how much more stands open of each than of a card
    /// that nobody has seen yet.
    by_excess: BTreeSet<(i64, CardHash)>,
}

impl OpenRisk {
    /// As it stood when it was kept.
    pub(crate) fn restored(exposure: Exposure, leases: LeaseLedger) -> Self {
        let mut restored = Self {
            exposure,
            leases,
            by_excess: BTreeSet::new(),
        };
        let cards = restored.exposure.cards();
        restored.by_excess = cards.map(|(card, _)| restored.weighed(*card)).collect();
        restored
    }

    pub(crate) const fn exposure(&self) -> &Exposure {
        &self.exposure
    }

    pub(crate) const fn leases(&self) -> &LeaseLedger {
        &self.leases
    }

    /// Of the whole store: undelivered, or lent.
    pub(crate) const fn store_minor(&self) -> i64 {
        let undelivered = self.exposure.store_minor();
        undelivered.saturating_add(self.leases.reserved_minor())
    }

    /// Of one card: undelivered, or what lanes may still approve of it.
    pub(crate) fn card_minor(&self, card: &CardHash) -> i64 {
        let undelivered = self.exposure.card_minor(card);
        undelivered.saturating_add(self.leases.card_reserved_minor(card))
    }

    /// Of the card of which most stands open: at least what lanes may approve of any card.
    pub(crate) fn worst_card_minor(&self) -> i64 {
        let most = self.by_excess.last().map_or(0, |(excess, _)| *excess);
        let any = self.leases.any_card_reserved_minor();
        any.saturating_add(most.max(0))
    }

    /// More is stood in for.
    pub(crate) fn grow(&mut self, card: Option<&CardHash>, minor: i64) {
        self.change(card.copied(), |risk| risk.exposure.grow(card, minor));
    }

    /// The bank has it, or it was taken back, or somebody settled it by hand.
    pub(crate) fn shrink(&mut self, card: Option<&CardHash>, minor: i64) {
        self.change(card.copied(), |risk| risk.exposure.shrink(card, minor));
    }

    pub(crate) fn grant(&mut self, lease: OfflineLease, at: WallMs) {
        let cards = self.cards_under(lease.id);
        self.change(cards, |risk| risk.leases.grant(lease, at));
    }

    /// The next lease is beyond this one.
    pub(crate) fn skip_to(&mut self, id: LeaseId) {
        self.leases.skip_to(id);
    }

    /// The lane's journal shows a payment. False if no open lease of that machine covers it.
    pub(crate) fn spend(
        &mut self,
        id: LeaseId,
        machine: (LaneId, LaneEpoch),
        amount: Money,
        card: Option<&CardHash>,
    ) -> bool {
        self.change(card.copied(), |risk| {
            risk.leases.spend(id, machine, amount, card)
        })
    }

    /// False if the lease was not open.
    pub(crate) fn end(&mut self, id: LeaseId, end: LeaseEnd, ended_at: WallMs) -> bool {
        let cards = self.cards_under(id);
        self.change(cards, |risk| risk.leases.end(id, end, ended_at))
    }

    /// The cards that were paid with under an open lease: their number is bounded by its payments.
    fn cards_under(&self, id: LeaseId) -> Vec<CardHash> {
        let lease = self.leases.get(id);
        let cards = lease.into_iter().flat_map(|lease| lease.cards());
        cards.map(|(card, _)| *card).collect()
    }

    /// Changes something about these cards alone.
    fn change<R>(
        &mut self,
        cards: impl IntoIterator<Item = CardHash> + Clone,
        change: impl FnOnce(&mut Self) -> R,
    ) -> R {
        for card in cards.clone() {
            let before = self.weighed(card);
            self.by_excess.remove(&before);
        }
        let changed = change(self);
        for card in cards {
            if self.exposure.has(&card) {
                let after = self.weighed(card);
                self.by_excess.insert(after);
            }
        }
        changed
    }

    /// What lanes have approved of a card under open leases they can't approve once more.
    fn weighed(&self, card: CardHash) -> (i64, CardHash) {
        let used = self.leases.card_used_minor(&card);
        let undelivered = self.exposure.card_minor(&card);
        (undelivered.saturating_sub(used), card)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        money::Currency,
        risk::{LeaseUse, StandInPolicy, lease::tests::lease},
    };

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    fn card(number: u8) -> CardHash {
        CardHash([number; 32])
    }

    #[derive(Clone, Debug)]
    enum Step {
        Grow(Option<u8>, i64),
        Shrink(Option<u8>, i64),
        Grant {
            id: u64,
            lane: u16,
            caps: i64,
        },
        Spend {
            id: u64,
            lane: u16,
            minor: i64,
            card: Option<u8>,
        },
        End(u64),
        Restore,
    }

    fn step() -> impl Strategy<Value = Step> {
        let some_card = || prop::option::weighted(0.9, 1_u8..6);
        let (id, lane) = (|| 1_u64..8, || 1_u16..4);
        prop_oneof![
            4 => (some_card(), 1_i64..500).prop_map(|(card, minor)| Step::Grow(card, minor)),
            3 => (some_card(), 1_i64..500).prop_map(|(card, minor)| Step::Shrink(card, minor)),
            3 => (id(), lane(), 1_i64..600)
                .prop_map(|(id, lane, caps)| Step::Grant { id, lane, caps }),
            6 => (id(), lane(), 1_i64..300, some_card())
                .prop_map(|(id, lane, minor, card)| Step::Spend { id, lane, minor, card }),
            2 => id().prop_map(Step::End),
            1 => Just(Step::Restore),
        ]
    }

    fn apply(risk: &mut OpenRisk, step: Step) {
        let at = WallMs(0);
        match step {
            Step::Grow(of, minor) => risk.grow(of.map(card).as_ref(), minor),
            Step::Shrink(of, minor) => risk.shrink(of.map(card).as_ref(), minor),
            Step::Grant { id, lane, caps } => {
                let lease = OfflineLease {
                    id: LeaseId(id),
                    lane: LaneId(lane),
                    budget: cny(caps.saturating_mul(3)),
                    per_card_cap: cny(caps),
                    ..lease()
                };
                risk.grant(lease, at);
            }
            Step::Spend {
                id,
                lane,
                minor,
                card: of,
            } => {
                let machine = (LaneId(lane), lease().lane_epoch);
                risk.spend(LeaseId(id), machine, cny(minor), of.map(card).as_ref());
            }
            Step::End(id) => {
                risk.end(LeaseId(id), LeaseEnd::Returned, at);
            }
            Step::Restore => {
                let leases = &risk.leases;
                let open = leases.open().map(|one| {
                    let lease = &one.lease;
                    let cards = one.cards().map(|(card, minor)| (*card, minor)).collect();
                    let (spent, payments) = (one.spent().minor(), one.payments());
                    let kept = LeaseUse::restored(lease.clone(), spent, payments, cards);
                    (kept, leases.granted_at(lease.id).unwrap_or(at))
                });
                let ended = leases.ended().cloned().collect();
                let leases = LeaseLedger::restored(open.collect(), ended, leases.last_id());
                let restored = OpenRisk::restored(risk.exposure.clone(), leases);
                assert_eq!(*risk, restored, "what is kept says the same");
                *risk = restored;
            }
        }
    }

    /// The figures as they were made before they were kept: from every card and every lease.
    fn from_scratch(risk: &OpenRisk) -> (i64, i64, i64) {
        let open = || risk.leases.open();
        let reserved = open().map(LeaseUse::remaining_minor).sum();
        let any: i64 = open().map(|one| one.lease.per_card_cap.minor()).sum();
        let of_card =
            |card: &CardHash| -> i64 { open().map(|one| one.card_remaining_minor(card)).sum() };
        let cards = risk.exposure.cards();
        let worst = cards
            .map(|(card, minor)| minor.saturating_add(of_card(card)))
            .max();
        for number in 1..6 {
            let card = card(number);
            assert_eq!(risk.leases.card_reserved_minor(&card), of_card(&card));
        }
        (reserved, any, worst.unwrap_or(0).max(any))
    }

    fn held_by_from_scratch(risk: &OpenRisk, lane: LaneId) -> Option<LeaseId> {
        let epoch = lease().lane_epoch;
        let mut open = risk.leases.open();
        let held = open.find(|one| (one.lease.lane, one.lease.lane_epoch) == (lane, epoch));
        held.map(|one| one.lease.id)
    }

    proptest! {
        /// F42: what is kept at each change equals what going through all cards and all leases
        /// gives.
        #[test]
        fn f42_kept_figures_equal_those_made_from_scratch(
            steps in prop::collection::vec(step(), 1..80)
        ) {
            let mut risk = OpenRisk::default();
            for step in steps {
                apply(&mut risk, step);
                let leases = &risk.leases;
                let kept = (
                    leases.reserved_minor(),
                    leases.any_card_reserved_minor(),
                    risk.worst_card_minor(),
                );
                prop_assert_eq!(kept, from_scratch(&risk));
                for lane in [1, 2, 3].map(LaneId) {
                    let held = leases.held_by(lane, lease().lane_epoch);
                    let held = held.map(|one| one.lease.id);
                    prop_assert_eq!(held, held_by_from_scratch(&risk, lane));
                }
            }
        }
    }

    #[test]
    fn what_a_card_has_open_is_not_lent_once_more() {
        let policy = StandInPolicy::new(cny(10_000), cny(1_000), cny(500));
        let policy = policy.with_leases(crate::risk::LeaseShare {
            percent: 50,
            count_max: 50,
            valid_for_ms: 1,
        });
        let mut risk = OpenRisk::default();
        assert_eq!(policy.lease_terms(1, &risk).unwrap().per_card_cap, cny(500));
        risk.grow(Some(&card(1)), 600);
        assert_eq!(policy.lease_terms(1, &risk).unwrap().per_card_cap, cny(400));
        risk.grow(Some(&card(2)), 900);
        assert_eq!(policy.lease_terms(1, &risk), None);
        risk.shrink(Some(&card(2)), 900);
        assert_eq!(policy.lease_terms(1, &risk).unwrap().per_card_cap, cny(400));
    }
}
