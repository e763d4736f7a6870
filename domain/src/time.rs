//! Points in time as values. The domain never asks what time it is; it is told.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z by the business clock. May jump; never orders money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallMs(pub i64);

/// The same moment as a clock on the wall of the store shows it: milliseconds since
/// 1970-01-01T00:00 of the store's own time. Made at the edges, where the zone is known; what
/// people read and when a day ends are told in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LocalMs(pub i64);

/// Milliseconds of a clock that only goes forward, from an arbitrary start. Drives time-outs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MonoMs(pub u64);

impl MonoMs {
    /// The moment `duration_ms` later; stays at the end of time instead of wrapping.
    #[must_use]
    pub const fn after(self, duration_ms: u64) -> Self {
        Self(self.0.saturating_add(duration_ms))
    }

    /// How long ago `earlier` was, 0 if it lies ahead.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Both clocks at one moment: what a machine is told with each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Now {
    /// The business clock, for receipts and reports.
    pub wall: WallMs,
    /// The monotonic clock, for time-outs and leases.
    pub mono: MonoMs,
}

/// A civil date that a business day is booked under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate {
    year: u16,
    month: u8,
    day: u8,
}

/// A text or a number that is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct NotADate;

impl BusinessDate {
    /// A date of the proleptic Gregorian calendar.
    ///
    /// # Errors
    /// A month or day that doesn't exist.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, NotADate> {
        if day >= 1 && day <= days_in_month(year, month) {
            Ok(Self { year, month, day })
        } else {
            Err(NotADate)
        }
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Any other form, or a day that doesn't exist.
    pub fn parse(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.split('-');
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotADate);
        };
        if year.len() != 4 || month.len() != 2 || day.len() != 2 {
            return Err(NotADate);
        }
        Self::new(
            year.parse().map_err(|_| NotADate)?,
            month.parse().map_err(|_| NotADate)?,
            day.parse().map_err(|_| NotADate)?,
        )
    }

    /// Year, month, day.
    #[must_use]
    pub const fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.day < days_in_month(self.year, self.month) {
            Self {
                day: self.day.saturating_add(1),
                ..self
            }
        } else if self.month < 12 {
            Self {
                month: self.month.saturating_add(1),
                day: 1,
                ..self
            }
        } else {
            Self {
                year: self.year.saturating_add(1),
                month: 1,
                day: 1,
            }
        }
    }
}

impl BusinessDate {
    /// The day before; the first day of all has none and is its own.
    #[must_use]
    pub fn previous(self) -> Self {
        let (year, month, day) = match (self.month, self.day) {
            (1, 1) => (self.year.saturating_sub(1), 12, 31),
            (month, 1) => {
                let before = month.saturating_sub(1);
                (self.year, before, days_in_month(self.year, before))
            }
            (month, day) => (self.year, month, day.saturating_sub(1)),
        };
        Self::new(year, month, day).unwrap_or(self)
    }

    /// Days from another date to this one; below 0 where the other is later.
    #[must_use]
    pub fn days_since(self, other: Self) -> i64 {
        self.day_number().saturating_sub(other.day_number())
    }

    /// Days since the last of February of the year 0, by the calendar of today.
    fn day_number(self) -> i64 {
        // A year that begins with March has its leap day at its end.
        let (year, month) = match self.month {
            1 | 2 => (self.year.saturating_sub(1), self.month.saturating_add(9)),
            _ => (self.year, self.month.saturating_sub(3)),
        };
        let (year, month) = (i64::from(year), i64::from(month));
        let leap_days = (year / 4)
            .saturating_sub(year / 100)
            .saturating_add(year / 400);
        let before_month = month.saturating_mul(153).saturating_add(2) / 5;
        year.saturating_mul(365)
            .saturating_add(leap_days)
            .saturating_add(before_month)
            .saturating_add(i64::from(self.day))
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_months_and_years() {
        let date = |text| BusinessDate::parse(text).unwrap();
        for (later, earlier, days) in [
            ("2026-11-22", "2026-11-22", 0),
            ("2028-03-01", "2028-02-27", 3),
            ("2027-03-01", "2027-02-27", 2),
            ("2100-03-01", "2100-02-28", 1),
            ("2027-01-01", "2026-12-31", 1),
            ("2026-12-30", "2027-01-01", -2),
            ("2026-12-30", "1999-01-01", 10_225),
        ] {
            assert_eq!(
                date(later).days_since(date(earlier)),
                days,
                "{later} {earlier}"
            );
        }
    }

    #[test]
    fn a_date_reads_back_and_the_year_turns() {
        let last = BusinessDate::parse("2026-12-31").unwrap();
        assert_eq!(last.to_string(), "2026-12-31");
        assert_eq!(last.next().to_string(), "2027-01-01");
        for (day, before) in [
            ("2027-01-01", "2026-12-31"),
            ("2028-03-01", "2028-02-29"),
            ("2026-11-30", "2026-11-29"),
        ] {
            let day = BusinessDate::parse(day).unwrap();
            assert_eq!(day.previous().to_string(), before);
            assert_eq!(day.previous().next(), day);
        }
        assert_eq!(
            BusinessDate::parse("2028-02-28")
                .unwrap()
                .next()
                .to_string(),
            "2028-02-29"
        );
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "26-01-01",
            "2026-1-01",
            "2026-01-01-",
            "",
        ] {
            assert_eq!(BusinessDate::parse(wrong), Err(NotADate), "{wrong}");
        }
    }
}
