//! Opening a journal's folder with its engine: to write, to read, to verify, or to put right.

use std::path::Path;

use super::kind::EngineKind;
use super::{Engine, folder, looking, redb, sled};
use crate::OpenError;

impl EngineKind {
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
}
