//! How much the store stands in for: approved without the bank and not yet delivered to it (I10).

use std::collections::BTreeMap;

use crate::card_ref::CardHash;

/// Sums of undelivered stand-ins, in minor units of the store's currency. An advice that became a
/// dead letter counts until somebody resolves it: it could be retried, and the cap must hold then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    store_minor: i64,
    by_card: BTreeMap<CardHash, i64>,
}

impl Exposure {
    /// As it stood when it was kept: the store's sum and those of its cards.
    #[must_use]
    pub const fn restored(store_minor: i64, by_card: BTreeMap<CardHash, i64>) -> Self {
        Self {
            store_minor,
            by_card,
        }
    }

    /// Undelivered in the whole store.
    #[must_use]
    pub const fn store_minor(&self) -> i64 {
        self.store_minor
    }

    /// Undelivered of one card.
    #[must_use]
    pub fn card_minor(&self, card: &CardHash) -> i64 {
        self.by_card.get(card).copied().unwrap_or(0)
    }

    /// Undelivered of each card that has any.
    pub fn cards(&self) -> impl Iterator<Item = (&CardHash, i64)> {
        self.by_card.iter().map(|(card, minor)| (card, *minor))
    }

    /// Whether anything of this card is undelivered.
    pub(super) fn has(&self, card: &CardHash) -> bool {
        self.by_card.contains_key(card)
    }

    /// More is stood in for. Sums stay far below 64 bits: each was held against a cap first.
    pub(crate) fn grow(&mut self, card: Option<&CardHash>, minor: i64) {
        self.store_minor = self.store_minor.saturating_add(minor);
        if let Some(card) = card {
            let held = self.by_card.entry(*card).or_insert(0);
            *held = held.saturating_add(minor);
        }
    }

    /// The bank has it, or it was taken back, or somebody settled it by hand.
    pub(super) fn shrink(&mut self, card: Option<&CardHash>, minor: i64) {
        self.store_minor = self.store_minor.saturating_sub(minor);
        if let Some(card) = card
            && let Some(held) = self.by_card.get_mut(card)
        {
            *held = held.saturating_sub(minor);
            if *held == 0 {
                self.by_card.remove(card);
            }
        }
    }
}
