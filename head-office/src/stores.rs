//! The list of stores.

use std::{path::Path, time::Duration};

use configuration::{Fault, FileError, Section};

/// Time that one store may take, where the list does not say.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Stores pulled at once, where the list does not say, and the most it may say.
const PARALLEL: usize = 64;
const PARALLEL_MAX: usize = 1_000;

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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreEntry {
    /// As the store's hub calls itself.
    pub id: String,
    /// `host:port` of its hub.
    pub address: String,
}

impl Stores {
    /// Reads and checks a list of stores.
    ///
    /// # Errors
    /// An unreadable file, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, |root, _folder| Some(read(root)))
    }

    /// Reads and checks the text of a list of stores.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, |root| Some(read(root)))
    }
}

/// What is wrong is told; the stores that are right are all there.
fn read(root: &mut Section<'_>) -> Stores {
    let mut stores: Vec<StoreEntry> = Vec::new();
    if !root.has("store") {
        root.fault("store", "at least one [[store]] is needed");
    }
    for mut section in root.sections("store") {
        let id = section.parsed("id", "1 to 32 letters, digits, '-' or '_'", |text| {
            is_store_id(text).then(|| text.to_owned())
        });
        let address = section.peer_address("address");
        if stores.iter().any(|other| Some(&other.id) == id.as_ref()) {
            section.fault("id", "this id stands in another [[store]] already");
        }
        if let (Some(id), Some(address)) = (id, address) {
            stores.push(StoreEntry { id, address });
        }
    }
    Stores {
        stores,
        timeout: root.duration_or("timeout", TIMEOUT),
        parallel: root.number_or("parallel", 1..=PARALLEL_MAX, PARALLEL),
    }
}

/// The id names a folder: nothing that could lead elsewhere.
fn is_store_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&id.len()) && id.bytes().all(allowed)
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
                    [[store]]\nid = \"2\"\naddress = \"a:1\"\n\
                    [[store]]\nid = \"2\"\naddress = \"b:1\"\n";
        let faults = Stores::parse(text).unwrap_err();
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [1, 3, 7, 12], "{faults:?}");
        assert!(Stores::parse("colour = 1").is_err());
        assert!(Stores::parse("").is_err());
    }
}
