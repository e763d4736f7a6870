//! The columns of a price file, and what a heading that is none of them was meant to be.

use std::fmt;

use crate::delimited::distance;

/// A heading may differ so much from the right one and still be told apart from others.
const LETTERS_WRONG_MAX: usize = 2;

/// One column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Column {
    /// The article's number.
    Barcode,
    /// As on receipts.
    Name,
    /// In minor units.
    PriceMinor,
    /// ISO 4217 letters.
    Currency,
    /// By the piece, or by labels that carry their price.
    Kind,
    /// What kind of goods.
    Category,
    /// How it is taxed.
    TaxClass,
    /// What is counted: piece, kg.
    Unit,
    /// The customer's least age in years.
    Age,
    /// Days before its date from which it is refused.
    ExpiryDays,
    /// Its short code for the keys.
    Plu,
    /// What its tax class takes: 1,300 are 13 %.
    TaxRateBasisPoints,
    /// Whether it may not be sold any more.
    Recalled,
}

impl Column {
    /// All there are, in the order they are written.
    pub const ALL: [Self; 13] = [
        Self::Barcode,
        Self::Name,
        Self::PriceMinor,
        Self::Currency,
        Self::Kind,
        Self::Category,
        Self::TaxClass,
        Self::Unit,
        Self::Age,
        Self::ExpiryDays,
        Self::Plu,
        Self::TaxRateBasisPoints,
        Self::Recalled,
    ];

    /// Its heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Barcode => "barcode",
            Self::Name => "name",
            Self::PriceMinor => "price_minor",
            Self::Currency => "currency",
            Self::Kind => "kind",
            Self::Category => "category",
            Self::TaxClass => "tax_class",
            Self::Unit => "unit",
            Self::Age => "age",
            Self::ExpiryDays => "expiry_days",
            Self::Plu => "plu",
            Self::TaxRateBasisPoints => "tax_rate_basis_points",
            Self::Recalled => "recalled",
        }
    }

    /// Whether a file without it is none.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        match self {
            Self::Barcode | Self::Name | Self::PriceMinor | Self::Currency | Self::Kind => true,
            Self::Category
            | Self::TaxClass
            | Self::Unit
            | Self::Age
            | Self::ExpiryDays
            | Self::Plu
            | Self::TaxRateBasisPoints
            | Self::Recalled => false,
        }
    }

    /// What others call a column that must be there.
    const fn other_names(self) -> &'static [&'static str] {
        match self {
            Self::Barcode => &["ean", "ean13", "gtin", "upc", "code"],
            Self::Name => &["description", "article", "item"],
            Self::PriceMinor => &["price", "unitprice", "salesprice", "pricecents", "pricefen"],
            Self::Currency => &["cur"],
            Self::Kind => &["type"],
            Self::Category
            | Self::TaxClass
            | Self::Unit
            | Self::Age
            | Self::ExpiryDays
            | Self::Plu
            | Self::TaxRateBasisPoints
            | Self::Recalled => &[],
        }
    }

    /// The column with this very heading.
    #[must_use]
    pub fn by_heading(heading: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|column| column.heading() == heading)
    }

    /// The column that was meant by a heading that is almost its own, or that others use for it.
    #[must_use]
    pub fn meant_by(heading: &str) -> Option<Self> {
        let bare = bare(heading);
        let called = |column: &Self| column.other_names().contains(&bare.as_str());
        if let Some(column) = Self::ALL.into_iter().find(called) {
            return Some(column);
        }
        // A short heading is near to everything.
        let most = LETTERS_WRONG_MAX.min(bare.chars().count().saturating_sub(2));
        let near = Self::ALL.into_iter().filter_map(|column| {
            let wrong = distance(&bare, &self::bare(column.heading()), most)?;
            Some((wrong, column))
        });
        near.min_by_key(|(wrong, _)| *wrong)
            .map(|(_, column)| column)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.heading())
    }
}

/// Letters and digits alone, small.
fn bare(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_that_are_almost_right_are_understood() {
        for (heading, column) in [
            ("Barcode", Column::Barcode),
            ("bar code", Column::Barcode),
            ("EAN-13", Column::Barcode),
            ("price-minor", Column::PriceMinor),
            ("Price", Column::PriceMinor),
            ("tax class", Column::TaxClass),
            ("catgory", Column::Category),
            ("Expiry Days", Column::ExpiryDays),
            ("kinds", Column::Kind),
        ] {
            assert_eq!(Column::by_heading(heading), None);
            assert_eq!(Column::meant_by(heading), Some(column), "{heading}");
        }
        for heading in ["supplier", "x", "", "shelf", "9001"] {
            assert_eq!(Column::meant_by(heading), None, "{heading}");
        }
    }
}
