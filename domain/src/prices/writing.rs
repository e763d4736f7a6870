//! A price file in the one form in which it is kept and told to lanes: UTF-8, commas, `\n`, in the
//! order of the numbers, optional columns only where an article has something to say in them. The
//! same articles are the same bytes, whatever program wrote the file they came from.

use std::fmt::Write;

use crate::prices::{Article, Column, PriceBook, book::YES};

impl PriceBook {
    /// The file; [`crate::prices::read`] makes the same book of it.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let columns: Vec<Column> = Column::ALL
            .into_iter()
            .filter(|column| {
                column.is_needed()
                    || self
                        .articles()
                        .any(|article| !value(&article, *column).is_empty())
            })
            .collect();
        let mut csv = String::new();
        let headings: Vec<&str> = columns.iter().map(|column| column.heading()).collect();
        csv.push_str(&headings.join(","));
        csv.push('\n');
        for article in self.articles() {
            for (number, column) in columns.iter().enumerate() {
                if number > 0 {
                    csv.push(',');
                }
                match column {
                    Column::Currency => csv.push_str(self.currency().letters()),
                    Column::Barcode
                    | Column::Name
                    | Column::PriceMinor
                    | Column::Kind
                    | Column::Category
                    | Column::TaxClass
                    | Column::Unit
                    | Column::Age
                    | Column::ExpiryDays
                    | Column::Plu
                    | Column::TaxRateBasisPoints
                    | Column::Recalled => push_quoted(&mut csv, &value(&article, *column)),
                }
            }
            csv.push('\n');
        }
        csv
    }
}

fn value(article: &Article<'_>, column: Column) -> String {
    let number = |number: Option<u16>| number.map_or_else(String::new, |number| number.to_string());
    match column {
        Column::Barcode => article.as_filed(),
        Column::Name => article.name.to_owned(),
        Column::PriceMinor => article.price_minor.to_string(),
        Column::Kind => article.kind().word().to_owned(),
        Column::Category => article.category.to_owned(),
        Column::TaxClass => article.tax_class.to_owned(),
        Column::Unit => article.unit.to_owned(),
        Column::Age => number(article.age.map(u16::from)),
        Column::ExpiryDays => number(article.expiry_days),
        Column::Plu => article.plu.map_or_else(String::new, |plu| plu.to_string()),
        Column::TaxRateBasisPoints => number(article.tax_rate_basis_points),
        Column::Recalled => if article.recalled { YES } else { "" }.to_owned(),
        // The book's, not the article's.
        Column::Currency => String::new(),
    }
}

fn push_quoted(csv: &mut String, value: &str) {
    let plain = !value.contains([',', '"', ';', '\t']);
    let written = if plain {
        csv.write_str(value)
    } else {
        write!(csv, "\"{}\"", value.replace('"', "\"\""))
    };
    // Writing to a String can't fail.
    let _ = written;
}
