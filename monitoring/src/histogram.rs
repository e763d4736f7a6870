//! Durations in fixed buckets: counted where they pass, without a lock, and read at each scrape.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Limits for what a customer waits for: a payment, an answer of the bank.
pub const WAIT_LIMITS: [Duration; 15] = [
    ms(1),
    ms(2),
    ms(5),
    ms(10),
    ms(25),
    ms(50),
    ms(100),
    ms(250),
    ms(500),
    ms(1_000),
    ms(2_500),
    ms(5_000),
    ms(10_000),
    ms(30_000),
    ms(60_000),
];

/// Counts durations. Who measures says how long it took: nothing here tells the time.
#[derive(Debug)]
pub struct Histogram {
    limits: &'static [Duration],
    /// One more than limits: what is beyond all of them.
    counts: Box<[AtomicU64]>,
    sum_us: AtomicU64,
}

impl Histogram {
    /// Of nothing yet. `limits` rise.
    #[must_use]
    pub fn new(limits: &'static [Duration]) -> Self {
        let counts = (0..=limits.len()).map(|_| AtomicU64::new(0));
        Self {
            limits,
            counts: counts.collect(),
            sum_us: AtomicU64::new(0),
        }
    }

    /// It took so long.
    pub fn record(&self, took: Duration) {
        let place = self.limits.iter().position(|limit| took <= *limit);
        if let Some(count) = self.counts.get(place.unwrap_or(self.limits.len())) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn durations(&self) -> Durations {
        let counts = self.counts.iter();
        let counts: Vec<u64> = counts.map(|count| count.load(Ordering::Relaxed)).collect();
        let sum = Duration::from_micros(self.sum_us.load(Ordering::Relaxed));
        Durations::new(self.limits, &counts, sum)
    }
}

/// Durations as they were counted, in buckets, at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Durations {
    /// Upper limits in seconds, each with what is within it and beyond the one before.
    pub(crate) buckets: Vec<(f64, u64)>,
    pub(crate) count: u64,
    pub(crate) sum_seconds: f64,
}

impl Durations {
    /// A count for each limit, and one more for what is beyond all of them.
    #[must_use]
    pub fn new(limits: &[Duration], counts: &[u64], sum: Duration) -> Self {
        let limits = limits.iter().map(Duration::as_secs_f64);
        let limits = limits.chain([f64::INFINITY]);
        Self {
            buckets: limits.zip(counts.iter().copied()).collect(),
            count: counts.iter().sum(),
            sum_seconds: sum.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: [Duration; 2] = [Duration::from_millis(5), Duration::from_secs(1)];

    #[test]
    fn a_duration_is_counted_at_the_least_limit_that_it_keeps() {
        let times = Histogram::new(&LIMITS);
        for took_us in [0, 5_000, 5_001, 1_000_000, 1_000_001] {
            times.record(Duration::from_micros(took_us));
        }
        let durations = times.durations();
        let expected = [(0.005, 2), (1.0, 2), (f64::INFINITY, 1)];
        assert_eq!(durations.buckets, expected);
        assert_eq!(durations.count, 5);
        assert!((durations.sum_seconds - 2.010_002).abs() < 1e-9);
    }
}
