//! Cards that are never approved without the bank, and cards used again and again.

use crate::{
    card_ref::{CardHash, CardRef},
    desk::{Alarm, Desk, Effect, outcome::Outcome},
    ids::PaymentId,
    payment::RefusalReason,
    risk::HotList,
};

/// Versions of the file have room for so many additions of the hub's own between them.
const VERSIONS_PER_FILE: u64 = 1_000_000;

impl Desk {
    /// The version of all that the hub knows: the file's and, after it, its own additions.
    #[must_use]
    pub fn hot_list_version(&self) -> u64 {
        let file = self.config.hot_list.version();
        let own = u64::try_from(self.durable.hot_list.len()).unwrap_or(u64::MAX);
        file.saturating_mul(VERSIONS_PER_FILE).saturating_add(own)
    }

    /// All of it, as lanes hold it. The file leaves room for the hub's own additions.
    #[must_use]
    pub fn hot_list(&self) -> HotList {
        let mut list = (*self.config.hot_list).clone();
        for card in &self.durable.hot_list {
            if list.add_card(*card).is_err() {
                break;
            }
        }
        list.becomes(self.hot_list_version());
        list
    }

    pub(crate) fn is_hot(&self, card: &CardRef) -> bool {
        let own = card
            .hash
            .is_some_and(|hash| self.durable.hot_list.contains(&hash));
        own || self.config.hot_list.names(card)
    }

    /// Lanes hear of a card that the records have just added.
    pub(crate) fn tell_hot_card(&self, out: &mut Outcome, base: u64, card: Option<CardHash>) {
        let version = self.hot_list_version();
        if let Some(card) = card.filter(|_| version > base) {
            out.effect(Effect::HotCard {
                card,
                base,
                version,
            });
        }
    }

    /// The same card again and again: somebody must look.
    pub(crate) fn not_too_often(
        &self,
        out: &mut Outcome,
        payment_id: PaymentId,
        card: Option<CardHash>,
    ) -> Result<(), RefusalReason> {
        let (Some(limit), Some(card)) = (self.config.policy.velocity, card) else {
            return Ok(());
        };
        if self.volatile.velocity.allows(&card, limit, out.now.mono) {
            return Ok(());
        }
        out.effect(Effect::Alarm(Alarm::CardTooOften(payment_id)));
        Err(RefusalReason::TooOften)
    }

    pub(crate) fn note_velocity(&mut self, out: &Outcome, card: Option<CardHash>) {
        if let (Some(limit), Some(card)) = (self.config.policy.velocity, card) {
            self.volatile.velocity.note(card, limit, out.now.mono);
        }
    }
}
