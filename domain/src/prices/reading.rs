//! Reads a price file: every fault of it, or the book.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    barcode::{Gtin, LabelItem},
    delimited::{self, Separator},
    limits::{
        AMOUNT_MINOR_MAX, ARTICLE_NAME_BYTES_MAX, ARTICLE_WORD_BYTES_MAX, PRICE_FILE_ARTICLES_MAX,
        PRICE_FILE_BYTES_MAX,
    },
    money::Currency,
    prices::{
        Article, ArticleKey, ArticleKind, Column, FaultKind, PriceBook, PriceFaults,
        book::{BookBuilder, YES},
        fault::shown,
    },
};

/// Nobody is refused goods for being a hundred.
const AGE_MAX: u16 = 99;
/// A short code has at most 6 digits.
const PLU_MAX: u32 = 999_999;
/// All of it.
const TAX_RATE_BASIS_POINTS_MAX: u16 = 10_000;
/// Ten years.
const EXPIRY_DAYS_MAX: u16 = 3_650;

/// A price file without a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceFile {
    /// Its articles.
    pub book: PriceBook,
    /// Headings of columns that are not read.
    pub not_read: Vec<String>,
}

/// Reads a price file of a store that sells in this currency.
///
/// # Errors
/// All that is wrong with it.
pub fn read(bytes: &[u8], currency: Currency) -> Result<PriceFile, PriceFaults> {
    let mut faults = PriceFaults::default();
    if bytes.len() > PRICE_FILE_BYTES_MAX {
        faults.add(1, "", FaultKind::TooLarge);
        return Err(faults);
    }
    let text = match delimited::text_of(bytes) {
        Ok(text) => text,
        Err(fault) => {
            faults.add(fault.line(), "", fault);
            return Err(faults);
        }
    };
    let mut lines = delimited::lines(text).filter(|(_, line)| !is_blank(line));
    let mut heading = lines.next().unwrap_or((1, ""));
    let said = separator_said(heading.1);
    if said.is_some() {
        heading = lines.next().unwrap_or(heading);
    }
    let most = text.lines().count().min(PRICE_FILE_ARTICLES_MAX);
    let mut reading = Reading::new(currency, faults, heading, (said, most));
    for (line, text) in lines {
        if !reading.line(line, text) {
            break;
        }
    }
    reading.finish(heading.0)
}

/// Spreadsheets write rows of separators where cells were emptied.
fn is_blank(line: &str) -> bool {
    let mut letters = line.chars();
    letters.all(|letter| letter.is_whitespace() || matches!(letter, ',' | ';' | '"'))
}

/// The line `sep=;` that some spreadsheets write before all others.
fn separator_said(line: &str) -> Option<Separator> {
    let sign = line.trim_matches('"').strip_prefix("sep=")?;
    Separator::ALL
        .into_iter()
        .find(|separator| sign.starts_with(separator.character()))
}

/// Where each column stands.
#[derive(Default)]
struct Places {
    found: Vec<(Column, usize)>,
    headings: usize,
    not_read: Vec<String>,
}

impl Places {
    fn of(line: u32, headings: &[Cow<'_, str>], faults: &mut PriceFaults) -> Self {
        let last = headings.iter().rposition(|heading| !heading.is_empty());
        let headings = headings
            .get(..last.map_or(0, |last| last.saturating_add(1)))
            .unwrap_or_default();
        let mut places = Self {
            headings: headings.len(),
            ..Self::default()
        };
        let mut strange = Vec::new();
        for (place, heading) in headings.iter().enumerate() {
            match Column::by_heading(heading) {
                Some(column) if places.of_column(column).is_some() => {
                    faults.add(line, heading, FaultKind::ColumnTwice);
                }
                Some(column) => places.found.push((column, place)),
                None => strange.push(heading.as_ref()),
            }
        }
        let mut meant = Vec::new();
        for heading in strange {
            match Column::meant_by(heading).filter(|column| places.of_column(*column).is_none()) {
                Some(column) => {
                    meant.push(column);
                    faults.add(line, heading, FaultKind::ColumnMisspelt(column));
                }
                None => places.not_read.push(shown(heading)),
            }
        }
        for column in Column::ALL.into_iter().filter(|column| column.is_needed()) {
            if places.of_column(column).is_none() && !meant.contains(&column) {
                faults.add(line, "", FaultKind::ColumnMissing(column));
            }
        }
        places
    }

    fn of_column(&self, column: Column) -> Option<usize> {
        let mut found = self.found.iter();
        found
            .find(|(known, _)| *known == column)
            .map(|(_, place)| *place)
    }
}

struct Reading {
    currency: Currency,
    separator: Separator,
    places: Places,
    faults: PriceFaults,
    book: BookBuilder,
    /// Each article with its line and the digits it is filed in.
    numbers: Vec<(ArticleKey, u32, u8)>,
    first_label: Option<(LabelItem, u32)>,
    /// Each short code with its line.
    short_codes: BTreeMap<u32, u32>,
    /// Each tax class with its rate and the line that said it first.
    rates: BTreeMap<String, (Option<u16>, u32)>,
}

impl Reading {
    fn new(
        currency: Currency,
        mut faults: PriceFaults,
        (line, text): (u32, &str),
        (said, most): (Option<Separator>, usize),
    ) -> Self {
        let separator = said
            .or_else(|| delimited::separator_of(text))
            .unwrap_or(Separator::Comma);
        let places = match delimited::fields(text, separator) {
            Ok(headings) => Places::of(line, &headings, &mut faults),
            Err(quotes) => {
                faults.add(line, "", quotes);
                Places::default()
            }
        };
        Self {
            currency,
            separator,
            places,
            faults,
            book: BookBuilder::new(currency, most),
            numbers: Vec::with_capacity(most),
            first_label: None,
            short_codes: BTreeMap::new(),
            rates: BTreeMap::new(),
        }
    }

    /// Takes a line; false: no more are wanted.
    fn line(&mut self, line: u32, text: &str) -> bool {
        if self.numbers.len() >= PRICE_FILE_ARTICLES_MAX {
            self.faults.add(line, "", FaultKind::TooManyArticles);
            return false;
        }
        let fields = match delimited::fields(text, self.separator) {
            Ok(fields) => fields,
            Err(quotes) => {
                self.faults.add(line, "", quotes);
                return true;
            }
        };
        let wanted = self.places.headings;
        let filled = fields.iter().rposition(|field| !field.is_empty());
        let found = filled.map_or(0, |last| last.saturating_add(1));
        if wanted > 0 && (fields.len() < wanted || found > wanted) {
            let found = found.max(fields.len().min(wanted));
            let what = FaultKind::FieldCount { found, wanted };
            self.faults.add(line, "", what);
            return true;
        }
        self.row(&Row {
            line,
            fields: &fields,
        });
        true
    }

    /// Every field is looked at, though one before it is wrong.
    fn row(&mut self, row: &Row<'_>) {
        let kind = self.kind(row);
        let number = self.number(row, kind);
        let name = self.text(row, Column::Name, ARTICLE_NAME_BYTES_MAX);
        let name = name.filter(|name| self.is_filled(row, Column::Name, name));
        let price_minor = self.price(row);
        self.currency_of(row);
        let [category, tax_class, unit] = [Column::Category, Column::TaxClass, Column::Unit]
            .map(|column| self.text(row, column, ARTICLE_WORD_BYTES_MAX).unwrap_or(""));
        let age = self.whole(row, Column::Age, AGE_MAX);
        let expiry_days = self.whole(row, Column::ExpiryDays, EXPIRY_DAYS_MAX);
        let plu = self.short_code(row);
        let rate = self.tax_rate(row, tax_class);
        let recalled = self.yes(row, Column::Recalled);
        let (Some((key, digits)), Some(name), Some(price_minor)) = (number, name, price_minor)
        else {
            return;
        };
        self.book.add(&Article {
            key,
            digits,
            name,
            price_minor,
            category,
            tax_class,
            unit,
            age: age.and_then(|age| u8::try_from(age).ok()),
            expiry_days,
            plu,
            tax_rate_basis_points: rate,
            weighed: kind == Some(ArticleKind::Weighed),
            recalled,
        });
    }

    fn short_code(&mut self, row: &Row<'_>) -> Option<u32> {
        let text = self
            .field(row, Column::Plu)
            .filter(|text| !text.is_empty())?;
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
        let code = text
            .parse()
            .ok()
            .filter(|code| is_whole && (1..=PLU_MAX).contains(code));
        let Some(code) = code else {
            self.fault(row, Column::Plu, FaultKind::NoShortCode(shown(text)));
            return None;
        };
        match self.short_codes.insert(code, row.line) {
            None => Some(code),
            Some(line) => {
                self.short_codes.insert(code, line);
                self.fault(row, Column::Plu, FaultKind::ShortCodeTwice { code, line });
                None
            }
        }
    }

    /// All lines of a class say one rate, or none does: what a sale owes is figured on the class.
    fn tax_rate(&mut self, row: &Row<'_>, class: &str) -> Option<u16> {
        let column = Column::TaxRateBasisPoints;
        let rate = self.whole(row, column, TAX_RATE_BASIS_POINTS_MAX);
        if class.is_empty() {
            if rate.is_some() {
                self.fault(row, column, FaultKind::RateWithoutClass);
            }
            return None;
        }
        let known = self.rates.get(class).copied();
        let (first, line) = known.unwrap_or((rate, row.line));
        if known.is_none() {
            self.rates.insert(class.to_owned(), (rate, row.line));
        }
        if first != rate {
            let word =
                |rate: Option<u16>| rate.map_or_else(|| "no".to_owned(), |rate| rate.to_string());
            let what = FaultKind::OtherRate {
                class: shown(class),
                found: word(rate),
                first: word(first),
                line,
            };
            self.fault(row, column, what);
        }
        rate
    }

    fn yes(&mut self, row: &Row<'_>, column: Column) -> bool {
        match self.field(row, column) {
            None | Some("" | "no") => false,
            Some(YES) => true,
            Some(other) => {
                self.fault(row, column, FaultKind::NeitherYesNorNo(shown(other)));
                false
            }
        }
    }

    /// The field, if its column is there.
    fn field<'a>(&self, row: &Row<'a>, column: Column) -> Option<&'a str> {
        let place = self.places.of_column(column)?;
        row.fields.get(place).map(Cow::as_ref)
    }

    fn fault(&mut self, row: &Row<'_>, column: Column, what: impl Into<FaultKind>) {
        self.faults.add(row.line, column.heading(), what);
    }

    fn is_filled(&mut self, row: &Row<'_>, column: Column, text: &str) -> bool {
        if text.is_empty() {
            self.fault(row, column, FaultKind::Empty);
        }
        !text.is_empty()
    }

    fn kind(&mut self, row: &Row<'_>) -> Option<ArticleKind> {
        let word = self.field(row, Column::Kind)?;
        if !self.is_filled(row, Column::Kind, word) {
            return None;
        }
        let kind = ArticleKind::by_word(word);
        if kind.is_none() {
            self.fault(row, Column::Kind, FaultKind::UnknownKind(shown(word)));
        }
        kind
    }

    /// Without a kind that can be read, a label's item is one by its form.
    fn number(&mut self, row: &Row<'_>, kind: Option<ArticleKind>) -> Option<(ArticleKey, u8)> {
        let text = self.field(row, Column::Barcode)?;
        if !self.is_filled(row, Column::Barcode, text) {
            return None;
        }
        let key = match kind {
            Some(ArticleKind::Piece) => piece(text),
            Some(ArticleKind::PriceEmbedded) => self.label(row.line, text),
            Some(ArticleKind::Weighed) | None if LabelItem::read(text).is_some() => {
                self.label(row.line, text)
            }
            Some(ArticleKind::Weighed) | None => piece(text),
        };
        match key {
            Ok(key) => {
                let digits = u8::try_from(text.len()).unwrap_or(u8::MAX);
                self.numbers.push((key, row.line, digits));
                Some((key, digits))
            }
            Err(what) => {
                self.fault(row, Column::Barcode, what);
                None
            }
        }
    }

    fn label(&mut self, line: u32, text: &str) -> Result<ArticleKey, FaultKind> {
        let no_item = || FaultKind::NoLabelItem(shown(text));
        let item = LabelItem::read(text).ok_or_else(no_item)?;
        let (first, on_line) = *self.first_label.get_or_insert((item, line));
        let (found, first) = (item.to_string(), first.to_string());
        if found.len() == first.len() {
            Ok(ArticleKey::Label(item))
        } else {
            Err(FaultKind::OtherLayout {
                found,
                first,
                line: on_line,
            })
        }
    }

    fn text<'a>(&mut self, row: &Row<'a>, column: Column, most: usize) -> Option<&'a str> {
        let text = self.field(row, column)?;
        let unprintable = |letter: char| {
            letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
        };
        if text.len() > most {
            let bytes = text.len();
            let long = match column {
                Column::Name => FaultKind::long_name(bytes),
                Column::Barcode
                | Column::PriceMinor
                | Column::Currency
                | Column::Kind
                | Column::Category
                | Column::TaxClass
                | Column::Unit
                | Column::Age
                | Column::ExpiryDays
                | Column::Plu
                | Column::TaxRateBasisPoints
                | Column::Recalled => FaultKind::long_word(bytes),
            };
            self.fault(row, column, long);
            return None;
        }
        if text.contains(unprintable) {
            self.fault(row, column, FaultKind::ControlCharacter);
            return None;
        }
        Some(text)
    }

    fn price(&mut self, row: &Row<'_>) -> Option<i64> {
        let text = self.field(row, Column::PriceMinor)?;
        if !self.is_filled(row, Column::PriceMinor, text) {
            return None;
        }
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
        let minor = text.parse().ok().filter(|_| is_whole);
        let minor = minor.filter(|minor| (0..=AMOUNT_MINOR_MAX).contains(minor));
        if minor.is_none() {
            let what = FaultKind::of_price(text, self.currency);
            self.fault(row, Column::PriceMinor, what);
        }
        minor
    }

    fn currency_of(&mut self, row: &Row<'_>) {
        let Some(text) = self.field(row, Column::Currency) else {
            return;
        };
        if self.is_filled(row, Column::Currency, text) && text != self.currency.letters() {
            let what = FaultKind::OtherCurrency {
                found: shown(text),
                wanted: self.currency,
            };
            self.fault(row, Column::Currency, what);
        }
    }

    /// A whole number that need not be there.
    fn whole(&mut self, row: &Row<'_>, column: Column, most: u16) -> Option<u16> {
        let text = self.field(row, column).filter(|text| !text.is_empty())?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fault(row, column, FaultKind::NotWhole(shown(text)));
            return None;
        }
        let number = text.parse().ok().filter(|number| *number <= most);
        if number.is_none() {
            let found = shown(text);
            self.fault(row, column, FaultKind::OutOfRange { found, most });
        }
        number
    }

    /// The same number twice is a fault, in whatever forms it is filed.
    fn find_twins(&mut self) {
        self.numbers.sort_unstable();
        let mut first: Option<(ArticleKey, u32, u8)> = None;
        for (key, line, digits) in std::mem::take(&mut self.numbers) {
            match first.filter(|(known, _, _)| *known == key) {
                Some((_, on_line, as_filed)) => {
                    let what = match key {
                        ArticleKey::Piece(number) => {
                            FaultKind::twice(number, on_line, as_filed.into())
                        }
                        ArticleKey::Label(item) => FaultKind::Twice {
                            number: item.to_string(),
                            line: on_line,
                            as_filed: item.to_string(),
                        },
                    };
                    self.faults.add(line, Column::Barcode.heading(), what);
                }
                None => first = Some((key, line, digits)),
            }
        }
    }

    fn finish(mut self, heading: u32) -> Result<PriceFile, PriceFaults> {
        self.find_twins();
        if self.book.len() == 0 && self.faults.is_empty() {
            self.faults.add(heading, "", FaultKind::NoArticle);
        }
        if !self.faults.is_empty() {
            return Err(self.faults.in_order_of_lines());
        }
        Ok(PriceFile {
            book: self.book.finish(),
            not_read: self.places.not_read,
        })
    }
}

/// One line in its fields.
struct Row<'a> {
    line: u32,
    fields: &'a [Cow<'a, str>],
}

fn piece(text: &str) -> Result<ArticleKey, FaultKind> {
    let number = Gtin::read(text).map_err(|error| FaultKind::of_number(text, error))?;
    if number.is_label() {
        return Err(FaultKind::LabelAsPiece(shown(text)));
    }
    Ok(ArticleKey::Piece(number))
}
