//! What is wrong with a price file: all of it, each with its line and column, the first hundred in
//! words.

use std::fmt;

use crate::{
    barcode::{BarcodeError, Gtin},
    delimited::{BadQuotes, NotText},
    limits::{
        AMOUNT_MINOR_MAX, ARTICLE_NAME_BYTES_MAX, ARTICLE_WORD_BYTES_MAX, FILE_FAULTS_LISTED_MAX,
        PRICE_FILE_ARTICLES_MAX, PRICE_FILE_BYTES_MAX,
    },
    money::Currency,
    prices::Column,
};

/// So much of a value is shown with its fault.
const SHOWN_LETTERS_MAX: usize = 40;

/// One fault, where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceFault {
    /// From 1, the heading included.
    pub line: u32,
    /// Heading of the column; empty where it is about the line or the file.
    pub column: String,
    /// What is wrong.
    pub what: FaultKind,
}

impl fmt::Display for PriceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What can be wrong. Values are shown shortened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FaultKind {
    /// Another encoding, or no text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// More than anybody needs.
    #[error("the file is larger than {PRICE_FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// More than anybody needs.
    #[error("the file holds more than {PRICE_FILE_ARTICLES_MAX} articles")]
    TooManyArticles,
    /// A heading, and nothing under it.
    #[error("the file holds no article")]
    NoArticle,
    /// A column that must be there.
    #[error("no column is called {0}")]
    ColumnMissing(Column),
    /// A heading that stands twice.
    #[error("this column stands there twice")]
    ColumnTwice,
    /// A heading that is almost one.
    #[error("is no column; meant is {0}?")]
    ColumnMisspelt(Column),
    /// Quotes that can't be read.
    #[error(transparent)]
    Quotes(#[from] BadQuotes),
    /// More or fewer fields than the heading has.
    #[error("{found} fields, the heading has {wanted}")]
    FieldCount {
        /// On this line.
        found: usize,
        /// In the heading.
        wanted: usize,
    },
    /// A field that must hold something.
    #[error("is empty")]
    Empty,
    /// Not 8, 12, 13 or 14 digits.
    #[error("\"{0}\" is no article number: 8, 12, 13 or 14 digits with a check digit")]
    NoNumber(String),
    /// What a spreadsheet makes of a long number.
    #[error("\"{0}\" was rounded by a spreadsheet: format the column as text, and export again")]
    Rounded(String),
    /// A number that no scanner would read.
    #[error("{found}: the check digit is wrong, it would be {wanted}")]
    CheckDigit {
        /// As filed.
        found: String,
        /// The same number with the right one.
        wanted: String,
    },
    /// A piece with a number that scans as a label.
    #[error(
        "{0} begins with 20 to 29: it scans as a label that carries its price, and is never found \
         as a piece"
    )]
    LabelAsPiece(String),
    /// A label that no scan leads to.
    #[error(
        "\"{0}\" is no prefix and item of a label: 7 digits that begin with a 2, or 6 where a \
         price check digit follows"
    )]
    NoLabelItem(String),
    /// Labels of two layouts in one file.
    #[error("{found} has {} digits, {first} on line {line} has {}", found.len(), first.len())]
    OtherLayout {
        /// Here.
        found: String,
        /// There.
        first: String,
        /// Where the first stands.
        line: u32,
    },
    /// Labels of this lane's scales are of the other layout.
    #[error("{0} is never found: labels of this lane have {1} digits of prefix and item")]
    NotThisLanes(String, usize),
    /// The same article again.
    #[error("{number} stands on line {line} already, as {as_filed}")]
    Twice {
        /// The number in its one form.
        number: String,
        /// Where it stands first.
        line: u32,
        /// How it is written there.
        as_filed: String,
    },
    /// A name or word that fits no record.
    #[error("{bytes} bytes of UTF-8, at most {most} fit")]
    TooLong {
        /// As it is.
        bytes: usize,
        /// As it may be.
        most: usize,
    },
    /// Characters that are commands to a printer.
    #[error("holds a control character")]
    ControlCharacter,
    /// A price in yuan where fen are wanted.
    #[error("\"{found}\" has a decimal sign: the price is whole minor units, as in {wanted}")]
    Decimal {
        /// As filed.
        found: String,
        /// What it would be in minor units.
        wanted: String,
    },
    /// A price below zero.
    #[error("\"{0}\" is negative")]
    Negative(String),
    /// A price no receipt can hold.
    #[error("\"{0}\" is more than {AMOUNT_MINOR_MAX}")]
    TooDear(String),
    /// Anything else that is no number.
    #[error("\"{0}\" is no whole number")]
    NotWhole(String),
    /// A number out of its range.
    #[error("\"{found}\" is not between 0 and {most}")]
    OutOfRange {
        /// As filed.
        found: String,
        /// The largest.
        most: u16,
    },
    /// Prices of another country.
    #[error("\"{found}\", and the store sells in {wanted}")]
    OtherCurrency {
        /// As filed.
        found: String,
        /// The store's.
        wanted: Currency,
    },
    /// None of the three.
    #[error("\"{0}\" is no kind: piece, weighed or price-embedded")]
    UnknownKind(String),
    /// Neither of the two.
    #[error("\"{0}\" is neither yes nor no")]
    NeitherYesNorNo(String),
    /// No code that a cashier could type.
    #[error("\"{0}\" is no short code: 1 to 6 digits, not all zero")]
    NoShortCode(String),
    /// Two articles for one key.
    #[error("{code} is the short code of line {line} already")]
    ShortCodeTwice {
        /// As both are filed.
        code: u32,
        /// Where it stands first.
        line: u32,
    },
    /// What takes tax says how much.
    #[error("a rate needs its tax_class")]
    RateWithoutClass,
    /// One class, two rates.
    #[error("{class} takes {found} basis points here and {first} on line {line}")]
    OtherRate {
        /// What both lines name.
        class: String,
        /// Here; none: the line says no rate.
        found: String,
        /// There.
        first: String,
        /// Where the first stands.
        line: u32,
    },
}

impl FaultKind {
    pub(super) fn of_number(text: &str, error: BarcodeError) -> Self {
        let rounded = text.contains(['E', 'e', '+', '.']) && text.starts_with(is_digit);
        match error {
            BarcodeError::Form | BarcodeError::PriceCheckDigit if rounded => {
                Self::Rounded(shown(text))
            }
            BarcodeError::Form | BarcodeError::PriceCheckDigit => Self::NoNumber(shown(text)),
            BarcodeError::CheckDigit => Self::CheckDigit {
                found: shown(text),
                wanted: with_check_digit(text),
            },
        }
    }

    pub(super) fn of_price(text: &str, currency: Currency) -> Self {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some((whole, part)) = text.split_once(['.', ','])
            && digits(whole)
            && digits(part)
        {
            return Self::Decimal {
                found: shown(text),
                wanted: in_minor(whole, part, currency),
            };
        }
        match text.strip_prefix('-') {
            Some(rest) if rest.starts_with(is_digit) => Self::Negative(shown(text)),
            Some(_) | None if digits(text) => Self::TooDear(shown(text)),
            Some(_) | None => Self::NotWhole(shown(text)),
        }
    }

    pub(super) fn twice(number: Gtin, line: u32, digits: usize) -> Self {
        Self::Twice {
            number: number.to_string(),
            line,
            as_filed: number.in_digits(digits),
        }
    }

    pub(super) const fn long_name(bytes: usize) -> Self {
        Self::TooLong {
            bytes,
            most: ARTICLE_NAME_BYTES_MAX,
        }
    }

    pub(super) const fn long_word(bytes: usize) -> Self {
        Self::TooLong {
            bytes,
            most: ARTICLE_WORD_BYTES_MAX,
        }
    }
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

fn with_check_digit(text: &str) -> String {
    let body = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let digit = crate::barcode::check_digit(body).unwrap_or(0);
    format!("{body}{digit}")
}

/// 7.5 is 750 where there are two minor digits.
fn in_minor(whole: &str, part: &str, currency: Currency) -> String {
    let exponent = usize::from(currency.exponent());
    let kept: String = part.chars().take(exponent).collect();
    let minor = format!("{whole}{kept:0<exponent$}");
    let bare = minor.trim_start_matches('0');
    shown(if bare.is_empty() { "0" } else { bare })
}

/// A value as a fault shows it.
pub(super) fn shown(text: &str) -> String {
    let mut letters = text.chars().filter(|letter| !letter.is_control());
    let mut value: String = letters.by_ref().take(SHOWN_LETTERS_MAX).collect();
    if letters.next().is_some() {
        value.push('…');
    }
    value
}

/// All that is wrong with a file: the first ones told, the rest counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PriceFaults {
    told: Vec<PriceFault>,
    more: u64,
}

impl PriceFaults {
    pub(super) fn add(&mut self, line: u32, column: &str, what: impl Into<FaultKind>) {
        if self.told.len() < FILE_FAULTS_LISTED_MAX {
            self.told.push(PriceFault {
                line,
                column: shown(column),
                what: what.into(),
            });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Those of one line stay in the order they were found.
    pub(super) fn in_order_of_lines(mut self) -> Self {
        self.told.sort_by_key(|fault| fault.line);
        self
    }

    /// The first ones, in the order of their lines.
    #[must_use]
    pub fn told(&self) -> &[PriceFault] {
        &self.told
    }

    /// How many there are beside those.
    #[must_use]
    pub const fn more(&self) -> u64 {
        self.more
    }
}

impl fmt::Display for PriceFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for fault in &self.told {
            write!(f, "{between}{fault}")?;
            between = "\n";
        }
        if self.more > 0 {
            write!(f, "{between}and {} faults more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for PriceFaults {}
