//! Figures for metrics: how far the disk is behind, and how much more may wait for it.

use std::time::Duration;

use crate::NoRoom;

const fn us(microseconds: u64) -> Duration {
    Duration::from_micros(microseconds)
}

/// Up to how long the commits of each count of [`CommitTimes`] took: a flash drive syncs in less
/// than a millisecond, a memory card in tens of them, and one that is worn out in seconds.
pub const COMMIT_TIME_LIMITS: [Duration; 15] = [
    us(250),
    us(500),
    us(1_000),
    us(2_500),
    us(5_000),
    us(10_000),
    us(25_000),
    us(50_000),
    us(100_000),
    us(250_000),
    us(500_000),
    us(1_000_000),
    us(2_500_000),
    us(5_000_000),
    us(10_000_000),
];

/// How long commits took, each from its first write until it was durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitTimes {
    /// Commits that took at most the limit of the same place, and more than the one before it; the
    /// last count is of those beyond all limits.
    pub counts: [u64; COMMIT_TIME_LIMITS.len() + 1],
    /// Of all of them together.
    pub sum: Duration,
}

impl CommitTimes {
    pub(crate) fn record(&mut self, took: Duration) {
        let mut limits = COMMIT_TIME_LIMITS.iter();
        let place = limits.position(|limit| took <= *limit);
        if let Some(count) = self
            .counts
            .get_mut(place.unwrap_or(COMMIT_TIME_LIMITS.len()))
        {
            *count = count.saturating_add(1);
        }
        self.sum = self.sum.saturating_add(took);
    }
}

/// A journal at one moment. Cheap to take: numbers under one lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalFigures {
    /// Batches that wait for the committer.
    pub batches_waiting: usize,
    /// How many may; an append beyond is refused.
    pub batches_waiting_max: usize,
    /// Bytes that wait for the committer.
    pub waiting_bytes: usize,
    /// How many may; an append beyond is refused.
    pub waiting_bytes_max: usize,
    /// Batches appended and not yet durable: those that wait, and those of the commit under way.
    pub batches_not_durable: u64,
    /// Commits made durable since the journal was opened.
    pub commits: u64,
    /// Records in them.
    pub records: u64,
    /// Records in the last of them.
    pub last_commit_records: u64,
    /// How long the last commit took, from the first write until it was durable. Known to the
    /// driver of production only: nothing else here tells the time.
    pub last_commit: Option<Duration>,
    /// How long each of them took; known to the driver of production only, as above.
    pub commit_times: CommitTimes,
    /// Segments sealed since the journal was opened.
    pub segments_sealed: u64,
    /// Sealing gave up, and says in the log why. Records stay in the engine, and nothing is lost.
    pub sealing_stopped: bool,
    /// Why the disk takes nothing, while it doesn't.
    pub no_room: Option<NoRoom>,
}

impl JournalFigures {
    /// Batches that would still be taken: the credits of those who append.
    pub fn batch_credits(&self) -> usize {
        self.batches_waiting_max
            .saturating_sub(self.batches_waiting)
    }

    /// Bytes that would still be taken.
    pub fn byte_credits(&self) -> usize {
        self.waiting_bytes_max.saturating_sub(self.waiting_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_counted_at_the_least_limit_that_it_kept() {
        let mut times = CommitTimes::default();
        for took in [us(1), us(250), us(251), us(10_000_000), us(10_000_001)] {
            times.record(took);
        }
        let counts = times.counts;
        assert_eq!((counts[0], counts[1], counts[14], counts[15]), (2, 1, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(times.sum, us(20_000_503));
        assert!(COMMIT_TIME_LIMITS.is_sorted());
    }
}
