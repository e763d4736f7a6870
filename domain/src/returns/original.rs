//! The sale that goods were bought in, as its records tell it.

use crate::{
    card_ref::{MaskedPan, Scheme},
    ids::{PaymentId, ReceiptNumber},
    money::{Money, MoneyError},
    sale::{Line, TaxMode},
    time::{BusinessDate, WallMs},
};

/// A closed sale that goods may come back from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// What the sale was closed with.
    pub receipt: ReceiptNumber,
    /// The date of its end.
    pub sold_on: BusinessDate,
    /// When it was closed.
    pub at: WallMs,
    /// Whether its prices held the tax.
    pub tax_mode: TaxMode,
    /// What was sold in it: not what was taken back before it was paid, and not what came back.
    pub lines: Vec<SoldLine>,
    /// What paid for those lines, in the order it was given.
    pub paid: Vec<PaidPart>,
}

/// A line of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SoldLine {
    /// As it was sold.
    pub line: Line,
    /// Its share of the tax of its class: the shares of a class add up to what was taken.
    pub tax: Money,
}

impl SoldLine {
    /// What it cost, with its tax.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn value(&self, mode: TaxMode) -> Result<Money, MoneyError> {
        value(self.line.total, self.tax, mode)
    }
}

/// A total with its tax.
pub(super) fn value(total: Money, tax: Money, mode: TaxMode) -> Result<Money, MoneyError> {
    match mode {
        TaxMode::Inclusive => Ok(total),
        TaxMode::Exclusive => total.add(tax),
    }
}

/// Where money came from, and goes back to. Payments stand before cash, and are paid back first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Source {
    /// A card.
    Payment(PaymentId),
    /// Notes and coins.
    Cash,
}

/// The card behind a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardPaid {
    /// Its network.
    pub scheme: Scheme,
    /// Its number, masked.
    pub masked: MaskedPan,
}

/// What one tender paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaidPart {
    /// Which.
    pub source: Source,
    /// Of a payment.
    pub card: Option<CardPaid>,
    /// What of the sale it paid for.
    pub value: Money,
    /// What was taken for it: another amount only where cash was rounded.
    pub paid: Money,
}

impl Original {
    /// More that paid for it: the value of goods that came back in the same sale.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn credit(&mut self, part: PaidPart) -> Result<(), MoneyError> {
        let mut known = self.paid.iter_mut();
        match known.find(|known| known.source == part.source) {
            Some(known) => {
                known.value = known.value.add(part.value)?;
                known.paid = known.paid.add(part.paid)?;
            }
            None => self.paid.push(part),
        }
        Ok(())
    }

    /// All that its lines cost.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn value(&self) -> Result<Money, MoneyError> {
        let values = self.lines.iter().map(|line| line.value(self.tax_mode));
        let values = values.collect::<Result<Vec<Money>, MoneyError>>()?;
        let nothing = self.paid.first().map(|part| part.value.currency());
        let currency = values.first().map(|value| value.currency()).or(nothing);
        match currency {
            Some(currency) => Money::sum(currency, values),
            None => Err(MoneyError::Overflow),
        }
    }
}
