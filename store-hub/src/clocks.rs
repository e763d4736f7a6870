//! The hub's clock beside those of bank and lanes: what they told last, for whoever shows it, and
//! for the end of a day by the clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    day::{ClockCheck, Witness, WrongClock},
    time::{MonoMs, WallMs},
};
use ports::Clock;
use proto::store::v1 as wire;

use crate::presentation;

/// How often the bank's clock is read.
const BANK_EVERY_MS: u64 = 10_000;
/// How long a word about a clock may have been under way, beside what is tolerated.
const UNDER_WAY_MS: u64 = 1_000;

/// Shared by all who hear a time told.
#[derive(Clone)]
pub(crate) struct Clocks {
    clock: Arc<dyn Clock>,
    heard: Arc<Mutex<Readings>>,
}

#[derive(Default)]
struct Readings {
    check: ClockCheck,
    /// The hub's two clocks when somebody spoke last.
    before: Option<(i64, u64)>,
    /// When the bank's clock was read last.
    bank_read: Option<u64>,
}

impl Clocks {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            heard: Arc::default(),
        }
    }

    fn heard(&self) -> MutexGuard<'_, Readings> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody told its time, milliseconds since 1970 in UTC. What is news is a log line.
    pub(crate) fn told(&self, witness: Witness, theirs_ms: i64) {
        let (wall_ms, mono_ms) = (self.clock.wall_ms(), self.clock.mono_ms());
        let mut heard = self.heard();
        let under_way_ms = heard.wall_ms_of(UNDER_WAY_MS, (wall_ms, mono_ms));
        heard.before = Some((wall_ms, mono_ms));
        let (theirs, ours) = (WallMs(theirs_ms), WallMs(wall_ms));
        let check = &mut heard.check;
        let is_news = check.told(witness, theirs, ours, MonoMs(mono_ms), under_way_ms);
        if !is_news {
            return;
        }
        match check.of(witness) {
            Some(wrong) => tracing::warn!(
                event = "clocks differ",
                code = "HUB0024",
                whose = whose(witness),
                ahead_ms = wrong.ahead_ms
            ),
            None => tracing::warn!(event = "clocks agree again", whose = whose(witness)),
        }
    }

    /// The hub's wall clock, if it is time to read the bank's.
    pub(crate) fn bank_is_due(&self) -> Option<i64> {
        let mono_ms = self.clock.mono_ms();
        let mut heard = self.heard();
        let read = heard.bank_read;
        if read.is_some_and(|read| mono_ms.saturating_sub(read) < BANK_EVERY_MS) {
            return None;
        }
        heard.bank_read = Some(mono_ms);
        Some(self.clock.wall_ms())
    }

    pub(crate) fn bank_told(&self, theirs_ms: i64) {
        self.told(Witness::Bank, theirs_ms);
    }

    /// Whether somebody confirms the hub's clock now.
    pub(crate) fn are_confirmed(&self) -> bool {
        self.heard()
            .check
            .is_confirmed(MonoMs(self.clock.mono_ms()))
    }

    /// Those that differ.
    pub(crate) fn wrong(&self) -> Vec<WrongClock> {
        self.heard().check.wrong().collect()
    }

    /// How far this one is ahead of the hub's, where it differs.
    pub(crate) fn ahead_ms(&self, witness: Witness) -> i64 {
        let wrong = self.heard().check.of(witness);
        wrong.map_or(0, |wrong| wrong.ahead_ms)
    }
}

impl Readings {
    /// How much wall time passes in so much real time: a business day may be squeezed into a run.
    fn wall_ms_of(&self, real_ms: u64, (wall_ms, mono_ms): (i64, u64)) -> u64 {
        let Some((wall_before, mono_before)) = self.before else {
            return real_ms;
        };
        let wall = wall_ms.saturating_sub(wall_before).unsigned_abs();
        let real = mono_ms.saturating_sub(mono_before).max(1);
        let speed = wall.checked_div(real).unwrap_or(1).max(1);
        real_ms.saturating_mul(speed)
    }
}

/// Whose clock is wrong, and by how much.
pub(crate) fn clock_to_proto(witness: Witness, ahead_ms: i64) -> wire::WrongClock {
    let (owner, lane) = match witness {
        Witness::Bank => (wire::ClockOwner::Bank, 0),
        Witness::Lane(lane) => (wire::ClockOwner::Lane, lane.0.into()),
    };
    wire::WrongClock {
        owner: owner.into(),
        lane,
        ahead_ms,
    }
}

/// The owner of a clock, as logs and figures name it.
pub(crate) fn whose(witness: Witness) -> String {
    presentation::clock_owner(&clock_to_proto(witness, 0)).english
}
