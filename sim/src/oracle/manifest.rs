//! The SHA-256 of every file a run has left, and of what the bank's ledger says of each payment, so
//! that a change afterwards is found even where nothing reads the byte that was changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use base16ct::lower::encode_string as hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{oracle::verdict::Verdict, store::folder::RunFolder};

/// What the manifest is called in the run's folder.
pub(super) const MANIFEST: &str = "manifest.json";
/// Written after the manifest, and holds its hash.
const RUN: &str = "run.json";
/// A copy of the store that was opened again after the run (`--keep-open`).
pub const OPEN_COPY: &str = "open";

/// A run's files as it left them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Path in the folder to SHA-256 of the content.
    pub files: BTreeMap<String, String>,
    /// Payment to SHA-256 of its lines in the bank's ledger.
    pub payments: BTreeMap<String, String>,
}

impl Manifest {
    /// Takes stock of a folder.
    ///
    /// # Errors
    /// A file that can't be read.
    pub(super) fn take(folder: &RunFolder) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for name in files_of(folder.root()) {
            let hash = sha256(&fs::read(folder.root().join(&name))?);
            files.insert(name, hash);
        }
        let payments = ledger_hashes(&fs::read_to_string(folder.ledger())?);
        Ok(Self { files, payments })
    }

    /// Writes it into the folder and says what its own SHA-256 is.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn write(&self, folder: &RunFolder) -> io::Result<String> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(folder.root().join(MANIFEST), &text)?;
        Ok(sha256(text.as_bytes()))
    }

    /// Reads it from a folder, with its own SHA-256.
    ///
    /// # Errors
    /// There is none, or it is none.
    pub(super) fn read(folder: &RunFolder) -> io::Result<(Self, String)> {
        let text = fs::read_to_string(folder.root().join(MANIFEST))?;
        Ok((serde_json::from_str(&text)?, sha256(text.as_bytes())))
    }

    /// Names every payment and every file that is not as this manifest says.
    pub(super) fn compare(&self, now: &Self, verdict: &mut Verdict) {
        compare(&self.payments, &now.payments, |id, what| {
            verdict.check(what.is_none(), "manifest", Some(id), || {
                format!(
                    "the bank's ledger lines of this payment are {}",
                    what.unwrap_or_default()
                )
            });
        });
        compare(&self.files, &now.files, |name, what| {
            verdict.check(what.is_none(), "manifest", None, || {
                format!("{name} is {}", what.unwrap_or_default())
            });
        });
    }
}

fn compare(
    then: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    mut tell: impl FnMut(&str, Option<&'static str>),
) {
    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    for name in names {
        let change = match (then.get(name), now.get(name)) {
            (Some(then), Some(now)) if then == now => None,
            (Some(_), Some(_)) => Some("changed"),
            (Some(_), None) => Some("gone"),
            (None, _) => Some("new"),
        };
        tell(name, change);
    }
}

/// Lines that name no payment (settlements) count as payment `none`.
fn ledger_hashes(ledger: &str) -> BTreeMap<String, String> {
    let mut by_payment: BTreeMap<String, Sha256> = BTreeMap::new();
    for line in ledger.lines() {
        let parsed: Option<serde_json::Value> = serde_json::from_str(line).ok();
        let id = parsed
            .as_ref()
            .and_then(|line| line.get("payment_ref")?.as_str())
            .unwrap_or("none")
            .to_owned();
        let hasher = by_payment.entry(id).or_default();
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    let finished = by_payment.into_iter();
    finished
        .map(|(id, hasher)| (id, hex(&hasher.finalize())))
        .collect()
}

/// Every file of a run, as a path with `/`, sorted; not the manifest and what comes after it.
#[must_use]
pub(super) fn files_of(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(root, "", &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if matches!(name.as_str(), MANIFEST | RUN | OPEN_COPY) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push(name);
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = "{\"payment_ref\":\"aa\",\"amount_minor\":100}\n\
                          {\"payment_ref\":\"bb\",\"amount_minor\":200}\n\
                          {\"payment_ref\":null}\n";

    fn folder_with(ledger: &str) -> (tempfile::TempDir, RunFolder) {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(home.path());
        folder.lay_out(1).unwrap();
        fs::write(folder.ledger(), ledger).unwrap();
        fs::write(folder.run_json(), "{}").unwrap();
        (home, folder)
    }

    fn changes(now: &str) -> Vec<(Option<String>, String)> {
        let (_before, before) = folder_with(LEDGER);
        let (_after, after) = folder_with(now);
        let mut verdict = Verdict::default();
        let then = Manifest::take(&before).unwrap();
        then.compare(&Manifest::take(&after).unwrap(), &mut verdict);
        verdict
            .broken
            .into_iter()
            .map(|one| (one.payment_id, one.detail))
            .collect()
    }

    #[test]
    fn an_untouched_run_is_as_it_was() {
        assert_eq!(changes(LEDGER), []);
    }

    #[test]
    fn a_lost_line_and_a_changed_amount_name_their_payment() {
        let without_first = LEDGER.split_once('\n').unwrap().1;
        let lost = changes(without_first);
        assert_eq!(lost[0].0.as_deref(), Some("aa"));
        assert!(lost[0].1.ends_with("gone"), "{lost:?}");
        let changed = changes(&LEDGER.replace("200", "201"));
        assert_eq!(changed[0].0.as_deref(), Some("bb"));
        assert!(
            changed[1].1.starts_with("host/ledger.jsonl is changed"),
            "{changed:?}"
        );
    }

    #[test]
    fn the_manifest_reads_back_with_its_own_hash() {
        let (_home, folder) = folder_with(LEDGER);
        let manifest = Manifest::take(&folder).unwrap();
        let hash = manifest.write(&folder).unwrap();
        assert_eq!(Manifest::read(&folder).unwrap(), (manifest.clone(), hash));
        assert_eq!(Manifest::take(&folder).unwrap(), manifest);
    }
}
