//! Price files of this lane on its disk: one file a version, named by its own bytes.
//!
//! A version is kept whole or not at all, and read again only when it is to sell. What is read is
//! what the name says, or it is not used.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    barcode::LabelLayout,
    money::Currency,
    prices::{self, FaultKind, PriceBook, PriceFaults},
};
use ports::files::replace;
use records::{is_price_version, price_version};

/// Why a price file is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// The disk.
    #[error("can't be read or written: {0}")]
    Io(#[from] io::Error),
    /// Other bytes than its name says.
    #[error("is not the file that its name says")]
    OtherBytes,
    /// A file this lane can't sell by.
    #[error("{0}")]
    Faults(#[from] PriceFaults),
    /// Labels of another layout than this lane's.
    #[error("barcode: {0}")]
    Labels(FaultKind),
}

/// Where they lie, and what this lane wants of them.
#[derive(Clone, Debug)]
pub(crate) struct PriceShelf {
    folder: PathBuf,
    currency: Currency,
    labels: LabelLayout,
}

impl PriceShelf {
    pub(crate) fn new(folder: PathBuf, currency: Currency, labels: LabelLayout) -> Self {
        Self {
            folder,
            currency,
            labels,
        }
    }

    /// Checks a file and keeps it: it is durable afterwards.
    pub(crate) fn take(&self, version: &str, file: &[u8]) -> Result<Arc<PriceBook>, ShelfError> {
        let book = self.understood(version, file)?;
        fs::create_dir_all(&self.folder)?;
        replace(&self.path(version), file)?;
        Ok(book)
    }

    /// Reads a version that was kept.
    pub(crate) fn book(&self, version: &str) -> Result<Arc<PriceBook>, ShelfError> {
        if !is_price_version(version) {
            return Err(ShelfError::OtherBytes);
        }
        self.understood(version, &fs::read(self.path(version))?)
    }

    /// Whether there is a file of this name.
    pub(crate) fn has(&self, version: &str) -> bool {
        is_price_version(version) && self.path(version).is_file()
    }

    /// What a file is to this lane, whoever wrote it.
    pub(crate) fn read(&self, file: &[u8]) -> Result<Arc<PriceBook>, ShelfError> {
        let book = prices::read(file, self.currency)?.book;
        if let Some(item) = book.unfit_for(self.labels) {
            let digits = match self.labels {
                LabelLayout::ItemOfFive => 7,
                LabelLayout::PriceCheckDigit => 6,
            };
            let unfit = FaultKind::NotThisLanes(item.to_string(), digits);
            return Err(ShelfError::Labels(unfit));
        }
        Ok(Arc::new(book))
    }

    /// Removes all files but these. What can't be removed lies there until the next time.
    pub(crate) fn forget_but(&self, wanted: impl Fn(&str) -> bool) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for file in files {
            let path = file.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            // Whatever else lies there is not ours.
            let version = stem.filter(|stem| is_price_version(stem));
            if version.is_some_and(|version| !wanted(version)) {
                let removed = fs::remove_file(&path);
                tracing::debug!(event = "price file removed", ?path, ok = removed.is_ok());
            }
        }
    }

    fn understood(&self, version: &str, file: &[u8]) -> Result<Arc<PriceBook>, ShelfError> {
        if price_version(file) != version {
            return Err(ShelfError::OtherBytes);
        }
        self.read(file)
    }

    fn path(&self, version: &str) -> PathBuf {
        self.folder.join(Path::new(version).with_extension("csv"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"barcode,name,price_minor,currency,kind\n6900000000014,milk,5,CNY,piece\n";

    fn shelf(folder: &Path) -> PriceShelf {
        PriceShelf::new(
            folder.join("prices"),
            Currency::CNY,
            LabelLayout::ItemOfFive,
        )
    }

    #[test]
    fn what_is_kept_is_found_again_and_other_bytes_are_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let version = price_version(FILE);
        assert!(!shelf.has(&version));
        let book = shelf.take(&version, FILE).unwrap();
        assert_eq!(shelf.book(&version).unwrap(), book);
        let flipped = String::from_utf8(FILE.to_vec())
            .unwrap()
            .replace(",5,", ",4,");
        fs::write(shelf.path(&version), flipped).unwrap();
        let read = shelf.book(&version);
        assert!(matches!(read, Err(ShelfError::OtherBytes)), "{read:?}");
        shelf.forget_but(|_| false);
        assert!(!shelf.has(&version));
    }

    #[test]
    fn a_file_with_labels_of_another_layout_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = b"barcode,name,price_minor,currency,kind\n210001,beef,0,CNY,price-embedded\n";
        let taken = shelf(folder.path()).take(&price_version(file), file);
        let said = taken.unwrap_err().to_string();
        assert!(said.contains("210001 is never found"), "{said}");
    }
}
