//! What the hub says of the store's day: which date it is on, when that ends, in which zone the
//! store lives. Kept in a small file, so that a lane that starts without its hub knows it. No
//! record is dated by it: it only makes the lane write its day marker.

use std::{fs, io, path::Path};

use domain::{
    limits,
    sale::DayEnds,
    time::{BusinessDate, LocalMs, WallMs},
};
use ports::StoreZone;
use ports::files::replace;
use proto::store::v1 as wire;
use serde::{Deserialize, Serialize};
use tracing::error;

/// `docs/errors/LANE0020.md`: this lane's clock and the hub's differ by too much.
pub(crate) const WRONG_CLOCK: &str = "LANE0020";
/// A zone of the hub's that this lane's table does not have.
const UNKNOWN_ZONE: &str = "LANE0021";

/// As kept in the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DayTerms {
    /// The store's running date.
    pub(crate) business_date: String,
    /// The instant at which that date ends by itself; 0: by hand only.
    pub(crate) ends_wall_ms: i64,
    /// How much longer a lane waits for its hub to turn the date.
    pub(crate) grace_ms: u64,
    /// How long an open sale may hold the marker up; 0: the hub did not say.
    pub(crate) close_timeout_ms: u64,
    /// IANA name; empty: UTC.
    pub(crate) time_zone: String,
    /// This lane's clock less the hub's at their last comparison, if that was too much.
    pub(crate) clock_ahead_ms: Option<i64>,
}

/// What the lane works with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StoreDay {
    pub(crate) told: DayTerms,
    zone: StoreZone,
}

/// Why nothing is known from before.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreDayError {
    #[error("the file can't be read")]
    Io(#[from] io::Error),
    #[error("the file is damaged")]
    Damaged(#[from] serde_json::Error),
}

impl StoreDay {
    /// Understands what was told. A zone that is not in the table is told once, here: receipts show
    /// UTC then.
    pub(crate) fn new(told: DayTerms) -> Self {
        let zone = match told.time_zone.as_str() {
            "" => StoreZone::utc(),
            name => StoreZone::named(name).unwrap_or_else(|fault| {
                error!(event = "time zone not known", code = UNKNOWN_ZONE, %fault);
                StoreZone::utc()
            }),
        };
        Self { told, zone }
    }

    /// Nothing is known yet.
    pub(crate) fn untold() -> Self {
        Self::new(DayTerms::default())
    }

    /// As the hub says hello.
    pub(crate) fn greeted(hello: &wire::HubHello, clock_ahead_ms: Option<i64>) -> Self {
        Self::new(DayTerms {
            business_date: hello.business_date.clone(),
            ends_wall_ms: hello.day_ends_wall_ms,
            grace_ms: hello.day_grace_ms,
            close_timeout_ms: hello.close_timeout_ms,
            time_zone: hello.time_zone.clone(),
            clock_ahead_ms,
        })
    }

    /// The same store, its date turned.
    pub(crate) fn turned(&self, turned: &wire::DayTurned) -> Self {
        let told = DayTerms {
            business_date: turned.begins.clone(),
            ends_wall_ms: turned.ends_wall_ms,
            close_timeout_ms: turned.cut_within_ms,
            ..self.told.clone()
        };
        Self {
            told,
            zone: self.zone.clone(),
        }
    }

    /// What an earlier run kept. A file that is not there or damaged is not needed: the hub tells
    /// it again.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreDayError> {
        let told = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => DayTerms::default(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self::new(told))
    }

    /// Keeps it for the next start.
    pub(crate) fn keep(&self, path: &Path) -> Result<(), StoreDayError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(replace(path, &serde_json::to_vec(&self.told)?)?)
    }

    /// The store's running date; `None` before the first contact.
    pub(crate) fn date(&self) -> Option<BusinessDate> {
        BusinessDate::parse(&self.told.business_date).ok()
    }

    /// How long an open sale may hold the marker up.
    pub(crate) const fn cut_within_ms(&self) -> u64 {
        match self.told.close_timeout_ms {
            0 => limits::MARKER_HELD_UP_MS,
            told => told,
        }
    }

    /// When a lane that is alone ends its date; `None`: never, or its clock was found wrong and it
    /// leaves the date to its hub.
    pub(crate) fn ends_alone(&self) -> Option<DayEnds> {
        self.ends().filter(|_| self.told.clock_ahead_ms.is_none())
    }

    /// When dates end by themselves; `None`: by hand only.
    fn ends(&self) -> Option<DayEnds> {
        let date = self.date().filter(|_| self.told.ends_wall_ms > 0)?;
        Some(DayEnds {
            date,
            at: self.local(WallMs(self.told.ends_wall_ms)),
            grace_ms: self.told.grace_ms,
        })
    }

    /// A moment as the clock on the store's wall shows it.
    pub(crate) fn local(&self, at: WallMs) -> LocalMs {
        LocalMs(self.zone.local_ms(at.0))
    }

    /// What is wrong with the clock, in words; `None`: as far as is known, nothing.
    pub(crate) fn clock_fault(&self) -> Option<String> {
        let ahead_ms = self.told.clock_ahead_ms?;
        let seconds = ahead_ms.unsigned_abs().div_euclid(1_000);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        let side = if ahead_ms > 0 { "ahead of" } else { "behind" };
        Some(format!(
            "this clock was {hours} h {minutes} min {side} the hub's when they last met"
        ))
    }

    /// The zone that is used.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.name()
    }
}

#[cfg(test)]
mod tests {
    use domain::sale::date_and_time;

    use super::*;

    fn hello() -> wire::HubHello {
        wire::HubHello {
            business_date: "2026-11-22".to_owned(),
            // 23:30 in Shanghai.
            day_ends_wall_ms: 1_795_361_400_000,
            day_grace_ms: 900_000,
            time_zone: "Asia/Shanghai".to_owned(),
            ..wire::HubHello::default()
        }
    }

    #[test]
    fn what_was_told_is_found_again_and_local_time_is_the_stores() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lane-1/store-day.json");
        assert_eq!(StoreDay::open(&path).unwrap().date(), None);
        let day = StoreDay::greeted(&hello(), Some(-9));
        day.keep(&path).unwrap();
        assert_eq!(StoreDay::open(&path).unwrap(), day);
        assert_eq!(day.date().unwrap().to_string(), "2026-11-22");
        assert_eq!(date_and_time(day.ends().unwrap().at), "2026-11-22 23:30:00");
        assert_eq!(day.cut_within_ms(), limits::MARKER_HELD_UP_MS);
        let turned = day.turned(&wire::DayTurned {
            ended: "2026-11-22".to_owned(),
            begins: "2026-11-24".to_owned(),
            cut_within_ms: 7,
            ends_wall_ms: 0,
        });
        assert_eq!((turned.ends(), turned.cut_within_ms()), (None, 7));
        assert_eq!(turned.zone_name(), "Asia/Shanghai");
        fs::write(&path, b"{").unwrap();
        assert!(StoreDay::open(&path).is_err());
    }

    #[test]
    fn f7_a_lane_whose_clock_is_wrong_ends_no_day_alone() {
        let trusted = StoreDay::greeted(&hello(), None);
        assert_eq!(trusted.ends_alone(), trusted.ends());
        assert!(trusted.ends().is_some());
        let wrong = StoreDay::greeted(&hello(), Some(3_600_000));
        assert_eq!(wrong.ends_alone(), None);
    }

    #[test]
    fn a_zone_that_is_not_in_the_table_is_utc() {
        let told = DayTerms {
            time_zone: "Asia/Atlantis".to_owned(),
            ..DayTerms::default()
        };
        assert_eq!(StoreDay::new(told).zone_name(), "UTC");
    }
}
