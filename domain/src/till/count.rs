//! A count of the drawer, by note and coin. It is blind: what is expected is told with it, never
//! before it.

use super::denomination::denominations;
use crate::{
    ids::OperatorId,
    limits,
    money::{Currency, Money, MoneyError},
};

/// So many of one note or coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pieces {
    /// What one is worth, in minor units.
    pub minor: u32,
    /// How many.
    pub pieces: u32,
}

/// A drawer was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CashCounted {
    /// Who counted.
    pub operator: OperatorId,
    /// What was found.
    pub pieces: Vec<Pieces>,
    /// Their sum.
    pub counted: Money,
    /// What the records before this one come to.
    pub expected: Money,
}

impl CashCounted {
    /// A count of these pieces. `None`: a note that there is not, one that is named twice, or more
    /// of it than a drawer holds.
    #[must_use]
    pub fn new(operator: OperatorId, pieces: Vec<Pieces>, expected: Money) -> Option<Self> {
        let counted = worth(&pieces, expected.currency())?;
        Some(Self {
            operator,
            pieces,
            counted,
            expected,
        })
    }

    /// Counted less expected: negative when cash is missing.
    ///
    /// # Errors
    /// A difference that can't be made.
    pub fn variance(&self) -> Result<Money, MoneyError> {
        self.counted.subtract(self.expected)
    }
}

fn worth(pieces: &[Pieces], currency: Currency) -> Option<Money> {
    let known = denominations(currency);
    let mut sum = Money::zero(currency);
    for (at, one) in pieces.iter().enumerate() {
        let is_known = known.iter().any(|known| known.minor == one.minor);
        let mut before = pieces.iter().take(at);
        let is_told_twice = before.any(|other| other.minor == one.minor);
        if !is_known || is_told_twice || one.pieces > limits::COUNTED_PIECES_MAX {
            return None;
        }
        let each = Money::new(i64::from(one.minor), currency);
        sum = sum.add(each.times(one.pieces).ok()?).ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(told: &[(u32, u32)]) -> Option<i64> {
        let pieces: Vec<Pieces> = told
            .iter()
            .map(|&(minor, pieces)| Pieces { minor, pieces })
            .collect();
        worth(&pieces, Currency::CNY).map(Money::minor)
    }

    /// 9 x 100.00 + 3 x 10.00 + 2 x 1.00 = 932.00.
    #[test]
    fn pieces_are_worth_their_sum_and_only_notes_and_coins_count() {
        assert_eq!(of(&[(10_000, 9), (1_000, 3), (100, 2)]), Some(93_200));
        assert_eq!(of(&[]), Some(0));
        assert_eq!(of(&[(10_000, 0), (1, 7)]), Some(7));
        assert_eq!(of(&[(300, 1)]), None, "there is no note of 3 yuan");
        assert_eq!(of(&[(100, 1), (100, 1)]), None, "told twice");
        assert_eq!(of(&[(1, limits::COUNTED_PIECES_MAX + 1)]), None);
        let most = [(10_000, limits::COUNTED_PIECES_MAX)];
        assert_eq!(of(&most), Some(999_990_000));
    }
}
