//! Which terminals the host serves, and the master key of each.

use std::{collections::BTreeMap, fmt, path::Path};

use iso8583::keys::DesKey;
use serde::Deserialize;

use crate::file::{self, FileError};

/// Master key of every terminal when no keys file is given. Published, for tests only.
pub const TEST_MASTER_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

/// Terminals and their master keys. `Debug` shows no key.
pub struct TerminalKeys {
    by_tid: Option<BTreeMap<String, Terminal>>,
    test_key: DesKey,
}

pub(crate) struct Terminal {
    pub(crate) mid: String,
    master_key: DesKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    #[serde(default)]
    terminal: Vec<TerminalEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TerminalEntry {
    tid: String,
    mid: String,
    tmk: String,
}

impl TerminalKeys {
    /// Any terminal, under [`TEST_MASTER_KEY`].
    ///
    /// # Errors
    /// None in practice: the key is a constant.
    pub fn test() -> Result<Self, FileError> {
        Ok(Self {
            by_tid: None,
            test_key: key(Path::new("test master key"), TEST_MASTER_KEY)?,
        })
    }

    /// Reads a keys file: `[[terminal]] tid, mid, tmk` (32 or 48 hex digits). Only the terminals in
    /// it are served.
    ///
    /// # Errors
    /// Unreadable, no TOML, a key that is none, a terminal that stands there twice.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        Self::parse(path, &file::read(path)?)
    }

    /// Reads the text of a keys file; `path` is for the error only.
    ///
    /// # Errors
    /// As [`TerminalKeys::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let entries: KeysFile = file::parse(path, text)?;
        let mut by_tid = BTreeMap::new();
        for entry in entries.terminal {
            let terminal = Terminal {
                mid: entry.mid,
                master_key: key(path, &entry.tmk)?,
            };
            if by_tid.insert(entry.tid.clone(), terminal).is_some() {
                return Err(file::faulty(path, format!("terminal {} twice", entry.tid)));
            }
        }
        Ok(Self {
            by_tid: Some(by_tid),
            ..Self::test()?
        })
    }

    /// The master key of a terminal; `None` if the host doesn't serve it.
    pub(crate) fn master_key(&self, tid: &str) -> Option<&DesKey> {
        match &self.by_tid {
            None => Some(&self.test_key),
            Some(by_tid) => by_tid.get(tid).map(|terminal| &terminal.master_key),
        }
    }

    /// The merchant a terminal belongs to, where the host knows.
    pub(crate) fn mid(&self, tid: &str) -> Option<&str> {
        self.by_tid
            .as_ref()?
            .get(tid)
            .map(|terminal| terminal.mid.as_str())
    }
}

fn key(path: &Path, hex: &str) -> Result<DesKey, FileError> {
    let double = matches!(hex.len(), 32 | 48);
    match DesKey::from_hex(hex) {
        Ok(key) if double => Ok(key),
        Ok(_) | Err(_) => Err(file::faulty(
            path,
            "tmk is not 32 or 48 hex digits".to_owned(),
        )),
    }
}

impl fmt::Debug for TerminalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by_tid {
            None => f.write_str("TerminalKeys(any, test key)"),
            Some(by_tid) => write!(f, "TerminalKeys({})", by_tid.len()),
        }
    }
}
