//! The folder `segments` of a journal: files that appear whole or not at all, and never change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::EngineError;
use super::files::{io_error, put_in_place, sync_path};
use super::room;
use crate::SegmentName;

const ARCHIVE_FOLDER: &str = "segments";
/// A segment in the making; there is never more than one.
const UNFINISHED: &str = "unfinished.new";

/// Where a journal's sealed segments lie.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    pub(super) fn in_folder(journal: &Path) -> Archive {
        Archive {
            folder: journal.join(ARCHIVE_FOLDER),
        }
    }

    /// The path of a segment's file.
    pub(crate) fn path(&self, name: SegmentName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    /// All segments that have a file; what else lies in the folder is left out.
    pub(crate) fn names(&self) -> Result<BTreeSet<SegmentName>, EngineError> {
        Ok(self.files()?.into_keys().collect())
    }

    /// As [`names`](Archive::names), each with the bytes of its file.
    pub(crate) fn files(&self) -> Result<BTreeMap<SegmentName, u64>, EngineError> {
        let list_error = io_error("list", &self.folder);
        let listed = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            listed => listed.map_err(&list_error)?,
        };
        let mut files = BTreeMap::new();
        for entry in listed {
            let entry = entry.map_err(&list_error)?;
            if let Some(name) = entry.file_name().to_str().and_then(SegmentName::parse) {
                files.insert(name, entry.metadata().map_err(&list_error)?.len());
            }
        }
        Ok(files)
    }

    /// A file for a segment in the making, in the place of one that was left unfinished.
    ///
    /// # Errors
    /// The disk has no room for `file_bytes` and what must stay free, is read-only, or fails.
    pub(crate) fn begin(&self, file_bytes: u64) -> Result<File, EngineError> {
        if !self.folder.is_dir() {
            fs::create_dir_all(&self.folder).map_err(io_error("create", &self.folder))?;
            let parent = self.folder.parent().unwrap_or(&self.folder);
            sync_path(parent)?;
        }
        room::check_file(&self.folder, file_bytes)?;
        let path = self.folder.join(UNFINISHED);
        File::create(&path).map_err(io_error("create", &path))
    }

    /// Adds bytes to the segment in the making.
    pub(crate) fn add(&self, file: &mut File, bytes: &[u8]) -> Result<(), EngineError> {
        let path = self.folder.join(UNFINISHED);
        file.write_all(bytes).map_err(io_error("write", &path))
    }

    /// Makes the segment durable under its name: its bytes, then the name.
    pub(crate) fn finish(&self, file: File, name: SegmentName) -> Result<(), EngineError> {
        let path = self.folder.join(UNFINISHED);
        drop(file);
        put_in_place(&path, &self.path(name))?;
        sync_path(&self.folder)
    }

    /// Takes a copy of a segment of another archive.
    pub(crate) fn copy_from(&self, other: &Archive, name: SegmentName) -> Result<(), EngineError> {
        let path = other.path(name);
        let bytes = fs::read(&path).map_err(io_error("read", &path))?;
        let mut file = self.begin(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        self.add(&mut file, &bytes)?;
        self.finish(file, name)
    }

    /// The file of a segment; `None` when there is none.
    pub(crate) fn open(&self, name: SegmentName) -> Result<Option<File>, EngineError> {
        let path = self.path(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("open", &path)(error)),
        }
    }

    /// Removes the file of a segment, if there is one.
    pub(crate) fn remove(&self, name: SegmentName) -> Result<(), EngineError> {
        remove_file(&self.path(name))
    }

    /// Removes a segment that was never finished, if there is one.
    pub(crate) fn remove_unfinished(&self) -> Result<(), EngineError> {
        remove_file(&self.folder.join(UNFINISHED))
    }
}

fn remove_file(path: &Path) -> Result<(), EngineError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
