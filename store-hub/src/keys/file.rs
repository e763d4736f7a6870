//! The keys file of the software key store.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use domain::ids::Tid;
use iso8583::keys::DesKey;
use toml::Table;
use zeroize::Zeroizing;

use crate::config::{Fault, Faults, Section};

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

/// Why a keys file can't be used. Names keys of the file, never what they hold.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read.
    #[error("can't read the keys file {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no TOML; the line is not shown, since it may hold a key.
    #[error("the keys file is not valid TOML")]
    NotToml,
    /// What is wrong with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

impl KeyFile {
    /// Reads a keys file.
    ///
    /// # Errors
    /// Unreadable, or all faults it has, without what the keys hold.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path).map_err(|source| KeyFileError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&Zeroizing::new(text))
    }

    /// Reads the text of a keys file.
    ///
    /// # Errors
    /// All faults it has, without what the keys hold.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let table: Table = text.parse().map_err(|_| KeyFileError::NotToml)?;
        let faults = Faults::default();
        let keys = read(&table, &faults);
        let faults = faults.into_vec();
        match keys {
            Some(keys) if faults.is_empty() => Ok(keys),
            Some(_) | None => Err(KeyFileError::Faults(faults)),
        }
    }
}

fn read(table: &Table, faults: &Faults) -> Option<KeyFile> {
    let mut root = Section::root(table, faults);
    if root.text("mode") != "test" {
        root.fault(
            "mode",
            "must be \"test\": keys in a file are not for real money",
        );
    }
    let mut terminals = Vec::new();
    for mut section in root.sections("terminal") {
        let tid = section.parsed("tid", "8 printable ASCII characters", |text| {
            Tid::new(text).ok()
        });
        let key = des_key(&mut section, "tmk");
        section.close();
        if let (Some(tid), Some(key)) = (tid, key) {
            terminals.push((tid, key));
        }
    }
    let mut pin = root.section("pin");
    let pin_base = des_key(&mut pin, "bdk");
    pin.close();
    let card_sealing = key_32(root.section("card_sealing"), "private_key");
    let card_hash = key_32(root.section("card_hash"), "key");
    root.close();
    Some(KeyFile {
        terminals,
        pin_base: pin_base?,
        card_sealing: card_sealing?,
        card_hash: card_hash?,
    })
}

fn des_key(section: &mut Section<'_>, name: &'static str) -> Option<DesKey> {
    let text = Zeroizing::new(section.text(name));
    let key = DesKey::from_hex(&text).ok();
    if section.has(name) && key.is_none() {
        section.fault(name, "must be 16, 32 or 48 hex digits");
    }
    key
}

fn key_32(mut section: Section<'_>, name: &'static str) -> Option<Zeroizing<[u8; 32]>> {
    let text = Zeroizing::new(section.text(name));
    let key = hex_32(&text);
    if section.has(name) && key.is_none() {
        section.fault(name, "must be 64 hex digits");
    }
    section.close();
    key
}

fn hex_32(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0_u8; 32]);
    if text.len() != 64 {
        return None;
    }
    for (byte, place) in key.iter_mut().zip((0_usize..).step_by(2)) {
        let digits = text.get(place..place.checked_add(2)?)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(key)
}
