//! What the documents say of the code is so: tests that they name exist, lists are whole, and every
//! line of the log keeps its grammar.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod repository;

use std::{collections::BTreeSet, fs, path::PathBuf};

use repository::{files, sources};
use tests::workspace;

fn read(path: &str) -> String {
    repository::read(&workspace().join(path))
}

/// The names of all tests in the code.
fn names_of_tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in sources() {
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let code = line.strip_prefix("async ").unwrap_or(line);
            if let Some(named) = code.strip_prefix("fn ").filter(|_| is_test) {
                let name = named.split(['(', '<']).next().unwrap_or_default();
                names.insert(name.to_owned());
                is_test = false;
            }
        }
    }
    names
}

/// Whether a test, or a file or folder of tests, is called so; `…` stands for the rest of a name.
fn is_there(named: &str, tests: &BTreeSet<String>, files: &[PathBuf]) -> bool {
    let last = named.rsplit("::").next().unwrap_or(named);
    if let Some(beginning) = last.strip_suffix('…') {
        return tests.iter().any(|test| test.starts_with(beginning));
    }
    let is_part = |file: &PathBuf| {
        let parts = file.iter().filter_map(|part| part.to_str());
        parts
            .map(|part| part.trim_end_matches(".rs"))
            .any(|part| part == last)
    };
    tests.contains(last) || files.iter().any(is_part)
}

/// What a document quotes and is no path of the workspace: other words, or a place to be filled in.
fn is_path(quoted: &str) -> bool {
    let first = quoted.split('/').next().unwrap_or_default();
    let is_plain = !quoted.contains([' ', '<', '*', '…', '{']);
    is_plain && quoted.contains('/') && workspace().join(first).is_dir()
}

#[test]
fn each_file_that_a_how_to_names_exists() {
    let mut named = 0;
    for entry in fs::read_dir(workspace().join("docs/how-to")).unwrap() {
        let page = entry.unwrap().path();
        let text = repository::read(&page);
        for quoted in text.split('`').skip(1).step_by(2) {
            if is_path(quoted) {
                let place = workspace().join(quoted);
                assert!(place.exists(), "{}: there is no {quoted}", page.display());
                named += 1;
            }
        }
    }
    assert!(named > 100, "{named} files only");
}

#[test]
fn each_test_that_the_table_of_faults_names_exists() {
    let text = read("docs/invariants.md");
    let table = text
        .split("## Faults found by living in it")
        .nth(1)
        .unwrap();
    let tests = names_of_tests();
    let files = files();
    let mut named = 0;
    for row in table.lines().filter(|row| row.starts_with("| F")) {
        let column = row.split('|').nth(3).unwrap();
        let quoted: Vec<&str> = column.split('`').skip(1).step_by(2).collect();
        assert!(!quoted.is_empty(), "no test is named in {row}");
        for name in quoted {
            assert!(is_there(name, &tests, &files), "there is no {name}: {row}");
            named += 1;
        }
    }
    assert!(named > 40, "{named} names only");
    for made_up in ["no_such_test", "f99_…"] {
        assert!(!is_there(made_up, &tests, &files), "{made_up}");
    }
}

/// Files of a folder of pages, without its list.
fn pages(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "README.md").collect();
    names.sort();
    names
}

#[test]
fn each_decision_is_listed_with_its_title() {
    let list = read("docs/adr/README.md");
    for page in pages("docs/adr") {
        let text = read(&format!("docs/adr/{page}"));
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let (number, title) = title.split_once(". ").unwrap();
        assert!(
            page.starts_with(&format!("{number:0>4}-")),
            "{page}: {number}"
        );
        let row = format!("| [{number}]({page}) | {title} |");
        assert!(
            list.lines().any(|line| line == row),
            "docs/adr/README.md has no row\n{row}"
        );
    }
}

#[test]
fn each_page_of_an_error_is_listed() {
    let list = read("docs/errors/README.md");
    for page in pages("docs/errors") {
        let code = page.trim_end_matches(".md");
        let text = read(&format!("docs/errors/{page}"));
        assert!(
            text.starts_with(&format!("# {code}")),
            "{page} is of another code"
        );
        assert!(
            list.contains(&format!("| [{code}]({page}) | ")),
            "{page} is not listed"
        );
    }
}

/// Codes such as LANE0001, wherever the lane's own code names them. Terminals are called so as
/// well, but not there.
#[test]
fn every_error_code_of_a_lane_has_a_page() {
    let mut codes = BTreeSet::new();
    for (_, text) in sources().filter(|(path, _)| path.starts_with("lane-agent/src")) {
        for (start, _) in text.match_indices("LANE0") {
            codes.extend(text.get(start..start + 8).map(str::to_owned));
        }
    }
    assert!(codes.len() > 10, "{codes:?}");
    for code in codes {
        let page = format!("docs/errors/{code}.md");
        assert!(workspace().join(&page).is_file(), "there is no {page}");
    }
}

/// Each call of a log macro: where it stands, and what stands in its brackets.
fn log_calls(text: &str) -> Vec<(usize, &str)> {
    let mut calls = Vec::new();
    for level in ["error!(", "warn!(", "info!(", "debug!("] {
        for (start, _) in text.match_indices(level) {
            let before = text[..start].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let arguments = &text[start + level.len()..];
            let line = text[..start].lines().count();
            calls.push((line, arguments));
        }
    }
    calls
}

/// An event is a few words in lower case, and says nothing that a field can say: no values, no
/// sentence, no full stop.
fn is_event(words: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " ,'-".contains(c);
    !words.is_empty() && words.len() <= 60 && words.chars().all(known) && words.trim() == words
}

/// Style 8: lower case, an event name and fields, no sentence templates.
#[test]
fn a_line_of_the_log_is_an_event_and_fields() {
    let mut calls = 0;
    let programs = ["sim/", "tests/", "journal/tests", "loop-disk/"];
    for (path, text) in sources() {
        if programs.iter().any(|other| path.starts_with(other)) || !path.iter().any(|p| p == "src")
        {
            continue;
        }
        for (line, arguments) in log_calls(&text) {
            let place = format!("{}:{line}", path.display());
            let event = arguments.trim_start().strip_prefix("event = \"");
            let event = event.unwrap_or_else(|| panic!("{place}: no `event = \"...\"` first"));
            let (event, fields) = event.split_once('"').unwrap();
            assert!(is_event(event), "{place}: \"{event}\" is no event");
            let fields = fields.trim_start();
            assert!(
                fields.starts_with([',', ')']),
                "{place}: what follows \"{event}\"?"
            );
            let next = fields.trim_start_matches(',').trim_start();
            assert!(
                !next.starts_with('"'),
                "{place}: a sentence behind \"{event}\""
            );
            calls += 1;
        }
    }
    assert!(calls > 100, "{calls} lines of the log only");
    for wrong in [
        "Lane left",
        "lane left.",
        "lane {lane} left",
        "",
        " lane left",
    ] {
        assert!(!is_event(wrong), "{wrong}");
    }
}

/// What a change has to pass is told by the names of its stages, each with the minutes it takes.
#[test]
fn each_stage_of_ci_stands_in_the_table_of_minutes() {
    let contributing = read("CONTRIBUTING.md");
    let rows: Vec<&str> = contributing
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    let script = read(".ci/run");
    let mut stages = 0;
    for line in script.lines() {
        let Some((_, call)) = line.split_once("stage ") else {
            continue;
        };
        let in_its_place =
            line.starts_with("stage ") || line.contains("=") && !line.starts_with(' ');
        if !in_its_place {
            continue;
        }
        let name = match call.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap(),
            None => call.split(' ').next().unwrap(),
        };
        let told = rows.iter().any(|row| row.contains(name));
        assert!(told, "CONTRIBUTING.md does not tell of the stage {name}");
        stages += 1;
    }
    assert!(stages > 12, "{stages} stages only");
}
