//! The engines on real disks, by the names that configuration files use.

use std::path::Path;
use std::{fmt, str};

use super::{Engine, folder, looking, redb, sled};
use crate::OpenError;

/// An engine that keeps a journal in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineKind {
    /// sled 0.34.7.
    Sled,
    /// redb 4.
    Redb,
}

/// No engine has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no engine; known: sled, redb")]
pub struct UnknownEngine(String);

impl EngineKind {
    /// All of them.
    pub const ALL: [EngineKind; 2] = [EngineKind::Sled, EngineKind::Redb];

    /// The name in configuration files and messages.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Sled => sled::NAME,
            EngineKind::Redb => redb::NAME,
        }
    }

    /// Opens a journal's folder with this engine, and makes it if it isn't there.
    ///
    /// # Errors
    /// As [`sled_engine`](crate::sled_engine) and [`redb_engine`](crate::redb_engine).
    pub fn open(self, folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
        match self {
            EngineKind::Sled => sled::sled_engine(folder),
            EngineKind::Redb => redb::redb_engine(folder),
        }
    }

    /// Opens a folder that must hold a journal of this engine, to read it: no byte in it changes,
    /// whatever a kill left there. Whoever is running on it is not disturbed: it is refused.
    ///
    /// # Errors
    /// There is none ([`OpenError::NoJournal`]), it is another engine's, somebody runs on it, or
    /// its files are damaged.
    pub fn open_to_read(self, folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
        self.check_is_in(folder)?;
        match self {
            EngineKind::Sled => looking::sled(folder),
            EngineKind::Redb => looking::redb(folder, redb::Check::Trust),
        }
    }

    /// As [`open_to_read`](EngineKind::open_to_read), and distrusts it as far as the engine can:
    /// redb checks each page.
    ///
    /// # Errors
    /// As [`open_to_read`](EngineKind::open_to_read).
    pub fn open_to_verify(self, folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
        self.check_is_in(folder)?;
        match self {
            EngineKind::Sled => looking::sled(folder),
            EngineKind::Redb => looking::redb(folder, redb::Check::EveryPage),
        }
    }

    /// Opens a folder that must hold a journal of this engine, to put it right or to move it, as
    /// distrustful as [`open_to_verify`](EngineKind::open_to_verify). Makes nothing where there is
    /// none.
    ///
    /// # Errors
    /// As [`open_to_read`](EngineKind::open_to_read), or the folder can't be written to.
    pub fn open_to_repair(self, folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
        self.check_is_in(folder)?;
        match self {
            EngineKind::Sled => sled::sled_engine(folder),
            EngineKind::Redb => redb::checked(folder),
        }
    }

    /// The engine whose files lie in a folder, if there are any.
    pub fn of_folder(folder: &Path) -> Option<EngineKind> {
        EngineKind::ALL.into_iter().find(|kind| kind.is_in(folder))
    }

    /// # Errors
    /// The folder holds no journal, or one of another engine.
    fn check_is_in(self, folder: &Path) -> Result<(), OpenError> {
        let folder_path = || folder.to_owned();
        match EngineKind::of_folder(folder) {
            _ if self.is_in(folder) => Ok(()),
            Some(other) => Err(OpenError::OtherEngine {
                folder: folder_path(),
                engine: other.name(),
            }),
            None => Err(EngineKind::none_in(folder)),
        }
    }

    /// What a folder is in which no engine's file lies.
    pub(crate) fn none_in(folder: &Path) -> OpenError {
        let path = folder.to_owned();
        match folder::holds_remains(folder) {
            Ok(true) => OpenError::FilesLost { folder: path },
            Ok(false) => OpenError::NoJournal { folder: path },
            Err(failed) => failed.into(),
        }
    }

    fn is_in(self, folder: &Path) -> bool {
        let file = match self {
            EngineKind::Sled => sled::DATA_FILE,
            EngineKind::Redb => redb::DATA_FILE,
        };
        folder.join(file).is_file()
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl str::FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<EngineKind, UnknownEngine> {
        let named = |kind: &EngineKind| kind.name() == name;
        EngineKind::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_is_found_by_its_name() {
        for kind in EngineKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let unknown = "tape".parse::<EngineKind>().unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "\"tape\" is no engine; known: sled, redb"
        );
    }
}
