//! The disk a load is measured on: a real one, and what of it a journal takes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{LoadError, file_error};
use crate::store::folder::RunFolder;

/// The folder of one load.
pub(super) struct LoadFolder {
    pub(super) files: RunFolder,
    /// Removes it in the end, where nobody asked for it to stay.
    _removed: Option<TempDir>,
}

impl LoadFolder {
    /// The folder asked for, which must be empty, or one of its own.
    pub(super) fn make(asked: Option<&Path>) -> Result<Self, LoadError> {
        let (files, removed) = match asked {
            Some(path) => (RunFolder::create(Some(path))?, None),
            None => {
                let parent = Path::new("out");
                fs::create_dir_all(parent).map_err(file_error(parent))?;
                let made = tempfile::Builder::new().prefix("load-").tempdir_in(parent);
                let made = made.map_err(file_error(parent))?;
                (RunFolder::create(Some(made.path()))?, Some(made))
            }
        };
        refuse_memory(files.root())?;
        files.lay_out(0)?;
        Ok(Self {
            files,
            _removed: removed,
        })
    }
}

/// A file system in memory has no sync.
fn refuse_memory(folder: &Path) -> Result<(), LoadError> {
    let mounts = Path::new("/proc/mounts");
    let text = fs::read_to_string(mounts).map_err(file_error(mounts))?;
    match file_system(&text, folder) {
        Some(kind) if matches!(kind.as_str(), "tmpfs" | "ramfs") => Err(LoadError::InMemory {
            folder: folder.display().to_string(),
            kind,
        }),
        Some(_) | None => Ok(()),
    }
}

/// The kind of the file system that holds this folder; where several are mounted at one place, the
/// last one hides the others.
fn file_system(mounts: &str, folder: &Path) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        // The system writes a blank in a name so.
        let place = PathBuf::from(words.next()?.replace("\\040", " "));
        let depth = place.components().count();
        let kind = words.next()?.to_owned();
        folder.starts_with(&place).then_some((depth, kind))
    });
    mounted
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, kind)| kind)
}

/// Bytes of all files under a folder.
pub(super) fn bytes_under(folder: &Path) -> Result<u64, LoadError> {
    counted(folder).map_err(file_error(folder))
}

fn counted(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0_u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = match entry.metadata() {
            Ok(found) => found,
            // An engine removes files while it works.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        bytes += match found.is_dir() {
            true => counted(&entry.path())?,
            false => found.len(),
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "/dev/vda / ext4 rw 0 0\nnone /tmp tmpfs rw 0 0\n\
                          /dev/vdb /tmp/real\\040disk xfs rw 0 0\nnone /tmp tmpfs rw 0 0\n";

    #[test]
    fn the_innermost_mount_counts() {
        for (folder, kind) in [
            ("/srv/out", "ext4"),
            ("/tmp/out", "tmpfs"),
            ("/tmpfs", "ext4"),
            ("/tmp/real disk/out", "xfs"),
        ] {
            let found = file_system(MOUNTS, Path::new(folder));
            assert_eq!(found.as_deref(), Some(kind), "{folder}");
        }
    }

    #[test]
    fn a_disk_in_memory_is_refused() {
        let memory = Path::new("/dev/shm");
        if !memory.is_dir() {
            return;
        }
        let refused = refuse_memory(memory);
        assert!(matches!(refused, Err(LoadError::InMemory { .. })));
    }

    #[test]
    fn files_in_folders_are_counted() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("segments")).unwrap();
        fs::write(home.path().join("db"), [0; 100]).unwrap();
        fs::write(home.path().join("segments/1"), [0; 23]).unwrap();
        assert_eq!(bytes_under(home.path()).unwrap(), 123);
    }
}
