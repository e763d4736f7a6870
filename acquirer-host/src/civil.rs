//! The host's calendar: what fields 12, 13 and 15 say, and whether a card has expired.

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// A moment as the host's calendar shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    /// Full year.
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
    /// 1 to 366.
    pub(crate) day_of_year: i64,
    /// Milliseconds since midnight.
    milliseconds: i64,
}

impl Civil {
    /// The moment `wall_ms` after 1970-01-01T00:00Z, in a zone that many minutes east of it.
    pub(crate) fn new(wall_ms: i64, utc_offset_minutes: i32) -> Self {
        let offset_ms = i64::from(utc_offset_minutes).saturating_mul(MINUTE_MS);
        let local_ms = wall_ms.saturating_add(offset_ms);
        let days = local_ms.div_euclid(DAY_MS);
        let (year, month, day) = date_of(days);
        Self {
            year,
            month,
            day,
            day_of_year: days - days_before(year, 1, 1) + 1,
            milliseconds: local_ms.rem_euclid(DAY_MS),
        }
    }

    /// Field 12: hhmmss.
    pub(crate) fn time(self) -> String {
        let seconds = self.milliseconds / 1_000;
        format!(
            "{:02}{:02}{:02}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// Minutes since midnight.
    pub(crate) const fn minutes(self) -> i64 {
        self.milliseconds / MINUTE_MS
    }

    /// Fields 13 and 15: MMDD.
    pub(crate) fn date(self) -> String {
        format!("{:02}{:02}", self.month, self.day)
    }

    /// Whether a card with this YYMM is past its last month. What is no YYMM is expired.
    pub(crate) fn is_past(self, expiry: &str) -> bool {
        let part = |range| {
            expiry
                .get(range)
                .and_then(|part: &str| part.parse::<i64>().ok())
        };
        match (part(0..2), part(2..4)) {
            (Some(year), Some(month)) if expiry.len() == 4 && (1..=12).contains(&month) => {
                (2_000 + year, month) < (self.year, self.month)
            }
            _ => true,
        }
    }
}

/// Year, month, day of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date
/// algorithms", civil_from_days).
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days from 1970-01-01 to a date (the same source, days_from_civil).
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_show_as_known() {
        let morning = Civil::new(1_795_334_400_000, 0);
        assert_eq!((morning.year, morning.month, morning.day), (2026, 11, 22));
        assert_eq!(
            (morning.time().as_str(), morning.date().as_str()),
            ("080000", "1122")
        );
        assert_eq!(morning.day_of_year, 326);
        let china = Civil::new(1_795_334_400_000, 480);
        assert_eq!(china.time(), "160000");
        let leap = Civil::new(1_709_164_800_000, 0);
        assert_eq!(
            (leap.year, leap.month, leap.day, leap.day_of_year),
            (2024, 2, 29, 60)
        );
    }

    #[test]
    fn a_card_lives_to_the_end_of_its_month() {
        let now = Civil::new(1_795_334_400_000, 0);
        assert!(!now.is_past("2611"));
        assert!(!now.is_past("3012"));
        assert!(now.is_past("2610"));
        for malformed in ["2613", "2600", "26", "", "26x1", "261111"] {
            assert!(now.is_past(malformed), "{malformed}");
        }
    }
}
