//! What is paid in cash is rounded to a coin that there is. Other tenders pay to the last minor
//! unit.

use crate::money::{Currency, Money, MoneyError};

/// Which way an amount between two coins goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RoundTo {
    /// To the customer's favour.
    #[default]
    Down,
    /// To the nearer one; half goes up.
    Nearest,
}

/// How cash is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CashRounding {
    /// The smallest coin, in minor units; 1: nothing is rounded.
    pub step_minor: u32,
    /// Which way.
    pub to: RoundTo,
}

impl CashRounding {
    /// To the minor unit.
    pub const NONE: Self = Self {
        step_minor: 1,
        to: RoundTo::Down,
    };
    /// Down to the jiao: fen are hardly seen any more.
    pub const JIAO: Self = Self {
        step_minor: 10,
        to: RoundTo::Down,
    };

    /// As a currency is handled where nothing else is said.
    #[must_use]
    pub const fn usual(currency: Currency) -> Self {
        if currency.numeric() == Currency::CNY.numeric() {
            Self::JIAO
        } else {
            Self::NONE
        }
    }

    /// What is owed in cash for an amount that is open. Nothing that is not owed is rounded.
    ///
    /// # Errors
    /// More than 64 bits of minor units.
    pub fn due(self, open: Money) -> Result<Money, MoneyError> {
        if !open.is_positive() {
            return Ok(open);
        }
        let step = i64::from(self.step_minor.max(1));
        let over = open.minor().checked_rem(step).unwrap_or(0);
        let down = open.subtract(Money::new(over, open.currency()))?;
        let up = match self.to {
            RoundTo::Down => false,
            RoundTo::Nearest => over.saturating_mul(2) >= step && over > 0,
        };
        if up {
            down.add(Money::new(step, open.currency()))
        } else {
            Ok(down)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_is_rounded_to_the_coin_and_never_below_nothing() {
        let due = |rounding: CashRounding, minor| {
            let open = Money::new(minor, Currency::CNY);
            rounding.due(open).unwrap().minor()
        };
        let nearest = CashRounding {
            step_minor: 5,
            to: RoundTo::Nearest,
        };
        for (open, none, jiao, five) in [
            (1557, 1557, 1550, 1555),
            (1558, 1558, 1550, 1560),
            (1550, 1550, 1550, 1550),
            (9, 9, 0, 10),
            (2, 2, 0, 0),
            (0, 0, 0, 0),
            (-7, -7, -7, -7),
        ] {
            assert_eq!(due(CashRounding::NONE, open), none);
            assert_eq!(due(CashRounding::JIAO, open), jiao);
            assert_eq!(due(nearest, open), five, "{open}");
        }
        assert_eq!(CashRounding::usual(Currency::CNY), CashRounding::JIAO);
        assert_eq!(CashRounding::usual(Currency::EUR), CashRounding::NONE);
    }
}
