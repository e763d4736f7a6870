//! What the hub says of the store's day, and whether both clocks agree.

use std::sync::Arc;

use domain::limits;
use proto::store::v1 as wire;
use tracing::{error, info, warn};

use super::HubLink;
use crate::store_day::{StoreDay, WRONG_CLOCK};

/// Both of this lane's clocks at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clocks {
    wall_ms: i64,
    mono_ms: u64,
}

impl HubLink {
    pub(super) fn clocks(&self) -> Clocks {
        Clocks {
            wall_ms: self.parts.clock.wall_ms(),
            mono_ms: self.parts.clock.mono_ms(),
        }
    }

    pub(super) fn learn_day(&self, hello: &wire::HubHello) {
        let clock_ahead_ms = self.compare_clocks(hello);
        self.take_day(StoreDay::greeted(hello, clock_ahead_ms));
    }

    pub(super) fn day_turned(&self, turned: &wire::DayTurned) {
        info!(
            event = "store date turned",
            ended = turned.ended,
            begins = turned.begins
        );
        let day = self.parts.day.borrow().turned(turned);
        self.take_day(day);
    }

    fn take_day(&self, day: StoreDay) {
        if **self.parts.day.borrow() == day {
            return;
        }
        if let Err(fault) = day.keep(&self.parts.day_file) {
            error!(event = "store day not kept", %fault);
        }
        self.parts.day.send_replace(Arc::new(day));
    }

    /// This lane's clock less the hub's, if that is more than two clocks may differ. It is told and
    /// changes no number.
    fn compare_clocks(&self, hello: &wire::HubHello) -> Option<i64> {
        if hello.wall_ms == 0 {
            return None;
        }
        let now = self.clocks();
        let ahead_ms = difference(self.hello_sent, now, hello.wall_ms)?;
        warn!(
            event = "clocks differ",
            code = WRONG_CLOCK,
            ahead_ms,
            hub_wall_ms = hello.wall_ms
        );
        Some(ahead_ms)
    }
}

/// How far the lane is ahead of the hub, if that can't be the time that the words were under way.
/// That time is taken by both clocks, the longer counts: a wall clock may run faster than others.
fn difference(sent: Clocks, heard: Clocks, hub_wall_ms: i64) -> Option<i64> {
    let passed_ms = heard.wall_ms.saturating_sub(sent.wall_ms).unsigned_abs();
    let round_trip_ms = heard.mono_ms.saturating_sub(sent.mono_ms).max(passed_ms);
    let ahead_ms = heard.wall_ms.saturating_sub(hub_wall_ms);
    let allowed_ms = limits::CLOCK_TOLERANCE_MS.saturating_add(round_trip_ms);
    (ahead_ms.unsigned_abs() > allowed_ms).then_some(ahead_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_two_minutes_and_the_round_trip() {
        let sent = Clocks {
            wall_ms: 1_000_000,
            mono_ms: 5_000,
        };
        let heard = Clocks {
            wall_ms: 1_000_300,
            mono_ms: 5_300,
        };
        for (hub_wall_ms, wrong) in [
            (1_000_300, None),
            (1_000_300 - 120_300, None),
            (1_000_300 - 120_301, Some(120_301)),
            (1_000_300 + 120_300, None),
            (1_000_300 + 120_301, Some(-120_301)),
        ] {
            assert_eq!(difference(sent, heard, hub_wall_ms), wrong, "{hub_wall_ms}");
        }
        // A wall clock that runs sixty times as fast.
        let fast = Clocks {
            wall_ms: 1_018_000,
            mono_ms: 5_300,
        };
        assert_eq!(difference(sent, fast, 1_018_000 - 138_000), None);
    }
}
