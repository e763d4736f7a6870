//! How a customer pays: which cards are tried, how each is read, and cash at the end.

use serde::{Deserialize, Serialize};

use crate::workload::{
    card::{Behaviour, Card, Entry, Funding},
    dice::Dice,
};

/// One way to pay, as the lane's script has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScriptedTender {
    /// A card, for all that is still open.
    Card {
        /// In clear: the script is the customer's pocket.
        pan: String,
        /// YYMM.
        expiry: String,
        /// Three digits.
        card_sequence: String,
        /// How it is read.
        entry: Entry,
        /// What the customer types, right or wrong.
        pin: Option<String>,
        /// Of the stripe.
        service_code: String,
        /// Whose money it is.
        funding: Funding,
    },
    /// Notes and coins, for all that is still open: always the last.
    Cash {
        /// How much is handed over.
        give: CashGiven,
    },
}

/// How much cash is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CashGiven {
    /// To the cent.
    Exact,
    /// Notes, and change comes back.
    RoundUp,
}

/// What one customer will do.
#[derive(Clone, Debug)]
pub struct Customer {
    /// In the order they are tried.
    pub tenders: Vec<ScriptedTender>,
    /// Whether the first card is one that the hub may stand in for.
    pub may_be_stood_in: bool,
}

impl Customer {
    /// Whether the first card is one that the bank approves at once, in full.
    #[must_use]
    pub(crate) fn is_sure_to_be_approved(&self, cards: &[Card]) -> bool {
        let Some(ScriptedTender::Card { pan, pin, .. }) = self.tenders.first() else {
            return false;
        };
        let card = cards.iter().find(|card| card.pan == *pan);
        card.is_some_and(|card| {
            let knows_pin = pin.as_ref().is_none_or(|pin| *pin == card.pin);
            card.behaviour == Behaviour::Approve && knows_pin
        })
    }
}

/// Draws one customer: 45 in 100 pay cash, one in twelve of the others has a second card.
pub(crate) fn draw_customer(dice: &mut Dice, cards: &[Card]) -> Customer {
    let cards_tried = match (dice.chance(450), dice.chance(85)) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    };
    let mut tenders = Vec::with_capacity(cards_tried + 1);
    let mut may_be_stood_in = false;
    for index in 0..cards_tried {
        let Some(card) = pick(dice, cards) else { break };
        let (entry, pin) = draw_reading(dice, card);
        if index == 0 {
            may_be_stood_in = card.may_be_stood_in(entry, pin.is_some());
        }
        tenders.push(card_tender(card, entry, pin));
    }
    let give = match dice.chance(400) {
        true => CashGiven::Exact,
        false => CashGiven::RoundUp,
    };
    tenders.push(ScriptedTender::Cash { give });
    Customer {
        tenders,
        may_be_stood_in,
    }
}

fn pick<'cards>(dice: &mut Dice, cards: &'cards [Card]) -> Option<&'cards Card> {
    let index = dice.below(u64::try_from(cards.len()).ok()?);
    cards.get(usize::try_from(index).ok()?)
}

fn draw_reading(dice: &mut Dice, card: &Card) -> (Entry, Option<String>) {
    let entry = match card.service_code {
        "101" => Entry::Stripe,
        _ => dice.weighted(
            &[
                (45, Entry::Chip),
                (47, Entry::Contactless),
                (8, Entry::Stripe),
            ],
            Entry::Chip,
        ),
    };
    let asks_pin = match (card.funding, entry) {
        (Funding::Debit, Entry::Chip | Entry::Stripe) => true,
        (Funding::Credit, Entry::Chip) => dice.chance(300),
        (Funding::Credit, Entry::Stripe) => dice.chance(500),
        (_, Entry::Contactless) | (Funding::Prepaid, _) => false,
    };
    let pin = asks_pin.then(|| match dice.chance(30) {
        true => wrong_pin(&card.pin),
        false => card.pin.clone(),
    });
    (entry, pin)
}

/// The same PIN with another last digit.
fn wrong_pin(pin: &str) -> String {
    let mut wrong = pin.to_owned();
    let last = wrong
        .pop()
        .and_then(|digit| digit.to_digit(10))
        .unwrap_or(0);
    wrong.push(char::from_digit((last + 1) % 10, 10).unwrap_or('0'));
    wrong
}

fn card_tender(card: &Card, entry: Entry, pin: Option<String>) -> ScriptedTender {
    ScriptedTender::Card {
        pan: card.pan.clone(),
        expiry: card.expiry.clone(),
        card_sequence: card.card_sequence.clone(),
        entry,
        pin,
        service_code: card.service_code.to_owned(),
        funding: card.funding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::card::deal_cards;

    #[test]
    fn every_customer_ends_with_cash_and_nearly_half_have_nothing_else() {
        let cards = deal_cards(3, 2_000);
        let mut dice = Dice::new(3, "customers");
        let customers: Vec<_> = (0..2_000)
            .map(|_| draw_customer(&mut dice, &cards))
            .collect();
        let cash_only = customers
            .iter()
            .filter(|one| one.tenders.len() == 1)
            .count();
        assert!((820..980).contains(&cash_only), "{cash_only}");
        assert!(customers.iter().any(|one| one.tenders.len() == 3));
        for customer in &customers {
            assert!(matches!(
                customer.tenders.last(),
                Some(ScriptedTender::Cash { .. })
            ));
        }
    }

    #[test]
    fn a_wrong_pin_is_wrong_and_still_a_pin() {
        assert_eq!(wrong_pin("1239"), "1230");
    }
}
