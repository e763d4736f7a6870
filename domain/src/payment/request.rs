//! What a lane asks of the hub.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::{LaneEpoch, LaneId, PaymentId, SaleNumber},
    money::Money,
    payment::{KindRow, PaymentKind, PaymentMethod},
    time::BusinessDate,
};

/// A payment as the lane journaled its intent. Two requests with one id must be the same: the same
/// id with other content is refused and alarmed (payments.md, rule 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRequest {
    /// Minted by the lane.
    pub payment_id: PaymentId,
    /// Who asks.
    pub lane: LaneId,
    /// As which machine.
    pub epoch: LaneEpoch,
    /// For which sale.
    pub sale: SaleNumber,
    /// What shall be paid.
    pub amount: Money,
    /// How the card was read.
    pub entry_mode: EntryMode,
    /// Whether a PIN was entered.
    pub pin_entered: bool,
    /// The card.
    pub card: CardRef,
    /// The lane's running date when it was intended. It stays, whichever date the sale ends in.
    /// `None`: from a lane that does not tell; the hub books it under its own running date.
    pub business_date: Option<BusinessDate>,
    /// What it does.
    pub kind: PaymentKind,
    /// By what.
    pub method: PaymentMethod,
    /// The payment that this one voids, refunds or completes.
    pub original: Option<PaymentId>,
}

impl PaymentRequest {
    /// How its kind behaves; `None`: this release does not make it.
    #[must_use]
    pub fn row(&self) -> Option<&'static KindRow> {
        KindRow::of(self.kind, self.method)
    }

    /// Whether this asks for the same again. A date that one of the two does not tell is no
    /// difference: an old lane tells none, and the hub may have turned its own since.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let dates_agree = match (self.business_date, other.business_date) {
            (Some(one), Some(another)) => one == another,
            (None, _) | (_, None) => true,
        };
        let undated = |request: &Self| Self {
            business_date: None,
            ..request.clone()
        };
        dates_agree && undated(self) == undated(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card_ref::{Funding, MaskedPan, Scheme},
        money::Currency,
    };

    fn request() -> PaymentRequest {
        PaymentRequest {
            payment_id: PaymentId(1),
            lane: LaneId(3),
            epoch: LaneEpoch(1),
            sale: SaleNumber(1),
            amount: Money::new(1250, Currency::CNY),
            entry_mode: EntryMode::Chip,
            pin_entered: true,
            card: CardRef {
                masked: MaskedPan::new("621626*********0018").unwrap(),
                hash: None,
                scheme: Scheme::UnionPay,
                funding: Funding::Debit,
            },
            business_date: BusinessDate::parse("2026-11-22").ok(),
            kind: PaymentKind::Sale,
            method: PaymentMethod::Card,
            original: None,
        }
    }

    #[test]
    fn a_repeat_is_the_same_in_all_that_both_tell() {
        let asked = request();
        let differing = |change: fn(&mut PaymentRequest)| {
            let mut other = request();
            change(&mut other);
            !asked.is_same_as(&other) && !other.is_same_as(&asked)
        };
        assert!(asked.is_same_as(&request()));
        assert!(differing(|other| other.kind = PaymentKind::Refund));
        assert!(differing(|other| other.method = PaymentMethod::Wallet));
        assert!(differing(|other| other.original = Some(PaymentId(7))));
        assert!(differing(|other| other.pin_entered = false));
        assert!(differing(|other| {
            other.business_date = other.business_date.map(BusinessDate::next);
        }));
        assert!(
            !differing(|other| other.business_date = None),
            "an old lane"
        );
    }
}
