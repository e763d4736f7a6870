//! Files that appear whole or not at all: a reader sees the old one or the new one, never a part.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What only its owner may read.
const PRIVATE: u32 = 0o600;

/// Writes beside it, makes that durable and renames it. After a power cut the old file may be back.
///
/// # Errors
/// The system's.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    fill(File::create(&beside)?, bytes)?;
    fs::rename(&beside, path)
}

/// As [`replace_durably`], and nobody but its owner can read it, at any moment.
///
/// # Errors
/// The system's.
pub fn replace_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true);
    let file = file.mode(PRIVATE).open(&beside)?;
    // One that a crash left here may have been made by others.
    file.set_permissions(fs::Permissions::from_mode(PRIVATE))?;
    fill(file, bytes)?;
    fs::rename(&beside, path)?;
    sync_folder_of(path)
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    PathBuf::from(beside)
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// As [`replace`]; when it returns, a power cut can't take it back.
///
/// # Errors
/// The system's.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes)?;
    sync_folder_of(path)
}

/// A new name is durable only once its folder is.
///
/// # Errors
/// The system's.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = std::env::temp_dir().join(format!("lanekeeper-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("facts.json");
        replace(&path, b"old and longer").unwrap();
        replace_durably(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::write(folder.join("facts.json.part"), b"left by a crash").unwrap();
        replace_privately(&path, b"secret").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"secret");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
