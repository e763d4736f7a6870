//! The rules of the house that a compiler does not check: who may depend on whom, how long a file
//! may be, and what must not stand in a repository.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod chinese;
mod imports;
mod naming;
mod repository;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use imports::Imports;
use repository::{files, read, sources};
use tests::workspace;

/// Dependencies point one way. Left: a crate; right: the crates of ours it may name.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("proto", &[]),
    ("iso8583", &[]),
    ("journal", &[]),
    ("ports", &[]),
    ("card-seal", &[]),
    ("configuration", &[]),
    ("command-line", &["configuration", "ports"]),
    ("monitoring", &["ports"]),
    ("web", &["domain", "ports", "monitoring"]),
    ("operator-pin", &["domain"]),
    // Nobody may name it but in `dev-dependencies`.
    ("loop-disk", &[]),
    ("records", &["domain", "proto"]),
    (
        "acquirer-host",
        &["iso8583", "ports", "configuration", "command-line"],
    ),
    (
        "lane-agent",
        &[
            "domain",
            "proto",
            "records",
            "iso8583",
            "journal",
            "ports",
            "card-seal",
            "configuration",
            "command-line",
            "monitoring",
            "web",
            "operator-pin",
        ],
    ),
    (
        "store-hub",
        &[
            "domain",
            "proto",
            "records",
            "iso8583",
            "journal",
            "ports",
            "card-seal",
            "configuration",
            "command-line",
            "monitoring",
            "web",
            "operator-pin",
        ],
    ),
    (
        "head-office",
        &["domain", "proto", "ports", "configuration", "command-line"],
    ),
    (
        "sim",
        &[
            "domain",
            "proto",
            "iso8583",
            "journal",
            "ports",
            "card-seal",
            "command-line",
            "web",
            "operator-pin",
            "acquirer-host",
            "lane-agent",
            "store-hub",
            "head-office",
        ],
    ),
    (
        "tests",
        &[
            "acquirer-host",
            "head-office",
            "iso8583",
            "journal",
            "lane-agent",
            "sim",
            "store-hub",
        ],
    ),
];

/// A foreign crate and the only crates of ours that may name it. The reasons: docs/adr.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("sled", &["journal"]),
    ("redb", &["journal"]),
    ("des", &["iso8583"]),
    ("rppal", &["lane-agent"]),
    ("iso8583_rs", &["iso8583"]),
    ("argon2", &["operator-pin"]),
    ("turmoil", &["sim"]),
    ("toml-span", &["configuration"]),
    ("prometheus-client", &["monitoring"]),
    ("tracing-subscriber", &["command-line", "sim"]),
    ("actix", &["lane-agent", "store-hub", "sim"]),
];

/// `domain` decides; it can't tell the time, draw a number, or reach a disk or a socket.
const DOMAIN_MAY_USE: &[&str] = &["thiserror"];

fn manifests() -> BTreeMap<String, toml::Table> {
    let root = read(&workspace().join("Cargo.toml"));
    let root: toml::Table = root.parse().expect("the root manifest is TOML");
    let members = root["workspace"]["members"]
        .as_array()
        .expect("members are a list");
    members
        .iter()
        .map(|member| {
            let folder = member.as_str().expect("a member is a folder").to_owned();
            let text = read(&workspace().join(&folder).join("Cargo.toml"));
            (folder, text.parse().expect("a manifest is TOML"))
        })
        .collect()
}

fn names(manifest: &toml::Table, sections: &[&str]) -> BTreeSet<String> {
    sections
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let manifests = manifests();
    let ours: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    for (folder, manifest) in &manifests {
        let may = allowed
            .get(folder.as_str())
            .unwrap_or_else(|| panic!("{folder} has no edges"));
        for name in names(manifest, &["dependencies", "build-dependencies"]) {
            if ours.contains(name.as_str()) {
                assert!(
                    may.contains(&name.as_str()),
                    "{folder} must not depend on {name}"
                );
            }
        }
    }
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    for (folder, manifest) in manifests() {
        let all = names(
            &manifest,
            &["dependencies", "build-dependencies", "dev-dependencies"],
        );
        for (foreign, homes) in KEPT_IN {
            if all.contains(*foreign) {
                assert!(
                    homes.contains(&folder.as_str()),
                    "{folder} must not use {foreign}"
                );
            }
        }
        let at_run_time = names(&manifest, &["dependencies"]);
        assert!(
            !at_run_time.contains("iso8583_rs"),
            "{folder}: iso8583_rs is a test peer only"
        );
        if folder == "domain" {
            for name in at_run_time {
                assert!(
                    DOMAIN_MAY_USE.contains(&name.as_str()),
                    "domain must not use {name}"
                );
            }
        }
    }
}

#[test]
fn features_stand_in_the_root_manifest_only() {
    for (folder, manifest) in manifests() {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (name, value) in table {
                let inherits = value.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(
                    inherits,
                    Some(true),
                    "{folder}: {name} must be `workspace = true`"
                );
                assert!(
                    value.get("features").is_none(),
                    "{folder}: features of {name}"
                );
            }
        }
    }
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 600, "{}: {lines} lines", path.display());
    }
}

#[test]
fn no_line_is_wider_than_100_columns() {
    let mut wide = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let width = line.chars().count();
            // A long literal can't be broken; a vector of test data must not be.
            let literal = line.trim_start().starts_with('"') || line.contains("://");
            if width > 100 && !literal {
                wide.push(format!("{}:{}: {width}", path.display(), number + 1));
            }
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[test]
fn nothing_is_left_half_done() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["#[ig", "nore"].concat(),
    ];
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for mark in &marks {
                assert!(
                    !line.contains(mark),
                    "{}:{}: {mark}",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

/// Files of a crate that import each other in circles; a crate that is not named has none. A figure
/// only falls.
const FILES_IN_CIRCLES: &[(&str, usize)] = &[
    ("acquirer-host", 3),
    ("command-line", 2),
    ("iso8583", 2),
    ("lane-agent", 3),
    ("sim", 2),
    ("store-hub", 2),
];

#[test]
fn files_import_each_other_in_no_more_circles_than_before() {
    let sources: Vec<(PathBuf, String)> = sources().collect();
    let mut wrong = Vec::new();
    for folder in manifests().keys() {
        let imports = Imports::of(folder, &sources);
        let circles = imports.circles();
        let found: usize = circles.iter().map(BTreeSet::len).sum();
        let kept = FILES_IN_CIRCLES.iter().find(|(of, _)| of == folder);
        let kept = kept.map_or(0, |(_, files)| *files);
        match found.cmp(&kept) {
            Ordering::Equal => {}
            Ordering::Less => wrong.push(format!("{folder}: {found} files, lower it in the table")),
            Ordering::Greater => wrong.push(format!(
                "{folder}: {found} files in circles, {kept} before: {circles:?}"
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Doc blocks that say no more than the name below them. A figure only falls.
const DOCS_THAT_REPEAT: &[(&str, usize)] = &[("domain", 115), ("journal", 9)];

#[test]
fn no_more_doc_blocks_repeat_a_name_than_before() {
    for (folder, kept) in DOCS_THAT_REPEAT {
        let mut found = Vec::new();
        for (path, text) in sources().filter(|(path, _)| path.starts_with(folder)) {
            for (line, doc) in naming::docs_that_repeat(&text) {
                found.push(format!("{}:{line}: {doc}", path.display()));
            }
        }
        let advice = match found.len().cmp(kept) {
            Ordering::Equal => continue,
            Ordering::Less => "lower it in the table",
            Ordering::Greater => "say what the name does not, or nothing",
        };
        panic!(
            "{folder}: {} of {kept}: {advice}\n{}",
            found.len(),
            found.join("\n")
        );
    }
}

/// Words of our own that others took the place of (docs/words), each in two pieces so that this
/// list is not found by itself.
const RETIRED: [[&str; 2]; 24] = [
    ["Laid", "Away"],
    ["Lay", "Away"],
    ["put", "_away"],
    ["bring", "_back"],
    ["She", "lf"],
    ["Stand", "ing"],
    ["stands", "_like"],
    ["Payment", "Story"],
    ["Hub", "Before"],
    ["Earlier", "Hub"],
    ["Requested", "Before"],
    ["Abandoned", "Before"],
    ["line", "_up"],
    ["pati", "ence"],
    ["Patience", "IsOver"],
    ["str", "ays"],
    ["Forwar", "der"],
    ["Lo", "ok"],
    ["Go", "ne"],
    ["Liv", "ed"],
    ["To", "ld"],
    ["Hea", "rd"],
    ["Aro", "und"],
    ["Ov", "er"],
];

/// Files that were called by a word of our own.
const RETIRED_FILES: [&str; 7] = [
    "laid_away",
    "shelf",
    "story",
    "swift",
    "sixteen",
    "eight",
    "back",
];

#[test]
fn retired_words_stay_retired() {
    let retired: BTreeSet<String> = RETIRED.iter().map(|pieces| pieces.concat()).collect();
    let mut back = Vec::new();
    for (path, text) in sources() {
        let names = naming::items(&text).filter(|name| retired.contains(*name));
        back.extend(names.map(|name| format!("{}: {name}", path.display())));
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if stem.is_some_and(|stem| RETIRED_FILES.contains(&stem)) {
            back.push(path.display().to_string());
        }
    }
    assert!(back.is_empty(), "see docs/words:\n{}", back.join("\n"));
}

#[test]
fn no_build_output_is_in_the_repository() {
    for path in files() {
        let built = path.components().any(|part| part.as_os_str() == "target");
        assert!(!built, "{}", path.display());
    }
}

#[test]
fn no_file_is_called_helpers() {
    let vague = [
        "utils", "util", "helpers", "common", "manager", "types", "misc",
    ];
    for path in files() {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or("");
            assert!(
                !vague.contains(&stem),
                "{}: name it after what it decides",
                path.display()
            );
        }
    }
}

#[test]
fn the_domain_cannot_tell_the_time() {
    let forbidden = [
        "SystemTime",
        "Instant",
        "f32",
        "f64",
        "std::fs",
        "std::net",
        "std::env",
    ];
    for (path, text) in sources().filter(|(path, _)| path.starts_with("domain/src")) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for word in forbidden {
                let used = code
                    .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                    .any(|token| token == word || token.starts_with(&format!("{word}::")));
                assert!(!used, "{}:{}: {word}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn every_invariant_of_the_code_is_documented() {
    let documented = read(&workspace().join("docs/invariants.md"));
    for number in 1..=20 {
        let row = format!("| I{number} |");
        assert!(
            documented.contains(&row),
            "docs/invariants.md has no row for I{number}"
        );
    }
}

/// Codes such as HUB0007, wherever code names them.
#[test]
fn every_error_code_has_a_page() {
    let mut named = BTreeSet::new();
    for (path, text) in sources().filter(|(path, _)| !path.starts_with("tests")) {
        for (start, prefix) in text.match_indices("HUB") {
            let code: String = text[start..].chars().take(prefix.len() + 4).collect();
            let digits = code
                .chars()
                .skip(prefix.len())
                .filter(char::is_ascii_digit)
                .count();
            if digits == 4 {
                named.insert((code, path.clone()));
            }
        }
    }
    assert!(!named.is_empty(), "no code is named anywhere");
    for (code, path) in named {
        let page = workspace().join(format!("docs/errors/{code}.md"));
        assert!(
            page.is_file(),
            "{}: {code} has no page in docs/errors",
            path.display()
        );
    }
}
