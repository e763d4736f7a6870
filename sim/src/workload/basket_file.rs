//! Reads baskets: one a line, the names of goods separated by commas, semicolons or tabs, in quotes
//! where need be, with or without a heading.
//!
//! What can't be read, or was read as something it can't be, is told with its line: a basket of
//! invented articles would look like a day of sales.

use std::{borrow::Cow, fs, io, path::Path};

use domain::{
    delimited::{self, BadQuotes, NotText, Separator},
    limits::{ARTICLE_NAME_BYTES_MAX, SALE_LINES_MAX},
};

use crate::workload::price_list::PriceList;

/// The real baskets the simulation sells when no file is given (`sim/data/README.md`).
const GROCERIES: &[u8] = include_bytes!("../../data/groceries.csv");
/// What the built-in file is called in messages.
pub const GROCERIES_NAME: &str = "sim/data/groceries.csv";
/// What a heading calls the things under it, small letters and no digits.
const HEADINGS: [&str; 10] = [
    "item", "items", "item(s)", "article", "articles", "product", "products", "goods", "basket",
    "商品",
];
/// Lines looked at to tell what parts the fields.
const LINES_LOOKED_AT: usize = 200;

/// One customer's goods, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// Line of the file, from 1.
    pub line: usize,
    /// Names of articles, trimmed.
    pub names: Vec<String>,
}

/// Why a basket file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BasketFileError {
    /// It can't be read at all.
    #[error("basket file {file} can't be read: {source}")]
    Unreadable {
        /// As given.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// One line of it is broken.
    #[error("basket file {file}, line {line}: {fault}")]
    BadLine {
        /// As given.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// It is another encoding, or no text.
    #[error("basket file {file}, line {}: {fault}", fault.line())]
    NotText {
        /// As given.
        file: String,
        /// What it is.
        fault: NotText,
    },
    /// There is nothing in it.
    #[error("basket file {file} holds no basket")]
    Empty {
        /// As given.
        file: String,
    },
}

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Quotes that can't be read.
    #[error(transparent)]
    Quotes(#[from] BadQuotes),
    /// Parted by something else than the lines around it.
    #[error("its items are parted by a {found}, those of the file by a {wanted}")]
    OtherSeparator {
        /// Here.
        found: &'static str,
        /// Elsewhere.
        wanted: &'static str,
    },
    /// Nothing between two commas, or an empty line among others.
    #[error("item {item} has no name")]
    EmptyName {
        /// From 1.
        item: usize,
    },
    /// A count or a number of something, and no article.
    #[error("item {item} is \"{name}\": a name has letters")]
    NoLetter {
        /// From 1.
        item: usize,
        /// As it stands there.
        name: String,
    },
    /// Longer than a record and a receipt can carry.
    #[error("the name of item {item} is longer than {ARTICLE_NAME_BYTES_MAX} bytes")]
    LongName {
        /// From 1.
        item: usize,
    },
    /// Control characters have no place on a receipt.
    #[error("the name of item {item} holds a control character")]
    ControlCharacter {
        /// From 1.
        item: usize,
    },
    /// Almost an article that has a price.
    #[error("item {item} is \"{name}\", which has no price; meant is \"{meant}\"?")]
    Misspelt {
        /// From 1.
        item: usize,
        /// As it stands there.
        name: String,
        /// With a price.
        meant: String,
    },
    /// More than one sale can hold.
    #[error("{items} items, a sale holds at most {SALE_LINES_MAX}")]
    TooManyItems {
        /// How many there are.
        items: usize,
    },
}

/// The first `count` baskets of a file, or of the built-in one; all, if it has fewer. Every line
/// before the last one taken has to be good.
///
/// # Errors
/// A file that can't be read, a broken line, no basket at all.
pub fn read_baskets(file: Option<&Path>, count: usize) -> Result<Vec<Basket>, BasketFileError> {
    let Some(path) = file else {
        return parse_baskets(GROCERIES, GROCERIES_NAME, count);
    };
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => parse_baskets(&bytes, &name, count),
        Err(source) => Err(BasketFileError::Unreadable { file: name, source }),
    }
}

/// Refuses names that are almost those of articles with a price: sold by an invented price, they
/// would never be missed.
///
/// # Errors
/// The first such line.
pub fn check_names(
    baskets: &[Basket],
    prices: &PriceList,
    file: &str,
) -> Result<(), BasketFileError> {
    for basket in baskets {
        for (index, name) in basket.names.iter().enumerate() {
            if let Some(meant) = prices.meant_by(name) {
                return Err(BasketFileError::BadLine {
                    file: file.into(),
                    line: basket.line,
                    fault: LineFault::Misspelt {
                        item: index + 1,
                        name: name.clone(),
                        meant: meant.to_owned(),
                    },
                });
            }
        }
    }
    Ok(())
}

/// As [`read_baskets`], from bytes; `file` is their name in messages.
///
/// # Errors
/// A broken line, no basket at all.
pub fn parse_baskets(
    bytes: &[u8],
    file: &str,
    count: usize,
) -> Result<Vec<Basket>, BasketFileError> {
    let text = delimited::text_of(bytes).map_err(|fault| BasketFileError::NotText {
        file: file.into(),
        fault,
    })?;
    let separator = separator_of(text);
    let mut lines: Vec<(u32, &str)> = delimited::lines(text).collect();
    while lines.last().is_some_and(|(_, line)| is_blank(line)) {
        lines.pop();
    }
    let headed = lines
        .first()
        .is_some_and(|(_, line)| is_heading(line, separator));
    let lines = lines.into_iter().skip(usize::from(headed)).take(count);
    let baskets: Vec<Basket> = lines
        .map(|(line, text)| {
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            parse_line(line, text, separator).map_err(|fault| BasketFileError::BadLine {
                file: file.into(),
                line,
                fault,
            })
        })
        .collect::<Result<_, _>>()?;
    if baskets.is_empty() && count > 0 {
        return Err(BasketFileError::Empty { file: file.into() });
    }
    Ok(baskets)
}

/// What most lines are parted by.
fn separator_of(text: &str) -> Separator {
    let lines = delimited::lines(text).take(LINES_LOOKED_AT);
    let found: Vec<Separator> = lines
        .filter_map(|(_, line)| delimited::separator_of(line))
        .collect();
    let votes = |wanted: Separator| found.iter().filter(|found| **found == wanted).count();
    // Of equals the first: a comma.
    Separator::ALL
        .into_iter()
        .rev()
        .max_by_key(|separator| votes(*separator))
        .unwrap_or(Separator::Comma)
}

/// Spreadsheets write lines of separators where cells were emptied.
fn is_blank(line: &str) -> bool {
    line.chars()
        .all(|letter| letter.is_whitespace() || matches!(letter, ',' | ';' | '"'))
}

fn is_heading(line: &str, separator: Separator) -> bool {
    let Ok(fields) = delimited::fields(line, separator) else {
        return false;
    };
    let is_one = |field: &Cow<'_, str>| {
        let bare = field.trim_end_matches(|letter: char| {
            letter.is_ascii_digit() || letter.is_whitespace() || letter == '_'
        });
        field.is_empty() || HEADINGS.contains(&bare.to_lowercase().as_str())
    };
    !is_blank(line) && fields.iter().all(is_one)
}

fn parse_line(line: usize, text: &str, separator: Separator) -> Result<Basket, LineFault> {
    if let Some(found) = delimited::separator_of(text).filter(|found| *found != separator)
        && !text.contains(separator.character())
    {
        let (found, wanted) = (found.name(), separator.name());
        return Err(LineFault::OtherSeparator { found, wanted });
    }
    let mut fields = delimited::fields(text, separator)?;
    while fields.len() > 1 && fields.last().is_some_and(|field| field.is_empty()) {
        fields.pop();
    }
    let names: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(index, name)| checked_name(index + 1, name))
        .collect::<Result<_, _>>()?;
    if names.len() > SALE_LINES_MAX {
        return Err(LineFault::TooManyItems { items: names.len() });
    }
    Ok(Basket { line, names })
}

fn checked_name(item: usize, name: &str) -> Result<String, LineFault> {
    if name.is_empty() {
        return Err(LineFault::EmptyName { item });
    }
    if name.len() > ARTICLE_NAME_BYTES_MAX {
        return Err(LineFault::LongName { item });
    }
    if name.chars().any(char::is_control) {
        return Err(LineFault::ControlCharacter { item });
    }
    if !name.chars().any(char::is_alphabetic) {
        let name = name.to_owned();
        return Err(LineFault::NoLetter { item, name });
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> (usize, LineFault) {
        match parse_baskets(bytes, "f", 100) {
            Err(BasketFileError::BadLine { line, fault, .. }) => (line, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_built_in_file_has_9835_baskets_of_169_categories() {
        let baskets = read_baskets(None, usize::MAX).unwrap();
        assert_eq!(baskets.len(), 9_835);
        let items: usize = baskets.iter().map(|basket| basket.names.len()).sum();
        assert_eq!(items, 43_367);
        let mut names: Vec<_> = baskets.iter().flat_map(|basket| &basket.names).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 169);
    }

    #[test]
    fn names_are_trimmed_and_line_ends_of_both_kinds_are_read() {
        let baskets = parse_baskets(b"ham , whole milk\r\nsoda", "f", 9).unwrap();
        assert_eq!(baskets[0].names, ["ham", "whole milk"]);
        assert_eq!(baskets[1].names, ["soda"]);
        assert_eq!(baskets[1].line, 2);
    }

    #[test]
    fn broken_lines_are_named_by_number_and_fault() {
        assert_eq!(fault(b"a\nb,,c\n"), (2, LineFault::EmptyName { item: 2 }));
        assert_eq!(fault(b"a\n\nb"), (2, LineFault::EmptyName { item: 1 }));
        assert_eq!(
            fault(b"a\n4,b\n"),
            (
                2,
                LineFault::NoLetter {
                    item: 1,
                    name: "4".to_owned()
                }
            )
        );
        let gbk = parse_baskets(b"a\nb\n\xc5\xa3\xc4\xcc", "f", 9)
            .unwrap_err()
            .to_string();
        assert!(gbk.contains("line 3: the file is GBK"), "{gbk}");
        assert_eq!(
            fault(b"a\x07b"),
            (1, LineFault::ControlCharacter { item: 1 })
        );
        let many = ["x"; 501].join(",");
        assert_eq!(
            fault(many.as_bytes()),
            (1, LineFault::TooManyItems { items: 501 })
        );
        let long = "x".repeat(129);
        assert_eq!(fault(long.as_bytes()), (1, LineFault::LongName { item: 1 }));
    }

    fn names(bytes: &[u8]) -> Vec<Vec<String>> {
        let baskets = parse_baskets(bytes, "f", 100).unwrap();
        baskets.into_iter().map(|basket| basket.names).collect()
    }

    #[test]
    fn f28_each_way_of_writing_the_same_baskets_is_read() {
        let wanted = [vec!["whole milk", "soda"], vec!["rolls/buns"]];
        assert_eq!(names(include_bytes!("baskets/baskets_header.csv")), wanted);
        assert_eq!(
            names(include_bytes!("baskets/baskets_trailing_empty.csv")),
            wanted
        );
        let two = [vec!["whole milk", "soda"], vec!["rolls/buns", "soda"]];
        assert_eq!(names(include_bytes!("baskets/baskets_quotes.csv")), two);
        assert_eq!(names(include_bytes!("baskets/baskets_semicolon.csv")), two);
        assert_eq!(
            names(b"\xef\xbb\xbfitem 1;item 2\r\nham;\"a;b\";;\r\n;;\r\n"),
            [["ham", "a;b"]]
        );
        let chinese = names(include_bytes!("baskets/baskets_cjk.csv"));
        assert_eq!(chinese[0], ["鲜牛奶", "汽水"]);
        assert_eq!(chinese.len(), 3);
    }

    #[test]
    fn f28_a_line_that_is_parted_otherwise_is_told() {
        let (line, fault) = fault(b"ham;soda\nsoda;ham\nwhole milk,soda\n");
        assert_eq!(line, 3);
        assert!(
            fault
                .to_string()
                .contains("by a comma, those of the file by a semicolon")
        );
        let open = super::parse_baskets(b"ham,\"soda\nham\n", "f", 9)
            .unwrap_err()
            .to_string();
        assert!(
            open.contains("line 1: the quote before field 2 is not closed"),
            "{open}"
        );
    }

    #[test]
    fn f28_a_name_that_is_almost_a_known_one_is_an_error_with_its_line() {
        let prices = PriceList::read(None).unwrap();
        for (text, meant) in [
            ("soda\nham,whole mlik\n", "whole milk"),
            ("soda\nWhole Milk\n", "whole milk"),
            ("soda\nSODA\n", "soda"),
            ("soda\nrolls buns\n", "rolls/buns"),
        ] {
            let baskets = parse_baskets(text.as_bytes(), "f", 9).unwrap();
            let error = check_names(&baskets, &prices, "f").unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains(meant), "{error}");
        }
        // A new category is one, and gets a price by rule.
        let baskets = parse_baskets("moon cake,鲜牛奶\n".as_bytes(), "f", 9).unwrap();
        check_names(&baskets, &prices, "f").unwrap();
        check_names(&read_baskets(None, usize::MAX).unwrap(), &prices, "f").unwrap();
    }

    #[test]
    fn lines_beyond_the_asked_count_are_not_looked_at() {
        assert_eq!(parse_baskets(b"a\nb\n,,", "f", 2).unwrap().len(), 2);
    }

    #[test]
    fn an_empty_and_a_missing_file_say_so() {
        assert!(matches!(
            parse_baskets(b"", "f", 1),
            Err(BasketFileError::Empty { .. })
        ));
        let missing = read_baskets(Some(Path::new("/nonexistent/baskets.csv")), 1).unwrap_err();
        assert!(
            missing
                .to_string()
                .contains("/nonexistent/baskets.csv can't be read")
        );
    }
}
