//! A price file that came in, checked, in the form in which it is kept.

use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use domain::{
    money::Currency,
    prices::{self, PriceFaults},
};
use proto::store::v1::TextEncoding;
use records::price_version;
use sha2::{Digest, Sha256};

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
    /// What is wrong with it.
    #[error("HUB0030: the price file {path} is not taken:\n{faults}")]
    Faults {
        /// Which.
        path: PathBuf,
        /// All of it, the first hundred in words.
        faults: PriceFaults,
    },
    /// It can't be kept.
    #[error("HUB0032: can't keep prices in {path}: {source}")]
    NotKept {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the journal says of prices can't be read.
    #[error("can't read the price versions in the journal: {0}")]
    Journal(String),
}

/// How the bytes of a file are to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Encoding {
    /// As everything here.
    #[default]
    Utf8,
    /// As many programs in China still write.
    Gbk,
}

impl Encoding {
    /// The encoding of that number; `None`: one of a newer release.
    pub(crate) fn from_proto(number: i32) -> Option<Self> {
        match TextEncoding::try_from(number).ok()? {
            TextEncoding::Unspecified | TextEncoding::Utf8 => Some(Self::Utf8),
            TextEncoding::Gbk => Some(Self::Gbk),
        }
    }

    /// What can't be GBK stays as it is, and is a fault of its line.
    fn text(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 => Cow::Borrowed(bytes),
            Self::Gbk => encoding_rs::GB18030
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map_or(Cow::Borrowed(bytes), |text| match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                }),
        }
    }
}

/// A price file without a fault.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) version: String,
    /// In the one form in which it is kept and told to lanes.
    pub(crate) file: Bytes,
    pub(crate) articles: u32,
    /// Of the file as it came in.
    pub(crate) sha256: [u8; 32],
    /// Headings of columns that are not read.
    pub(crate) not_read: Vec<String>,
}

/// SHA-256 of a file.
pub(crate) fn hash_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Checks a price file as a whole.
pub(crate) fn check(
    bytes: &[u8],
    encoding: Encoding,
    currency: Currency,
) -> Result<Checked, PriceFaults> {
    let read = prices::read(&encoding.text(bytes), currency)?;
    let file = Bytes::from(read.book.to_csv());
    Ok(Checked {
        version: price_version(&file),
        articles: u32::try_from(read.book.len()).unwrap_or(u32::MAX),
        sha256: hash_of(bytes),
        not_read: read.not_read,
        file,
    })
}

/// Checks the whole file that a configuration names, and keeps nothing.
pub(crate) fn check_configured(path: &Path, currency: Currency) -> Result<(), PriceFileError> {
    let path = path.to_owned();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(PriceFileError::Unreadable { path, source }),
    };
    let checked = check(&bytes, Encoding::Utf8, currency);
    checked
        .map(|_| ())
        .map_err(|faults| PriceFileError::Faults { path, faults })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "barcode,name,price_minor,currency,kind\n6900000000014,牛奶,5,CNY,piece\n";

    #[test]
    fn the_version_follows_from_the_articles_and_not_from_the_program_that_wrote_them() {
        let read = |text: &str| check(text.as_bytes(), Encoding::Utf8, Currency::CNY).unwrap();
        let plain = read(FILE);
        let other = read(&format!(
            "\u{feff}{}",
            FILE.replace(',', ";").replace('\n', "\r\n")
        ));
        assert_eq!(plain.version, other.version);
        assert_eq!(plain.file, FILE);
        assert_ne!(plain.sha256, other.sha256);
        assert_ne!(plain.version, read(&FILE.replace(",5,", ",6,")).version);
    }

    #[test]
    fn f26_gbk_is_read_when_it_is_said() {
        let (gbk, _, _) = encoding_rs::GBK.encode(FILE);
        assert!(check(&gbk, Encoding::Utf8, Currency::CNY).is_err());
        let read = check(&gbk, Encoding::Gbk, Currency::CNY).unwrap();
        assert_eq!(read.file, FILE);
        let not_gbk = check(FILE.as_bytes(), Encoding::Gbk, Currency::CNY);
        assert!(not_gbk.is_err() || not_gbk.unwrap().file != FILE);
    }
}
