//! When a lane's date is over by the clock, while its hub is away.

use crate::{
    limits,
    sale::{civil_date, midnight},
    time::{BusinessDate, LocalMs},
};

/// When dates end by themselves, in the store's own time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayEnds {
    /// A date of which it is known.
    pub date: BusinessDate,
    /// When that one ends; every other ends as long after its own midnight.
    pub at: LocalMs,
    /// How much longer a lane waits for its hub to turn the date.
    pub grace_ms: u64,
}

impl DayEnds {
    /// The date to go on with once `running` is over: the first that has not ended yet, so that one
    /// marker makes up for all that were missed. `None`: it is not over, or so long ago that the
    /// clock is to be doubted more than the date.
    #[must_use]
    pub fn date_after(&self, running: BusinessDate, now: LocalMs) -> Option<BusinessDate> {
        let of_day = self.at.0.saturating_sub(midnight(self.date).0);
        let end = midnight(running).0.saturating_add(of_day);
        let grace_ms = i64::try_from(self.grace_ms).unwrap_or(i64::MAX);
        if now.0 < end.saturating_add(grace_ms) {
            return None;
        }
        let ended_last = civil_date(LocalMs(now.0.saturating_sub(of_day)))?;
        let begins = ended_last.next().max(running.next());
        let turned = midnight(begins).0.saturating_sub(midnight(running).0);
        (turned <= limits::LANE_DAYS_TURNED_MAX_MS).then_some(begins)
    }
}
