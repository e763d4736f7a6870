//! The bank's clock, as fields 12 and 13 of its answers show it: local time, without a year.

use iso8583::{codec, dialect::Dialect};
use ports::{StoreZone, TimeOfDay};

use crate::clocks::Clocks;

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// Compares the bank's clock with the hub's, now and then: a second decoding of every answer would
/// be too much for a figure that changes in weeks.
#[derive(Clone)]
pub(crate) struct BankClock {
    pub(crate) clocks: Clocks,
    pub(crate) zone: StoreZone,
}

impl BankClock {
    /// An answer of the bank came. One without a time says nothing.
    pub(crate) fn heard(&self, frame: &[u8], dialect: &Dialect) {
        let Some(now_ms) = self.clocks.bank_is_due() else {
            return;
        };
        let Ok(decoded) = codec::decode(dialect, frame) else {
            return;
        };
        let fields = decoded.string(13).zip(decoded.string(12));
        if let Some((date, time)) = fields
            && let Some(theirs_ms) = self.instant_ms(&date, &time, now_ms)
        {
            self.clocks.bank_told(theirs_ms);
        }
    }

    /// `MMDD` and `hhmmss` in the year that brings them nearest to the hub's own clock.
    fn instant_ms(&self, date: &str, time: &str, now_ms: i64) -> Option<i64> {
        let part = |text: &str, from: usize| -> Option<i64> {
            text.get(from..from.checked_add(2)?)?.parse().ok()
        };
        let (month, day) = (part(date, 0)?, part(date, 2)?);
        let (hour, minute, second) = (part(time, 0)?, part(time, 2)?, part(time, 4)?);
        let since_midnight = hour * HOUR_MS + minute * MINUTE_MS + second * 1_000;
        let ours_ms = self.zone.local_ms(now_ms);
        let today = domain::sale::civil_date(domain::time::LocalMs(ours_ms))?;
        let (year, _, _) = today.parts();
        let years = [year.checked_sub(1)?, year, year.checked_add(1)?];
        let wall = StoreZone::utc();
        let ahead = years.into_iter().filter_map(|year| {
            let date = (year, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
            let midnight_ms = wall.instant_ms(date, TimeOfDay::MIDNIGHT)?;
            Some(midnight_ms + since_midnight - ours_ms)
        });
        let nearest = ahead.min_by_key(|ahead_ms| ahead_ms.unsigned_abs())?;
        Some(now_ms + nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::SystemClock;
    use std::sync::Arc;

    fn clock(zone: &str) -> BankClock {
        BankClock {
            clocks: Clocks::new(Arc::new(SystemClock::new())),
            zone: StoreZone::named(zone).unwrap(),
        }
    }

    /// F7: the bank's time is local and has no year.
    #[test]
    fn a_time_without_a_year_is_the_nearest_one() {
        let eight_utc = 1_795_334_400_000;
        let shanghai = clock("Asia/Shanghai");
        let same = shanghai.instant_ms("1122", "160000", eight_utc);
        assert_eq!(same, Some(eight_utc));
        let behind = shanghai.instant_ms("1119", "160000", eight_utc);
        assert_eq!(behind, Some(eight_utc - 3 * 24 * HOUR_MS));
        // Silvester: ours is still in the old year.
        let new_year_ms = 1_798_761_600_000;
        let utc = clock("UTC");
        let ahead = utc.instant_ms("0101", "000130", new_year_ms - 60_000);
        assert_eq!(ahead, Some(new_year_ms + 90_000));
        assert_eq!(utc.instant_ms("1332", "000000", eight_utc), None);
        assert_eq!(utc.instant_ms("", "", eight_utc), None);
    }
}
