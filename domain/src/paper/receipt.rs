//! The customer's receipt of a sale.

use super::{
    card::{CardSlip, lane, receipt},
    heading::{Heading, reprint},
    language::Said,
    owed::OwedToCard,
    setting::PaperSetting,
    sheet::{Paper, Sheet, amount},
};
use crate::{
    ids::{LaneId, ReceiptNumber, SaleNumber},
    money::Money,
    time::LocalMs,
    wall_time::date_and_time,
    words::Sentence,
};

/// An article, as paper tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Article {
    /// As the price file has it.
    pub name: String,
    /// How many, or how much.
    pub measured: Measured,
    /// Price of one, or of one unit.
    pub unit_price: Money,
    /// Price of all, before what is taken off.
    pub total: Money,
    /// What is taken off, and why.
    pub reductions: Vec<Reduction>,
}

/// How many, or how much of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Measured {
    /// Counted.
    Pieces(u32),
    /// As the scale says it: `0.456`, `kg`.
    Weighed {
        /// In the unit.
        amount: String,
        /// As on the scale: `kg`.
        unit: String,
    },
}

/// Something taken off a price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reduction {
    /// In words, for the customer.
    pub why: String,
    /// How much: negative.
    pub amount: Money,
}

/// The tax of one rate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxSum {
    /// What it is called: `VAT`, `增值税`.
    pub name: Sentence,
    /// `13%`.
    pub rate: String,
    /// On how much.
    pub on: Money,
    /// How much.
    pub tax: Money,
}

impl TaxSum {
    /// Of a class of the price file, 1,300 basis points being 13 %.
    #[must_use]
    pub fn of(class: &str, rate_basis_points: u16, on: Money, tax: Money) -> Self {
        let whole = rate_basis_points.checked_div(100).unwrap_or(0);
        let part = match rate_basis_points.checked_rem(100).unwrap_or(0) {
            0 => String::new(),
            part => format!(".{part:02}"),
        };
        Self {
            name: Sentence::new(format!("Tax {class}"), format!("税 {class}")),
            rate: format!("{whole}{part}%"),
            on,
            tax,
        }
    }
}

/// One thing that paid, or that money went back to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PaidBy {
    /// With what the bank said.
    Card(CardSlip),
    /// A card that the money is owed to.
    Owed(OwedToCard),
    /// Anything else.
    Other {
        /// What: `Cash`, `现金`.
        name: Sentence,
        /// How much.
        amount: Money,
    },
}

impl PaidBy {
    /// Notes and coins.
    #[must_use]
    pub fn cash(amount: Money) -> Self {
        Self::Other {
            name: Sentence::new("Cash", "现金"),
            amount,
        }
    }

    pub(super) fn set(&self, sheet: &mut Sheet) {
        match self {
            Self::Card(slip) => slip.set(sheet),
            Self::Owed(owed) => owed.set(sheet),
            Self::Other { name, amount } => sheet.amount(&Said::from(name), *amount),
        }
    }
}

/// A closed sale, as its receipt tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleReceipt {
    /// Without a gap on its lane.
    pub number: ReceiptNumber,
    /// Where it was sold.
    pub lane: LaneId,
    /// Voided ones count as well.
    pub sale: SaleNumber,
    /// When it was closed, in the store's own time.
    pub at: LocalMs,
    /// What was sold.
    pub articles: Vec<Article>,
    /// Pieces sold.
    pub items: u32,
    /// The tax in it, or on it; none where none is told.
    pub taxes: Vec<TaxSum>,
    /// What cash was rounded by, where it was.
    pub rounding: Option<Money>,
    /// What it cost.
    pub total: Money,
    /// What paid for it, in the order it was given.
    pub paid_by: Vec<PaidBy>,
    /// Given back.
    pub change: Money,
    /// Card payments that came to nothing.
    pub failed_cards: Vec<CardSlip>,
}

impl SaleReceipt {
    /// The customer's copy. `again`: it may have been printed before, and says so.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting, again: bool) -> Paper {
        let mut sheet = Sheet::new(setting);
        if again {
            reprint(&mut sheet);
        }
        heading.set(&mut sheet);
        sheet.pair(&lane(self.lane), &receipt(self.number));
        let sale = Said::new("Sale", "交易").with(self.sale.0.to_string());
        sheet.pair(&Said::plain(date_and_time(self.at)), &sale);
        sheet.rule();
        for article in &self.articles {
            article.set(&mut sheet);
        }
        sheet.rule();
        self.sums(&mut sheet);
        sheet.rule();
        for paid in &self.paid_by {
            paid.set(&mut sheet);
        }
        if !self.change.is_zero() {
            sheet.amount(&Said::new("Change", "找零"), self.change);
        }
        for failed in &self.failed_cards {
            sheet.rule();
            failed.set(&mut sheet);
        }
        sheet.rule();
        // Goods come back with it.
        sheet.barcode(self.number.in_barcode());
        sheet.centred(&Said::new("Thank you for your purchase", "谢谢惠顾"));
        sheet.finish()
    }

    fn sums(&self, sheet: &mut Sheet) {
        sheet.plain(&Said::new("Items", "件数").with(self.items.to_string()));
        if let Some(rounding) = self.rounding {
            sheet.amount(&Said::new("Rounding", "抹零"), rounding);
        }
        let total = Said::new("TOTAL", "合计").with(self.total.currency().letters());
        sheet.total(&total, self.total);
        taxes(&self.taxes, sheet);
    }
}

/// Below a total: what of it is tax.
pub(super) fn taxes(taxes: &[TaxSum], sheet: &mut Sheet) {
    for sum in taxes {
        let on = format!("{} / {}", sum.rate, amount(sum.on));
        sheet.amount(&Said::from(&sum.name).with(on), sum.tax);
    }
}

impl Article {
    pub(super) fn set(&self, sheet: &mut Sheet) {
        sheet.amount(&Said::plain(&self.name), self.total);
        let price = amount(self.unit_price);
        match &self.measured {
            Measured::Pieces(0 | 1) => {}
            Measured::Pieces(pieces) => {
                sheet.plain(&Said::plain(format!("  {pieces} x {price}")));
            }
            Measured::Weighed { amount, unit } => {
                sheet.plain(&Said::plain(format!("  {amount} {unit} x {price}")));
            }
        }
        for reduction in &self.reductions {
            let why = Said::plain(format!("  {}", reduction.why));
            sheet.amount(&why, reduction.amount);
        }
    }
}
