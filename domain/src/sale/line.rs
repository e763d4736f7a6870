//! One line of a basket: what is sold, how much of it, at which price and why at that one.

use crate::{
    ids::{OperatorId, ReceiptNumber},
    limits,
    money::{Money, MoneyError},
    sale::TaxMode,
    time::BusinessDate,
    words::worded,
};

worded! {
    /// Who says what something weighs.
    WeighedBy:
    /// A scale that is connected.
    Scale = 1 "scale" "电子秤";
    /// Typed in: receipts say so.
    Hand = 2 "by hand" "手工输入";
    /// The label of another scale.
    Label = 3 "label" "标签";
}

/// What was weighed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weight {
    /// Without its packing, at least 1.
    pub grams: u32,
    /// Who says so.
    pub by: WeighedBy,
}

/// Where a unit price comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PriceSource {
    /// The price file.
    File,
    /// The label on the goods: the price is that of the whole label.
    Label,
    /// Typed for this article or amount.
    Typed {
        /// What the price file says, if it knows the article.
        shelf: Option<Money>,
        /// Who had the right to.
        allowed_by: OperatorId,
    },
    /// Changed once the line was there.
    Overridden {
        /// What it was before: of the price file, of the label.
        shelf: Money,
        /// Why, in words.
        reason: String,
        /// Who had the right to.
        allowed_by: OperatorId,
    },
}

impl PriceSource {
    /// What the shelf says, where that is not the price of the line.
    #[must_use]
    pub const fn shelf(&self) -> Option<Money> {
        match self {
            Self::File | Self::Label => None,
            Self::Typed { shelf, .. } => *shelf,
            Self::Overridden { shelf, .. } => Some(*shelf),
        }
    }
}

/// What a line costs less than its quantity at its unit price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Discount {
    /// Taken off, above zero.
    pub amount: Money,
    /// Why, in words.
    pub reason: String,
    /// Who had the right to; `None`: a rule gave it.
    pub allowed_by: Option<OperatorId>,
}

/// How a line is taxed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineTax {
    /// 1,300 are 13 %.
    pub rate_basis_points: u16,
    /// In the line's total, or to be added to it, looked at alone. What the sale owes is figured
    /// on the sum of each class.
    pub amount: Money,
}

/// The line of a receipt that a returned line was bought with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OriginalLine {
    /// Of any lane, of any day that is kept.
    pub receipt: ReceiptNumber,
    /// The line of its sale.
    pub line_number: u32,
}

/// Goods that come back.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Returned {
    /// What they were bought with; `None`: without a receipt.
    pub original: Option<OriginalLine>,
    /// Why, in words; may be empty with a receipt.
    pub reason: String,
    /// Who had the right to take them without a receipt.
    pub allowed_by: Option<OperatorId>,
}

/// One line of a basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// From 1; a voided line keeps its number.
    pub number: u32,
    /// As scanned or by its short code; empty: an amount without an article.
    pub barcode: String,
    /// As on the receipt.
    pub name: String,
    /// Pieces; 1 of what is weighed.
    pub quantity: u32,
    /// Of what is sold by weight: its unit price is that of a kilogram.
    pub weight: Option<Weight>,
    /// What is counted, as the price file calls it; empty: not said.
    pub unit: String,
    /// Price of one piece, of a kilogram, of a label. Never negative.
    pub unit_price: Money,
    /// Where that comes from.
    pub price_source: PriceSource,
    /// Taken off.
    pub discount: Option<Discount>,
    /// What the line comes to, its discount taken off; negative for goods that come back.
    pub total: Money,
    /// The price file's word for how it is taxed; empty: not said.
    pub tax_class: String,
    /// `None`: the price file gives no rate.
    pub tax: Option<LineTax>,
    /// What kind of goods; empty: not said.
    pub category: String,
    /// The price file of this line, where it is not the one of the sale; else empty.
    pub price_version: String,
    /// Of the goods, as their code says; empty: not said.
    pub batch: String,
    /// Last day on which they may be sold, as their code says.
    pub expiry: Option<BusinessDate>,
    /// The customer's least age in years.
    pub least_age: Option<u8>,
    /// Goods that come back.
    pub returned: Option<Returned>,
    /// Taken back before the sale was paid.
    pub voided: bool,
}

/// Grams of a kilogram.
const KILOGRAM: i128 = 1_000;

impl Line {
    /// Quantity or weight at the unit price, nothing taken off: half a minor unit counts as one.
    ///
    /// # Errors
    /// More than 64 bits of minor units.
    pub fn gross(&self) -> Result<Money, MoneyError> {
        match self.weight {
            None => self.unit_price.times(self.quantity),
            Some(weight) => self
                .unit_price
                .scaled_half_up(i128::from(weight.grams), KILOGRAM),
        }
    }

    /// The line with its total and tax as they follow from all else.
    pub(super) fn figured(mut self, tax: TaxMode) -> Result<Self, MoneyError> {
        let discount = self.discount.as_ref().map(|discount| discount.amount);
        let gross = self.gross()?;
        let net = gross.subtract(discount.unwrap_or(Money::zero(gross.currency())))?;
        self.total = match &self.returned {
            None => net,
            Some(_) => net.negate()?,
        };
        if let Some(own) = &mut self.tax {
            own.amount = tax.of(self.total, own.rate_basis_points)?;
        }
        Ok(self)
    }

    /// What it comes to with the tax that is on top of it; negative for goods that come back.
    ///
    /// # Errors
    /// More than 64 bits of minor units.
    pub fn value(&self, mode: TaxMode) -> Result<Money, MoneyError> {
        match (mode, self.tax) {
            (TaxMode::Exclusive, Some(tax)) => self.total.add(tax.amount),
            (TaxMode::Exclusive, None) | (TaxMode::Inclusive, _) => Ok(self.total),
        }
    }

    /// The line that it was bought with, of goods that come back with their receipt.
    #[must_use]
    pub fn original(&self) -> Option<OriginalLine> {
        self.returned.as_ref()?.original
    }

    /// Pieces, or one of what is weighed; none of what comes back.
    #[must_use]
    pub const fn items(&self) -> u32 {
        match self.returned {
            None => self.quantity,
            Some(_) => 0,
        }
    }
}

/// Whether an article is counted or weighed at the checkout.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SoldBy {
    /// By the piece, or by a label that says what it costs.
    #[default]
    Piece,
    /// By weight: the price is that of a kilogram.
    Weight,
}

/// An article as a price file, a label or a person knows it, before it is a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedItem {
    /// As scanned, or the short code; empty: an amount without an article.
    pub barcode: String,
    /// As on the receipt.
    pub name: String,
    /// Pieces, at least 1.
    pub quantity: u32,
    /// Price of one piece, or of a kilogram; of the whole label when the label carries it.
    pub unit_price: Money,
    /// True when the price came from the label.
    pub price_embedded: bool,
    /// How it is sold.
    pub sold_by: SoldBy,
    /// What the label says that it weighs.
    pub weight: Option<Weight>,
    /// As in the price file; empty: not said. So with the next two.
    pub unit: String,
    /// What kind of goods.
    pub category: String,
    /// How it is taxed.
    pub tax_class: String,
    /// What that is.
    pub tax_rate_basis_points: Option<u16>,
    /// The customer's least age in years.
    pub least_age: Option<u8>,
}

impl PricedItem {
    /// One piece of which nothing else is known.
    #[must_use]
    pub fn of_piece(barcode: &str, name: &str, unit_price: Money) -> Self {
        Self {
            barcode: barcode.to_owned(),
            name: name.to_owned(),
            quantity: 1,
            unit_price,
            price_embedded: false,
            sold_by: SoldBy::Piece,
            weight: None,
            unit: String::new(),
            category: String::new(),
            tax_class: String::new(),
            tax_rate_basis_points: None,
            least_age: None,
        }
    }

    /// Whether it can't be sold before it is weighed.
    #[must_use]
    pub const fn lacks_weight(&self) -> bool {
        matches!(self.sold_by, SoldBy::Weight) && self.weight.is_none()
    }

    /// Its line, its total not figured yet.
    pub(super) fn into_line(self, number: u32) -> Line {
        let zero = Money::zero(self.unit_price.currency());
        Line {
            number,
            barcode: self.barcode,
            name: self.name,
            quantity: self.quantity,
            weight: self.weight,
            unit: self.unit,
            unit_price: self.unit_price,
            price_source: if self.price_embedded {
                PriceSource::Label
            } else {
                PriceSource::File
            },
            discount: None,
            total: zero,
            tax_class: self.tax_class,
            tax: self.tax_rate_basis_points.map(|rate_basis_points| LineTax {
                rate_basis_points,
                amount: zero,
            }),
            category: self.category,
            price_version: String::new(),
            batch: String::new(),
            expiry: None,
            least_age: self.least_age,
            returned: None,
            voided: false,
        }
    }
}

/// An amount without an article.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypedAmount {
    /// What it costs, above zero.
    pub amount: Money,
    /// As on the receipt; empty: [`NO_ARTICLE`].
    pub name: String,
    /// The price file's word for how it is taxed; empty: not said.
    pub tax_class: String,
    /// What that is.
    pub tax_rate_basis_points: Option<u16>,
}

/// What a receipt calls an amount that nobody gave a name.
pub const NO_ARTICLE: &str = "Other goods";

/// What was said of the next line before it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct NextLine {
    pub(super) quantity: Option<u32>,
    pub(super) weight: Option<Weight>,
    /// With who had the right to it.
    pub(super) price: Option<(Money, OperatorId)>,
}

/// Whether so many pieces may stand on a line.
pub(super) const fn is_quantity(quantity: u32) -> bool {
    0 < quantity && quantity <= limits::LINE_QUANTITY_MAX
}

/// Whether something may weigh so much.
pub(super) const fn is_weight(grams: u32) -> bool {
    0 < grams && grams <= limits::LINE_GRAMS_MAX
}
