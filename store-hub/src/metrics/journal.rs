//! The journal in figures: the one place that asks it.

use journal::{COMMIT_TIME_LIMITS, DiskSpace, Journal, LogId};
use monitoring::{Durations, Exposition, Kind};

/// What the journal says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct JournalFigures {
    own: journal::JournalFigures,
    /// Records of the hub's own log that are durable.
    own_records: u64,
    /// So little room is left that nothing new is begun.
    refuses_new_work: bool,
    disk: Option<DiskSpace>,
}

impl JournalFigures {
    pub(crate) fn of(journal: &Journal) -> Self {
        Self {
            own: journal.figures(),
            own_records: journal.durable_head(LogId::OWN).sequence,
            refuses_new_work: journal.refuses_new_work().is_some(),
            disk: journal.disk_space(),
        }
    }

    pub(super) fn tell(&self, text: &mut Exposition) {
        let own = &self.own;
        text.gauge(
            "lanekeeper_hub_journal_durable_lag_batches",
            "Batches the journal has taken and not made durable yet.",
            own.batches_not_durable,
        );
        text.gauge(
            "lanekeeper_hub_journal_batches_waiting",
            "Batches the committer has not begun with.",
            own.batches_waiting,
        );
        text.gauge(
            "lanekeeper_hub_journal_batches_waiting_max",
            "The most batches that may wait before one is refused.",
            own.batches_waiting_max,
        );
        text.gauge(
            "lanekeeper_hub_journal_waiting_bytes",
            "Bytes the committer has not begun with.",
            own.waiting_bytes,
        );
        text.gauge(
            "lanekeeper_hub_journal_waiting_bytes_max",
            "The most bytes that may wait before a batch is refused.",
            own.waiting_bytes_max,
        );
        self.tell_room(text);
        text.gauge(
            "lanekeeper_hub_journal_sealing_stopped",
            "1 when sealing of old records gave up; the log says why.",
            u8::from(own.sealing_stopped),
        );
        self.tell_commits(text);
        text.gauge(
            "lanekeeper_hub_journal_records",
            "Durable records of the hub's own log.",
            self.own_records,
        );
    }

    fn tell_room(&self, text: &mut Exposition) {
        let own = &self.own;
        text.gauge(
            "lanekeeper_hub_journal_no_room",
            "1 while the disk is full or read-only and appends are refused.",
            u8::from(own.no_room.is_some()),
        );
        text.gauge(
            "lanekeeper_hub_journal_refuses_new_work",
            "1 while so little room is left that no new payment is taken (HUB0017).",
            u8::from(self.refuses_new_work),
        );
        if let Some(disk) = self.disk {
            text.gauge(
                "lanekeeper_hub_journal_disk_free_bytes",
                "Free bytes of the disk that the journal lies on.",
                disk.free_bytes,
            );
            text.gauge(
                "lanekeeper_hub_journal_disk_size_bytes",
                "All bytes of the disk that the journal lies on.",
                disk.size_bytes,
            );
        }
    }

    fn tell_commits(&self, text: &mut Exposition) {
        let own = &self.own;
        text.counter(
            "lanekeeper_hub_journal_commits_total",
            "Commits made durable since the hub started.",
            own.commits,
        );
        text.counter(
            "lanekeeper_hub_journal_committed_records_total",
            "Records in the commits made durable since the hub started.",
            own.records,
        );
        text.gauge(
            "lanekeeper_hub_journal_last_commit_us",
            "How long the last commit took until it was durable, in microseconds.",
            own.last_commit.map_or(0, |took| took.as_micros()),
        );
        let times = own.commit_times;
        text.family(
            "lanekeeper_hub_journal_commit_seconds",
            Kind::Histogram,
            "From the first write of a commit until it was durable.",
        );
        let took = Durations::new(&COMMIT_TIME_LIMITS, &times.counts, times.sum);
        text.durations(&[], took);
    }
}
