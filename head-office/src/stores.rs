//! The list of stores.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

/// All stores of the chain.
#[derive(Clone, Debug)]
pub struct Stores {
    /// In the order of the file.
    pub stores: Vec<StoreEntry>,
    /// Time that one store may take; the others don't wait for it.
    pub timeout: Duration,
    /// Stores pulled at once.
    pub parallel: usize,
}

/// One store.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreEntry {
    /// As the store's hub calls itself.
    pub id: String,
    /// `host:port` of its hub.
    pub address: String,
}

/// Why a list of stores can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// The file can't be read.
    #[error("can't read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is wrong with it, a fault a line.
    #[error("{path}:\n{}", .faults.join("\n"))]
    Faults {
        /// Which.
        path: PathBuf,
        /// All faults, each with its key.
        faults: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoresFile {
    #[serde(default = "default_timeout")]
    timeout: String,
    #[serde(default = "default_parallel")]
    parallel: usize,
    #[serde(default)]
    store: Vec<StoreEntry>,
}

fn default_timeout() -> String {
    "60s".to_owned()
}

const fn default_parallel() -> usize {
    64
}

impl Stores {
    /// Reads and checks a list of stores.
    ///
    /// # Errors
    /// An unreadable file, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, StoresError> {
        let text = fs::read_to_string(path).map_err(|source| StoresError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|faults| StoresError::Faults {
            path: path.to_owned(),
            faults,
        })
    }

    /// Reads and checks the text of a list of stores.
    ///
    /// # Errors
    /// All faults it has, each with its key.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: StoresFile =
            toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let mut faults = Vec::new();
        let timeout = seconds(&file.timeout);
        if timeout.is_none() {
            faults.push("timeout: must be a duration as in \"60s\" or \"5m\"".to_owned());
        }
        if file.parallel == 0 {
            faults.push("parallel: must be at least 1".to_owned());
        }
        if file.store.is_empty() {
            faults.push("store: at least one [[store]] is needed".to_owned());
        }
        let mut ids = BTreeSet::new();
        for (number, store) in (1..).zip(&file.store) {
            if !is_store_id(&store.id) {
                let what = "must be 1 to 32 letters, digits, '-' or '_'";
                faults.push(format!("store[{number}].id: {what}"));
            }
            if !ids.insert(&store.id) {
                faults.push(format!(
                    "store[{number}].id: {} stands there twice",
                    store.id
                ));
            }
            if !is_address(&store.address) {
                faults.push(format!("store[{number}].address: must be host:port"));
            }
        }
        match timeout {
            Some(timeout) if faults.is_empty() => Ok(Self {
                stores: file.store,
                timeout,
                parallel: file.parallel,
            }),
            Some(_) | None => Err(faults),
        }
    }
}

/// The id names a folder: nothing that could lead elsewhere.
fn is_store_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&id.len()) && id.bytes().all(allowed)
}

fn is_address(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn seconds(text: &str) -> Option<Duration> {
    let minutes = text.strip_suffix('m').map(|digits| (digits, 60));
    let (digits, factor) = minutes.or_else(|| text.strip_suffix('s').map(|digits| (digits, 1)))?;
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    number.checked_mul(factor).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_valid() {
        let example = include_str!("../../config/head-office.example.toml");
        let stores = Stores::parse(example).unwrap();
        assert_eq!(stores.stores.len(), 2);
        assert_eq!(stores.timeout, Duration::from_secs(60));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = "timeout = \"60\"\n\
                    [[store]]\nid = \"../x\"\naddress = \"a:1\"\n\
                    [[store]]\nid = \"1\"\naddress = \"nowhere\"\n\
                    [[store]]\nid = \"1\"\naddress = \"a:1\"\n";
        let faults = Stores::parse(text).unwrap_err();
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(Stores::parse("colour = 1").is_err());
        assert!(Stores::parse("").is_err());
    }
}
