//! What a lane has learnt from its hub and needs without it: prices, the store's name, its
//! terminal. Kept in one file, written whole, so that a lane starts and sells while the hub is
//! away. No key is among it.

use std::{fs, io, path::Path};

use domain::{money::Currency, sale::Heading};
use serde::{Deserialize, Serialize};

use crate::{
    devices::write_whole,
    price_book::{PriceBook, PriceFileError},
};

/// As kept in the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Learnt {
    /// Version of the price file.
    pub(crate) price_file_version: String,
    /// For receipts.
    pub(crate) store_name: String,
    /// Terminal of this lane, for receipts.
    pub(crate) tid: String,
    /// Merchant at the acquirer, for receipts.
    pub(crate) mid: String,
    /// Which journal the hub had (32 hex digits), and its epoch.
    #[serde(default)]
    pub(crate) hub_history: String,
    #[serde(default)]
    pub(crate) hub_epoch: u64,
    /// The price file itself.
    pub(crate) price_file: String,
}

/// What the lane works with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HubFacts {
    pub(crate) learnt: Learnt,
    pub(crate) prices: PriceBook,
}

/// Why there are no facts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HubFactsError {
    #[error("the file can't be read or written")]
    Io(#[from] io::Error),
    #[error("the file is damaged")]
    Damaged(#[from] serde_json::Error),
    #[error(transparent)]
    Prices(#[from] PriceFileError),
}

impl HubFacts {
    /// Understands what was learnt.
    pub(crate) fn new(learnt: Learnt, currency: Currency) -> Result<Self, PriceFileError> {
        let prices = PriceBook::parse(learnt.price_file.as_bytes(), currency)?;
        Ok(Self { learnt, prices })
    }

    /// What an earlier run kept; `None` when there is no file.
    pub(crate) fn open(path: &Path, currency: Currency) -> Result<Option<Self>, HubFactsError> {
        match fs::read(path) {
            Ok(bytes) => {
                let learnt = serde_json::from_slice(&bytes)?;
                Ok(Some(Self::new(learnt, currency)?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps it for the next start.
    pub(crate) fn keep(&self, path: &Path) -> Result<(), HubFactsError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(write_whole(path, &serde_json::to_vec(&self.learnt)?)?)
    }

    /// What a receipt says of the store.
    pub(crate) fn heading(&self) -> Heading {
        Heading {
            store_name: self.learnt.store_name.clone(),
            tid: self.learnt.tid.clone(),
            mid: self.learnt.mid.clone(),
        }
    }

    /// Which journal the hub had, as it said it.
    pub(crate) fn hub_history(&self) -> Vec<u8> {
        let history = u128::from_str_radix(&self.learnt.hub_history, 16);
        history.map_or_else(|_| Vec::new(), |history| history.to_be_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_again_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lane-1/hub-facts.json");
        assert!(HubFacts::open(&path, Currency::CNY).unwrap().is_none());
        let learnt = Learnt {
            store_name: "Demo".to_owned(),
            price_file: "barcode,name,price_minor,currency,kind\n1,milk,5,CNY,piece\n".to_owned(),
            ..Learnt::default()
        };
        let facts = HubFacts::new(learnt, Currency::CNY).unwrap();
        facts.keep(&path).unwrap();
        assert_eq!(HubFacts::open(&path, Currency::CNY).unwrap(), Some(facts));
        fs::write(&path, b"{").unwrap();
        assert!(HubFacts::open(&path, Currency::CNY).is_err());
    }
}
