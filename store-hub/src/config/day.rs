//! `[day]`: when a business day ends, and what its close waits for.

use std::time::Duration;

use domain::limits::{CLOSE_TIMEOUT_MS, DAY_GRACE_MS, DAY_WARNING_MS, LATE_QUIET_MS};
use ports::TimeOfDay;

use super::section::Section;

/// When a business day ends, and what its close waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayConfig {
    /// The time on the store's wall at which a day ends by itself; `None`: by hand only.
    pub ends_at: Option<TimeOfDay>,
    /// How long before that lanes are warned.
    pub warning: Duration,
    /// How long after that a lane that does not hear its hub turns the date by itself.
    pub grace: Duration,
    /// How long a close waits for connected lanes, batches and payments. A lane cuts a sale that is
    /// open for so long.
    pub close_timeout: Duration,
    /// How long no late record may have come before a new version of a day is sealed.
    pub late_quiet: Duration,
}

/// Reads the section, which may be absent. `close_timeout` is where it stood before: in
/// `[offline]`.
pub(super) fn day(section: Option<Section<'_>>, close_timeout: Duration) -> DayConfig {
    let Some(mut section) = section else {
        return DayConfig {
            ends_at: None,
            warning: Duration::from_millis(DAY_WARNING_MS),
            grace: Duration::from_millis(DAY_GRACE_MS),
            close_timeout,
            late_quiet: Duration::from_millis(LATE_QUIET_MS),
        };
    };
    let patience_ms = u64::try_from(close_timeout.as_millis()).unwrap_or(CLOSE_TIMEOUT_MS);
    let ends_at = match section.has("ends_at") {
        true => section.parsed(
            "ends_at",
            "a time of day, as in \"23:30\"",
            TimeOfDay::parse,
        ),
        false => {
            section.optional_text("ends_at");
            None
        }
    };
    let config = DayConfig {
        ends_at,
        warning: section.duration("warning", DAY_WARNING_MS),
        grace: section.duration("grace", DAY_GRACE_MS),
        close_timeout: section.duration("close_timeout", patience_ms),
        late_quiet: section.duration("late_quiet", LATE_QUIET_MS),
    };
    section.close();
    config
}
