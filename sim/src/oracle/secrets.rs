//! No card number, PIN block or key stands in clear in what the run wrote (I16), but for the files
//! that are there to hold them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{
    oracle::{evidence::Evidence, manifest::files_of, verdict::Verdict},
    store::{folder::CAPTURE, record::RunRecord},
    workload::customer::ScriptedTender,
};

/// What is looked for.
struct Secret {
    what: &'static str,
    bytes: Vec<u8>,
}

/// Secrets by their first eight bytes.
#[derive(Default)]
struct Secrets {
    by_start: BTreeMap<[u8; 8], Vec<Secret>>,
    /// Whether a secret begins with these two bytes.
    starts: BTreeSet<[u8; 2]>,
}

pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let secrets = Secrets::of(evidence);
    let root = evidence.folder.root();
    // A run that wasn't asked to capture must not have captured.
    let captured = RunRecord::read(root).is_ok_and(|record| record.captured);
    for name in files_of(root) {
        if may_hold_secrets(&name) || (captured && name == CAPTURE) {
            continue;
        }
        match fs::read(root.join(&name)) {
            Ok(bytes) => {
                let found = secrets.find(&bytes);
                verdict.check(found.is_none(), "I16", None, || {
                    let (what, at) = found.unwrap_or(("", 0));
                    format!("{name} holds {what} in clear at byte {at}")
                });
            }
            Err(error) => verdict.broke("readable", None, format!("{name}: {error}")),
        }
    }
}

/// The customers' pockets, the bank's vault, and the test keys.
fn may_hold_secrets(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    matches!(
        file,
        "workload.jsonl" | "script.jsonl" | "accounts.toml" | "keys.toml" | "lane.toml"
    )
}

impl Secrets {
    fn of(evidence: &Evidence) -> Self {
        let mut secrets = Self::default();
        let tenders = evidence.visits.iter().flat_map(|visit| &visit.tenders);
        let mut numbers = BTreeSet::new();
        for tender in tenders {
            if let ScriptedTender::Card { pan, pin, .. } = tender {
                numbers.insert(pan.as_str());
                if let Some(block) = pin.as_deref().and_then(|pin| clear_pin_block(pin, pan)) {
                    secrets.add_with_hex("a PIN block", &block);
                }
            }
        }
        for pan in numbers {
            secrets.add("a card number", pan.as_bytes().to_vec());
            if let Some(packed) = pan.get(..16).and_then(from_hex) {
                secrets.add("a card number", packed);
            }
        }
        let root = evidence.folder.root();
        for file in ["hub/keys.toml", "host/keys.toml"] {
            for key in keys_in(&root.join(file)) {
                secrets.add_with_hex("a key", &key);
            }
        }
        secrets
    }

    fn add_with_hex(&mut self, what: &'static str, bytes: &[u8]) {
        let lower = base16ct::lower::encode_string(bytes);
        self.add(what, lower.to_uppercase().into_bytes());
        self.add(what, lower.into_bytes());
        self.add(what, bytes.to_vec());
    }

    fn add(&mut self, what: &'static str, bytes: Vec<u8>) {
        let Some(start) = bytes.first_chunk::<8>().copied() else {
            return;
        };
        self.starts.insert([start[0], start[1]]);
        self.by_start
            .entry(start)
            .or_default()
            .push(Secret { what, bytes });
    }

    fn find(&self, bytes: &[u8]) -> Option<(&'static str, usize)> {
        let begins = self.begins();
        for (at, start) in bytes.windows(8).enumerate() {
            let Some(start) = start.first_chunk::<8>() else {
                continue;
            };
            let index = usize::from(start[0]) << 8 | usize::from(start[1]);
            if !begins.get(index).is_some_and(|begins| *begins) {
                continue;
            }
            let candidates = self.by_start.get(start).into_iter().flatten();
            let rest = bytes.get(at..).unwrap_or_default();
            for secret in candidates {
                if rest.starts_with(&secret.bytes) {
                    return Some((secret.what, at));
                }
            }
        }
        None
    }

    /// By the first two bytes: most places of a file are passed over with one look.
    fn begins(&self) -> Vec<bool> {
        let mut begins = vec![false; 1 << 16];
        for [first, second] in &self.starts {
            let index = usize::from(*first) << 8 | usize::from(*second);
            if let Some(place) = begins.get_mut(index) {
                *place = true;
            }
        }
        begins
    }
}

/// ISO 9564 format 0: PIN field XOR the 12 rightmost digits of the number without check digit.
fn clear_pin_block(pin: &str, pan: &str) -> Option<Vec<u8>> {
    let without_check = pan.get(..pan.len().checked_sub(1)?)?;
    let twelve = without_check.get(without_check.len().checked_sub(12)?..)?;
    let pin_field = from_hex(&format!("0{:x}{pin:f<14}", pin.len()))?;
    let pan_field = from_hex(&format!("0000{twelve}"))?;
    Some(
        pin_field
            .iter()
            .zip(&pan_field)
            .map(|(pin, pan)| pin ^ pan)
            .collect(),
    )
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Every value of at least 32 hex digits in a keys file.
fn keys_in(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let quoted = text.split('"').filter(|word| word.len() >= 32);
    quoted.filter_map(from_hex).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_block_is_that_of_the_published_example() {
        // ISO 9564-1, format 0: PIN 1234, PAN 43219876543210987.
        let block = clear_pin_block("1234", "43219876543210987").unwrap();
        assert_eq!(base16ct::lower::encode_string(&block), "0412ac89abcdef67");
    }

    #[test]
    fn a_secret_is_found_in_the_middle_of_anything() {
        let mut secrets = Secrets::default();
        secrets.add("a card number", b"4111111111111111".to_vec());
        secrets.add_with_hex("a key", &[0x13; 16]);
        assert_eq!(
            secrets.find(b"..4111111111111111.."),
            Some(("a card number", 2))
        );
        assert_eq!(secrets.find(b"411111******1111"), None);
        assert_eq!(
            secrets.find(&[&[7; 9][..], &[0x13; 16]].concat()),
            Some(("a key", 9))
        );
        assert_eq!(secrets.find(&[0x13; 15]), None);
        assert_eq!(
            secrets.find("x1313131313131313131313131313131313".as_bytes()),
            Some(("a key", 1))
        );
    }
}
