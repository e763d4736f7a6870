//! Money: integer minor units with their currency. Every sum is checked; there is no float.

use std::fmt;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    letters: [u8; 3],
    numeric: u16,
    exponent: u8,
}

impl Currency {
    /// Renminbi yuan: `CNY`, 156, two minor digits.
    pub const CNY: Self = Self {
        letters: *b"CNY",
        numeric: 156,
        exponent: 2,
    };
    /// Euro: `EUR`, 978, two minor digits.
    pub const EUR: Self = Self {
        letters: *b"EUR",
        numeric: 978,
        exponent: 2,
    };
    /// Yen: `JPY`, 392, no minor digits.
    pub const JPY: Self = Self {
        letters: *b"JPY",
        numeric: 392,
        exponent: 0,
    };

    const ALL: [Self; 3] = [Self::CNY, Self::EUR, Self::JPY];

    /// Finds a currency by its three letters (ISO 4217 alphabetic code).
    #[must_use]
    pub fn by_letters(letters: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.letters == letters.as_bytes())
    }

    /// Finds a currency by its numeric code (ISO 4217; ISO 8583 field 49).
    #[must_use]
    pub fn by_numeric(numeric: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.numeric == numeric)
    }

    /// The three letters, as in `CNY`.
    #[must_use]
    pub fn letters(&self) -> &str {
        str::from_utf8(&self.letters).unwrap_or("???")
    }

    /// The numeric code, as in 156.
    #[must_use]
    pub const fn numeric(self) -> u16 {
        self.numeric
    }

    /// How many digits stand after the decimal point.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

/// An amount in minor units (fen, cents) of one currency. May be negative: change, refunds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a sum could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies don't add.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch {
        /// Currency of the left operand.
        left: Currency,
        /// Currency of the right operand.
        right: Currency,
    },
    /// The result does not fit 64 bits of minor units.
    #[error("amount exceeds 64 bits of minor units")]
    Overflow,
}

impl Money {
    /// An amount of `minor` minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads `12.90` or `12`, as people write an amount in this currency; `None`: it is none.
    #[must_use]
    pub fn parse(text: &str, currency: Currency) -> Option<Self> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let width = usize::from(currency.exponent);
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let point_ends = rest.is_empty() && text.ends_with('.');
        if whole.is_empty() || point_ends || rest.len() > width || !digits(whole) || !digits(rest) {
            return None;
        }
        let minor = format!("{whole}{rest:0<width$}").parse().ok()?;
        Some(Self { minor, currency })
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// True for an amount of zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// True for an amount above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// True for an amount below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// Different currencies, or a result beyond 64 bits.
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// Different currencies, or a result beyond 64 bits.
    pub fn subtract(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_sub(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount `count` times.
    ///
    /// # Errors
    /// A result beyond 64 bits.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self
            .minor
            .checked_mul(i64::from(count))
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount times `numerator` / `denominator`, to the nearest minor unit; half goes away from
    /// zero.
    ///
    /// # Errors
    /// A result beyond 64 bits, or a denominator that is not above zero.
    pub fn scaled_half_up(self, numerator: i128, denominator: i128) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor)
            .checked_mul(numerator)
            .filter(|_| denominator > 0)
            .ok_or(MoneyError::Overflow)?;
        let twice = product.abs().checked_mul(2).ok_or(MoneyError::Overflow)?;
        let rounded = twice
            .checked_add(denominator)
            .zip(denominator.checked_mul(2))
            .and_then(|(sum, double)| sum.checked_div(double))
            .ok_or(MoneyError::Overflow)?;
        let signed = if product < 0 {
            rounded.checked_neg()
        } else {
            Some(rounded)
        };
        let minor = signed.and_then(|minor| i64::try_from(minor).ok());
        let minor = minor.ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount with its sign turned.
    ///
    /// # Errors
    /// The smallest 64-bit number has no counterpart.
    pub fn negate(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// Different currencies.
    pub fn at_most(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if self.minor <= other.minor {
            self
        } else {
            other
        })
    }

    /// Whether this amount is at least the other.
    ///
    /// # Errors
    /// Different currencies.
    pub fn covers(self, other: Self) -> Result<bool, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor >= other.minor)
    }

    /// The sum of many amounts.
    ///
    /// # Errors
    /// Different currencies, or a result beyond 64 bits.
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts
            .into_iter()
            .try_fold(Self::zero(currency), Self::add)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

impl fmt::Display for Money {
    /// `12.34 CNY`; the sign stands first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let magnitude = self.minor.unsigned_abs();
        let scale = 10_u64.saturating_pow(u32::from(self.currency.exponent));
        let whole = magnitude.checked_div(scale).unwrap_or(magnitude);
        let rest = magnitude.checked_rem(scale).unwrap_or(0);
        if self.currency.exponent == 0 {
            write!(f, "{sign}{whole} {}", self.currency)
        } else {
            let width = usize::from(self.currency.exponent);
            write!(f, "{sign}{whole}.{rest:0width$} {}", self.currency)
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_goes_away_from_zero_on_both_sides() {
        for (minor, (numerator, denominator), scaled) in [
            (1990, (512, 1000), 1019),
            (1, (1, 2), 1),
            (-1, (1, 2), -1),
            (1, (499, 1000), 0),
            (-3, (1, 2), -2),
            (0, (7, 9), 0),
        ] {
            let amount = Money::new(minor, Currency::CNY);
            let got = amount.scaled_half_up(numerator, denominator).unwrap();
            assert_eq!(got.minor(), scaled, "{minor} x {numerator}/{denominator}");
        }
        let most = Money::new(i64::MAX, Currency::CNY);
        assert_eq!(most.scaled_half_up(2, 1), Err(MoneyError::Overflow));
        assert_eq!(most.scaled_half_up(1, 0), Err(MoneyError::Overflow));
        assert_eq!(most.scaled_half_up(i128::MAX, 1), Err(MoneyError::Overflow));
    }

    #[test]
    fn sums_are_checked() {
        let cny = |minor| Money::new(minor, Currency::CNY);
        assert_eq!(cny(1234).add(cny(66)), Ok(cny(1300)));
        assert_eq!(cny(i64::MAX).add(cny(1)), Err(MoneyError::Overflow));
        assert_eq!(cny(i64::MIN).negate(), Err(MoneyError::Overflow));
        assert_eq!(cny(i64::MAX).times(2), Err(MoneyError::Overflow));
        let euro = Money::new(1, Currency::EUR);
        assert!(matches!(
            cny(1).subtract(euro),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
    }

    #[test]
    fn reads_what_people_write() {
        let read = |text| Money::parse(text, Currency::CNY).map(Money::minor);
        assert_eq!(read("12.90"), Some(1290));
        assert_eq!(read("12.9"), Some(1290));
        assert_eq!(read("12"), Some(1200));
        assert_eq!(read("0.05"), Some(5));
        for text in [
            "",
            ".",
            "12.",
            ".5",
            "1.234",
            "-1",
            "1,20",
            "12.9x",
            "9999999999999999999",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let yen = Money::parse("1200", Currency::JPY);
        assert_eq!(yen, Some(Money::new(1200, Currency::JPY)));
        assert_eq!(Money::parse("12.0", Currency::JPY), None);
    }

    #[test]
    fn shows_minor_digits_and_sign() {
        assert_eq!(Money::new(-1234, Currency::CNY).to_string(), "-12.34 CNY");
        assert_eq!(Money::new(5, Currency::CNY).to_string(), "0.05 CNY");
        assert_eq!(Money::new(1200, Currency::JPY).to_string(), "1200 JPY");
    }
}
