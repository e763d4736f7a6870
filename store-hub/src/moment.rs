//! Moments as people write and read them: on the store's wall.

use domain::{
    sale::date_and_time,
    time::{LocalMs, WallMs},
};
use ports::StoreZone;

/// The form that is asked for.
pub(crate) const MOMENT_FORM: &str =
    "a moment of the store as in 2026-12-01T06:00, nor one with its offset";

/// Reads `2026-12-01T06:00` as the store's wall shows it, or a moment with its offset.
pub(crate) fn read_moment(text: &str, zone: &StoreZone) -> Option<WallMs> {
    zone.read_moment(text).map(WallMs)
}

/// The same way back, to the second.
pub(crate) fn moment_in_words(at: WallMs, zone: &StoreZone) -> String {
    date_and_time(LocalMs(zone.local_ms(at.0)))
}

/// The time of the day alone, where the date stands elsewhere; blank for a moment that never came.
pub(crate) fn time_in_words(at: WallMs, zone: &StoreZone) -> String {
    if at.0 == 0 {
        return " ".repeat(8);
    }
    let text = moment_in_words(at, zone);
    text.split_once(' ')
        .map_or_else(|| text.clone(), |(_, time)| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person types is what a person reads again, in the store's zone.
    #[test]
    fn a_moment_without_an_offset_is_the_stores() {
        let shanghai = StoreZone::named("Asia/Shanghai").unwrap();
        let ten_pm_utc_before = WallMs(1_796_076_000_000);
        let read = read_moment("2026-12-01T06:00", &shanghai);
        assert_eq!(read, Some(ten_pm_utc_before));
        assert_eq!(
            moment_in_words(ten_pm_utc_before, &shanghai),
            "2026-12-01 06:00:00"
        );
        assert_eq!(time_in_words(ten_pm_utc_before, &shanghai), "06:00:00");
        assert_eq!(
            moment_in_words(ten_pm_utc_before, &StoreZone::utc()),
            "2026-11-30 22:00:00"
        );
        assert_eq!(time_in_words(WallMs(0), &shanghai).trim(), "");
    }
}
