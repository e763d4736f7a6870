//! Virtual time, as each host's own clocks show it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ports::Clock;
use tokio::time::Instant;

use super::OPENS_AFTER_MS;
use crate::workload::{CLOSING_WALL_MS, OPENING_WALL_MS};

/// How far a host's wall clock is off, in milliseconds; it outlives the host's crashes, as the
/// clock of a machine does. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Skew(Arc<AtomicI64>);

impl Skew {
    /// The wall clock jumps. Only the wall: the monotonic clock never does.
    pub(super) fn jump_ms(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }

    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Virtual time: the wall starts at a fixed moment, the monotonic clock with its host.
#[derive(Debug)]
pub(super) struct VirtualClock {
    started: Instant,
    /// Business milliseconds a virtual one.
    speed: i64,
    skew: Skew,
    /// A mutation: this clock jumps with the wall.
    mono_jumps: bool,
}

impl VirtualClock {
    /// Of a host that starts now, in a world whose business day passes in `day_ms`.
    pub(super) fn new(day_ms: u64, skew: Skew) -> Self {
        let day_ms = i64::try_from(day_ms).unwrap_or(i64::MAX).max(1);
        Self {
            started: Instant::now(),
            speed: (CLOSING_WALL_MS - OPENING_WALL_MS) / day_ms,
            skew,
            mono_jumps: false,
        }
    }

    /// As a program sees it whose time-outs go by the wall clock.
    pub(super) fn with_mono_jumps(self, mono_jumps: bool) -> Self {
        Self { mono_jumps, ..self }
    }
}

impl Clock for VirtualClock {
    fn wall_ms(&self) -> i64 {
        let passed = turmoil::sim_elapsed().unwrap_or_default().as_millis();
        let passed_ms = i64::try_from(passed).unwrap_or(i64::MAX);
        let open_ms = passed_ms.saturating_sub(OPENS_AFTER_MS);
        OPENING_WALL_MS
            .saturating_add(open_ms.saturating_mul(self.speed))
            .saturating_add(self.skew.now_ms())
    }

    fn mono_ms(&self) -> u64 {
        let passed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match self.mono_jumps {
            true => passed_ms.saturating_add_signed(self.skew.now_ms()),
            false => passed_ms,
        }
    }
}
