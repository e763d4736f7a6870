//! Figures for metrics: how far the disk is behind, and how much more may wait for it.

use std::time::Duration;

use crate::NoRoom;

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
