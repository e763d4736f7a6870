//! Virtual time, as each host's own clocks show it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
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

/// How the business time of a world passes: in segments, each as fast as it says. Clones are the
/// same time.
#[derive(Clone, Debug)]
pub(super) struct TimeLapse(Arc<Mutex<Segment>>);

/// The segment that runs now; clocks look forward only.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Virtual milliseconds.
    from_ms: i64,
    from_wall_ms: i64,
    /// Business milliseconds a virtual one.
    speed: i64,
}

/// As fast as the virtual clock itself: what takes a second takes one of the business day, too.
const HELD: i64 = 1;

impl TimeLapse {
    /// A world whose business day passes in `day_ms`.
    pub(super) fn of_day(day_ms: u64) -> Self {
        Self(Arc::new(Mutex::new(Segment {
            from_ms: OPENS_AFTER_MS,
            from_wall_ms: OPENING_WALL_MS,
            speed: speed_of(day_ms),
        })))
    }

    /// The business time at a virtual one.
    pub(super) fn wall_ms(&self, passed_ms: i64) -> i64 {
        self.segment().wall_ms(passed_ms)
    }

    /// From now on hardly any business time passes.
    pub(super) fn hold(&self, passed_ms: i64) {
        self.go_on(passed_ms, HELD);
    }

    /// From now on it passes as before it was held.
    pub(super) fn resume(&self, passed_ms: i64, day_ms: u64) {
        self.go_on(passed_ms, speed_of(day_ms));
    }

    fn go_on(&self, passed_ms: i64, speed: i64) {
        let mut segment = self.segment();
        *segment = Segment {
            from_ms: passed_ms,
            from_wall_ms: segment.wall_ms(passed_ms),
            speed,
        };
    }

    fn segment(&self) -> MutexGuard<'_, Segment> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Segment {
    fn wall_ms(self, passed_ms: i64) -> i64 {
        let since_ms = passed_ms.saturating_sub(self.from_ms);
        let business_ms = since_ms.saturating_mul(self.speed);
        self.from_wall_ms.saturating_add(business_ms)
    }
}

fn speed_of(day_ms: u64) -> i64 {
    let day_ms = i64::try_from(day_ms).unwrap_or(i64::MAX).max(1);
    (CLOSING_WALL_MS - OPENING_WALL_MS) / day_ms
}

/// Virtual time: the wall starts at a fixed moment, the monotonic clock with its host.
#[derive(Debug)]
pub(super) struct VirtualClock {
    started: Instant,
    time_lapse: TimeLapse,
    skew: Skew,
    /// A mutation: this clock jumps with the wall.
    mono_jumps: bool,
}

impl VirtualClock {
    /// Of a host that starts now.
    pub(super) fn new(time_lapse: TimeLapse, skew: Skew) -> Self {
        Self {
            started: Instant::now(),
            time_lapse,
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
        let wall_ms = self.time_lapse.wall_ms(passed_ms);
        wall_ms.saturating_add(self.skew.now_ms())
    }

    fn mono_ms(&self) -> u64 {
        let passed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match self.mono_jumps {
            true => passed_ms.saturating_add_signed(self.skew.now_ms()),
            false => passed_ms,
        }
    }
}
