//! How a lane's journal is cut into dates: by its markers. A record belongs to the date of its
//! header for ever; a marker says that no later record belongs to the date before it.

use std::collections::BTreeMap;

use crate::{
    ids::{LaneEpoch, LaneId},
    time::{BusinessDate, WallMs},
};

/// A machine of a lane: it has a journal of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Machine {
    /// The lane.
    pub lane: LaneId,
    /// Which of its machines.
    pub epoch: LaneEpoch,
}

/// What a record of a lane's journal means for the dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameFact {
    /// The records behind it carry this date.
    Marker {
        /// The date that begins.
        begins: BusinessDate,
    },
    /// The lane was shut down in order: nothing follows before its next start.
    Rested,
    /// The machine was started.
    Started,
    /// It changes the figures of its date: a sale ended.
    Counted,
    /// Anything else.
    Other,
    /// Nobody here can understand it: a newer lane wrote it.
    Unreadable,
}

/// A record of a lane's journal, as far as dates go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneRecordSeen {
    /// Whose journal.
    pub machine: Machine,
    /// Which record.
    pub sequence: u64,
    /// When it was written, by the lane's clock.
    pub at: WallMs,
    /// The date of its header; `None` when it has none that can be read.
    pub date: Option<BusinessDate>,
    /// What it means.
    pub fact: FrameFact,
}

/// Where a part of a date ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartEnd {
    /// At the first marker that ends the date.
    Marker {
        /// The marker.
        sequence: u64,
    },
    /// At the last record known of it, by which the lane rests.
    Rested {
        /// That record.
        sequence: u64,
    },
    /// Where an operator says that a machine which is gone had ended.
    Stated {
        /// Its last record.
        sequence: u64,
    },
}

impl PartEnd {
    /// The record it ends with.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        match self {
            Self::Marker { sequence } | Self::Rested { sequence } | Self::Stated { sequence } => {
                sequence
            }
        }
    }
}

/// What the held journal of one machine says of the dates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Frames {
    /// The last record held, and when it was written.
    pub(super) through: u64,
    pub(super) through_at: WallMs,
    /// The date of the first record.
    pub(super) first: Option<BusinessDate>,
    /// The last record held says that the lane rests.
    rested: bool,
    /// The first marker behind which each date begins.
    markers: BTreeMap<BusinessDate, u64>,
    /// The last record of each date that changes its figures.
    last_of: BTreeMap<BusinessDate, u64>,
    /// The first record that can't be understood.
    pub(super) unreadable: Option<u64>,
}

impl Frames {
    pub(super) fn take(&mut self, seen: &LaneRecordSeen) {
        self.through = seen.sequence;
        self.through_at = seen.at;
        self.rested = seen.fact == FrameFact::Rested;
        self.first = self.first.or(seen.date);
        match (seen.fact, seen.date) {
            (FrameFact::Unreadable, _) | (FrameFact::Counted | FrameFact::Marker { .. }, None) => {
                self.unreadable.get_or_insert(seen.sequence);
            }
            (FrameFact::Marker { begins }, Some(ended)) if begins > ended => {
                self.markers.entry(begins).or_insert(seen.sequence);
            }
            // A marker that leads back or nowhere ends nothing.
            (
                FrameFact::Marker { .. }
                | FrameFact::Rested
                | FrameFact::Started
                | FrameFact::Other,
                _,
            ) => {}
            (FrameFact::Counted, Some(date)) => {
                self.last_of.insert(date, seen.sequence);
            }
        }
    }

    /// Records that say of the dates what this journal says: those that matter, oldest first.
    pub(super) fn records(&self, machine: Machine) -> Vec<LaneRecordSeen> {
        let seen = |sequence, date, fact| LaneRecordSeen {
            machine,
            sequence,
            at: self.through_at,
            date,
            fact,
        };
        let mut records = BTreeMap::new();
        let mut keep = |record: LaneRecordSeen| records.entry(record.sequence).or_insert(record).at;
        for (date, sequence) in &self.last_of {
            keep(seen(*sequence, Some(*date), FrameFact::Counted));
        }
        let mut ended = self.first;
        for (begins, sequence) in &self.markers {
            keep(seen(
                *sequence,
                ended,
                FrameFact::Marker { begins: *begins },
            ));
            ended = Some(*begins);
        }
        if let Some(sequence) = self.unreadable {
            keep(seen(sequence, self.first, FrameFact::Unreadable));
        }
        let last = match self.rested {
            true => FrameFact::Rested,
            false => FrameFact::Other,
        };
        let dated = self.first.filter(|_| self.through == 1);
        keep(seen(self.through, dated, last));
        if self.first.is_some() && self.through > 0 {
            keep(seen(1, self.first, FrameFact::Other));
        }
        records.into_values().collect()
    }

    /// The last record of this date that changes its figures; 0: none.
    pub(super) fn last_of(&self, date: BusinessDate) -> u64 {
        self.last_of.get(&date).copied().unwrap_or(0)
    }

    /// Where the part of this date ends, as far as the held journal tells. A marker ends every date
    /// before the one it begins, also those it passes over: the lane was not there then.
    pub(super) fn end_of(&self, date: BusinessDate) -> Option<PartEnd> {
        let markers = self.markers.range(date.next()..);
        let marker = markers.map(|(_, sequence)| *sequence).min();
        let end = match marker {
            Some(sequence) => PartEnd::Marker { sequence },
            None if self.rested => PartEnd::Rested {
                sequence: self.through,
            },
            None => return None,
        };
        let sequence = end.sequence();
        let understood = self.unreadable.is_none_or(|first| sequence < first);
        // A record of the date behind its end: the frame is lost, and nobody knows what follows.
        (understood && self.last_of(date) <= sequence).then_some(end)
    }
}
