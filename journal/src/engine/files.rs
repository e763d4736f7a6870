//! What every engine does with files: make them durable, remove them, and say which one failed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::EngineError;

/// Makes a file or a folder durable as it is.
pub(super) fn sync_path(path: &Path) -> Result<(), EngineError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Ok(()) => Ok(()),
        // A parent that we may not read was not made by us.
        Err(error) if path.is_dir() && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(io_error("sync", path)(error)),
    }
}

/// Makes a new file durable and gives it its name, whole or not at all. The name is durable once
/// the folder is.
pub(super) fn put_in_place(made: &Path, path: &Path) -> Result<(), EngineError> {
    sync_path(made)?;
    fs::rename(made, path).map_err(io_error("rename", made))
}

/// What the system said of a file or folder.
pub(crate) fn failed_on(action: &'static str, path: &Path, source: io::Error) -> EngineError {
    EngineError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// As [`failed_on`], for `map_err`.
pub(crate) fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> EngineError + 'a {
    move |source| failed_on(action, path, source)
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
