//! What a scanned code means, by one table of prefixes: an article, a label of the store's scales,
//! a coupon, a member, a receipt, a payment code, a supervisor's badge.
//!
//! Each code fits one row at most: a table whose rows overlap, or that takes numbers away from
//! articles, is refused before anything is scanned.

use std::fmt;

use crate::{
    barcode::{BarcodeError, Gtin, LabelItem, LabelLayout, label_parts},
    words::{Worded, worded},
};

worded! {
    /// What a code means.
    CodeMeaning:
    /// Goods, by their number.
    Article = 1 "article" "商品";
    /// A label of a scale that says what the piece costs.
    PricedLabel = 2 "priced label" "价格标签";
    /// A label of a scale that says what the piece weighs, in grams.
    WeighedLabel = 3 "weighed label" "重量标签";
    /// Something off.
    Coupon = 4 "coupon" "优惠券";
    /// A member of the store's.
    Member = 5 "member card" "会员卡";
    /// A receipt of the store's.
    Receipt = 6 "receipt" "小票";
    /// The customer's wallet.
    WalletCode = 7 "payment code" "付款码";
    /// A supervisor.
    Badge = 8 "badge" "工牌";
}

impl fmt::Display for CodeMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

/// Lengths of article numbers.
const ARTICLE_LENGTHS: [usize; 4] = [8, 12, 13, 14];
/// Prefixes that GS1 leaves to stores, coupons and refund slips, by the length of the number (GS1
/// General Specifications, section 1.4): no article anywhere begins with them.
const NO_ARTICLE_BEGINS_WITH: [(usize, &[&str]); 3] = [
    (8, &["0", "2"]),
    (12, &["2", "4", "5"]),
    (13, &["02", "04", "05", "2", "98", "99"]),
];
/// Labels are EAN-13.
const LABEL_LENGTH: usize = 13;

/// One row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRule {
    /// What the code begins with.
    pub prefix: String,
    /// Characters it has at least, the prefix among them.
    pub length_min: usize,
    /// And at most.
    pub length_max: usize,
    /// What it means.
    pub meaning: CodeMeaning,
}

impl CodeRule {
    fn new(prefix: &str, (length_min, length_max): (usize, usize), meaning: CodeMeaning) -> Self {
        Self {
            prefix: prefix.to_owned(),
            length_min,
            length_max,
            meaning,
        }
    }

    fn fits(&self, code: &str) -> bool {
        (self.length_min..=self.length_max).contains(&code.chars().count())
            && code.starts_with(&self.prefix)
    }

    /// Whether there are codes that fit both.
    fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (&self.prefix, &other.prefix);
        let of_one_length =
            self.length_min <= other.length_max && other.length_min <= self.length_max;
        of_one_length && (one.starts_with(two.as_str()) || two.starts_with(one.as_str()))
    }

    /// Whether an article's number may fit.
    fn takes_articles(&self) -> bool {
        let is_number = self.prefix.bytes().all(|byte| byte.is_ascii_digit());
        let lengths = ARTICLE_LENGTHS.into_iter();
        let mut taken = lengths.filter(|length| {
            (self.length_min..=self.length_max).contains(length)
                && !is_left_to_stores(*length, &self.prefix)
        });
        is_number && taken.next().is_some()
    }
}

fn is_left_to_stores(length: usize, prefix: &str) -> bool {
    let of_length = NO_ARTICLE_BEGINS_WITH.iter().find(|row| row.0 == length);
    let left = of_length.map_or(&[][..], |row| row.1);
    left.iter().any(|left| prefix.starts_with(left))
}

/// What is wrong with a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeFault {
    /// A row that everything fits, or nothing.
    #[error("{0:?}: a row has a prefix, and lengths from the prefix's on")]
    Row(String),
    /// Two rows for one code.
    #[error("{first:?} and {second:?} overlap: a code may fit both")]
    Overlap {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// A row that numbers of articles fit.
    #[error("{0:?} takes numbers that articles have")]
    TakesArticles(String),
    /// A label that is none.
    #[error("{0:?}: a label has 13 digits")]
    LabelLength(String),
    /// Articles need no row.
    #[error("{0:?}: what fits no row is an article")]
    ArticleRow(String),
}

/// What was scanned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScannedCode {
    /// Goods: UPC-A, EAN-13, EAN-8 or GTIN-14.
    Article(Gtin),
    /// A label with the price of this one piece.
    PricedLabel {
        /// Prefix and item: what the price file knows it by.
        item: LabelItem,
        /// In minor units.
        price_minor: i64,
    },
    /// A label with the weight of this one piece.
    WeighedLabel {
        /// Prefix and item: what the price file knows it by.
        item: LabelItem,
        /// What it says.
        grams: u32,
    },
    /// Anything else, by what it is. Who takes it reads it: a payment code is kept nowhere.
    Other(CodeMeaning),
}

/// The table of a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeTable {
    labels: LabelLayout,
    rules: Vec<CodeRule>,
}

impl CodeTable {
    /// Of a store that says no more: numbers with prefix 20 to 29 are labels with a price, and
    /// payment codes are those of the wallets in China.
    #[must_use]
    pub fn usual(labels: LabelLayout) -> Self {
        let label = |prefix: u8| {
            let lengths = (LABEL_LENGTH, LABEL_LENGTH);
            CodeRule::new(&prefix.to_string(), lengths, CodeMeaning::PricedLabel)
        };
        let wallet = |prefix: u8, lengths| {
            CodeRule::new(&prefix.to_string(), lengths, CodeMeaning::WalletCode)
        };
        let mut rules: Vec<CodeRule> = (20..=29).map(label).collect();
        rules.extend((10..=15).map(|prefix| wallet(prefix, (18, 18))));
        rules.extend((25..=30).map(|prefix| wallet(prefix, (16, 24))));
        rules.push(wallet(62, (16, 20)));
        rules.push(CodeRule::new("R", (7, 32), CodeMeaning::Receipt));
        rules.push(CodeRule::new("M", (4, 32), CodeMeaning::Member));
        rules.push(CodeRule::new("B", (4, 32), CodeMeaning::Badge));
        Self { labels, rules }
    }

    /// A table of a store's own.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn new(labels: LabelLayout, rules: Vec<CodeRule>) -> Result<Self, Vec<CodeFault>> {
        let mut faults: Vec<CodeFault> = rules.iter().filter_map(fault_of).collect();
        for (at, second) in rules.iter().enumerate() {
            let earlier = rules.iter().take(at);
            faults.extend(earlier.filter(|first| first.overlaps(second)).map(|first| {
                CodeFault::Overlap {
                    first: first.prefix.clone(),
                    second: second.prefix.clone(),
                }
            }));
        }
        if faults.is_empty() {
            Ok(Self { labels, rules })
        } else {
            Err(faults)
        }
    }

    /// Its rows.
    #[must_use]
    pub fn rules(&self) -> &[CodeRule] {
        &self.rules
    }

    /// What a scanned code means.
    ///
    /// # Errors
    /// A number whose check digit is wrong, or what is no code at all.
    pub fn read(&self, scanned: &str) -> Result<ScannedCode, BarcodeError> {
        // A label is read as an EAN-13, however many zeros a scanner puts before it.
        let number = Gtin::read(scanned);
        let in_13 = number.ok().and_then(Gtin::in_13_digits);
        let code = in_13.as_deref().unwrap_or(scanned);
        let Some(rule) = self.rules.iter().find(|rule| rule.fits(code)) else {
            return number.map(ScannedCode::Article);
        };
        match rule.meaning {
            CodeMeaning::PricedLabel => {
                number?;
                let (item, price) = label_parts(code, self.labels)?;
                Ok(ScannedCode::PricedLabel {
                    item,
                    price_minor: price.into(),
                })
            }
            CodeMeaning::WeighedLabel => {
                number?;
                let (item, grams) = label_parts(code, self.labels)?;
                Ok(ScannedCode::WeighedLabel { item, grams })
            }
            CodeMeaning::Article => number.map(ScannedCode::Article),
            CodeMeaning::Coupon
            | CodeMeaning::Member
            | CodeMeaning::Receipt
            | CodeMeaning::WalletCode
            | CodeMeaning::Badge => {
                let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
                if is_number && ARTICLE_LENGTHS.contains(&code.len()) {
                    number?;
                }
                Ok(ScannedCode::Other(rule.meaning))
            }
        }
    }
}

fn fault_of(rule: &CodeRule) -> Option<CodeFault> {
    let prefix = || rule.prefix.clone();
    let letters = rule.prefix.chars().count();
    if letters == 0 || rule.length_min < letters || rule.length_max < rule.length_min {
        return Some(CodeFault::Row(prefix()));
    }
    match rule.meaning {
        CodeMeaning::Article => Some(CodeFault::ArticleRow(prefix())),
        CodeMeaning::PricedLabel | CodeMeaning::WeighedLabel
            if (rule.length_min, rule.length_max) != (LABEL_LENGTH, LABEL_LENGTH) =>
        {
            Some(CodeFault::LabelLength(prefix()))
        }
        CodeMeaning::PricedLabel
        | CodeMeaning::WeighedLabel
        | CodeMeaning::Coupon
        | CodeMeaning::Member
        | CodeMeaning::Receipt
        | CodeMeaning::WalletCode
        | CodeMeaning::Badge => rule
            .takes_articles()
            .then(|| CodeFault::TakesArticles(prefix())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::barcode::check_digit;

    const LAYOUT: LabelLayout = LabelLayout::ItemOfFive;

    fn rule(prefix: &str, lengths: (usize, usize), meaning: CodeMeaning) -> CodeRule {
        CodeRule::new(prefix, lengths, meaning)
    }

    fn faults(rules: Vec<CodeRule>) -> Vec<String> {
        let faults = CodeTable::new(LAYOUT, rules).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    fn with_digit(body: &str) -> String {
        format!("{body}{}", check_digit(body).unwrap())
    }

    #[test]
    fn the_usual_table_is_a_table_and_reads_what_a_checkout_meets() {
        let usual = CodeTable::usual(LAYOUT);
        assert_eq!(
            CodeTable::new(LAYOUT, usual.rules().to_vec()).as_ref(),
            Ok(&usual)
        );
        let label = with_digit("211234501299");
        let priced = ScannedCode::PricedLabel {
            item: LabelItem::read("2112345").unwrap(),
            price_minor: 1299,
        };
        for code in [label.clone(), format!("0{label}")] {
            assert_eq!(usual.read(&code), Ok(priced.clone()));
        }
        for (code, meaning) in [
            ("134567890123456789", CodeMeaning::WalletCode),
            ("2834567890123456", CodeMeaning::WalletCode),
            ("6234567890123456789", CodeMeaning::WalletCode),
            ("R3-2-000042", CodeMeaning::Receipt),
            ("B0007", CodeMeaning::Badge),
        ] {
            assert_eq!(usual.read(code), Ok(ScannedCode::Other(meaning)), "{code}");
        }
        let milk = Gtin::read("6901234567892").unwrap();
        assert_eq!(usual.read("6901234567892"), Ok(ScannedCode::Article(milk)));
        let upc = Gtin::read("036000291452").unwrap();
        assert_eq!(usual.read("036000291452"), Ok(ScannedCode::Article(upc)));
        assert_eq!(usual.read("6901234567893"), Err(BarcodeError::CheckDigit));
        assert_eq!(usual.read("2112345012990"), Err(BarcodeError::CheckDigit));
        assert_eq!(usual.read("hello"), Err(BarcodeError::Form));
    }

    #[test]
    fn a_label_may_say_what_it_weighs_and_a_coupon_may_be_a_number() {
        let table = CodeTable::new(
            LAYOUT,
            vec![
                rule("22", (13, 13), CodeMeaning::WeighedLabel),
                rule("99", (13, 13), CodeMeaning::Coupon),
            ],
        )
        .unwrap();
        let weighed = ScannedCode::WeighedLabel {
            item: LabelItem::read("2212345").unwrap(),
            grams: 512,
        };
        assert_eq!(table.read(&with_digit("221234500512")), Ok(weighed));
        let coupon = with_digit("990000000001");
        let read = Ok(ScannedCode::Other(CodeMeaning::Coupon));
        assert_eq!(table.read(&coupon), read);
        let misread = format!("{}{}", &coupon[..12], (coupon.as_bytes()[12] - 47) % 10);
        assert_eq!(table.read(&misread), Err(BarcodeError::CheckDigit));
    }

    #[test]
    fn rows_that_overlap_or_take_articles_are_refused_all_at_once() {
        use CodeMeaning::{Article, Coupon, Member, PricedLabel, WalletCode};
        let said = faults(vec![
            rule("2", (13, 13), PricedLabel),
            rule("28", (13, 24), WalletCode),
            rule("69", (13, 13), Member),
            rule("99", (12, 13), Coupon),
            rule("", (1, 3), Coupon),
            rule("M", (9, 3), Member),
            rule("21", (12, 12), PricedLabel),
            rule("50", (20, 20), Article),
        ]);
        assert_eq!(
            said,
            [
                "\"28\" takes numbers that articles have",
                "\"69\" takes numbers that articles have",
                "\"99\" takes numbers that articles have",
                "\"\": a row has a prefix, and lengths from the prefix's on",
                "\"M\": a row has a prefix, and lengths from the prefix's on",
                "\"21\": a label has 13 digits",
                "\"50\": what fits no row is an article",
                "\"2\" and \"28\" overlap: a code may fit both",
            ]
        );
    }

    proptest! {
        /// No code fits two rows of a table that was taken.
        #[test]
        fn a_code_fits_one_row_of_a_table_at_most(
            rows in prop::collection::vec(("[0-9M]{1,3}", 8..20_usize, 0..4_usize), 0..6),
            code in "[0-9M]{4,22}",
        ) {
            let rules = rows.into_iter().map(|(prefix, least, more)| {
                rule(&prefix, (least, least.saturating_add(more)), CodeMeaning::Coupon)
            });
            if let Ok(table) = CodeTable::new(LAYOUT, rules.collect()) {
                let fitting = table.rules().iter().filter(|rule| rule.fits(&code));
                prop_assert!(fitting.count() <= 1);
            }
        }

        /// A number of an article that stores may not give out is an article in every table.
        #[test]
        fn no_table_takes_an_article_away(
            prefix in "[0-9]{1,4}",
            body in "69[0-9]{10}",
        ) {
            let rules = vec![rule(&prefix, (13, 13), CodeMeaning::Member)];
            if let Ok(table) = CodeTable::new(LAYOUT, rules) {
                let number = Gtin::read(&with_digit(&body)).unwrap();
                let read = table.read(&with_digit(&body));
                prop_assert_eq!(read, Ok(ScannedCode::Article(number)));
            }
        }
    }
}
