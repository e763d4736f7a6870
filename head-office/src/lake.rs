//! The folder that days land in: `business_date=…/store=…/`, each file whole and checked, once.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use ports::files::sync_folder_of;
use sha2::{Digest, Sha256};

/// A folder of landed days.
#[derive(Clone, Debug)]
pub(crate) struct Lake {
    root: PathBuf,
}

/// A failure of the disk, with the place.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub(crate) struct LakeError {
    path: PathBuf,
    source: io::Error,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LakeError + '_ {
    move |source| LakeError {
        path: path.to_owned(),
        source,
    }
}

/// Where one file of one store's day stands.
#[derive(Clone, Debug)]
pub(crate) struct Landing {
    file: PathBuf,
    partial: PathBuf,
}

impl Lake {
    pub(crate) fn open(root: &Path) -> Result<Self, LakeError> {
        fs::create_dir_all(root).map_err(at(root))?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The place for a file. Dates and store ids are checked before; a file's name comes from the
    /// store, so it must be a name and not a way.
    pub(crate) fn landing(
        &self,
        date: &str,
        store: &str,
        version: u32,
        name: &str,
    ) -> Result<Landing, LakeError> {
        let folder = self
            .root
            .join(format!("business_date={date}"))
            .join(format!("store={store}"));
        let is_name =
            Path::new(name).file_name().is_some_and(|file| file == name) && !name.starts_with('.');
        if !is_name {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not a file name");
            return Err(LakeError {
                path: folder.join(name),
                source,
            });
        }
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        Ok(Landing {
            file: folder.join(name),
            partial: folder.join(format!(".v{version}-{name}.partial")),
        })
    }
}

impl Landing {
    /// Whether the file is there with this content.
    pub(crate) fn is_landed(&self, sha256: &[u8]) -> bool {
        digest(&self.file).is_ok_and(|found| found.as_slice() == sha256)
    }

    /// How many bytes an earlier try left.
    pub(crate) fn resume_at(&self, size_bytes: u64) -> u64 {
        let length = fs::metadata(&self.partial).map_or(0, |found| found.len());
        if length > size_bytes { 0 } else { length }
    }

    /// Opens the partial file to write on from an offset.
    pub(crate) fn open(&self, from: u64) -> Result<File, LakeError> {
        let mut options = OpenOptions::new();
        let options = options.create(true).append(true);
        let file = options.open(&self.partial).map_err(at(&self.partial))?;
        file.set_len(from).map_err(at(&self.partial))?;
        Ok(file)
    }

    pub(crate) fn write(&self, file: &mut File, bytes: &[u8]) -> Result<(), LakeError> {
        file.write_all(bytes).map_err(at(&self.partial))
    }

    /// Checks the whole and lands it by one rename; a wrong content is thrown away. False: it was
    /// wrong.
    pub(crate) fn land(&self, file: File, sha256: &[u8]) -> Result<bool, LakeError> {
        file.sync_all().map_err(at(&self.partial))?;
        drop(file);
        if digest(&self.partial).map_err(at(&self.partial))?.as_slice() != sha256 {
            fs::remove_file(&self.partial).map_err(at(&self.partial))?;
            return Ok(false);
        }
        fs::rename(&self.partial, &self.file).map_err(at(&self.file))?;
        sync_folder_of(&self.file).map_err(at(&self.file))?;
        Ok(true)
    }
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lands_once_whole_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(&folder.path().join("lake")).unwrap();
        let landing = lake.landing("2026-11-22", "0001", 1, "day.json").unwrap();
        let sum: [u8; 32] = Sha256::digest(b"whole").into();

        let mut file = landing.open(0).unwrap();
        landing.write(&mut file, b"who").unwrap();
        drop(file);
        assert!(!landing.is_landed(&sum), "a part is not there");
        assert_eq!(landing.resume_at(5), 3);
        let mut file = landing.open(3).unwrap();
        landing.write(&mut file, b"le").unwrap();
        assert!(landing.land(file, &sum).unwrap());
        assert!(landing.is_landed(&sum));
        assert_eq!(landing.resume_at(5), 0);

        let mut file = landing.open(0).unwrap();
        landing.write(&mut file, b"wrong").unwrap();
        assert!(!landing.land(file, &sum).unwrap());
        assert!(landing.is_landed(&sum), "what is there stays");
    }

    #[test]
    fn a_name_that_leads_elsewhere_lands_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path()).unwrap();
        for name in ["../x", "/etc/x", "", ".", "..", "a/b", ".hidden"] {
            assert!(
                lake.landing("2026-11-22", "0001", 1, name).is_err(),
                "{name}"
            );
        }
    }
}
