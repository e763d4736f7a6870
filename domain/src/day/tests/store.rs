//! A store's days with short ways to say what the journals told.

use std::collections::BTreeSet;

use crate::{
    day::{
        Calendar, Circumstances, DayConfig, DayEffect, Days, Fact, FrameFact, LanePart,
        LaneRecordSeen, LaneSeen, Machine, SealedPart, SealedVersion, TurnedBy,
    },
    ids::{LaneEpoch, LaneId},
    time::{BusinessDate, MonoMs, WallMs},
};

pub(super) const CLOSE_TIMEOUT_MS: u64 = 900_000;
pub(super) const LATE_QUIET_MS: u64 = 60_000;

/// A date of November 2026.
pub(super) fn date(day: u8) -> BusinessDate {
    BusinessDate::new(2026, 11, day).unwrap()
}

pub(super) fn machine(lane: u16) -> Machine {
    Machine {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
    }
}

pub(super) struct Store {
    pub(super) days: Days,
    pub(super) around: Circumstances,
    pub(super) now: MonoMs,
    sequences: std::collections::BTreeMap<Machine, u64>,
}

impl Store {
    /// Lanes 1 to `lanes`, connected, on the 22nd.
    pub(super) fn new(lanes: u16) -> Self {
        let seen = |lane| LaneSeen {
            machine: machine(lane),
            connected: true,
            last_heard: Some(WallMs(5)),
            said_sequence: 0,
            trouble: None,
        };
        Self {
            days: Days::new(DayConfig {
                first_day: date(22),
                close_timeout_ms: CLOSE_TIMEOUT_MS,
                late_quiet_ms: LATE_QUIET_MS,
                warning_ms: 300_000,
            }),
            around: Circumstances {
                lanes: (1..=lanes).map(seen).collect(),
                running: date(22),
                batches_due: BTreeSet::new(),
                undecided: BTreeSet::new(),
                link_up: true,
                calendar: Calendar {
                    now: WallMs(0),
                    first_ahead: date(22),
                    ends: None,
                    confirmed: true,
                },
            },
            now: MonoMs(1_000),
            sequences: std::collections::BTreeMap::new(),
        }
    }

    pub(super) fn lane(&mut self, lane: u16) -> &mut LaneSeen {
        &mut self.around.lanes[usize::from(lane) - 1]
    }

    pub(super) fn record(&mut self, machine: Machine, day: u8, fact: FrameFact) -> u64 {
        let sequence = self.sequences.entry(machine).or_default();
        *sequence += 1;
        let sequence = *sequence;
        self.days.take(&Fact::Lane(LaneRecordSeen {
            machine,
            sequence,
            at: WallMs(1),
            date: Some(date(day)),
            fact,
        }));
        let seen = self.around.lanes.iter_mut();
        for seen in seen.filter(|seen| seen.machine == machine) {
            seen.said_sequence = seen.said_sequence.max(sequence);
        }
        sequence
    }

    /// A sale of this lane under this date.
    pub(super) fn sale(&mut self, lane: u16, day: u8) -> u64 {
        self.record(machine(lane), day, FrameFact::Counted)
    }

    /// The marker that ends one day and begins another.
    pub(super) fn marker(&mut self, lane: u16, ended: u8, begins: u8) -> u64 {
        let begins = date(begins);
        self.record(machine(lane), ended, FrameFact::Marker { begins })
    }

    pub(super) fn turn(&mut self, ended: u8, begins: u8) {
        self.around.calendar.first_ahead = date(begins);
        self.around.running = date(begins);
        self.days.take(&Fact::Turned {
            ended: date(ended),
            begins: date(begins),
            by: TurnedBy::Hand,
        });
    }

    pub(super) fn part(&self, lane: u16, day: u8) -> LanePart {
        let mut parts = self.days.parts(date(day), &self.around.lanes).into_iter();
        parts
            .find(|part| part.machine == machine(lane))
            .expect("the lane is listed")
    }

    pub(super) fn look(&mut self) -> Vec<DayEffect> {
        self.days.look(self.now, &self.around)
    }

    pub(super) fn pass(&mut self, ms: u64) -> Vec<DayEffect> {
        self.now = self.now.after(ms);
        self.look()
    }

    /// Seals a date as it is known now.
    pub(super) fn seal(&mut self, day: u8, version: u32) {
        let parts = self.days.parts(date(day), &self.around.lanes);
        let lanes = parts.iter().map(|part| {
            let held = SealedPart {
                through_sequence: part.through_sequence,
                complete: part.is_complete(),
            };
            (part.machine, held)
        });
        let version = SealedVersion {
            version,
            lanes: lanes.collect(),
            batches: Some(self.days.batches_of(date(day))),
        };
        let date = date(day);
        self.days.take(&Fact::Sealed { date, version });
    }
}
