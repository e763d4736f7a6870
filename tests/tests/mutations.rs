//! The catalogue of broken guards fits the code: what it wants to break is there. `break_guards`
//! breaks them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test stops at the first surprise; break_guards uses the rest"
)]

mod breaking;

use std::{collections::BTreeSet, fs};

use breaking::catalogue;
use tests::workspace;

#[test]
fn every_guard_is_in_its_file_once() {
    let catalogue = catalogue();
    assert!(catalogue.len() > 60, "only {} mutations", catalogue.len());
    for one in &catalogue {
        let text = fs::read_to_string(workspace().join(&one.file));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", one.name));
        let times = text.matches(&one.old).count();
        assert_eq!(times, 1, "{}: how often `old` is there", one.name);
        assert_ne!(one.new, one.old, "{}: changes nothing", one.name);
    }
}

#[test]
fn every_name_is_its_own() {
    let mut names = BTreeSet::new();
    for one in catalogue() {
        assert!(
            names.insert(one.name.clone()),
            "{} is there twice",
            one.name
        );
    }
}

#[test]
fn every_test_is_one_that_cargo_can_run() {
    for one in catalogue() {
        let manifest = workspace().join(&one.package).join("Cargo.toml");
        assert!(manifest.is_file(), "{}: no package of that name", one.name);
        let named = one.target.strip_prefix("--test ");
        let known = one.target == "--lib" || named.is_some_and(|name| !name.contains(' '));
        assert!(known, "{}: {}", one.name, one.target);
        assert!(
            !one.test.is_empty() && !one.test.contains(' '),
            "{}",
            one.name
        );
    }
}
