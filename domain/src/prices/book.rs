//! All articles of a store, as a lane finds them.
//!
//! One list in the order of its keys, with all names in one text: 100,000 articles take some seven
//! MiB, and nothing else of the file is kept.

use crate::{
    barcode::{BarcodeError, Gtin, LabelItem, LabelLayout},
    ids::ReceiptNumber,
    money::{Currency, Money},
    sale::{Event, PricedItem, SoldBy, WeighedBy, Weight},
    scan_codes::{CodeMeaning, CodeTable, ScannedCode},
};

/// What a column says that answers a question.
pub(super) const YES: &str = "yes";

/// What an article is known by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ArticleKey {
    /// Its number, however it is printed.
    Piece(Gtin),
    /// Prefix and item of its labels.
    Label(LabelItem),
}

/// How an article is priced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArticleKind {
    /// By the file.
    Piece,
    /// By its label.
    PriceEmbedded,
    /// By its weight: the file has the price of a kilogram.
    Weighed,
}

impl ArticleKind {
    /// The word in a price file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Piece => "piece",
            Self::PriceEmbedded => "price-embedded",
            Self::Weighed => "weighed",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn by_word(word: &str) -> Option<Self> {
        [Self::Piece, Self::PriceEmbedded, Self::Weighed]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// One article with all that its file says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Article<'a> {
    /// What it is known by.
    pub key: ArticleKey,
    /// Digits of its number as filed.
    pub digits: u8,
    /// As on receipts.
    pub name: &'a str,
    /// Of one piece, of a kilogram of what is weighed; of labelled goods whatever the file says.
    pub price_minor: i64,
    /// What kind of goods; empty: not said. So with the next two.
    pub category: &'a str,
    /// How it is taxed.
    pub tax_class: &'a str,
    /// What is counted.
    pub unit: &'a str,
    /// The customer's least age in years.
    pub age: Option<u8>,
    /// Days before its date from which it is refused.
    pub expiry_days: Option<u16>,
    /// Its short code for the keys.
    pub plu: Option<u32>,
    /// What its tax class takes: 1,300 are 13 %.
    pub tax_rate_basis_points: Option<u16>,
    /// It is sold by weight.
    pub weighed: bool,
    /// It may not be sold any more.
    pub recalled: bool,
}

impl Article<'_> {
    /// How it is priced.
    #[must_use]
    pub const fn kind(&self) -> ArticleKind {
        match self.key {
            ArticleKey::Piece(_) | ArticleKey::Label(_) if self.weighed => ArticleKind::Weighed,
            ArticleKey::Piece(_) => ArticleKind::Piece,
            ArticleKey::Label(_) => ArticleKind::PriceEmbedded,
        }
    }

    /// As it is sold under this code, at the price that the file has.
    fn item(&self, code: &str, currency: Currency) -> PricedItem {
        let price = Money::new(self.price_minor, currency);
        let sold_by = match self.kind() {
            ArticleKind::Weighed => SoldBy::Weight,
            ArticleKind::Piece | ArticleKind::PriceEmbedded => SoldBy::Piece,
        };
        PricedItem {
            sold_by,
            unit: self.unit.to_owned(),
            category: self.category.to_owned(),
            tax_class: self.tax_class.to_owned(),
            tax_rate_basis_points: self.tax_rate_basis_points,
            least_age: self.age,
            ..PricedItem::of_piece(code, self.name, price)
        }
    }

    /// Its number as it was filed.
    #[must_use]
    pub fn as_filed(&self) -> String {
        match self.key {
            ArticleKey::Piece(number) => number.in_digits(self.digits.into()),
            ArticleKey::Label(item) => item.to_string(),
        }
    }
}

/// Why a scanned code is not sold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotSold {
    /// Read wrongly.
    #[error(transparent)]
    Misread(#[from] BarcodeError),
    /// Not in the price file.
    #[error("not in the price file")]
    NotInFile,
    /// A label of price 0.
    #[error("the label carries no price")]
    NoPrice,
    /// A label of weight 0, or of goods that have no price of a kilogram.
    #[error("the label carries no weight that can be priced")]
    NoWeight,
    /// The file recalls it.
    #[error("{0} is recalled")]
    Recalled(String),
    /// No article at all.
    #[error("the code is a {0}, not an article")]
    NoArticle(CodeMeaning),
}

/// An article in few bytes: texts stand elsewhere.
#[derive(Clone, Copy, Debug)]
struct Row {
    key: ArticleKey,
    price_minor: i64,
    name_from: u32,
    name_bytes: u8,
    digits: u8,
    age: Option<u8>,
    expiry_days: Option<u16>,
    tax_rate_basis_points: Option<u16>,
    /// 0: none.
    plu: u32,
    weighed: bool,
    recalled: bool,
    category: Word,
    tax_class: Word,
    unit: Word,
}

/// Where a word stands that many articles share.
type Word = u32;

/// All articles of the store. Prices are in the store's currency. Books are equal if they have the
/// same articles, in whatever order these came.
#[derive(Clone, Debug)]
pub struct PriceBook {
    currency: Currency,
    rows: Vec<Row>,
    names: String,
    words: Vec<String>,
    /// Short codes and the places of their rows, in the order of the codes.
    short_codes: Vec<(u32, u32)>,
}

impl PartialEq for PriceBook {
    fn eq(&self, other: &Self) -> bool {
        self.currency == other.currency && self.articles().eq(other.articles())
    }
}

impl Eq for PriceBook {}

impl PriceBook {
    /// What a scanned code is and costs, by the usual table of codes.
    ///
    /// # Errors
    /// See [`PriceBook::find`].
    pub fn look_up(&self, scanned: &str, layout: LabelLayout) -> Result<PricedItem, NotSold> {
        self.find(scanned, &CodeTable::usual(layout))
    }

    /// What a scanned code is and costs.
    ///
    /// # Errors
    /// A misread, an article that is not in the file or is recalled, a label without a price or
    /// weight, a code of something else.
    pub fn find(&self, scanned: &str, codes: &CodeTable) -> Result<PricedItem, NotSold> {
        let code = codes.read(scanned)?;
        let key = match &code {
            ScannedCode::Article(number) => ArticleKey::Piece(*number),
            ScannedCode::PricedLabel { item, .. } | ScannedCode::WeighedLabel { item, .. } => {
                ArticleKey::Label(*item)
            }
            ScannedCode::Other(meaning) => return Err(NotSold::NoArticle(*meaning)),
        };
        let article = self.article(key).ok_or(NotSold::NotInFile)?;
        let mut item = self.sellable(&article, scanned)?;
        match code {
            ScannedCode::PricedLabel { price_minor: 0, .. } => return Err(NotSold::NoPrice),
            ScannedCode::PricedLabel { price_minor, .. } => {
                item.unit_price = Money::new(price_minor, self.currency);
                item.price_embedded = true;
                item.sold_by = SoldBy::Piece;
            }
            ScannedCode::WeighedLabel { grams, .. } => {
                if grams == 0 || !article.weighed {
                    return Err(NotSold::NoWeight);
                }
                let by = WeighedBy::Label;
                item.weight = Some(Weight { grams, by });
            }
            ScannedCode::Article(_) | ScannedCode::Other(_) => {}
        }
        Ok(item)
    }

    fn sellable(&self, article: &Article<'_>, code: &str) -> Result<PricedItem, NotSold> {
        if article.recalled {
            return Err(NotSold::Recalled(article.name.to_owned()));
        }
        Ok(article.item(code, self.currency))
    }

    /// What a scan tells the checkout.
    #[must_use]
    pub fn scanned(&self, scanned: &str, codes: &CodeTable) -> Event {
        let event = told(self.find(scanned, codes), scanned);
        match ReceiptNumber::scanned(scanned) {
            Some(receipt) if event == Event::OtherCode(CodeMeaning::Receipt) => {
                let reason = String::new();
                Event::ReturnAsked { receipt, reason }
            }
            Some(_) | None => event,
        }
    }

    /// What a short code tells the checkout. An article that has its price on labels only is not
    /// sold by the keys.
    #[must_use]
    pub fn by_plu(&self, code: u32) -> Event {
        let short = code.to_string();
        let at = self
            .short_codes
            .binary_search_by_key(&code, |known| known.0);
        let row = at.ok().and_then(|at| self.short_codes.get(at));
        let row = row.and_then(|(_, row)| self.rows.get(usize::try_from(*row).ok()?));
        let article = row.map(|row| self.view(row));
        let article = article.filter(|article| article.kind() != ArticleKind::PriceEmbedded);
        let found = article.ok_or(NotSold::NotInFile);
        let found = found.and_then(|article| self.sellable(&article, &short));
        told(found, &short)
    }

    /// What a class of tax takes, by the lines that name it.
    #[must_use]
    pub fn tax_rate(&self, class: &str) -> Option<u16> {
        let word = self.words.iter().position(|word| word == class)?;
        let word = Word::try_from(word).ok()?;
        let mut rows = self.rows.iter().filter(|row| row.tax_class == word);
        rows.find_map(|row| row.tax_rate_basis_points)
    }

    /// The article with this key.
    #[must_use]
    pub fn article(&self, key: ArticleKey) -> Option<Article<'_>> {
        let at = self.rows.binary_search_by_key(&key, |row| row.key).ok()?;
        self.rows.get(at).map(|row| self.view(row))
    }

    /// All of them, in the order of their keys.
    pub fn articles(&self) -> impl Iterator<Item = Article<'_>> {
        self.rows.iter().map(|row| self.view(row))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What it is priced in.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The first labelled article that labels of this layout never lead to.
    #[must_use]
    pub fn unfit_for(&self, layout: LabelLayout) -> Option<LabelItem> {
        self.rows.iter().find_map(|row| match row.key {
            ArticleKey::Label(item) => (!item.fits(layout)).then_some(item),
            ArticleKey::Piece(_) => None,
        })
    }

    fn view(&self, row: &Row) -> Article<'_> {
        let from = usize::try_from(row.name_from).unwrap_or(usize::MAX);
        let to = from.saturating_add(row.name_bytes.into());
        Article {
            key: row.key,
            digits: row.digits,
            name: self.names.get(from..to).unwrap_or_default(),
            price_minor: row.price_minor,
            category: self.word(row.category),
            tax_class: self.word(row.tax_class),
            unit: self.word(row.unit),
            age: row.age,
            expiry_days: row.expiry_days,
            plu: (row.plu > 0).then_some(row.plu),
            tax_rate_basis_points: row.tax_rate_basis_points,
            weighed: row.weighed,
            recalled: row.recalled,
        }
    }

    fn word(&self, word: Word) -> &str {
        let word = usize::try_from(word).ok().and_then(|at| self.words.get(at));
        word.map_or("", String::as_str)
    }
}

/// What comes of a code at the checkout.
fn told(found: Result<PricedItem, NotSold>, code: &str) -> Event {
    match found {
        Ok(item) => Event::Scanned(item),
        Err(NotSold::Recalled(name)) => Event::NotForSale { name },
        Err(NotSold::NoArticle(meaning)) => Event::OtherCode(meaning),
        Err(NotSold::Misread(_) | NotSold::NotInFile | NotSold::NoPrice | NotSold::NoWeight) => {
            Event::NotFound {
                barcode: code.to_owned(),
            }
        }
    }
}

/// A book in the making.
#[derive(Debug)]
pub(super) struct BookBuilder {
    book: PriceBook,
    known_words: std::collections::BTreeMap<String, Word>,
}

impl BookBuilder {
    /// `most`: more articles than this do not come.
    pub(super) fn new(currency: Currency, most: usize) -> Self {
        let book = PriceBook {
            currency,
            rows: Vec::with_capacity(most),
            names: String::new(),
            words: Vec::new(),
            short_codes: Vec::new(),
        };
        Self {
            book,
            known_words: std::collections::BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.book.len()
    }

    /// Takes one article; names were measured before.
    pub(super) fn add(&mut self, article: &Article<'_>) {
        let row = Row {
            key: article.key,
            price_minor: article.price_minor,
            name_from: u32::try_from(self.book.names.len()).unwrap_or(u32::MAX),
            name_bytes: u8::try_from(article.name.len()).unwrap_or(u8::MAX),
            digits: article.digits,
            age: article.age,
            expiry_days: article.expiry_days,
            tax_rate_basis_points: article.tax_rate_basis_points,
            plu: article.plu.unwrap_or(0),
            weighed: article.weighed,
            recalled: article.recalled,
            category: self.word(article.category),
            tax_class: self.word(article.tax_class),
            unit: self.word(article.unit),
        };
        self.book.names.push_str(article.name);
        self.book.rows.push(row);
    }

    /// In the order of their keys. Nothing is copied: a lane has little memory.
    pub(super) fn finish(mut self) -> PriceBook {
        self.book.rows.sort_unstable_by_key(|row| row.key);
        self.book.rows.shrink_to_fit();
        self.book.names.shrink_to_fit();
        self.book.words.shrink_to_fit();
        let rows = (0..).zip(&self.book.rows);
        let coded = rows.filter(|(_, row)| row.plu > 0);
        self.book.short_codes = coded.map(|(at, row)| (row.plu, at)).collect();
        self.book.short_codes.sort_unstable();
        self.book
    }

    fn word(&mut self, word: &str) -> Word {
        if word.is_empty() {
            return Word::MAX;
        }
        if let Some(known) = self.known_words.get(word) {
            return *known;
        }
        let at = Word::try_from(self.book.words.len()).unwrap_or(Word::MAX);
        self.book.words.push(word.to_owned());
        self.known_words.insert(word.to_owned(), at);
        at
    }
}
