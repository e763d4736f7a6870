//! Reads baskets: one a line, the names of goods separated by commas.

use std::{fs, io, path::Path};

use domain::limits::SALE_LINES_MAX;

/// The real baskets the simulation sells when no file is given (`sim/data/README.md`).
const GROCERIES: &[u8] = include_bytes!("../../data/groceries.csv");
/// What the built-in file is called in messages.
pub const GROCERIES_NAME: &str = "sim/data/groceries.csv";
/// The longest name of an article, in bytes: it goes into journal records and on a receipt.
const NAME_BYTES_MAX: usize = 100;

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
    /// There is nothing in it.
    #[error("basket file {file} holds no basket")]
    Empty {
        /// As given.
        file: String,
    },
}

/// What is wrong with one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Bytes that are no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// Nothing between two commas, or an empty line.
    #[error("item {item} has no name")]
    EmptyName {
        /// From 1.
        item: usize,
    },
    /// Longer than a record and a receipt can carry.
    #[error("the name of item {item} is longer than {NAME_BYTES_MAX} bytes")]
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

/// As [`read_baskets`], from bytes; `file` is their name in messages.
///
/// # Errors
/// A broken line, no basket at all.
pub fn parse_baskets(
    bytes: &[u8],
    file: &str,
    count: usize,
) -> Result<Vec<Basket>, BasketFileError> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if body.is_empty() {
        return Err(BasketFileError::Empty { file: file.into() });
    }
    let lines = body.split(|byte| *byte == b'\n').take(count);
    lines
        .enumerate()
        .map(|(index, line)| {
            parse_line(index + 1, line).map_err(|fault| BasketFileError::BadLine {
                file: file.into(),
                line: index + 1,
                fault,
            })
        })
        .collect()
}

fn parse_line(line: usize, bytes: &[u8]) -> Result<Basket, LineFault> {
    let text = str::from_utf8(bytes).map_err(|_| LineFault::NotUtf8)?;
    let names: Vec<String> = text
        .split(',')
        .enumerate()
        .map(|(index, name)| checked_name(index + 1, name))
        .collect::<Result<_, _>>()?;
    if names.len() > SALE_LINES_MAX {
        return Err(LineFault::TooManyItems { items: names.len() });
    }
    Ok(Basket { line, names })
}

fn checked_name(item: usize, name: &str) -> Result<String, LineFault> {
    let name = name.trim();
    if name.is_empty() {
        return Err(LineFault::EmptyName { item });
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(LineFault::LongName { item });
    }
    if name.chars().any(char::is_control) {
        return Err(LineFault::ControlCharacter { item });
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
        assert_eq!(fault(b"a\nb\n\xff\xfe"), (3, LineFault::NotUtf8));
        assert_eq!(
            fault(b"a\x07b"),
            (1, LineFault::ControlCharacter { item: 1 })
        );
        let many = ["x"; 501].join(",");
        assert_eq!(
            fault(many.as_bytes()),
            (1, LineFault::TooManyItems { items: 501 })
        );
        let long = "x".repeat(101);
        assert_eq!(fault(long.as_bytes()), (1, LineFault::LongName { item: 1 }));
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
