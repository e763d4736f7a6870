//! The store's time zone: which local time an instant has, and which instant a local time is.
//!
//! Instants are UTC everywhere else, in records and on the wire. The table of zones is part of the
//! program, so that a Pi with an old system, and a simulation, read the same local time.

use std::fmt;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// A time zone by its name in the IANA table.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreZone {
    name: String,
    zone: TimeZone,
}

/// No zone has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no time zone; one is \"Asia/Shanghai\"")]
pub struct UnknownZone(pub String);

/// A time of the day on the wall.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

/// Year, month, day.
pub type CivilDate = (u16, u8, u8);

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self { hour: 0, minute: 0 };

    /// Reads `23:30`; `None` for any other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two_digits = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<i8>().ok()).flatten()
        };
        let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl StoreZone {
    /// Local time is UTC: what a store has that names no zone.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// The zone of this name.
    ///
    /// # Errors
    /// A name that is not in the table.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        if name == "UTC" {
            return Ok(Self::utc());
        }
        let zone = TimeZone::get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        let name = name.to_owned();
        Ok(Self { name, zone })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the clock on the wall shows at a UTC instant, as milliseconds since 1970-01-01 00:00 on
    /// that wall. An instant beyond the calendar is shown as UTC.
    #[must_use]
    pub fn local_ms(&self, utc_ms: i64) -> i64 {
        let Ok(instant) = Timestamp::from_millisecond(utc_ms) else {
            return utc_ms;
        };
        let offset_s = i64::from(self.zone.to_offset(instant).seconds());
        utc_ms.saturating_add(offset_s.saturating_mul(1_000))
    }

    /// The UTC instant at which a local day reaches this time. A time that a daylight-saving change
    /// leaves out is the first instant after the gap; of one that comes twice, the first is meant.
    /// `None` for a date that no calendar has.
    #[must_use]
    pub fn instant_ms(&self, date: CivilDate, time: TimeOfDay) -> Option<i64> {
        let (year, month, day) = date;
        let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
        let day = i8::try_from(day).ok()?;
        let local = DateTime::new(year, month, day, time.hour, time.minute, 0, 0).ok()?;
        self.instant_of(local)
    }

    /// Reads a moment as people write it: `2026-12-01T06:00` on the store's wall, or with its
    /// offset, as in `2026-12-01T06:00:00+08:00`. In a gap and of two it is as in
    /// [`Self::instant_ms`]. `None`: it is neither.
    #[must_use]
    pub fn read_moment(&self, text: &str) -> Option<i64> {
        let with_offset = text.parse::<Timestamp>().ok();
        with_offset
            .map(Timestamp::as_millisecond)
            .or_else(|| self.instant_of(text.parse().ok()?))
    }

    fn instant_of(&self, local: DateTime) -> Option<i64> {
        let instant = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
            AmbiguousOffset::Gap { after, .. } => {
                let shortly_before = after.to_timestamp(local).ok()?;
                self.zone.following(shortly_before).next()?.timestamp()
            }
        };
        Some(instant.as_millisecond())
    }
}

impl fmt::Debug for StoreZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreZone({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> StoreZone {
        StoreZone::named(name).unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::parse(text).unwrap()
    }

    #[test]
    fn a_wall_shows_local_time() {
        let eight_utc = 1_795_334_400_000;
        assert_eq!(StoreZone::utc().local_ms(eight_utc), eight_utc);
        let shanghai = zone("Asia/Shanghai");
        assert_eq!(shanghai.local_ms(eight_utc), eight_utc + 8 * 3_600_000);
        let ends = shanghai.instant_ms((2026, 11, 22), time("16:00"));
        assert_eq!(ends, Some(eight_utc));
        assert!(StoreZone::named("Asia/Shangai").is_err());
    }

    #[test]
    fn a_time_in_the_gap_is_the_first_instant_after_it_and_of_two_the_first() {
        let berlin = zone("Europe/Berlin");
        // 29 March 2026, 02:00 to 03:00 is left out: the gap ends at 01:00 UTC.
        let after_the_gap = berlin.instant_ms((2026, 3, 29), time("03:00"));
        for inside in ["02:00", "02:30", "02:59"] {
            assert_eq!(
                berlin.instant_ms((2026, 3, 29), time(inside)),
                after_the_gap
            );
        }
        assert_eq!(after_the_gap, Some(1_774_746_000_000));
        // 25 October 2026, 02:00 to 03:00 comes twice: at 00:30 UTC and at 01:30 UTC.
        let doubled = berlin.instant_ms((2026, 10, 25), time("02:30"));
        assert_eq!(doubled, Some(1_792_888_200_000));
    }

    #[test]
    fn moments_are_read_with_and_without_an_offset() {
        let six_utc = 1_796_104_800_000;
        for (zone_name, text) in [
            ("UTC", "2026-12-01T06:00"),
            ("UTC", "2026-12-01 06:00:00"),
            ("Asia/Shanghai", "2026-12-01T14:00"),
            ("Asia/Shanghai", "2026-12-01 14:00:00"),
            // An offset says it all.
            ("UTC", "2026-12-01T14:00:00+08:00"),
            ("Asia/Shanghai", "2026-12-01T06:00:00Z"),
        ] {
            let read = zone(zone_name).read_moment(text);
            assert_eq!(read, Some(six_utc), "{text} in {zone_name}");
        }
        for text in ["", "06:00", "tomorrow", "2026-13-01T06:00", "1796104800000"] {
            assert_eq!(StoreZone::utc().read_moment(text), None, "{text}");
        }
        let berlin = zone("Europe/Berlin");
        assert_eq!(
            berlin.read_moment("2026-03-29T02:30"),
            Some(1_774_746_000_000)
        );
    }

    #[test]
    fn a_time_of_day_is_read_strictly() {
        assert_eq!(time("23:30").to_string(), "23:30");
        for wrong in ["24:00", "23:60", "9:30", "23.30", "23:3", "+1:00", ""] {
            assert_eq!(TimeOfDay::parse(wrong), None, "{wrong}");
        }
    }
}
