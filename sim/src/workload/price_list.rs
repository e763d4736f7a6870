//! What each category costs and which number it has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use domain::{
    delimited::distance,
    money::Currency,
    prices::{self, PriceFaults},
};
use serde::{Deserialize, Serialize};

use crate::workload::{
    barcode::{ean13, is_label_prefix},
    days::FIRST_DAY,
    dice::Dice,
};

/// The prices the simulation uses when no other are given.
const PRICES: &[u8] = include_bytes!("../../data/prices.csv");
/// The currency of the simulated store.
pub const CURRENCY: &str = "CNY";
/// A price label has 5 digits for the price, and a piece is not dearer than a label can say.
pub const PRICE_MINOR_MAX: i64 = 99_999;

/// What a piece rises by from one day to the next.
const RISE_A_DAY_MINOR: i64 = 10;

/// How an article is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArticleKind {
    /// By the piece; its number is an EAN-13.
    Piece,
    /// By weight, with a label that carries the price; its number is the first 7 digits of it.
    PriceEmbedded,
}

/// One article, as a line of a price file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// EAN-13, or 7 digits of a price label.
    pub barcode: String,
    /// The category.
    pub name: String,
    /// For one piece, or one kilogram.
    pub price_minor: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// How it is sold.
    pub kind: ArticleKind,
    /// The customer's least age in years.
    #[serde(default)]
    pub age: Option<u8>,
}

/// Why a price file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceListError {
    /// It can't be read at all.
    #[error("price file {file} can't be read: {source}")]
    Unreadable {
        /// As given.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// What is wrong with it, each with its line.
    #[error("price file {file} is not taken:\n{faults}")]
    Faults {
        /// As given.
        file: String,
        /// All of it.
        faults: PriceFaults,
    },
    /// An article that no simulated day can sell.
    #[error("price file {file}, article {article}: {fault}")]
    BadArticle {
        /// As given.
        file: String,
        /// Its number.
        article: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// All articles of the store.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    by_name: BTreeMap<String, Article>,
    barcodes: BTreeSet<String>,
    by_rule: Vec<String>,
}

impl PriceList {
    /// The built-in prices, with those of `file` in place of theirs.
    ///
    /// # Errors
    /// A file that can't be read, or a broken line.
    pub fn read(file: Option<&Path>) -> Result<Self, PriceListError> {
        let mut list = Self::default();
        if let Some(path) = file {
            let name = path.display().to_string();
            let bytes = fs::read(path).map_err(|source| PriceListError::Unreadable {
                file: name.clone(),
                source,
            })?;
            list.take_file(&bytes, &name, Repeated::Refused)?;
        }
        list.take_file(PRICES, "sim/data/prices.csv", Repeated::Skipped)?;
        Ok(list)
    }

    fn take_file(
        &mut self,
        bytes: &[u8],
        file: &str,
        repeated: Repeated,
    ) -> Result<(), PriceListError> {
        let currency = Currency::by_letters(CURRENCY).unwrap_or(Currency::CNY);
        let read = prices::read(bytes, currency).map_err(|faults| PriceListError::Faults {
            file: file.into(),
            faults,
        })?;
        for article in read.book.articles() {
            let bad = |fault: String| PriceListError::BadArticle {
                file: file.into(),
                article: article.as_filed(),
                fault,
            };
            let kind = match article.key {
                prices::ArticleKey::Label(_) => ArticleKind::PriceEmbedded,
                prices::ArticleKey::Piece(_) if article.weighed => {
                    return Err(bad("nobody weighs in a simulated day".to_owned()));
                }
                prices::ArticleKey::Piece(_) => ArticleKind::Piece,
            };
            let article = Article {
                barcode: article.as_filed(),
                name: article.name.to_owned(),
                price_minor: article.price_minor,
                currency: CURRENCY.to_owned(),
                kind,
                age: article.age,
            };
            check(&article).map_err(bad)?;
            self.take(article, repeated).map_err(bad)?;
        }
        Ok(())
    }

    fn take(&mut self, mut article: Article, repeated: Repeated) -> Result<(), String> {
        let known = self.by_name.contains_key(&article.name);
        let taken = self.barcodes.contains(&article.barcode);
        match repeated {
            Repeated::Refused if known => return Err(format!("{} stands twice", article.name)),
            Repeated::Refused if taken => {
                return Err(format!("number {} stands twice", article.barcode));
            }
            Repeated::Skipped if known => return Ok(()),
            // Another price file has given this number away.
            Repeated::Skipped if taken => article.barcode = self.free_barcode(&article.name),
            Repeated::Refused | Repeated::Skipped => {}
        }
        self.barcodes.insert(article.barcode.clone());
        self.by_name.insert(article.name.clone(), article);
        Ok(())
    }

    /// The article of a category. One without a price gets one by rule: a made-up number, and
    /// between 3.90 and 49.90 in steps of a whole unit, by its name alone.
    pub fn article(&mut self, name: &str) -> Article {
        if let Some(article) = self.by_name.get(name) {
            return article.clone();
        }
        let price_minor = 390 + 100 * i64::try_from(Dice::new(0, name).below(47)).unwrap_or(0);
        let article = Article {
            barcode: self.free_barcode(name),
            name: name.to_owned(),
            price_minor,
            currency: CURRENCY.to_owned(),
            kind: ArticleKind::Piece,
            age: None,
        };
        self.barcodes.insert(article.barcode.clone());
        self.by_name.insert(name.to_owned(), article.clone());
        self.by_rule.push(name.to_owned());
        article
    }

    /// A name that is none of those with a price, and so close to one that it was meant to be it:
    /// then that one.
    #[must_use]
    pub fn meant_by(&self, name: &str) -> Option<&str> {
        if self.by_name.contains_key(name) {
            return None;
        }
        let small = name.to_lowercase();
        // A short word is close to many.
        let most = match small.chars().count() {
            0..=2 => 0,
            3..=5 => 1,
            _ => 2,
        };
        let near = self.by_name.keys().filter_map(|known| {
            distance(&small, &known.to_lowercase(), most).map(|wrong| (wrong, known))
        });
        near.min().map(|(_, known)| known.as_str())
    }

    /// Categories that were priced by rule, in the order they came up.
    #[must_use]
    pub fn priced_by_rule(&self) -> &[String] {
        &self.by_rule
    }

    /// The numbers of what is sold from an age on.
    pub(super) fn with_least_age(&self) -> impl Iterator<Item = &str> {
        let all = self.by_name.values();
        all.filter(|article| article.age.is_some())
            .map(|article| article.barcode.as_str())
    }

    /// The price file the hub hands to the lanes.
    ///
    /// # Errors
    /// None in memory; those of the writer otherwise.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for article in self.by_name.values() {
            writer.serialize(article)?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }

    /// The prices of a day: a piece costs a little more than on the day before, and each price
    /// differs from day to day. What a label says stays.
    #[must_use]
    pub fn of_day(&self, day: u16) -> Self {
        let dearer = RISE_A_DAY_MINOR * i64::from(day.saturating_sub(FIRST_DAY));
        let mut list = self.clone();
        let pieces = list.by_name.values_mut();
        for article in pieces.filter(|article| article.kind == ArticleKind::Piece) {
            article.price_minor = (article.price_minor + dearer).min(PRICE_MINOR_MAX);
        }
        list
    }

    fn free_barcode(&self, name: &str) -> String {
        let mut dice = Dice::new(1, name);
        loop {
            let code = ean13(&format!("6909{}", dice.digits(8)));
            if !self.barcodes.contains(&code) {
                return code;
            }
        }
    }
}

/// What happens to a name or number that is known already.
#[derive(Clone, Copy)]
enum Repeated {
    Refused,
    Skipped,
}

/// What a label, a script and a receipt can carry.
fn check(article: &Article) -> Result<(), String> {
    let least = match article.kind {
        ArticleKind::Piece => 0,
        ArticleKind::PriceEmbedded => 1,
    };
    if !(least..=PRICE_MINOR_MAX).contains(&article.price_minor) {
        return Err(format!(
            "the price is not between {least} and {PRICE_MINOR_MAX}"
        ));
    }
    if article.kind == ArticleKind::PriceEmbedded && !is_label_prefix(&article.barcode) {
        return Err("labels of the simulated lanes have 7 digits of prefix and item".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{barcode::is_ean13, basket_file::read_baskets};

    fn with_file(text: &str) -> Result<PriceList, PriceListError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.csv");
        fs::write(&path, text).unwrap();
        PriceList::read(Some(&path))
    }

    #[test]
    fn every_category_of_the_built_in_baskets_has_a_price() {
        let mut list = PriceList::read(None).unwrap();
        for basket in read_baskets(None, usize::MAX).unwrap() {
            for name in basket.names {
                list.article(&name);
            }
        }
        assert!(
            list.priced_by_rule().is_empty(),
            "{:?}",
            list.priced_by_rule()
        );
        assert_eq!(list.by_name.len(), 169);
    }

    #[test]
    fn a_category_without_a_price_gets_the_same_one_each_time_and_is_named() {
        let mut list = PriceList::read(None).unwrap();
        let first = list.article("moon cake");
        assert_eq!(list.article("moon cake"), first);
        assert_eq!(PriceList::read(None).unwrap().article("moon cake"), first);
        assert!(is_ean13(&first.barcode));
        assert_eq!(list.priced_by_rule(), ["moon cake"]);
    }

    #[test]
    fn a_price_file_stands_before_the_built_in_prices() {
        let text = "barcode,name,price_minor,currency,kind\n4006381333931,soda,777,CNY,piece\n";
        let mut list = with_file(text).unwrap();
        assert_eq!(list.article("soda").price_minor, 777);
        assert_eq!(list.article("whole milk").price_minor, 1_290);
    }

    #[test]
    fn a_free_article_is_sold_and_files_of_other_programs_are_read() {
        let text =
            "\u{feff}barcode;name;price_minor;currency;kind\r\n4006381333931;bag;0;CNY;piece\r\n";
        assert_eq!(with_file(text).unwrap().article("bag").price_minor, 0);
    }

    #[test]
    fn broken_price_lines_are_named_by_number() {
        let heading = "barcode,name,price_minor,currency,kind\n";
        for (line, fault) in [
            (
                "4006381333930,soda,777,CNY,piece",
                "line 2, barcode: 4006381333930: the check",
            ),
            (
                "4006381333931,soda,7.5,CNY,piece",
                "line 2, price_minor: \"7.5\" has a decimal",
            ),
            (
                "4006381333931,soda,777,EUR,piece",
                "line 2, currency: \"EUR\"",
            ),
            (
                "4006381333931,soda,777,CNY,box",
                "line 2, kind: \"box\" is no kind",
            ),
            ("4006381333931,soda", "line 2: 2 fields"),
            (
                "4006381333931,soda,100000,CNY,piece",
                "4006381333931: the price is not between",
            ),
            (
                "2100001,beef,0,CNY,price-embedded",
                "2100001: the price is not between 1",
            ),
            (
                "210001,beef,5,CNY,price-embedded",
                "210001: labels of the simulated lanes",
            ),
        ] {
            let error = with_file(&format!("{heading}{line}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(fault), "{error}");
        }
        let twice = "4006381333931,soda,7,CNY,piece\n6900000000014,soda,7,CNY,piece\n";
        let error = with_file(&format!("{heading}{twice}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("soda stands twice"), "{error}");
    }
}
