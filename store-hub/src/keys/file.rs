//! The keys file of the software key store.

use std::{fmt, path::Path};

use configuration::{Fault, FileError, Section};
use domain::ids::Tid;
use iso8583::keys::DesKey;
use zeroize::Zeroizing;

use crate::config::tid;

/// Keys as read from a file. `Debug` shows none.
pub struct KeyFile {
    pub(super) terminals: Vec<(Tid, DesKey)>,
    pub(super) pin_base: DesKey,
    pub(super) card_sealing: Zeroizing<[u8; 32]>,
    pub(super) card_hash: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({} terminals)", self.terminals.len())
    }
}

impl KeyFile {
    /// Reads a keys file.
    ///
    /// # Errors
    /// Unreadable, or all faults it has, without what the keys hold.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, |root, _folder| read(root))
    }

    /// Reads the text of a keys file.
    ///
    /// # Errors
    /// All faults it has, without what the keys hold.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, read)
    }
}

fn read(root: &mut Section<'_>) -> Option<KeyFile> {
    if root.text("mode").is_some_and(|mode| mode != "test") {
        let what = "must be \"test\": keys in a file are not for real money";
        root.fault("mode", what);
    }
    let mut terminals = Vec::new();
    for mut section in root.sections("terminal") {
        let tid = tid(&mut section);
        let key = des_key(&mut section, "tmk");
        if let (Some(tid), Some(key)) = (tid, key) {
            terminals.push((tid, key));
        }
    }
    let pin_base = des_key(&mut root.section("pin"), "bdk");
    let card_sealing = key_32(&mut root.section("card_sealing"), "private_key");
    let card_hash = key_32(&mut root.section("card_hash"), "key");
    Some(KeyFile {
        terminals,
        pin_base: pin_base?,
        card_sealing: card_sealing?,
        card_hash: card_hash?,
    })
}

fn des_key(section: &mut Section<'_>, name: &'static str) -> Option<DesKey> {
    section.hidden(name, "16, 32 or 48 hex digits", |text| {
        DesKey::from_hex(text).ok()
    })
}

fn key_32(section: &mut Section<'_>, name: &'static str) -> Option<Zeroizing<[u8; 32]>> {
    section.hidden(name, "64 hex digits", hex_32)
}

fn hex_32(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0_u8; 32]);
    let read = base16ct::mixed::decode(text, &mut *key).ok()?;
    (read.len() == 32).then_some(key)
}
