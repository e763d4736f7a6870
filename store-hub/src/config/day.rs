//! `[day]`: when a business day ends, and what its close waits for.

use std::time::Duration;

use configuration::Section;
use domain::limits::{CLOSE_TIMEOUT_MS, DAY_GRACE_MS, DAY_WARNING_MS, LATE_QUIET_MS};
use ports::TimeOfDay;

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
pub(super) fn day(mut section: Section<'_>, close_timeout: Option<Duration>) -> DayConfig {
    let duration = |section: &mut Section<'_>, name, otherwise_ms| {
        section.duration_or(name, Duration::from_millis(otherwise_ms))
    };
    let form = "a time of day, as in \"23:30\"";
    let otherwise = close_timeout.unwrap_or(Duration::from_millis(CLOSE_TIMEOUT_MS));
    DayConfig {
        ends_at: match section.has("ends_at") {
            true => section.parsed("ends_at", form, TimeOfDay::parse),
            false => None,
        },
        warning: duration(&mut section, "warning", DAY_WARNING_MS),
        grace: duration(&mut section, "grace", DAY_GRACE_MS),
        close_timeout: section.duration_or("close_timeout", otherwise),
        late_quiet: duration(&mut section, "late_quiet", LATE_QUIET_MS),
    }
}
