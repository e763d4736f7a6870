//! Price files on the hub's disk: one a version, under the name of its bytes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use ports::files::replace_durably;
use records::{is_price_version, price_version};

/// Where they lie.
#[derive(Clone, Debug)]
pub(crate) struct PriceFolder(PathBuf);

impl PriceFolder {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Durable when it returns: written beside, synced, renamed.
    pub(crate) fn put(&self, version: &str, file: &[u8]) -> io::Result<()> {
        if self.get(version).is_ok_and(|there| there == file) {
            return Ok(());
        }
        fs::create_dir_all(&self.0)?;
        replace_durably(&self.file(version), file)
    }

    /// The file, if it is what its name says.
    pub(crate) fn get(&self, version: &str) -> io::Result<Bytes> {
        if !is_price_version(version) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = fs::read(self.file(version))?;
        if price_version(&file) != version {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not the file that its name says",
            ));
        }
        Ok(Bytes::from(file))
    }

    /// Removes all but these. What can't be removed lies there until the next time.
    pub(crate) fn forget_but(&self, wanted: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let path = entry.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let is_ours = stem.is_some_and(is_price_version);
            if is_ours && !stem.is_some_and(&wanted) && fs::remove_file(&path).is_err() {
                tracing::debug!(event = "price file not removed", ?path);
            }
        }
    }

    fn file(&self, version: &str) -> PathBuf {
        self.0.join(format!("{version}.csv"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_and_what_was_changed_is_not_used() {
        let home = tempfile::tempdir().unwrap();
        let folder = PriceFolder::new(home.path().join("prices"));
        let version = price_version(b"file");
        assert!(folder.get(&version).is_err());
        folder.put(&version, b"file").unwrap();
        assert_eq!(folder.get(&version).unwrap(), "file");
        fs::write(folder.file(&version), b"fila").unwrap();
        assert_eq!(
            folder.get(&version).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        folder.put(&version, b"file").unwrap();
        assert_eq!(folder.get(&version).unwrap(), "file");
        folder.forget_but(|kept| kept != version);
        assert!(folder.get(&version).is_err());
        assert!(folder.get("../secret").is_err());
    }
}
