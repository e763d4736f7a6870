//! Which cards may be approved without the bank, and up to how much: by scheme, entry mode and
//! whose money is spent. The same table at the hub and, with a lease, at the lane.

use std::sync::Arc;

use crate::card_ref::{CardRef, EntryMode, Funding, Scheme};

const SCHEMES: usize = Scheme::CARDS.len();
const MODES: usize = EntryMode::CARDS.len();
const FUNDINGS: usize = Funding::ALL.len();

/// The largest single payment in minor units of the store's currency; zero means never.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FloorLimits(Arc<[[[i64; FUNDINGS]; MODES]; SCHEMES]>);

impl FloorLimits {
    /// Nothing is ever approved without the bank.
    #[must_use]
    pub fn never() -> Self {
        Self(Arc::new([[[0; FUNDINGS]; MODES]; SCHEMES]))
    }

    /// The default: chip and contactless of every scheme; stripe, keyed and prepaid never.
    #[must_use]
    pub fn up_to(minor: i64) -> Self {
        let mut limits = Self::never();
        for mode in [EntryMode::Chip, EntryMode::Contactless] {
            for funding in [Funding::Debit, Funding::Credit, Funding::Unknown] {
                limits.set(None, Some(mode), Some(funding), minor);
            }
        }
        limits
    }

    /// One rule; what is not named is meant in all its forms.
    pub fn set(
        &mut self,
        scheme: Option<Scheme>,
        mode: Option<EntryMode>,
        funding: Option<Funding>,
        minor: i64,
    ) {
        let table = Arc::make_mut(&mut self.0);
        for (at_scheme, by_mode) in Scheme::CARDS.into_iter().zip(table) {
            for (at_mode, by_funding) in EntryMode::CARDS.into_iter().zip(by_mode) {
                for (at_funding, limit) in Funding::ALL.into_iter().zip(by_funding) {
                    let is_meant = scheme.is_none_or(|scheme| scheme == at_scheme)
                        && mode.is_none_or(|mode| mode == at_mode)
                        && funding.is_none_or(|funding| funding == at_funding);
                    if is_meant {
                        *limit = minor.max(0);
                    }
                }
            }
        }
    }

    /// All that is allowed.
    pub fn iter(&self) -> impl Iterator<Item = (Scheme, EntryMode, Funding, i64)> {
        let schemes = Scheme::CARDS.into_iter().zip(*self.0);
        schemes.flat_map(|(scheme, by_mode)| {
            let modes = EntryMode::CARDS.into_iter().zip(by_mode);
            modes.flat_map(move |(mode, by_funding)| {
                let fundings = Funding::ALL.into_iter().zip(by_funding);
                let allowed = fundings.filter(|(_, minor)| *minor > 0);
                allowed.map(move |(funding, minor)| (scheme, mode, funding, minor))
            })
        })
    }

    /// The largest of all.
    #[must_use]
    pub fn max_minor(&self) -> i64 {
        self.iter().map(|(_, _, _, minor)| minor).max().unwrap_or(0)
    }

    /// The largest payment of this card, read like this; zero: never. A PIN that was entered must
    /// be checked by the issuer, whatever the table says; a card that does not say whose money it
    /// spends is taken for a debit card then.
    #[must_use]
    pub fn limit_minor(&self, card: &CardRef, entry_mode: EntryMode, pin_entered: bool) -> i64 {
        let pin_decides = match card.funding {
            Funding::Debit | Funding::Unknown | Funding::Prepaid => pin_entered,
            Funding::Credit => false,
        };
        let mut allowed = self.iter().filter(|(scheme, mode, funding, _)| {
            (*scheme, *mode, *funding) == (card.scheme, entry_mode, card.funding)
        });
        match allowed.next() {
            Some((_, _, _, minor)) if !pin_decides => minor,
            Some(_) | None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::lease::tests::card;

    #[test]
    fn a_rule_changes_what_it_names_and_nothing_else() {
        let mut limits = FloorLimits::up_to(500);
        limits.set(Some(Scheme::Visa), None, None, 0);
        limits.set(
            None,
            Some(EntryMode::Contactless),
            Some(Funding::Debit),
            200,
        );
        limits.set(None, Some(EntryMode::Stripe), Some(Funding::Credit), 50);
        let with = |scheme, funding| CardRef {
            scheme,
            funding,
            ..card(7)
        };
        let table = [
            (Scheme::UnionPay, EntryMode::Chip, Funding::Debit, 500),
            (
                Scheme::UnionPay,
                EntryMode::Contactless,
                Funding::Debit,
                200,
            ),
            (
                Scheme::UnionPay,
                EntryMode::Contactless,
                Funding::Credit,
                500,
            ),
            (Scheme::UnionPay, EntryMode::Stripe, Funding::Credit, 50),
            (Scheme::UnionPay, EntryMode::Stripe, Funding::Debit, 0),
            (Scheme::UnionPay, EntryMode::Chip, Funding::Prepaid, 0),
            (Scheme::UnionPay, EntryMode::Keyed, Funding::Credit, 0),
            (Scheme::Visa, EntryMode::Chip, Funding::Credit, 0),
            (Scheme::Visa, EntryMode::Contactless, Funding::Debit, 200),
        ];
        for (scheme, mode, funding, expected) in table {
            let limit = limits.limit_minor(&with(scheme, funding), mode, false);
            assert_eq!(limit, expected, "{scheme:?} {mode:?} {funding:?}");
        }
        let debit = with(Scheme::UnionPay, Funding::Debit);
        assert_eq!(
            limits.limit_minor(&debit, EntryMode::Chip, true),
            0,
            "its PIN"
        );
        assert_eq!(limits.max_minor(), 500);
    }
}
