//! Each manifest names the one that was sealed before it, over all days: a version that is taken
//! out leaves a hole, an edited one a link that fits nothing.

use std::collections::BTreeMap;

use crate::oracle::verdict::Verdict;

use super::sealed::{Version, Versions};

pub(super) fn check(versions: &Versions, verdict: &mut Verdict) {
    for (date, numbers) in versions.numbers() {
        for wanted in 1..=numbers.last().copied().unwrap_or(0) {
            verdict.check(numbers.contains(&wanted), "I20", None, || {
                format!("version {wanted} of {date} is gone")
            });
        }
    }
    let sealed: BTreeMap<&str, &Version> = versions
        .all()
        .map(|version| (version.manifest_sha256.as_str(), version))
        .collect();
    let mut named: BTreeMap<&str, &Version> = BTreeMap::new();
    for version in versions.all() {
        let before = version.manifest.previous_manifest_sha256.as_str();
        let there = before.is_empty() || sealed.contains_key(before);
        verdict.check(there, "I20", None, || {
            format!(
                "{} was sealed after a version that is gone or was changed",
                version.place
            )
        });
        let other = named.insert(before, version);
        verdict.check(other.is_none(), "I20", None, || {
            let other = other.map_or("", |other| other.place.as_str());
            format!(
                "{} and {other} were sealed after the same version",
                version.place
            )
        });
    }
    let has_begun = named.contains_key("") || sealed.is_empty();
    verdict.check(has_begun, "I20", None, || {
        "the version that was sealed first is gone".to_owned()
    });
}
