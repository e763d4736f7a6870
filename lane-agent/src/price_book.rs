//! The price file: what each code is called and costs.
//!
//! CSV with a header: `barcode,name,price_minor,currency,kind`. Kind `piece` is known by its EAN or
//! UPC; kind `price-embedded` by prefix and item of its labels, which carry the price.

use std::collections::BTreeMap;

use domain::{
    barcode::{Barcode, BarcodeError, LabelLayout},
    limits,
    money::{Currency, Money},
    sale::PricedItem,
};
use serde::Deserialize;

/// A longer name is cut: a receipt shows no more.
const NAME_CHARACTERS_MAX: usize = 40;

/// All articles of the store. Prices are in the store's currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct PriceBook {
    articles: BTreeMap<String, Article>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Article {
    name: String,
    /// `None`: the label carries it.
    price: Option<Money>,
}

/// Why a price file is not taken; the one before stays in use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("price file, line {line}: {what}")]
pub(crate) struct PriceFileError {
    /// From 1, the header included.
    pub(crate) line: u64,
    /// What is wrong.
    pub(crate) what: String,
}

/// Why a scanned code is not sold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotSold {
    /// Read wrongly.
    #[error(transparent)]
    Misread(#[from] BarcodeError),
    /// Not in the price file.
    #[error("not in the price file")]
    NotInFile,
    /// A label of price 0.
    #[error("the label carries no price")]
    NoPrice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    barcode: String,
    name: String,
    price_minor: i64,
    currency: String,
    kind: Kind,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Piece,
    PriceEmbedded,
}

impl PriceBook {
    /// Reads a price file.
    pub(crate) fn parse(csv: &[u8], currency: Currency) -> Result<Self, PriceFileError> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(csv);
        let mut book = Self::default();
        let mut row_at = csv::StringRecord::new();
        let headers = reader.headers().map_err(|error| fault(1, error))?.clone();
        loop {
            let line = reader.position().line();
            let more = reader
                .read_record(&mut row_at)
                .map_err(|error| fault(line, error))?;
            if !more {
                return Ok(book);
            }
            let row: Row = row_at
                .deserialize(Some(&headers))
                .map_err(|error| fault(line, error))?;
            book.add(row, currency).map_err(|what| fault(line, what))?;
        }
    }

    fn add(&mut self, row: Row, currency: Currency) -> Result<(), String> {
        if row.currency != currency.letters() {
            return Err(format!("not in {currency}"));
        }
        if row.barcode.is_empty() || row.name.is_empty() {
            return Err("barcode or name is empty".to_owned());
        }
        if !(0..=limits::AMOUNT_MINOR_MAX).contains(&row.price_minor) {
            return Err("the price is out of range".to_owned());
        }
        let price = match row.kind {
            Kind::Piece => Some(Money::new(row.price_minor, currency)),
            Kind::PriceEmbedded => None,
        };
        let name = row.name.chars().take(NAME_CHARACTERS_MAX).collect();
        let twice = self.articles.insert(row.barcode, Article { name, price });
        if twice.is_some() {
            return Err("the barcode stands there twice".to_owned());
        }
        Ok(())
    }

    /// What a scanned code is and costs.
    pub(crate) fn look_up(
        &self,
        scanned: &str,
        layout: LabelLayout,
        currency: Currency,
    ) -> Result<PricedItem, NotSold> {
        let barcode = Barcode::read(scanned, layout)?;
        let article = self
            .articles
            .get(barcode.lookup_key())
            .ok_or(NotSold::NotInFile)?;
        let (unit_price, price_embedded) = match (&barcode, article.price) {
            (Barcode::PriceEmbedded { price_minor: 0, .. }, None) => return Err(NotSold::NoPrice),
            (Barcode::PriceEmbedded { price_minor, .. }, None) => {
                (Money::new(*price_minor, currency), true)
            }
            (Barcode::Article(_), Some(price)) => (price, false),
            (Barcode::Article(_), None) | (Barcode::PriceEmbedded { .. }, Some(_)) => {
                return Err(NotSold::NotInFile);
            }
        };
        Ok(PricedItem {
            barcode: scanned.to_owned(),
            name: article.name.clone(),
            quantity: 1,
            unit_price,
            price_embedded,
        })
    }

    /// How many articles there are.
    pub(crate) fn len(&self) -> usize {
        self.articles.len()
    }
}

fn fault(line: u64, what: impl ToString) -> PriceFileError {
    PriceFileError {
        line: line.max(1),
        what: what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use domain::barcode::check_digit;

    use super::*;

    const CSV: &str = "barcode,name,price_minor,currency,kind\n\
        6900000000014,whole milk ,1250,CNY,piece\n\
        2100001,beef,0,CNY,price-embedded\n";

    fn look_up(book: &PriceBook, code: &str) -> Result<PricedItem, NotSold> {
        book.look_up(code, LabelLayout::ItemOfFive, Currency::CNY)
    }

    #[test]
    fn pieces_cost_what_the_file_says_and_labels_what_they_carry() {
        let book = PriceBook::parse(CSV.as_bytes(), Currency::CNY).unwrap();
        assert_eq!(book.len(), 2);
        let milk = format!("690000000001{}", check_digit("690000000001").unwrap());
        let file = CSV.replace("6900000000014", &milk);
        let book = PriceBook::parse(file.as_bytes(), Currency::CNY).unwrap();
        let item = look_up(&book, &milk).unwrap();
        assert_eq!(
            (item.name.as_str(), item.unit_price.minor()),
            ("whole milk", 1250)
        );
        let body = "210000102345";
        let label = format!("{body}{}", check_digit(body).unwrap());
        let item = look_up(&book, &label).unwrap();
        assert!(item.price_embedded);
        assert_eq!(
            (item.name.as_str(), item.unit_price.minor()),
            ("beef", 2345)
        );
        let free = format!("210000100000{}", check_digit("210000100000").unwrap());
        assert_eq!(look_up(&book, &free), Err(NotSold::NoPrice));
        assert_eq!(look_up(&book, "4006381333931"), Err(NotSold::NotInFile));
        assert_eq!(
            look_up(&book, "4006381333930"),
            Err(NotSold::Misread(BarcodeError::CheckDigit))
        );
    }

    #[test]
    fn a_bad_file_is_refused_with_its_line() {
        for (from, to) in [
            ("1250", "12.50"),
            ("1250", "-1"),
            ("milk ,1250,CNY", "milk ,1250,EUR"),
            ("price-embedded", "weighed"),
            ("2100001", "6900000000014"),
        ] {
            let error = PriceBook::parse(CSV.replacen(from, to, 1).as_bytes(), Currency::CNY);
            let line = error.unwrap_err().line;
            assert!((2..=3).contains(&line), "{to}: line {line}");
        }
        assert!(PriceBook::parse(b"barcode,name\n1,2\n", Currency::CNY).is_err());
    }
}
