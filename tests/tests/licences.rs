//! The licences of everything we ship, against the list in deny.toml: the same rule that
//! `cargo deny check licenses` applies, on a machine that has only cargo.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{collections::BTreeSet, env, fs, process::Command};

use serde_json::Value;
use tests::workspace;

fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(workspace().join("deny.toml")).expect("deny.toml is there");
    let rules: toml::Table = text.parse().expect("deny.toml is TOML");
    let list = rules["licenses"]["allow"]
        .as_array()
        .expect("a list of licences");
    list.iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

/// An SPDX expression is fine if one alternative of each `AND` part is. Old manifests write `/` for
/// `OR`.
fn acceptable(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    if expression.contains('(') && plain.contains(" AND ") {
        // `A AND (B OR C)`: every name in it must be allowed; stricter than needed, never laxer.
        return plain
            .split(" AND ")
            .flat_map(|part| part.split(" OR "))
            .all(|name| allowed.contains(name.trim()));
    }
    plain.split(" OR ").any(|choice| {
        choice
            .split(" AND ")
            .all(|name| allowed.contains(name.trim()))
    })
}

#[test]
fn every_licence_is_on_the_list() {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace())
        .output()
        .expect("cargo describes the workspace");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let allowed = allowed();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 50, "only {} packages seen", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| {
            let licence = package["license"].as_str().unwrap_or("none");
            !acceptable(licence, &allowed)
        })
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(
        refused.is_empty(),
        "not on the list of deny.toml:\n{}",
        refused.join("\n")
    );
}

#[test]
fn an_expression_is_read_as_meant() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "Unicode-3.0".to_owned()]);
    for fine in [
        "MIT",
        "MIT OR GPL-3.0",
        "Apache-2.0/MIT",
        "MIT AND Unicode-3.0",
    ] {
        assert!(acceptable(fine, &allowed), "{fine}");
    }
    for wrong in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "none",
        "(MIT OR GPL-3.0) AND GPL-2.0",
    ] {
        assert!(!acceptable(wrong, &allowed), "{wrong}");
    }
}
