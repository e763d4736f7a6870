//! Looking into a journal that nobody runs, without changing a byte of its folder.
//!
//! Both engines write when they open a file, even one that was closed cleanly. So sled gets a copy
//! of its files in the system's folder for temporary ones, and redb its file under an overlay in
//! memory. Witness and sealed segments are read where they lie.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, process};

use super::archive::Archive;
use super::files::{io_error, remove_folder};
use super::folder::Folder;
use super::kind::EngineKind;
use super::{DiskSpace, Engine, EngineError, NoRoom, Pair, Write, redb, sled};
use crate::OpenError;

/// Names of copies that this process has given out.
static COPIES: AtomicU64 = AtomicU64::new(0);

/// An engine to read from. Fields are dropped in order: the copy's engine before the copy, the
/// lock of the folder last.
struct Looking {
    engine: Box<dyn Engine>,
    _copy: Option<Copy>,
    archive: Archive,
    folder: Folder,
}

/// A folder of temporary files, gone when it is dropped.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Result<Copy, EngineError> {
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("lanekeeper-{}-{number}", process::id());
        let path = env::temp_dir().join(name);
        // A process of the same number may have been killed in the middle.
        remove_folder(&path)?;
        // The journal holds sealed cards: nobody else may read its copy.
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(io_error("create", &path))?;
        Ok(Copy(path))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left lies among temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Looks into a sled journal, in a copy of sled's files.
pub(super) fn sled(path: &Path) -> Result<Box<dyn Engine>, OpenError> {
    let folder = Folder::look(path)?;
    folder.check_file(EngineKind::Sled.data_file())?;
    sled::check_no_blobs(path)?;
    let copy = Copy::new()?;
    for entry in fs::read_dir(path).map_err(io_error("list", path))? {
        let from = entry.map_err(io_error("list", path))?.path();
        if sled::is_kept(&from) {
            let to = copy.0.join(from.file_name().unwrap_or_default());
            fs::copy(&from, &to).map_err(io_error("copy to", &to))?;
        }
    }
    let engine = sled::on_copy(&copy.0)?;
    Ok(looking(engine, Some(copy), folder))
}

/// Looks into a redb journal. `check` says whether every page is held against its checksum.
pub(super) fn redb(path: &Path, check: redb::Check) -> Result<Box<dyn Engine>, OpenError> {
    let folder = Folder::look(path)?;
    folder.check_file(EngineKind::Redb.data_file())?;
    let engine = redb::overlaid(Folder::look(path)?, check)?;
    Ok(looking(engine, None, folder))
}

fn looking(engine: Box<dyn Engine>, copy: Option<Copy>, folder: Folder) -> Box<dyn Engine> {
    Box::new(Looking {
        engine,
        _copy: copy,
        archive: Archive::in_folder(folder.path()),
        folder,
    })
}

impl Looking {
    fn refused(&self, action: &'static str) -> EngineError {
        EngineError::Failed {
            engine: self.name(),
            action,
            reason: "it was opened to be read".to_owned(),
        }
    }
}

impl Engine for Looking {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError> {
        self.engine.scan(from, to, pairs_max)
    }

    fn write(&self, _batch: &[Write]) -> Result<(), EngineError> {
        Err(self.refused("write"))
    }

    fn sync(&self) -> Result<(), EngineError> {
        Err(self.refused("sync"))
    }

    fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        self.folder.short_of_room()
    }

    fn disk_space(&self) -> Result<Option<DiskSpace>, EngineError> {
        self.folder.disk_space().map(Some)
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        self.folder.witness()
    }

    fn set_witness(&self, _witness: &[u8]) -> Result<(), EngineError> {
        Err(self.refused("renew the witness"))
    }

    fn archive(&self) -> Option<&Archive> {
        Some(&self.archive)
    }
}
