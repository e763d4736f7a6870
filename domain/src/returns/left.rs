//! What of a sale came back already, and what is left of it.

use std::collections::BTreeMap;

use super::{
    original::{CardPaid, Original, Source},
    share::between,
};
use crate::{
    ids::ReceiptNumber,
    money::{Money, MoneyError},
    sale::{Line, TaxMode},
    time::{BusinessDate, WallMs},
};

/// What came back of one sale, or is reserved to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Pieces by line.
    pub lines: BTreeMap<u32, u32>,
    /// Value in minor units by what had paid for it.
    pub paid: BTreeMap<Source, i64>,
}

impl Taken {
    /// Pieces of a line.
    #[must_use]
    pub fn pieces(&self, line_number: u32) -> u32 {
        self.lines.get(&line_number).copied().unwrap_or(0)
    }

    /// Value of what a source had paid for.
    #[must_use]
    pub fn minor(&self, source: Source) -> i64 {
        self.paid.get(&source).copied().unwrap_or(0)
    }

    /// Whether nothing came back.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.lines.values().all(|pieces| *pieces == 0)
            && self.paid.values().all(|minor| *minor == 0)
    }
}

/// A closed sale with what is left of it, as a lane is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OriginalLeft {
    /// What the sale was closed with.
    pub receipt: ReceiptNumber,
    /// The date of its end.
    pub sold_on: BusinessDate,
    /// When it was closed.
    pub at: WallMs,
    /// Whether its prices held the tax.
    pub tax_mode: TaxMode,
    /// What was sold, and what of it came back.
    pub lines: Vec<LineLeft>,
    /// What paid for them.
    pub paid: Vec<PaidLeft>,
}

/// A line of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineLeft {
    /// As it was sold.
    pub line: Line,
    /// Its share of the tax.
    pub tax: Money,
    /// Pieces that came back already.
    pub back: u32,
}

impl LineLeft {
    /// Pieces that may still come back.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.line.quantity.saturating_sub(self.back)
    }

    /// What so many pieces more come to: total and tax. `before`: pieces that come back in the same
    /// basket already.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn share(&self, before: u32, pieces: u32) -> Result<(Money, Money), MoneyError> {
        let from = self.back.saturating_add(before);
        let until = from.saturating_add(pieces);
        let part = |whole| between(whole, from, until, self.line.quantity);
        Ok((part(self.line.total)?, part(self.tax)?))
    }
}

/// What one tender paid, and what of that is left to go back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaidLeft {
    /// Which.
    pub source: Source,
    /// Of a payment.
    pub card: Option<CardPaid>,
    /// What it paid for.
    pub value: Money,
    /// What is left of it.
    pub left: Money,
}

impl Original {
    /// What is left of it.
    ///
    /// # Errors
    /// A sum that can't be made.
    pub fn left(&self, taken: &Taken) -> Result<OriginalLeft, MoneyError> {
        let lines = self.lines.iter().map(|sold| LineLeft {
            line: sold.line.clone(),
            tax: sold.tax,
            back: taken.pieces(sold.line.number),
        });
        let paid = self.paid.iter().map(|part| {
            let back = Money::new(taken.minor(part.source), part.value.currency());
            Ok(PaidLeft {
                source: part.source,
                card: part.card.clone(),
                value: part.value,
                left: part.value.subtract(back)?,
            })
        });
        Ok(OriginalLeft {
            receipt: self.receipt,
            sold_on: self.sold_on,
            at: self.at,
            tax_mode: self.tax_mode,
            lines: lines.collect(),
            paid: paid.collect::<Result<_, MoneyError>>()?,
        })
    }
}
