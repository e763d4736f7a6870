//! Which terminals the host serves, and the master key of each.

use std::{collections::BTreeMap, fmt, path::Path};

use configuration::{Fault, FileError, Section};
use iso8583::keys::{DesKey, KeyError};

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

impl TerminalKeys {
    /// Any terminal, under [`TEST_MASTER_KEY`].
    ///
    /// # Errors
    /// None in practice: the key is a constant.
    pub fn test() -> Result<Self, KeyError> {
        Ok(Self {
            by_tid: None,
            test_key: DesKey::from_hex(TEST_MASTER_KEY)?,
        })
    }

    /// Reads a keys file: `[[terminal]] tid, mid, tmk` (32 or 48 hex digits). Only the terminals in
    /// it are served.
    ///
    /// # Errors
    /// Unreadable, or all faults it has, without what the keys hold.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, |root, _folder| read(root))
    }

    /// Reads the text of a keys file.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, read)
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

fn read(root: &mut Section<'_>) -> Option<TerminalKeys> {
    let mut by_tid = BTreeMap::new();
    for mut section in root.sections("terminal") {
        let tid = section.text("tid");
        let mid = section.text("mid");
        let master_key = section.hidden("tmk", "32 or 48 hex digits", |text| {
            let is_double = matches!(text.len(), 32 | 48);
            DesKey::from_hex(text).ok().filter(|_| is_double)
        });
        let (Some(tid), Some(mid), Some(master_key)) = (tid, mid, master_key) else {
            continue;
        };
        if by_tid.contains_key(&tid) {
            section.fault("tid", "this TID stands in another [[terminal]] already");
        }
        by_tid.insert(tid, Terminal { mid, master_key });
    }
    Some(TerminalKeys {
        by_tid: Some(by_tid),
        test_key: DesKey::from_hex(TEST_MASTER_KEY).ok()?,
    })
}

impl fmt::Debug for TerminalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by_tid {
            None => f.write_str("TerminalKeys(any, test key)"),
            Some(by_tid) => write!(f, "TerminalKeys({})", by_tid.len()),
        }
    }
}
