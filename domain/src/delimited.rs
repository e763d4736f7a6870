//! Tables as people hand them in: text that spreadsheets and tills write, one row a line.
//!
//! Reads what such programs do differently: a byte-order mark, line ends of three kinds, a comma,
//! a semicolon or a tab between fields, quotes, empty fields at the end. Refuses by name what would
//! be read wrongly: another encoding, a quote that is not closed. A row is one line, so that a
//! quote left open costs its own line and not the rest of the file.

use std::borrow::Cow;

/// What stands between two fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`: spreadsheets where the comma is the decimal sign.
    Semicolon,
    /// A tab.
    Tab,
}

impl Separator {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The character.
    #[must_use]
    pub const fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }
}

/// Why bytes are not a text that can be read. Each says what to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotText {
    /// A Chinese text of an older program.
    #[error("the file is GBK (GB18030), not UTF-8: save it as \"CSV UTF-8\"")]
    Gbk {
        /// The first line that shows it, from 1.
        line: u32,
    },
    /// A text of two bytes a character.
    #[error("the file is UTF-16, not UTF-8: save it as \"CSV UTF-8\"")]
    Utf16,
    /// A spreadsheet itself.
    #[error("the file is a spreadsheet workbook, not a table in text: save it as \"CSV UTF-8\"")]
    Workbook,
    /// Neither.
    #[error("not UTF-8: save the file as \"CSV UTF-8\"")]
    Unknown {
        /// The first line that shows it, from 1.
        line: u32,
    },
}

impl NotText {
    /// The first line that shows it, from 1; 1 where the whole file does.
    #[must_use]
    pub const fn line(self) -> u32 {
        match self {
            Self::Gbk { line } | Self::Unknown { line } => line,
            Self::Utf16 | Self::Workbook => 1,
        }
    }
}

/// What is wrong with the quotes of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadQuotes {
    /// Opened and not closed on its line.
    #[error("the quote before field {field} is not closed on this line")]
    NotClosed {
        /// From 1.
        field: usize,
    },
    /// Something stands between a closing quote and the next separator.
    #[error("field {field} goes on behind its closing quote: a quote inside is written twice")]
    Behind {
        /// From 1.
        field: usize,
    },
}

/// The text, without its byte-order mark.
///
/// # Errors
/// It is another encoding, or no text.
pub fn text_of(bytes: &[u8]) -> Result<&str, NotText> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(NotText::Workbook);
    }
    let looks_utf16 = |bytes: &[u8]| bytes.iter().take(64).any(|byte| *byte == 0);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || looks_utf16(bytes) {
        return Err(NotText::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let ends = before.iter().filter(|byte| **byte == b'\n').count();
        let line = u32::try_from(ends).unwrap_or(u32::MAX).saturating_add(1);
        if is_gbk(bytes) {
            NotText::Gbk { line }
        } else {
            NotText::Unknown { line }
        }
    })
}

/// Whether every byte beyond ASCII stands where GB18030 wants it: a lead byte, then a trail byte,
/// or digit, lead, digit (GB 18030-2005, 5.1).
fn is_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return true,
            [0..=0x7f, after @ ..] => after,
            [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, after @ ..] => after,
            [
                0x81..=0xfe,
                0x30..=0x39,
                0x81..=0xfe,
                0x30..=0x39,
                after @ ..,
            ] => after,
            _ => return false,
        };
    }
}

/// The lines with their numbers from 1; `\n`, `\r\n` and `\r` end one. An end behind the last line
/// begins no other.
pub fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut rest = text;
    let mut number = 0_u32;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number = number.saturating_add(1);
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end)?;
        rest = behind
            .strip_prefix("\r\n")
            .or_else(|| behind.strip_prefix(['\n', '\r']))
            .unwrap_or(behind);
        Some((number, line))
    })
}

/// The fields of a line, without spaces around them and without their quotes.
///
/// # Errors
/// Quotes that can't be read.
pub fn fields(line: &str, separator: Separator) -> Result<Vec<Cow<'_, str>>, BadQuotes> {
    let separator = separator.character();
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let number = fields.len().saturating_add(1);
        let begun = text.trim_start_matches(is_padding(separator));
        let (field, behind) = match begun.strip_prefix('"') {
            Some(quoted) => unquote(quoted, separator, number)?,
            None => match text.split_once(separator) {
                Some((field, behind)) => (Cow::Borrowed(field.trim()), Some(behind)),
                None => (Cow::Borrowed(text.trim()), None),
            },
        };
        fields.push(field);
        rest = behind;
    }
    Ok(fields)
}

/// Whitespace, unless it is what parts the fields.
fn is_padding(separator: char) -> impl Fn(char) -> bool {
    move |letter| letter.is_whitespace() && letter != separator
}

/// A field behind its opening quote, and what follows its separator.
fn unquote(
    text: &str,
    separator: char,
    field: usize,
) -> Result<(Cow<'_, str>, Option<&str>), BadQuotes> {
    let mut value = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"').ok_or(BadQuotes::NotClosed { field })?;
        value = joined(value, part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                value = joined(value, "\"");
                rest = behind;
            }
            None => {
                rest = behind;
                break;
            }
        }
    }
    if let Cow::Borrowed(borrowed) = value {
        value = Cow::Borrowed(borrowed.trim());
    } else if value.trim().len() != value.len() {
        value = Cow::Owned(value.trim().to_owned());
    }
    let behind = rest.trim_start_matches(is_padding(separator));
    match behind.strip_prefix(separator) {
        Some(behind) => Ok((value, Some(behind))),
        None if behind.is_empty() => Ok((value, None)),
        None => Err(BadQuotes::Behind { field }),
    }
}

fn joined<'a>(value: Cow<'a, str>, part: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(part);
    }
    let mut owned = value.into_owned();
    owned.push_str(part);
    Cow::Owned(owned)
}

/// What parts the fields of this line: what its first field outside quotes is followed by most
/// often in the line. `None`: none of them stands there.
#[must_use]
pub fn separator_of(line: &str) -> Option<Separator> {
    let mut counts = [
        (0_usize, Separator::Comma),
        (0, Separator::Semicolon),
        (0, Separator::Tab),
    ];
    let mut quoted = false;
    for letter in line.chars() {
        quoted ^= letter == '"';
        for (count, separator) in &mut counts {
            if !quoted && letter == separator.character() {
                *count = count.saturating_add(1);
            }
        }
    }
    // Of equals the first: a comma.
    counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, separator)| separator)
}

/// How many letters have to be put in, left out or changed to make one word of the other, up to
/// `most`; `None` beyond.
#[must_use]
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        for (cell, wanted) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal.saturating_add(usize::from(letter != wanted));
            let least = changed
                .min(left.saturating_add(1))
                .min(cell.saturating_add(1));
            diagonal = *cell;
            *cell = least;
            left = least;
        }
        if let Some(first) = row.first_mut() {
            *first = index.saturating_add(1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str, separator: Separator) -> Vec<String> {
        let fields = fields(line, separator).unwrap();
        fields.into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn quotes_separators_and_empty_ends_are_read_as_spreadsheets_write_them() {
        use Separator::{Comma, Semicolon, Tab};
        assert_eq!(read("a, b ,c", Comma), ["a", "b", "c"]);
        assert_eq!(read("\"whole milk\",soda", Comma), ["whole milk", "soda"]);
        assert_eq!(
            read("\"a,b\" ; \"say \"\"so\"\"\";", Semicolon),
            ["a,b", "say \"so\"", ""]
        );
        assert_eq!(read("a\t\"b\tc\"\t\t", Tab), ["a", "b\tc", "", ""]);
        assert_eq!(read("5\" pipe,x", Comma), ["5\" pipe", "x"]);
        assert_eq!(read("", Comma), [""]);
        let open = fields("a,\"b,c", Comma);
        assert_eq!(open, Err(BadQuotes::NotClosed { field: 2 }));
        let behind = fields("\"a\"b,c", Comma);
        assert_eq!(behind, Err(BadQuotes::Behind { field: 1 }));
    }

    #[test]
    fn lines_end_in_three_ways() {
        let all: Vec<_> = lines("a\r\nb\nc\r\rd").collect();
        assert_eq!(all, [(1, "a"), (2, "b"), (3, "c"), (4, ""), (5, "d")]);
        assert_eq!(lines("a\n").count(), 1);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn another_encoding_is_called_by_its_name() {
        assert_eq!(text_of(b"\xef\xbb\xbfa,b"), Ok("a,b"));
        assert_eq!(text_of("牛奶".as_bytes()), Ok("牛奶"));
        assert_eq!(
            text_of(b"a\nb,\xc5\xa3\xc4\xcc\n"),
            Err(NotText::Gbk { line: 2 })
        );
        assert_eq!(text_of(b"a\n\xff\xff\n"), Err(NotText::Unknown { line: 2 }));
        assert_eq!(text_of(b"\xff\xfea\0,\0"), Err(NotText::Utf16));
        assert_eq!(text_of(b"a\0,\0b\0"), Err(NotText::Utf16));
        assert_eq!(text_of(b"PK\x03\x04rest"), Err(NotText::Workbook));
    }

    #[test]
    fn the_separator_is_what_stands_there_most() {
        assert_eq!(separator_of("a,b"), Some(Separator::Comma));
        assert_eq!(separator_of("\"a,b,c\";d"), Some(Separator::Semicolon));
        assert_eq!(separator_of("a\tb\tc,d"), Some(Separator::Tab));
        assert_eq!(separator_of("rolls/buns"), None);
    }

    #[test]
    fn near_words_are_near() {
        assert_eq!(distance("barcode", "barcode", 2), Some(0));
        assert_eq!(distance("barcod", "barcode", 2), Some(1));
        assert_eq!(distance("whole mlik", "whole milk", 2), Some(2));
        assert_eq!(distance("soda", "whole milk", 2), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(values in prop::collection::vec("[^\r\n]{0,12}", 1..6)) {
            for separator in Separator::ALL {
                let quoted: Vec<String> = values
                    .iter()
                    .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
                    .collect();
                let line = quoted.join(&separator.character().to_string());
                let trimmed: Vec<&str> = values.iter().map(|value| value.trim()).collect();
                prop_assert_eq!(read(&line, separator), trimmed);
            }
        }

        #[test]
        fn any_line_is_fields_or_a_fault(line in "[ \t,;\"a\u{725b}]{0,40}") {
            for separator in Separator::ALL {
                let _ = fields(&line, separator);
            }
            let _ = separator_of(&line);
        }
    }
}
