//! What every engine on a real disk does with its folder: lock it, keep the witness beside the
//! engine's own files, and make new files durable.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::archive::Archive;
use super::files::{io_error, put_in_place, sync_path};
use super::kind::EngineKind;
use super::{DiskSpace, EngineError, NoRoom, Write, room};
use crate::OpenError;

const LOCK_FILE: &str = "lock";
const WITNESS_FILE: &str = "witness";

/// How often, and how far apart, a lock is tried. It may outlive its holder a little: a child
/// process has it until it starts its own program, and sled drops its file on a thread of its own.
pub(super) const LOCK_TRIES: u32 = 100;
pub(super) const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A journal's folder, held by this process until it is dropped.
pub(super) struct Folder {
    path: PathBuf,
    /// `None`: it is only looked at, and nobody has ever opened it where it lies now.
    _lock: Option<File>,
}

impl Folder {
    /// Takes the folder for this process, and makes it if it isn't there. Nothing else in it is
    /// touched before the lock is held.
    pub(super) fn take(path: &Path) -> Result<Folder, OpenError> {
        fs::create_dir_all(path).map_err(io_error("create", path))?;
        Ok(Folder {
            path: path.to_owned(),
            _lock: Some(lock(path)?),
        })
    }

    /// Keeps others from opening the folder while it is looked at, by any number at once. Changes
    /// nothing in it.
    pub(super) fn look(path: &Path) -> Result<Folder, OpenError> {
        let file = path.join(LOCK_FILE);
        let lock = match File::open(&file) {
            Ok(lock) => Some(hold(lock, &file, path, File::try_lock_shared)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io_error("open", &file)(error).into()),
        };
        Ok(Folder {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a folder that holds the files of another engine: it would look like an empty
    /// journal, and a lane would begin a second one.
    pub(super) fn refuse_other(&self, other: EngineKind) -> Result<(), OpenError> {
        match self.path.join(other.data_file()).try_exists() {
            Ok(false) => Ok(()),
            Ok(true) => Err(OpenError::OtherEngine {
                folder: self.path.clone(),
                engine: other.name(),
            }),
            Err(error) => Err(io_error("look into", &self.path)(error).into()),
        }
    }

    /// True when the engine's own file is still to be made: the folder holds nothing of a journal.
    /// That there is a file proves nothing; an empty one is no journal that begins.
    pub(super) fn lacks(&self, file: &str) -> Result<bool, OpenError> {
        let path = self.path.join(file);
        match fs::metadata(&path) {
            Ok(found) if found.len() == 0 => Err(OpenError::Emptied { file: path }),
            Ok(_) => Ok(false),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error("look for", &path)(error).into())
            }
            Err(_) if holds_remains(&self.path)? => Err(OpenError::FilesLost {
                folder: self.path.clone(),
            }),
            Err(_) => Ok(true),
        }
    }

    /// As [`lacks`](Folder::lacks), of a folder that must hold the engine's own file.
    pub(super) fn check_file(&self, file: &str) -> Result<(), OpenError> {
        match self.lacks(file)? {
            false => Ok(()),
            true => Err(OpenError::NoJournal {
                folder: self.path.clone(),
            }),
        }
    }

    /// A new file is durable only once its folder is, and a new folder once its parent is.
    pub(super) fn sync_tree(&self) -> Result<(), EngineError> {
        let folder = &self.path;
        for entry in fs::read_dir(folder).map_err(io_error("list", folder))? {
            sync_path(&entry.map_err(io_error("list", folder))?.path())?;
        }
        let absolute = fs::canonicalize(folder).map_err(io_error("find", folder))?;
        absolute
            .ancestors()
            .filter(|path| path.parent().is_some())
            .try_for_each(sync_path)
    }

    /// The bytes of the witness, if there is one.
    pub(super) fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        let path = self.path.join(WITNESS_FILE);
        match fs::read(&path) {
            Ok(witness) => Ok(Some(witness)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("read", &path)(error)),
        }
    }

    /// Replaces the witness: written beside it, made durable, then renamed.
    pub(super) fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        let path = self.path.join(WITNESS_FILE);
        let new = self.path.join("witness.new");
        fs::write(&new, witness).map_err(io_error("write", &new))?;
        put_in_place(&new, &path)?;
        sync_path(&self.path)
    }

    /// See [`room::check_batch`].
    pub(super) fn check_room(&self, batch: &[Write]) -> Result<(), EngineError> {
        room::check_batch(&self.path, batch)
    }

    /// See [`room::short_of`].
    pub(super) fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        room::short_of(&self.path)
    }

    /// See [`room::space`].
    pub(super) fn disk_space(&self) -> Result<DiskSpace, EngineError> {
        room::space(&self.path)
    }
}

/// A witness or a segment lies in the folder: there was a journal.
pub(super) fn holds_remains(folder: &Path) -> Result<bool, EngineError> {
    let path = folder.join(WITNESS_FILE);
    let witness = path.try_exists().map_err(io_error("look for", &path))?;
    Ok(witness || !Archive::in_folder(folder).names()?.is_empty())
}

/// Our own lock, taken before anything is touched: an engine's comes only after files are deleted.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(|error| match error.kind() {
        // What matters is the folder: nobody may write to it.
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            io_error("write to", folder)(error)
        }
        _ => io_error("open", &path)(error),
    })?;
    hold(file, &path, folder, File::try_lock)
}

/// Waits until nobody else holds the lock of a file.
pub(super) fn lock_file(path: &Path, folder: &Path) -> Result<File, OpenError> {
    let file = File::open(path).map_err(io_error("open", path))?;
    hold(file, path, folder, File::try_lock)
}

fn hold(
    file: File,
    path: &Path,
    folder: &Path,
    try_lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<File, OpenError> {
    for _ in 0..LOCK_TRIES {
        match try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(io_error("lock", path)(source).into()),
        }
    }
    Err(OpenError::InUse {
        folder: folder.to_owned(),
    })
}
