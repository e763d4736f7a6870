//! What one more lease may hold: a lane's share of the caps, as far as they are free.

use crate::{
    money::Money,
    risk::{LeaseShare, OpenRisk, StandInPolicy},
};

/// The amounts of a lease about to be granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LeaseTerms {
    pub(crate) budget: Money,
    pub(crate) per_payment_cap: Money,
    pub(crate) per_card_cap: Money,
    pub(crate) share: LeaseShare,
}

impl StandInPolicy {
    /// What one more lease may hold now, of `lanes` lanes that share; nothing while less than a
    /// quarter of a lane's share is free. The same for every lane: where one gets nothing, none
    /// does.
    pub(crate) fn lease_terms(&self, lanes: usize, risk: &OpenRisk) -> Option<LeaseTerms> {
        let share = self.leases?;
        let store_share = part(self.store_cap, share.percent, lanes)?;
        let card_share = part(self.card_cap, share.percent, lanes)?;
        let (in_use, of_card) = (risk.store_minor(), risk.worst_card_minor());
        let budget = lend(store_share, self.store_cap.minor().saturating_sub(in_use))?;
        let per_card = lend(card_share, self.card_cap.minor().saturating_sub(of_card))?;
        let floor = self.floor_limits.max_minor();
        if floor == 0 {
            return None;
        }
        let currency = self.store_cap.currency();
        let per_card = per_card.min(budget);
        Some(LeaseTerms {
            budget: Money::new(budget, currency),
            per_payment_cap: Money::new(floor.min(per_card), currency),
            per_card_cap: Money::new(per_card, currency),
            share,
        })
    }
}

fn part(cap: Money, percent: u8, lanes: usize) -> Option<i64> {
    let lanes = i64::try_from(lanes).ok()?;
    let all = cap.minor().checked_mul(i64::from(percent.min(100)))?;
    all.checked_div(100)?.checked_div(lanes)
}

fn lend(share_minor: i64, free_minor: i64) -> Option<i64> {
    let lent = share_minor.min(free_minor);
    let least = share_minor.checked_div(4)?;
    (lent > 0 && lent >= least).then_some(lent)
}
