//! Moments as people write them.

use domain::time::WallMs;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Reads `2026-12-01T06:00` of the business clock, or a moment with its offset, as in
/// `2026-12-01T06:00:00+08:00`.
pub(crate) fn read_moment(text: &str) -> Option<WallMs> {
    let with_offset = text.parse::<Timestamp>().ok();
    let moment = with_offset.or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    });
    moment.map(|moment| WallMs(moment.as_millisecond()))
}

/// The same way back, to the second.
pub(crate) fn moment_in_words(at: WallMs) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |moment| {
            moment
                .to_zoned(TimeZone::UTC)
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_an_offset() {
        let six = WallMs(1_796_104_800_000);
        for text in [
            "2026-12-01T06:00",
            "2026-12-01 06:00:00",
            "2026-12-01T14:00:00+08:00",
        ] {
            assert_eq!(read_moment(text), Some(six), "{text}");
        }
        assert_eq!(moment_in_words(six), "2026-12-01 06:00:00");
        for text in ["", "06:00", "tomorrow", "2026-13-01T06:00", "1796104800000"] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }
}
