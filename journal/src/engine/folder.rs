//! What every engine on a real disk does with its folder: lock it, keep the witness beside the
//! engine's own files, make new files durable, and ask for room before anything is written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{Access, StatVfsMountFlags};
use rustix::io::Errno;

use super::archive::Archive;
use super::{EngineError, NoRoom, Write};
use crate::OpenError;

const LOCK_FILE: &str = "lock";
const WITNESS_FILE: &str = "witness";

/// How often, and how far apart, a lock is tried. It may outlive its holder a little: a child
/// process has it until it starts its own program, and sled drops its file on a thread of its own.
pub(super) const LOCK_TRIES: u32 = 100;
pub(super) const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Free bytes below which nothing is written. An engine that meets a full disk half-way is left in
/// a state that nobody knows; so it must never meet one. What is kept free covers segments,
/// snapshots and the witness, and lets a journal be opened on a disk that is otherwise full.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;
/// Free bytes below which nothing new is begun, over [`SPARE_BYTES`]: what is under way then has
/// room to come to its end.
const UNDER_WAY_BYTES: u64 = 16 * 1024 * 1024;
/// What one change may cost beside its own bytes: a leaf and the branches above it are copied.
const BYTES_PER_CHANGE: u64 = 16 * 1024;

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
    pub(super) fn refuse_other(&self, file: &str, engine: &'static str) -> Result<(), OpenError> {
        match self.path.join(file).try_exists() {
            Ok(false) => Ok(()),
            Ok(true) => Err(OpenError::OtherEngine {
                folder: self.path.clone(),
                engine,
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
        sync_path(&new)?;
        fs::rename(&new, &path).map_err(io_error("rename", &new))?;
        sync_path(&self.path)
    }

    /// Refuses a batch before anything of it is written, when the disk has too little room left or
    /// has become read-only. An engine that fails half-way can't be trusted; one that was never
    /// asked can.
    pub(super) fn check_room(&self, batch: &[Write]) -> Result<(), EngineError> {
        match self.room_for(needed_bytes(batch))? {
            Some(refusal) => Err(EngineError::NoRoom(refusal)),
            None => Ok(()),
        }
    }

    /// Why nothing new should be begun, if so.
    pub(super) fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        self.room_for(SPARE_BYTES.saturating_add(UNDER_WAY_BYTES))
    }

    fn room_for(&self, needed_bytes: u64) -> Result<Option<NoRoom>, EngineError> {
        room_in(&self.path, needed_bytes)
    }
}

/// A witness or a segment lies in the folder: there was a journal.
pub(super) fn holds_remains(folder: &Path) -> Result<bool, EngineError> {
    let path = folder.join(WITNESS_FILE);
    let witness = path.try_exists().map_err(io_error("look for", &path))?;
    Ok(witness || !Archive::in_folder(folder).names()?.is_empty())
}

/// Whether a journal could be kept in a folder, or in the nearest one above it that is there, as
/// far as can be told without writing.
///
/// # Errors
/// It can't be written to, or is none.
pub fn check_writable(folder: &Path) -> Result<(), EngineError> {
    let nearest = folder.ancestors().find(|path| path.exists());
    let nearest = nearest.unwrap_or(Path::new("."));
    let fault = match nearest.is_dir() {
        true => rustix::fs::access(nearest, Access::WRITE_OK | Access::EXEC_OK).err(),
        false => Some(Errno::NOTDIR),
    };
    match fault {
        Some(errno) => Err(io_error("write to", nearest)(errno.into())),
        None => Ok(()),
    }
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// As [`Folder::check_room`], for a file of this size that is to be written at once.
pub(super) fn check_free(folder: &Path, file_bytes: u64) -> Result<(), EngineError> {
    match room_in(folder, file_bytes.saturating_add(SPARE_BYTES))? {
        Some(refusal) => Err(EngineError::NoRoom(refusal)),
        None => Ok(()),
    }
}

fn room_in(folder: &Path, needed_bytes: u64) -> Result<Option<NoRoom>, EngineError> {
    let disk = rustix::fs::statvfs(folder)
        .map_err(|error| io_error("look at the free space of", folder)(error.into()))?;
    let read_only = disk.f_flag.contains(StatVfsMountFlags::RDONLY);
    let available_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    Ok(room(read_only, available_bytes, needed_bytes))
}

fn room(read_only: bool, available_bytes: u64, needed_bytes: u64) -> Option<NoRoom> {
    match (read_only, available_bytes < needed_bytes) {
        (true, _) => Some(NoRoom::ReadOnly),
        (false, true) => Some(NoRoom::Full {
            needed_bytes,
            available_bytes,
        }),
        (false, false) => None,
    }
}

fn needed_bytes(batch: &[Write]) -> u64 {
    let bytes: usize = batch.iter().map(Write::bytes).sum();
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(2);
    let changes = u64::try_from(batch.len()).unwrap_or(u64::MAX);
    changes
        .saturating_mul(BYTES_PER_CHANGE)
        .saturating_add(bytes)
        .saturating_add(SPARE_BYTES)
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

pub(super) fn sync_path(path: &Path) -> Result<(), EngineError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Ok(()) => Ok(()),
        // A parent that we may not read was not made by us.
        Err(error) if path.is_dir() && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(io_error("sync", path)(error)),
    }
}

/// What the system said of a file or folder.
pub(crate) fn failed_on(action: &'static str, path: &Path, source: io::Error) -> EngineError {
    EngineError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

pub(crate) fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> EngineError + 'a {
    move |source| failed_on(action, path, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_needs_its_bytes_its_leaves_and_the_spare() {
        assert_eq!(needed_bytes(&[]), SPARE_BYTES);
        let write = Write {
            key: vec![0; 10],
            value: Some(vec![0; 90]),
        };
        let needed = SPARE_BYTES + 2 * BYTES_PER_CHANGE + 400;
        assert_eq!(needed_bytes(&[write.clone(), write]), needed);
    }

    #[test]
    fn too_little_room_and_a_read_only_disk_are_told_apart() {
        assert_eq!(room(false, 10, 10), None);
        assert_eq!(room(true, 10, 10), Some(NoRoom::ReadOnly));
        let full = NoRoom::Full {
            needed_bytes: 10,
            available_bytes: 9,
        };
        assert_eq!(room(false, 9, 10), Some(full));
        assert_eq!(
            full.to_string(),
            "the disk is full: 9 bytes are free, 10 are needed"
        );
    }
}
