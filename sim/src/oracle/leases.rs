//! Offline leases: what the hub lent is never more than the store allows (I10), and what a lane
//! approved alone lay inside a lease it had accepted and not yet given back, in the same life of
//! its process, and was never asked of the hub (I19). Told from the journals alone.

use std::collections::BTreeMap;

use proto::{
    journal::v1::LeaseReturned,
    store::v1::{OfflineLease, OfflinePayment},
};

use crate::oracle::values::minor;

/// One lease and what a journal shows of its use.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub terms: OfflineLease,
    spent_minor: i64,
    payments: u32,
    by_card: BTreeMap<Vec<u8>, i64>,
    /// The lane was restarted since it had accepted it.
    stale: bool,
}

impl Account {
    fn new(terms: OfflineLease) -> Self {
        Self {
            terms,
            ..Self::default()
        }
    }

    fn spend(&mut self, payment: &OfflinePayment) {
        let amount = minor(payment.amount.as_ref());
        self.spent_minor += amount;
        self.payments += 1;
        *self.by_card.entry(card_of(payment)).or_default() += amount;
    }

    fn rest_minor(&self) -> i64 {
        (minor(self.terms.budget.as_ref()) - self.spent_minor).max(0)
    }

    fn card_rest_minor(&self, card: &[u8]) -> i64 {
        let spent = self.by_card.get(card).copied().unwrap_or(0);
        (minor(self.terms.per_card_cap.as_ref()) - spent).max(0)
    }

    /// Why this payment, spent already, did not fit.
    fn fault(&self, payment: &OfflinePayment) -> Option<&'static str> {
        let of_card = self.by_card.get(&card_of(payment)).copied().unwrap_or(0);
        let amount = minor(payment.amount.as_ref());
        if self.stale {
            Some("the lane was restarted since it had the lease")
        } else if amount <= 0 || amount > minor(self.terms.per_payment_cap.as_ref()) {
            Some("the amount is over the cap of a payment")
        } else if self.spent_minor > minor(self.terms.budget.as_ref()) {
            Some("the budget is overdrawn")
        } else if of_card > minor(self.terms.per_card_cap.as_ref()) {
            Some("the cap of a card is overdrawn")
        } else if self.payments > self.terms.count_max {
            Some("too many payments")
        } else {
            None
        }
    }
}

fn card_of(payment: &OfflinePayment) -> Vec<u8> {
    let card = payment.card.as_ref();
    card.map(|card| card.hash.to_vec()).unwrap_or_default()
}

/// The hub's open leases while its journal is told.
#[derive(Clone, Debug, Default)]
pub(super) struct HubLeases {
    open: BTreeMap<u64, Account>,
    /// Every lease ever granted, as it was.
    pub granted: BTreeMap<u64, OfflineLease>,
}

impl HubLeases {
    pub(super) fn grant(&mut self, terms: &OfflineLease) {
        self.granted.insert(terms.lease_id, terms.clone());
        self.open
            .insert(terms.lease_id, Account::new(terms.clone()));
    }

    pub(super) fn end(&mut self, lease_id: u64) {
        self.open.remove(&lease_id);
    }

    pub(super) fn spend(&mut self, payment: &OfflinePayment) {
        if let Some(account) = self.open.get_mut(&payment.lease_id) {
            account.spend(payment);
        }
    }

    pub(super) fn rest_minor(&self) -> i64 {
        self.open.values().map(Account::rest_minor).sum()
    }

    pub(super) fn card_rest_minor(&self, card: &[u8]) -> i64 {
        let open = self.open.values();
        open.map(|account| account.card_rest_minor(card)).sum()
    }

    /// Of a card that nobody has used yet.
    pub(super) fn any_card_rest_minor(&self) -> i64 {
        let caps = self.open.values().map(|one| &one.terms.per_card_cap);
        caps.map(|cap| minor(cap.as_ref())).sum()
    }
}

/// A lane's leases while its journal is told.
#[derive(Clone, Debug, Default)]
pub(super) struct LaneLeases {
    held: Option<Account>,
    pub accepted: Vec<OfflineLease>,
    /// Payment and what is wrong with its approval; the payment is empty where it is the lease.
    pub faults: Vec<(String, String)>,
    pub approved: u64,
}

impl LaneLeases {
    pub(super) fn started(&mut self) {
        if let Some(held) = &mut self.held {
            held.stale = true;
        }
    }

    pub(super) fn accept(&mut self, terms: &OfflineLease) {
        if self.held.is_some() {
            self.fault("", format!("lease {} beside another one", terms.lease_id));
        }
        self.accepted.push(terms.clone());
        self.held = Some(Account::new(terms.clone()));
    }

    pub(super) fn give_back(&mut self, returned: &LeaseReturned) {
        let fits = self.held.take().is_some_and(|held| {
            held.terms.lease_id == returned.lease_id
                && held.spent_minor == minor(returned.spent.as_ref())
                && held.payments == returned.payments
        });
        if !fits {
            let id = returned.lease_id;
            self.fault("", format!("lease {id} was given back with other figures"));
        }
    }

    pub(super) fn approve(&mut self, payment: &OfflinePayment) {
        self.approved += 1;
        let held = self.held.as_mut();
        let held = held.filter(|held| held.terms.lease_id == payment.lease_id);
        let fault = match held {
            None => Some("the lane did not hold the lease"),
            Some(held) => {
                held.spend(payment);
                held.fault(payment)
            }
        };
        if let Some(fault) = fault {
            self.fault(&payment.payment_id, fault.to_owned());
        }
    }

    pub(super) fn fault(&mut self, payment_id: &str, what: String) {
        self.faults.push((payment_id.to_owned(), what));
    }
}

#[cfg(test)]
mod tests {
    use proto::store::v1::Money;

    use super::*;

    fn cny(minor: i64) -> Option<Money> {
        let currency = "CNY".to_owned();
        Some(Money { minor, currency })
    }

    fn lease() -> OfflineLease {
        OfflineLease {
            lease_id: 1,
            budget: cny(1_000),
            per_payment_cap: cny(400),
            per_card_cap: cny(600),
            count_max: 3,
            ..OfflineLease::default()
        }
    }

    fn payment(minor: i64, lease_id: u64) -> OfflinePayment {
        OfflinePayment {
            payment_id: "7".to_owned(),
            amount: cny(minor),
            lease_id,
            ..OfflinePayment::default()
        }
    }

    fn faults(deeds: impl FnOnce(&mut LaneLeases)) -> Vec<String> {
        let mut leases = LaneLeases::default();
        leases.accept(&lease());
        deeds(&mut leases);
        leases.faults.into_iter().map(|(_, what)| what).collect()
    }

    #[test]
    fn what_lies_inside_the_lease_is_right_and_each_way_out_of_it_is_named() {
        let approve = |amounts: &'static [i64]| {
            faults(|leases| {
                for minor in amounts {
                    leases.approve(&payment(*minor, 1));
                }
            })
        };
        assert!(approve(&[400, 200]).is_empty());
        assert!(approve(&[401])[0].contains("cap of a payment"));
        assert!(approve(&[400, 201])[0].contains("cap of a card"));
        assert!(approve(&[1, 1, 1, 1])[0].contains("too many"));
        assert!(faults(|leases| leases.approve(&payment(1, 2)))[0].contains("did not hold"));
        let restarted = faults(|leases| {
            leases.started();
            leases.approve(&payment(1, 1));
        });
        assert!(restarted[0].contains("restarted"));
        let returned = faults(|leases| {
            leases.give_back(&LeaseReturned {
                lease_id: 1,
                spent: cny(5),
                ..LeaseReturned::default()
            });
        });
        assert!(returned[0].contains("other figures"));
    }

    #[test]
    fn the_hub_counts_a_lease_in_full_until_it_is_spent_or_ended() {
        let mut leases = HubLeases::default();
        leases.grant(&lease());
        assert_eq!(
            (leases.rest_minor(), leases.any_card_rest_minor()),
            (1_000, 600)
        );
        leases.spend(&payment(400, 1));
        assert_eq!(
            (leases.rest_minor(), leases.card_rest_minor(&[])),
            (600, 200)
        );
        leases.end(1);
        assert_eq!((leases.rest_minor(), leases.any_card_rest_minor()), (0, 0));
    }
}
