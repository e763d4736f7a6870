//! The price file as lanes get it: the bytes of the CSV, and a version that changes with them.

use std::{io, path::Path, path::PathBuf, sync::Arc};

use sha2::{Digest, Sha256};

use crate::report::hex;

const HEADER: &str = "barcode,name,price_minor,currency,kind";

/// A price file in memory.
#[derive(Clone, Debug)]
pub(crate) struct PriceFile {
    pub(crate) version: String,
    pub(crate) bytes: Arc<[u8]>,
}

/// Why a price file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceFileError {
    /// The file can't be read.
    #[error("can't read the price file {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no price file.
    #[error("{path} is no price file: its first line must be {HEADER}")]
    NoPriceFile {
        /// Which.
        path: PathBuf,
    },
}

impl PriceFile {
    /// Reads the file; lanes check its lines.
    pub(crate) fn load(path: &Path) -> Result<Self, PriceFileError> {
        let bytes = std::fs::read(path).map_err(|source| PriceFileError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let first = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if first.trim_ascii() != HEADER.as_bytes() {
            return Err(PriceFileError::NoPriceFile {
                path: path.to_owned(),
            });
        }
        Ok(Self::of(bytes))
    }

    fn of(bytes: Vec<u8>) -> Self {
        let digest = Sha256::digest(&bytes);
        let version = hex(digest.get(..8).unwrap_or_default());
        Self {
            version,
            bytes: bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_changes_with_the_content() {
        let one = PriceFile::of(b"barcode,name".to_vec());
        let other = PriceFile::of(b"barcode,nama".to_vec());
        assert_ne!(one.version, other.version);
        assert_eq!(one.version.len(), 16);
    }
}
