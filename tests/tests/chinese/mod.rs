//! What is said in Chinese is Chinese: no English word stands in a Chinese text of the programs.

use std::path::Path;

use crate::repository::sources;

/// What people here call by its letters, and names.
const ALLOWED: &[&str] = &[
    "JCB",
    "JSON",
    "CSV",
    "Lanekeeper",
    "MAC",
    "PIN",
    "SKU",
    "STAN",
    "TID",
    "X",
    "Z",
];
/// Options of commands: what is typed.
const OPTIONS: &[&str] = &["limit", "from", "to"];

/// People's names stand in both languages.
fn names_people(path: &Path) -> bool {
    path.ends_with("by_hand/operators.rs")
}

/// The string literals of a source, tests aside.
fn literals(source: &str) -> Vec<&str> {
    let source = source.split("#[cfg(test)]\nmod tests {").next();
    let mut rest = source.unwrap_or_default();
    let mut found = Vec::new();
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let here = &rest[at..];
        rest = if here.starts_with("//") {
            here.split_once('\n').map_or("", |(_, below)| below)
        } else if let Some(behind) = here.strip_prefix("'\"'") {
            behind
        } else if let Some(text) = here.strip_prefix('"') {
            let end = end_of(text);
            found.push(&text[..end]);
            text.get(end + 1..).unwrap_or_default()
        } else {
            &here[1..]
        };
    }
    found
}

fn end_of(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn is_chinese(text: &str) -> bool {
    text.chars()
        .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// Words in Latin letters that are not allowed, without what is filled in.
fn foreign_words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0;
    for letter in text.replace("\\n", " ").chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()));
    let is_code = |word: &str| {
        let number = word.strip_prefix("HUB").or(word.strip_prefix("LANE"));
        number.is_some_and(|number| number.len() == 4)
    };
    words
        .filter(|word| !ALLOWED.contains(word) && !OPTIONS.contains(word) && !is_code(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_english_word_stands_in_a_chinese_text() {
    let mut seen = 0;
    let mut faults = Vec::new();
    for (path, source) in sources() {
        let is_test = path.components().any(|part| part.as_os_str() == "tests");
        if is_test || names_people(&path) {
            continue;
        }
        for text in literals(&source)
            .into_iter()
            .filter(|text| is_chinese(text))
        {
            seen += 1;
            let words = foreign_words(text);
            if !words.is_empty() {
                faults.push(format!("{}: {text}: {words:?}", path.display()));
            }
        }
    }
    assert!(seen > 500, "{seen} Chinese texts");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn an_english_word_in_a_chinese_text_is_found() {
    let source = "said(language, \"It's \\\"here\\\"\", \
                  \"{lane} 号收银台 is away（HUB0013）\") // \"不 no\n";
    let found = literals(source);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(foreign_words(found[1]), ["is", "away"]);
    assert!(foreign_words("X 报表，PIN，LANE0050").is_empty());
}
