//! Lines that are no TOML at all: each is told, and the rest of the file is read all the same.

use zeroize::Zeroizing;

use crate::Fault;

/// Broken lines told of one file; a file with more is not meant as TOML.
const BROKEN_LINES_MAX: usize = 32;

/// A text that can be read on, and what was wrong with the lines that were replaced in it.
pub(crate) struct Readable {
    pub(crate) text: Zeroizing<String>,
    pub(crate) faults: Vec<Fault>,
    /// No header was broken: what follows one could belong anywhere.
    pub(crate) is_whole: bool,
}

/// Takes the value of a broken line away until the rest can be read; lines keep their numbers.
pub(crate) fn readable(text: &str) -> Readable {
    let mut readable = Readable {
        text: text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .to_owned()
            .into(),
        faults: Vec::new(),
        is_whole: true,
    };
    while let Err(error) = toml_span::parse(&readable.text) {
        let line = line_of(&readable.text, error.span.start);
        let key = key_of(&readable.text, line);
        // A second fault on a line that has been emptied is not of that line: what stands around
        // it is broken.
        let again = readable.faults.iter().any(|fault| fault.line == line);
        if !again {
            readable.faults.push(Fault {
                line,
                key: key.clone().unwrap_or_default(),
                reason: reason(&error.kind),
            });
        }
        if again || key.is_none() || readable.faults.len() >= BROKEN_LINES_MAX {
            readable.is_whole = false;
            return readable;
        }
        readable.text = with_line_emptied(&readable.text, line, &readable.faults);
    }
    readable
}

/// Line of an offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let ends = before.iter().filter(|byte| **byte == b'\n').count();
    ends.saturating_add(1)
}

/// The key that stands on a line, with its section; nothing where the line is no `key = value`.
fn key_of(text: &str, line: usize) -> Option<String> {
    let mut section = "";
    let mut key = None;
    for text in text.lines().take(line) {
        let text = text.trim();
        key = bare_key(text);
        if let Some(header) = text.strip_prefix('[') {
            section = header
                .trim_start_matches('[')
                .split(']')
                .next()
                .unwrap_or("");
        }
    }
    let key = key?;
    match section.trim() {
        "" => Some(key.to_owned()),
        section => Some(format!("{section}.{key}")),
    }
}

fn bare_key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!key.is_empty() && key.bytes().all(is_bare)).then_some(key)
}

/// The key stays, under a name of its own where it stands twice: it is not missing.
fn with_line_emptied(text: &str, line: usize, faults: &[Fault]) -> Zeroizing<String> {
    let twice = faults
        .last()
        .is_some_and(|fault| fault.reason == STANDS_TWICE);
    // Longer by no more than one value; it must not grow and leave a copy.
    let mut emptied = Zeroizing::new(String::with_capacity(text.len().saturating_add(16)));
    for (number, text) in (1..).zip(text.lines()) {
        match bare_key(text) {
            Some(key) if number == line && !twice => {
                emptied.push_str(key);
                emptied.push_str(" = false");
            }
            Some(_) if number == line => {}
            Some(_) | None => emptied.push_str(text),
        }
        emptied.push('\n');
    }
    emptied
}

const STANDS_TWICE: &str = "stands here for the second time";

/// Says what was expected, and never what stands there: it may be a key or a card number.
fn reason(kind: &toml_span::ErrorKind) -> String {
    use toml_span::ErrorKind as Kind;
    match kind {
        Kind::DuplicateKey { .. } | Kind::DuplicateTable { .. } => STANDS_TWICE,
        Kind::UnterminatedString | Kind::InvalidCharInString(_) | Kind::UnexpectedEof => {
            "a quote or bracket is not closed"
        }
        Kind::InvalidEscape(_) | Kind::InvalidHexEscape(_) | Kind::InvalidEscapeValue(_) => {
            "an escape (\\) that TOML does not know; a text in single quotes has none"
        }
        Kind::ExceededDepthLimit => "too many brackets inside each other",
        Kind::RedefineAsArray | Kind::DottedKeyInvalidType { .. } => {
            "is a table in one place and something else in another"
        }
        Kind::UnquotedString | Kind::InvalidNumber | Kind::OutOfRange(_) => {
            "not a value; texts, dates and durations stand in quotes"
        }
        _ => "not TOML; KEY = VALUE or [SECTION] is expected",
    }
    .to_owned()
}
