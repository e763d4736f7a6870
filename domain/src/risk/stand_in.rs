//! Which payments the store may approve while the bank can't be reached (payments.md, "Deciding
//! without the bank").

use crate::{
    money::Money,
    payment::{PaymentRequest, RefusalReason},
    risk::{FloorLimits, LeaseShare, OpenRisk, VelocityLimit},
};

/// The rules of standing in, and their caps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandInPolicy {
    /// Undelivered stand-ins of the whole store, at most (I10).
    pub store_cap: Money,
    /// Undelivered stand-ins of one card, at most (I10).
    pub card_cap: Money,
    /// Which cards at all, and each up to how much.
    pub floor_limits: FloorLimits,
    /// How often the same card, by hub and by lane; any number without it.
    pub velocity: Option<VelocityLimit>,
    /// What of both caps lanes may hold as leases; none without it.
    pub leases: Option<LeaseShare>,
}

impl StandInPolicy {
    /// The default rules: chip and contactless of every scheme up to `payment_cap`; stripe, keyed
    /// and prepaid never. A PIN that only the issuer can check is never accepted, whatever the
    /// table says.
    #[must_use]
    pub fn new(store_cap: Money, card_cap: Money, payment_cap: Money) -> Self {
        Self {
            store_cap,
            card_cap,
            floor_limits: FloorLimits::up_to(payment_cap.minor()),
            velocity: None,
            leases: None,
        }
    }

    /// The same, and lanes get leases.
    #[must_use]
    pub fn with_leases(self, share: LeaseShare) -> Self {
        Self {
            leases: Some(share),
            ..self
        }
    }

    /// Whether this payment may be approved without the bank, given what is undelivered already and
    /// what lanes hold as leases.
    ///
    /// # Errors
    /// `NotOffline`: this card, entry mode or amount never. `OfflineBudget`: not now, a cap is
    /// reached.
    pub(crate) fn decide(
        &self,
        request: &PaymentRequest,
        risk: &OpenRisk,
    ) -> Result<(), RefusalReason> {
        let card = request.card.hash.ok_or(RefusalReason::NotOffline)?;
        let limit_minor =
            self.floor_limits
                .limit_minor(&request.card, request.entry_mode, request.pin_entered);
        let limit = Money::new(limit_minor, self.store_cap.currency());
        if limit_minor == 0 || !fits(request.amount, 0, limit) {
            return Err(RefusalReason::NotOffline);
        }
        let (of_card, of_store) = (risk.card_minor(&card), risk.store_minor());
        let within_card = fits(request.amount, of_card, self.card_cap);
        let within_store = fits(request.amount, of_store, self.store_cap);
        if within_card && within_store {
            Ok(())
        } else {
            Err(RefusalReason::OfflineBudget)
        }
    }
}

fn fits(amount: Money, used_minor: i64, cap: Money) -> bool {
    amount
        .add(Money::new(used_minor, cap.currency()))
        .and_then(|sum| cap.covers(sum))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
        ids::{LaneEpoch, LaneId, PaymentId, SaleNumber},
        money::Currency,
        payment::{PaymentKind, PaymentMethod},
    };

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    fn policy() -> StandInPolicy {
        StandInPolicy::new(cny(1000), cny(300), cny(200))
    }

    fn request(minor: i64, mode: EntryMode, funding: Funding, pin: bool) -> PaymentRequest {
        PaymentRequest {
            payment_id: PaymentId(1),
            lane: LaneId(1),
            epoch: LaneEpoch(1),
            sale: SaleNumber(1),
            amount: cny(minor),
            entry_mode: mode,
            pin_entered: pin,
            card: CardRef {
                masked: MaskedPan::new("621626*********0018").unwrap(),
                hash: Some(CardHash([7; 32])),
                scheme: Scheme::UnionPay,
                funding,
            },
            business_date: None,
            kind: PaymentKind::Sale,
            method: PaymentMethod::Card,
            original: None,
        }
    }

    #[test]
    fn each_rule_says_yes_and_no() {
        let no = Err(RefusalReason::NotOffline);
        let table = [
            (200, EntryMode::Chip, Funding::Credit, true, Ok(())),
            (200, EntryMode::Contactless, Funding::Debit, false, Ok(())),
            (201, EntryMode::Chip, Funding::Credit, false, no),
            (100, EntryMode::Stripe, Funding::Credit, false, no),
            (100, EntryMode::Keyed, Funding::Credit, false, no),
            (100, EntryMode::Chip, Funding::Debit, true, no),
            (100, EntryMode::Chip, Funding::Unknown, true, no),
            (100, EntryMode::Chip, Funding::Unknown, false, Ok(())),
            (100, EntryMode::Contactless, Funding::Prepaid, false, no),
        ];
        for (minor, mode, funding, pin, expected) in table {
            let asked = request(minor, mode, funding, pin);
            let got = policy().decide(&asked, &OpenRisk::default());
            assert_eq!(got, expected, "{minor} {mode:?} {funding:?} pin {pin}");
        }
    }

    #[test]
    fn the_caps_of_card_and_store_hold_to_the_cent() {
        let asked = request(200, EntryMode::Chip, Funding::Credit, false);
        let over = Err(RefusalReason::OfflineBudget);
        for (card, store, expected) in [
            (100, 100, Ok(())),
            (101, 101, over),
            (0, 800, Ok(())),
            (0, 801, over),
        ] {
            let mut risk = OpenRisk::default();
            risk.grow(asked.card.hash.as_ref(), card);
            risk.grow(None, store - card);
            assert_eq!(policy().decide(&asked, &risk), expected, "{card} {store}");
        }
    }

    #[test]
    fn a_card_without_hash_and_another_currency_are_never_approved() {
        let mut asked = request(100, EntryMode::Chip, Funding::Credit, false);
        asked.amount = Money::new(100, Currency::EUR);
        let no = Err(RefusalReason::NotOffline);
        assert_eq!(policy().decide(&asked, &OpenRisk::default()), no);
        asked.amount = cny(100);
        asked.card.hash = None;
        assert_eq!(policy().decide(&asked, &OpenRisk::default()), no);
    }
}
