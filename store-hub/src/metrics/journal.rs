//! The journal in figures: the one place that asks it. What more it comes to say of itself joins
//! here.

use journal::{Journal, JournalLimits, LogId};

use super::exposition::Exposition;

/// What the journal says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct JournalFigures {
    /// Batches taken and not durable yet: what the disk is behind.
    pub(crate) durable_lag_batches: u64,
    /// Those among them that the committer has not begun with.
    pub(crate) batches_waiting: usize,
    /// The disk is full or read-only: appends are refused.
    pub(crate) takes_nothing: bool,
    /// Records of the hub's own log that are durable.
    pub(crate) own_records: u64,
}

impl JournalFigures {
    pub(crate) fn of(journal: &Journal) -> Self {
        let last = journal.last().number();
        Self {
            durable_lag_batches: last.saturating_sub(journal.durable().number()),
            batches_waiting: journal.batches_waiting(),
            takes_nothing: journal.no_room().is_some(),
            own_records: journal.durable_head(LogId::OWN).sequence,
        }
    }

    pub(super) fn tell(&self, text: &mut Exposition) {
        text.gauge(
            "lanekeeper_hub_journal_durable_lag_batches",
            "Batches the journal has taken and not made durable yet.",
            self.durable_lag_batches,
        );
        text.gauge(
            "lanekeeper_hub_journal_batches_waiting",
            "Batches the committer has not begun with.",
            self.batches_waiting,
        );
        text.gauge(
            "lanekeeper_hub_journal_batches_waiting_max",
            "The most batches that may wait before one is refused.",
            JournalLimits::DEFAULT.batches_waiting_max,
        );
        text.gauge(
            "lanekeeper_hub_journal_no_room",
            "1 while the disk is full or read-only and appends are refused.",
            u8::from(self.takes_nothing),
        );
        text.gauge(
            "lanekeeper_hub_journal_records",
            "Durable records of the hub's own log.",
            self.own_records,
        );
    }
}
