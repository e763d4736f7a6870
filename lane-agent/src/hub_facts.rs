//! What a lane has learnt from its hub and needs without it: which prices sell from when on, the
//! store's name, its terminal. Kept in one small file, written whole, so that a lane starts and
//! sells while the hub is away; the price files lie beside it. No key is among it.

use std::{fs, io, path::Path, sync::Arc};

use domain::{
    paper::Heading,
    prices::{PriceBook, PriceSchedule, PriceVersion},
    time::WallMs,
};
use ports::files::replace;
use records::price_version;
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use crate::price_shelf::{PriceShelf, ShelfError};

/// As kept in the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Learnt {
    /// For receipts.
    pub(crate) store_name: String,
    /// The company behind it, its address and tax number, for receipts; empty: not printed.
    #[serde(default)]
    pub(crate) merchant_name: String,
    #[serde(default)]
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) tax_number: String,
    /// Terminal of this lane, for receipts.
    pub(crate) tid: String,
    /// Merchant at the acquirer, for receipts.
    pub(crate) mid: String,
    /// Which journal the hub had (32 hex digits), and its epoch.
    #[serde(default)]
    pub(crate) hub_history: String,
    #[serde(default)]
    pub(crate) hub_epoch: u64,
    /// The price versions that sell or will.
    #[serde(default)]
    pub(crate) prices: Vec<KeptVersion>,
    /// A whole price file: so they were kept before versions had files of their own.
    #[serde(default, skip_serializing)]
    pub(crate) price_file: String,
}

/// A price version as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct KeptVersion {
    version: String,
    from_wall_ms: i64,
    begun: bool,
}

/// What the lane works with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HubFacts {
    pub(crate) learnt: Learnt,
    /// What the next sale is priced by.
    pub(crate) prices: Arc<PriceBook>,
    /// Its version.
    pub(crate) price_version: String,
}

/// Why there are no facts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HubFactsError {
    #[error("the file can't be read or written")]
    Io(#[from] io::Error),
    #[error("the file is damaged")]
    Damaged(#[from] serde_json::Error),
    #[error("the price file {0}")]
    Prices(#[from] ShelfError),
}

/// What an earlier run kept.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) learnt: Learnt,
    pub(crate) schedule: PriceSchedule,
    /// `None`: no version that has begun has a file that can be used.
    pub(crate) facts: Option<HubFacts>,
}

impl Learnt {
    /// Keeps it for the next start.
    pub(crate) fn keep(&self, path: &Path) -> Result<(), HubFactsError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(replace(path, &serde_json::to_vec(self)?)?)
    }

    /// Which journal the hub had, as it said it.
    fn history(&self) -> Vec<u8> {
        let history = u128::from_str_radix(&self.hub_history, 16);
        history.map_or_else(|_| Vec::new(), |history| history.to_be_bytes().to_vec())
    }

    /// The same with this schedule.
    pub(crate) fn with(mut self, schedule: &PriceSchedule) -> Self {
        let versions = schedule.versions().iter();
        self.prices = versions
            .map(|known| KeptVersion {
                version: known.version.clone(),
                from_wall_ms: known.from.0,
                begun: known.begun,
            })
            .collect();
        self
    }

    fn schedule(&self, shelf: &PriceShelf) -> PriceSchedule {
        let versions = self.prices.iter();
        let versions = versions.map(|kept| PriceVersion {
            version: kept.version.clone(),
            from: WallMs(kept.from_wall_ms),
            begun: kept.begun,
            usable: shelf.has(&kept.version),
        });
        PriceSchedule::of(versions.collect())
    }

    /// A price file that was kept inside becomes a version like any other.
    fn unfold(&mut self, shelf: &PriceShelf) {
        let file = std::mem::take(&mut self.price_file);
        if file.is_empty() || !self.prices.is_empty() {
            return;
        }
        let version = price_version(file.as_bytes());
        match shelf.take(&version, file.as_bytes()) {
            Ok(_) => self.prices.push(KeptVersion {
                version,
                from_wall_ms: 0,
                begun: true,
            }),
            Err(fault) => warn!(event = "kept prices not used", code = "LANE0031", %fault),
        }
    }
}

/// The facts of what sells at this moment. A version whose file can't be used is passed over: the
/// one before it sells. `taken`: a version that was just put on the shelf, as it was read then.
pub(crate) fn selling(
    learnt: &Learnt,
    schedule: &mut PriceSchedule,
    shelf: &PriceShelf,
    taken: Option<(String, Arc<PriceBook>)>,
) -> Option<HubFacts> {
    let mut taken = taken;
    loop {
        let version = schedule.selling()?.version.clone();
        let book = match taken.take_if(|(taken, _)| *taken == version) {
            Some((_, book)) => Ok(book),
            None => shelf.book(&version),
        };
        match book {
            Ok(prices) => {
                return Some(HubFacts {
                    learnt: learnt.clone().with(schedule),
                    prices,
                    price_version: version,
                });
            }
            Err(fault) => {
                error!(event = "kept prices not used", code = "LANE0031", version, %fault);
                schedule.set_usable(&version, false);
            }
        }
    }
}

/// Which journal the hub had that this lane knew last; empty: none is known.
pub(crate) fn known_history(path: &Path) -> Vec<u8> {
    let kept = fs::read(path).ok();
    let learnt: Option<Learnt> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    learnt.map(|learnt| learnt.history()).unwrap_or_default()
}

/// What an earlier run kept, with what has become due since; `None` when there is no file.
pub(crate) fn open(
    path: &Path,
    shelf: &PriceShelf,
    now: WallMs,
) -> Result<Option<Kept>, HubFactsError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut learnt: Learnt = serde_json::from_slice(&bytes)?;
    learnt.unfold(shelf);
    let mut schedule = learnt.schedule(shelf);
    schedule.pass(now);
    let facts = selling(&learnt, &mut schedule, shelf, None);
    Ok(Some(Kept {
        learnt,
        schedule,
        facts,
    }))
}

impl HubFacts {
    /// What a receipt says of the store.
    pub(crate) fn heading(&self) -> Heading {
        Heading {
            store_name: self.learnt.store_name.clone(),
            merchant_name: self.learnt.merchant_name.clone(),
            address: self.learnt.address.clone(),
            tax_number: self.learnt.tax_number.clone(),
            tid: self.learnt.tid.clone(),
            mid: self.learnt.mid.clone(),
        }
    }

    /// Which journal the hub had, as it said it.
    pub(crate) fn hub_history(&self) -> Vec<u8> {
        self.learnt.history()
    }
}

#[cfg(test)]
mod tests {
    use domain::{barcode::LabelLayout, money::Currency};

    use super::*;

    const FILE: &str = "barcode,name,price_minor,currency,kind\n6900000000014,milk,5,CNY,piece\n";

    fn shelf(folder: &Path) -> PriceShelf {
        PriceShelf::new(
            folder.join("prices"),
            Currency::CNY,
            LabelLayout::ItemOfFive,
        )
    }

    fn price(facts: &HubFacts) -> i64 {
        let item = facts
            .prices
            .look_up("6900000000014", LabelLayout::ItemOfFive);
        item.unwrap().unit_price.minor()
    }

    #[test]
    fn what_was_kept_is_found_again_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lane-1/hub-facts.json");
        let shelf = shelf(folder.path());
        let now = WallMs(100);
        assert!(open(&path, &shelf, now).unwrap().is_none());
        let other = FILE.replace(",5,", ",6,");
        let mut schedule = PriceSchedule::default();
        for (file, from) in [(FILE, 10), (other.as_str(), 200)] {
            let version = price_version(file.as_bytes());
            shelf.take(&version, file.as_bytes()).unwrap();
            schedule.name(&version, WallMs(from), false);
        }
        let learnt = Learnt {
            store_name: "Demo".to_owned(),
            ..Learnt::default()
        };
        learnt.with(&schedule).keep(&path).unwrap();
        let facts = open(&path, &shelf, now).unwrap().unwrap().facts.unwrap();
        assert_eq!(
            (facts.heading().store_name.as_str(), price(&facts)),
            ("Demo", 5)
        );
        // Its time comes while the lane is off.
        let facts = open(&path, &shelf, WallMs(200)).unwrap().unwrap().facts;
        assert_eq!(price(&facts.unwrap()), 6);
        // A file that was damaged meanwhile: the one before sells.
        let newest = shelf_file(folder.path(), &other);
        fs::write(newest, FILE).unwrap();
        let kept = open(&path, &shelf, WallMs(200)).unwrap().unwrap();
        assert_eq!(price(&kept.facts.unwrap()), 5);
        assert_eq!(kept.schedule.missing().count(), 1);
        fs::write(&path, b"{").unwrap();
        assert!(open(&path, &shelf, now).is_err());
    }

    fn shelf_file(folder: &Path, file: &str) -> std::path::PathBuf {
        folder.join(format!("prices/{}.csv", price_version(file.as_bytes())))
    }

    #[test]
    fn a_price_file_kept_inside_by_an_earlier_release_still_sells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub-facts.json");
        let before = serde_json::json!({
            "price_file_version": "0011223344556677", "store_name": "Demo", "tid": "LANE0001",
            "mid": "898310054110001", "business_date": "2026-11-22", "price_file": FILE,
        });
        fs::write(&path, before.to_string()).unwrap();
        let kept = open(&path, &shelf(folder.path()), WallMs(1))
            .unwrap()
            .unwrap();
        assert_eq!(price(&kept.facts.unwrap()), 5);
        kept.learnt.with(&kept.schedule).keep(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("milk"), "{text}");
    }
}
