//! What time it is.

#![allow(
    clippy::disallowed_methods,
    reason = "this module is the one place where production reads the system's clock"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Two clocks: the wall, which may jump, and a monotonic one, which drives time-outs.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z by the business clock.
    fn wall_ms(&self) -> i64;
    /// Milliseconds since an arbitrary start, never going back. Follows tokio's time, so that
    /// simulated time moves it too.
    fn mono_ms(&self) -> u64;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic part starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_ms(&self) -> i64 {
        unix_ms()
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A business day squeezed into a run: wall time passes `speed` times as fast from a common origin.
/// Time-outs keep real time.
#[derive(Clone, Copy, Debug)]
pub struct BusinessClock {
    system: SystemClock,
    origin_real_ms: i64,
    origin_business_ms: i64,
    speed: u32,
}

impl BusinessClock {
    /// At the real moment `origin_real_ms` the business clock shows `origin_business_ms` (both in
    /// milliseconds since 1970); processes that share the three numbers share the clock.
    #[must_use]
    pub fn new(origin_real_ms: i64, origin_business_ms: i64, speed: u32) -> Self {
        Self {
            system: SystemClock::new(),
            origin_real_ms,
            origin_business_ms,
            speed,
        }
    }
}

impl Clock for BusinessClock {
    fn wall_ms(&self) -> i64 {
        let passed = unix_ms().saturating_sub(self.origin_real_ms);
        let business = passed.saturating_mul(i64::from(self.speed));
        self.origin_business_ms.saturating_add(business)
    }

    fn mono_ms(&self) -> u64 {
        self.system.mono_ms()
    }
}

fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|passed| i64::try_from(passed.as_millis()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_clock_runs_faster_from_its_origin() {
        let origin = unix_ms().saturating_sub(2_000);
        let clock = BusinessClock::new(origin, 1_000_000, 60);
        let shown = clock.wall_ms();
        assert!((1_120_000..1_180_000).contains(&shown), "{shown}");
    }
}
