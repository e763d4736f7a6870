//! The customers' cards and the accounts behind them. All numbers are made up inside ranges that
//! schemes publish for tests; none belongs to anybody.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::workload::dice::Dice;

/// How the terminal reads a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// Contact chip.
    Chip,
    /// Held to the reader.
    Contactless,
    /// Swiped.
    Stripe,
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Funding {
    /// An account's.
    Debit,
    /// The bank's.
    Credit,
    /// Paid in before.
    Prepaid,
}

/// What the bank does with a payment of this account; words of the host's accounts file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Says yes.
    Approve,
    /// Says no with this response code.
    Decline(&'static str),
    /// Pays a part.
    Partial,
    /// Says yes after so many milliseconds.
    Slow(u32),
}

/// One card and its account.
#[derive(Clone, Debug)]
pub struct Card {
    /// Passes Luhn.
    pub pan: String,
    /// YYMM.
    pub expiry: String,
    /// Three digits.
    pub card_sequence: String,
    /// Of the stripe: 2xx has a chip, 1xx has none.
    pub service_code: &'static str,
    /// Whose money it is.
    pub funding: Funding,
    /// What the bank knows; four digits.
    pub pin: String,
    /// What the bank does.
    pub behaviour: Behaviour,
}

impl Card {
    /// Whether the hub's default rules let it stand in for the bank with this card (payments.md,
    /// "Deciding without the bank").
    #[must_use]
    pub fn may_be_stood_in(&self, entry: Entry, pin_entered: bool) -> bool {
        let read_by_chip = match entry {
            Entry::Chip | Entry::Contactless => true,
            Entry::Stripe => false,
        };
        read_by_chip
            && match self.funding {
                Funding::Credit => true,
                Funding::Debit => !pin_entered,
                Funding::Prepaid => false,
            }
    }
}

/// Prefix and length of a test range.
type Range = (&'static str, usize);
const UNION_PAY: &[Range] = &[
    ("620000", 16),
    ("625094", 16),
    ("621094", 16),
    ("622126", 19),
];
const VISA: &[Range] = &[("411111", 16), ("400000", 16), ("476173", 16)];
const MASTERCARD: &[Range] = &[("555555", 16), ("510510", 16), ("222300", 16)];

/// In a thousand accounts of debit cards. Codes: 05 do not honour, 41 lost, 51 not enough money,
/// 54 expired, 61 over the limit.
const DEBIT: &[(u64, Behaviour)] = &[
    (805, Behaviour::Approve),
    (90, Behaviour::Decline("51")),
    (35, Behaviour::Decline("61")),
    (15, Behaviour::Decline("05")),
    (15, Behaviour::Decline("54")),
    (15, Behaviour::Decline("41")),
    (25, Behaviour::Slow(800)),
];
/// In a thousand accounts of credit cards.
const CREDIT: &[(u64, Behaviour)] = &[
    (935, Behaviour::Approve),
    (15, Behaviour::Decline("61")),
    (10, Behaviour::Decline("05")),
    (10, Behaviour::Decline("54")),
    (5, Behaviour::Decline("41")),
    (25, Behaviour::Slow(800)),
];
/// In a thousand accounts of prepaid cards: what is left on them often pays a part.
const PREPAID: &[(u64, Behaviour)] = &[
    (450, Behaviour::Approve),
    (450, Behaviour::Partial),
    (100, Behaviour::Decline("51")),
];

/// The cards of a store's customers: about one for three baskets.
#[must_use]
pub fn deal_cards(seed: u64, baskets: usize) -> Vec<Card> {
    let mut dice = Dice::new(seed, "cards");
    let mut numbers = BTreeSet::new();
    let count = (baskets / 3).clamp(24, 2_500);
    let mut cards = Vec::with_capacity(count);
    while cards.len() < count {
        let card = deal_card(&mut dice);
        if numbers.insert(card.pan.clone()) {
            cards.push(card);
        }
    }
    cards
}

fn deal_card(dice: &mut Dice) -> Card {
    let (ranges, funding) = deal_scheme(dice);
    let index = usize::try_from(dice.below(u64::try_from(ranges.len()).unwrap_or(1))).unwrap_or(0);
    let (prefix, length) = ranges.get(index).copied().unwrap_or(("620000", 16));
    let pan = with_luhn(&format!(
        "{prefix}{}",
        dice.digits(length - prefix.len() - 1)
    ));
    let has_chip = dice.chance(920);
    Card {
        pan,
        expiry: format!("{}{:02}", 28 + dice.below(6), 1 + dice.below(12)),
        card_sequence: "001".to_owned(),
        service_code: if has_chip { "201" } else { "101" },
        funding,
        pin: dice.digits(4),
        behaviour: deal_behaviour(dice, funding),
    }
}

fn deal_scheme(dice: &mut Dice) -> (&'static [Range], Funding) {
    let ranges = dice.weighted(&[(60, UNION_PAY), (22, VISA), (18, MASTERCARD)], UNION_PAY);
    let debit = if ranges == UNION_PAY { 45 } else { 20 };
    let choices = [
        (debit, Funding::Debit),
        (93 - debit, Funding::Credit),
        (7, Funding::Prepaid),
    ];
    (ranges, dice.weighted(&choices, Funding::Credit))
}

fn deal_behaviour(dice: &mut Dice, funding: Funding) -> Behaviour {
    let accounts = match funding {
        Funding::Debit => DEBIT,
        Funding::Credit => CREDIT,
        Funding::Prepaid => PREPAID,
    };
    dice.weighted(accounts, Behaviour::Approve)
}

/// The number with its check digit (ISO/IEC 7812-1, annex B).
fn with_luhn(digits: &str) -> String {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .zip([true, false].into_iter().cycle())
        .map(|(digit, doubled)| match (doubled, digit) {
            (true, 5..) => digit * 2 - 9,
            (true, _) => digit * 2,
            (false, _) => digit,
        })
        .sum();
    let check = char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0');
    format!("{digits}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_published_test_numbers() {
        for number in ["4111111111111111", "5555555555554444", "6250941006528599"] {
            assert_eq!(with_luhn(&number[..15]), number);
        }
    }

    #[test]
    fn cards_are_unique_and_of_all_kinds() {
        let cards = deal_cards(1, 9_835);
        let numbers: BTreeSet<_> = cards.iter().map(|card| &card.pan).collect();
        assert_eq!(numbers.len(), cards.len());
        for behaviour in [
            Behaviour::Decline("51"),
            Behaviour::Partial,
            Behaviour::Slow(800),
        ] {
            assert!(
                cards.iter().any(|card| card.behaviour == behaviour),
                "{behaviour:?}"
            );
        }
        assert!(cards.iter().any(|card| card.pan.len() == 19));
        assert!(cards.iter().any(|card| card.service_code == "101"));
    }

    #[test]
    fn stand_in_follows_entry_pin_and_funding() {
        let mut card = deal_cards(1, 1).remove(0);
        card.funding = Funding::Debit;
        assert!(card.may_be_stood_in(Entry::Contactless, false));
        assert!(!card.may_be_stood_in(Entry::Chip, true));
        card.funding = Funding::Credit;
        assert!(card.may_be_stood_in(Entry::Chip, true));
        assert!(!card.may_be_stood_in(Entry::Stripe, false));
        card.funding = Funding::Prepaid;
        assert!(!card.may_be_stood_in(Entry::Chip, false));
    }
}
