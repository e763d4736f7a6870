//! What a clock on the wall of the store shows, as people read it. Which zone that is the edges
//! know: only a [`LocalMs`] can be read here, never an instant.

use crate::time::{BusinessDate, LocalMs};

const MS_PER_DAY: i64 = 86_400_000;
const DAYS_PER_ERA: i64 = 146_097;

/// The civil date of a moment; `None` outside the years 1 to 9999.
#[must_use]
pub fn civil_date(at: LocalMs) -> Option<BusinessDate> {
    let days = at.0.div_euclid(MS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    let year = u16::try_from(year).ok()?;
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    if (1..=9999).contains(&year) {
        BusinessDate::new(year, month, day).ok()
    } else {
        None
    }
}

/// The first moment of a date.
#[must_use]
pub fn midnight(date: BusinessDate) -> LocalMs {
    let (year, month, day) = date.parts();
    let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
    LocalMs(days.saturating_mul(MS_PER_DAY))
}

/// `2026-11-22 08:15:30`; the milliseconds themselves where there is no such date.
#[must_use]
pub fn date_and_time(at: LocalMs) -> String {
    let Some(date) = civil_date(at) else {
        return format!("{} ms", at.0);
    };
    let second_of_day = at.0.rem_euclid(MS_PER_DAY).div_euclid(1_000);
    let hour = second_of_day.div_euclid(3_600);
    let minute = second_of_day.div_euclid(60).rem_euclid(60);
    let second = second_of_day.rem_euclid(60);
    format!("{date} {hour:02}:{minute:02}:{second:02}")
}

/// Days since 1970-01-01 to year, month, day of the proleptic Gregorian calendar: eras of 400 years
/// that begin on 1 March, so that the leap day comes last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let leap_days = day_of_era
        .div_euclid(1_460)
        .saturating_sub(day_of_era.div_euclid(36_524))
        .saturating_add(day_of_era.div_euclid(146_096));
    let year_of_era = day_of_era.saturating_sub(leap_days).div_euclid(365);
    let year_days = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100));
    let day_of_year = day_of_era.saturating_sub(year_days);
    let march_month = day_of_year
        .saturating_mul(5)
        .saturating_add(2)
        .div_euclid(153);
    let month_days = march_month
        .saturating_mul(153)
        .saturating_add(2)
        .div_euclid(5);
    let day = day_of_year.saturating_sub(month_days).saturating_add(1);
    let month = if march_month < 10 {
        march_month.saturating_add(3)
    } else {
        march_month.saturating_sub(9)
    };
    let year = year_of_era.saturating_add(era.saturating_mul(400));
    let year = if month <= 2 {
        year.saturating_add(1)
    } else {
        year
    };
    (year, month, day)
}

/// The way back.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, march_month) = if month > 2 {
        (year, month.saturating_sub(3))
    } else {
        (year.saturating_sub(1), month.saturating_add(9))
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_days = march_month
        .saturating_mul(153)
        .saturating_add(2)
        .div_euclid(5);
    let day_of_year = month_days.saturating_add(day).saturating_sub(1);
    let day_of_era = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100))
        .saturating_add(day_of_year);
    era.saturating_mul(DAYS_PER_ERA)
        .saturating_add(day_of_era)
        .saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_people_write_them() {
        for (local_ms, text) in [
            (0, "1970-01-01 00:00:00"),
            (1_795_334_400_000, "2026-11-22 08:00:00"),
            (951_782_399_999, "2000-02-28 23:59:59"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (4_107_542_399_000, "2100-02-28 23:59:59"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date_and_time(LocalMs(local_ms)), text);
        }
        assert_eq!(civil_date(LocalMs(i64::MAX)), None);
    }

    #[test]
    fn every_day_of_eight_centuries_begins_at_its_midnight() {
        let mut date = BusinessDate::parse("1599-12-30").unwrap();
        let mut expected = midnight(date);
        while date < BusinessDate::parse("2401-01-02").unwrap() {
            let found = midnight(date);
            assert_eq!(found, expected, "{date}");
            assert_eq!(civil_date(found), Some(date));
            assert_eq!(
                civil_date(LocalMs(found.0 - 1)).map(BusinessDate::next),
                Some(date)
            );
            date = date.next();
            expected = LocalMs(expected.0 + MS_PER_DAY);
        }
    }
}
