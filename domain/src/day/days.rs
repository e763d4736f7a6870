//! The machine: dates with their state, folded from the journals, and what is due now.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::LaneEpoch,
    time::{BusinessDate, MonoMs, WallMs},
};

use super::{
    calendar::{Calendar, DateRefused},
    frame::{Frames, LaneRecordSeen, Machine},
    part::{Claims, LanePart, LaneSeen, part},
    version::{Lateness, SealedVersion},
};

/// What the machine is told once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayConfig {
    /// The first date of the store, before any was turned.
    pub first_day: BusinessDate,
    /// How long a date that was turned waits for connected lanes, batches and payments.
    pub close_timeout_ms: u64,
    /// How long no late record may have come before the next version is sealed.
    pub late_quiet_ms: u64,
    /// How long before the end of a date lanes are warned.
    pub warning_ms: u64,
}

/// Who turned a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TurnedBy {
    /// A person closed the day.
    Hand,
    /// The clock reached its end.
    Clock,
    /// An empty store was moved forward: the date left behind was never traded.
    Moved,
}

/// What the journals and the sealed days say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The store's date was turned.
    Turned {
        /// From this date.
        ended: BusinessDate,
        /// To this one.
        begins: BusinessDate,
        /// By whom.
        by: TurnedBy,
    },
    /// A machine speaks for its lane from here on; older ones are fenced.
    Attached {
        /// Which.
        machine: Machine,
        /// On this date.
        date: BusinessDate,
    },
    /// No machine has this epoch after all: it fences nobody.
    TakenBack {
        /// Which.
        machine: Machine,
    },
    /// Somebody said where a machine that is gone had ended.
    EndStated {
        /// Which.
        machine: Machine,
        /// Its last record.
        sequence: u64,
    },
    /// A batch that fell due with this date was closed.
    BatchClosed {
        /// The date.
        date: BusinessDate,
    },
    /// The hub booked something under this date.
    Booked {
        /// The date.
        date: BusinessDate,
    },
    /// A record of a lane's journal.
    Lane(LaneRecordSeen),
    /// A version was sealed.
    Sealed {
        /// Of this date.
        date: BusinessDate,
        /// What it holds.
        version: SealedVersion,
    },
}

/// What is only true now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// The configured lanes, and those with a journal.
    pub lanes: Vec<LaneSeen>,
    /// The running date when this was looked at: what is due with a date that was turned since is
    /// not among the rest.
    pub running: BusinessDate,
    /// Dates with which a batch fell due that is not closed.
    pub batches_due: BTreeSet<BusinessDate>,
    /// Dates under which a payment is not decided.
    pub undecided: BTreeSet<BusinessDate>,
    /// Whether the bank can be reached.
    pub link_up: bool,
    /// The clock.
    pub calendar: Calendar,
}

/// What a turned date waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// A connected lane has not ended its part.
    Lane(Machine),
    /// A batch is not closed.
    Batches,
    /// A payment is not decided.
    Payments,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DayEffect {
    /// Turn the date: one record, at once.
    Turn {
        /// From the running date.
        ended: BusinessDate,
        /// To this one.
        begins: BusinessDate,
        /// By whom.
        by: TurnedBy,
    },
    /// Warn the lanes that the date ends soon.
    Warn {
        /// The running date.
        date: BusinessDate,
        /// When it ends.
        ends: WallMs,
    },
    /// What only silent lanes can bring on is waited for no longer.
    StopWaiting {
        /// The date that was turned.
        date: BusinessDate,
    },
    /// Seal the first version of a date, or with a reason the next one.
    Seal {
        /// The date.
        date: BusinessDate,
        /// Why there is a new one; `None`: it is the first.
        because: Option<Lateness>,
    },
    /// Somebody must look at this.
    Alarm(DayAlarm),
}

/// What a person must look at. Each has a stable code and a page in docs/errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayAlarm {
    /// HUB0020: the date should end by itself, and nobody confirms the clock.
    EndNeedsPerson {
        /// The date.
        date: BusinessDate,
    },
    /// HUB0021: the running date is not what the calendar says.
    OffCalendar {
        /// The running date.
        date: BusinessDate,
        /// The first whose end lies ahead.
        calendar: BusinessDate,
    },
}

/// One date of the store.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Date {
    pub(super) turned: Option<TurnedBy>,
    pub(super) sealed: Option<SealedVersion>,
    /// Something was booked under it, by the hub or a lane.
    pub(super) traded: bool,
    pub(super) batches: u32,
}

/// Late records of a date, and since when no more came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Late {
    pub(super) what: Lateness,
    pub(super) since: MonoMs,
}

/// The business days of a store.
#[derive(Clone, Debug)]
pub struct Days {
    pub(super) config: DayConfig,
    pub(super) running: BusinessDate,
    pub(super) dates: BTreeMap<BusinessDate, Date>,
    pub(super) frames: BTreeMap<Machine, Frames>,
    /// Since which date each machine speaks for its lane.
    pub(super) attached: BTreeMap<Machine, BusinessDate>,
    pub(super) stated_ends: BTreeMap<Machine, u64>,
    /// Sealed dates of which more may be known than is sealed: looked at each time.
    pub(super) unfinished: BTreeSet<BusinessDate>,
    // What follows is only true while the hub runs.
    pub(super) turned_since: BTreeMap<BusinessDate, MonoMs>,
    pub(super) not_waited_for: BTreeSet<BusinessDate>,
    pub(super) late: BTreeMap<BusinessDate, Late>,
    pub(super) warned: Option<BusinessDate>,
    pub(super) asked: Option<BusinessDate>,
    pub(super) off_calendar: Option<(BusinessDate, BusinessDate)>,
}

impl Days {
    /// A store before its first record.
    #[must_use]
    pub fn new(config: DayConfig) -> Self {
        Self {
            config,
            running: config.first_day,
            dates: BTreeMap::new(),
            frames: BTreeMap::new(),
            attached: BTreeMap::new(),
            stated_ends: BTreeMap::new(),
            unfinished: BTreeSet::new(),
            turned_since: BTreeMap::new(),
            not_waited_for: BTreeSet::new(),
            late: BTreeMap::new(),
            warned: None,
            asked: None,
            off_calendar: None,
        }
    }

    /// Folds one fact. The same fact again changes nothing.
    pub fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Turned { ended, begins, by } => {
                self.date_mut(*ended).turned.get_or_insert(*by);
                self.running = self.running.max(*begins);
            }
            Fact::Attached { machine, date } => {
                self.attached.entry(*machine).or_insert(*date);
            }
            Fact::TakenBack { machine } => {
                self.attached.remove(machine);
            }
            Fact::EndStated { machine, sequence } => {
                self.stated_ends.insert(*machine, *sequence);
                self.unfinished.extend(self.dates.keys());
            }
            Fact::BatchClosed { date } => {
                let known = self.date_mut(*date);
                known.batches = known.batches.saturating_add(1);
                self.unfinished.insert(*date);
            }
            Fact::Booked { date } => self.date_mut(*date).traded = true,
            Fact::Lane(seen) => self.lane(seen),
            Fact::Sealed { date, version } => {
                self.date_mut(*date).sealed = Some(version.clone());
                self.unfinished.insert(*date);
                self.late.remove(date);
                self.turned_since.remove(date);
                self.not_waited_for.remove(date);
            }
        }
    }

    fn date_mut(&mut self, date: BusinessDate) -> &mut Date {
        self.dates.entry(date).or_default()
    }

    /// Since which date a newer machine speaks for the lane of this one.
    fn fenced_on(&self, machine: Machine) -> Option<BusinessDate> {
        let newer = Machine {
            epoch: LaneEpoch(machine.epoch.0.checked_add(1)?),
            ..machine
        };
        let newest = Machine {
            epoch: LaneEpoch(u32::MAX),
            ..machine
        };
        let newer = self.attached.range(newer..=newest);
        newer.map(|(_, date)| *date).min()
    }

    fn lane(&mut self, seen: &LaneRecordSeen) {
        let frames = self.frames.entry(seen.machine).or_default();
        if seen.sequence <= frames.through && frames.through > 0 {
            return;
        }
        frames.take(seen);
        let Some(date) = seen.date else {
            return;
        };
        let counts = frames.last_of(date) == seen.sequence;
        let known = self.dates.entry(date).or_default();
        known.traded |= counts;
        if known.sealed.is_some() {
            self.unfinished.insert(date);
        }
    }

    /// The running date.
    #[must_use]
    pub const fn running(&self) -> BusinessDate {
        self.running
    }

    /// The newest sealed version of a date.
    #[must_use]
    pub fn sealed(&self, date: BusinessDate) -> Option<&SealedVersion> {
        self.dates.get(&date)?.sealed.as_ref()
    }

    /// Whether a date was turned.
    #[must_use]
    pub fn is_turned(&self, date: BusinessDate) -> bool {
        let known = self.dates.get(&date);
        known.is_some_and(|known| known.turned.is_some())
    }

    /// Dates that were open before the running one and were traded or closed, oldest first.
    pub fn before(&self) -> impl DoubleEndedIterator<Item = BusinessDate> {
        let dates = self.dates.range(..self.running);
        dates
            .filter(|(_, known)| known.is_a_day())
            .map(|(date, _)| *date)
    }

    /// Whether nothing was done under the running date yet.
    #[must_use]
    pub fn running_is_empty(&self) -> bool {
        let known = self.dates.get(&self.running);
        known.is_none_or(|known| !known.traded)
    }

    /// A date that may be asked for or closed: the running one, or one that was open before.
    ///
    /// # Errors
    /// Any other, with the dates there are.
    pub fn known(&self, asked: BusinessDate) -> Result<BusinessDate, DateRefused> {
        let known = self.dates.get(&asked);
        if asked == self.running || known.is_some_and(Date::is_a_day) {
            return Ok(asked);
        }
        Err(DateRefused::NeverOpen {
            asked,
            running: self.running,
            before: self.before().collect(),
        })
    }

    /// The day that a close means which names none: the running one. But while nothing was done
    /// under it and its end lies ahead, the one before: then this is asked again by somebody who
    /// never heard that it was done, and to close an empty day would book tomorrow's sales a day
    /// late.
    #[must_use]
    pub fn meant(&self, calendar: &Calendar) -> BusinessDate {
        let asked_again = self.running_is_empty() && !calendar.is_past(self.running);
        match self.before().next_back() {
            Some(before) if asked_again => before,
            Some(_) | None => self.running,
        }
    }

    /// Moves an empty store forward.
    ///
    /// # Errors
    /// A date that does not lie ahead, or too far; a running date that was begun.
    pub fn open(&self, date: BusinessDate, calendar: &Calendar) -> Result<DayEffect, DateRefused> {
        let running = self.running;
        let next = calendar.date_after(running);
        if date <= running {
            return Err(DateRefused::NotAhead {
                asked: date,
                running,
            });
        }
        if date > next.next() {
            return Err(DateRefused::TooFar { asked: date, next });
        }
        if !self.running_is_empty() {
            return Err(DateRefused::NotEmpty { running });
        }
        Ok(DayEffect::Turn {
            ended: running,
            begins: date,
            by: TurnedBy::Moved,
        })
    }

    /// Every lane's part of a date, configured lanes that never came among them.
    #[must_use]
    pub fn parts(&self, date: BusinessDate, lanes: &[LaneSeen]) -> Vec<LanePart> {
        let journals = self.frames.keys().copied();
        let seen = lanes.iter().map(|seen| seen.machine);
        let machines: BTreeSet<Machine> = journals.chain(seen).collect();
        let parts = machines.into_iter().filter(|machine| {
            let frames = self.frames.get(machine);
            let came_later = frames
                .and_then(|frames| frames.first)
                .is_some_and(|first| first > date);
            let gone = self.fenced_on(*machine).is_some_and(|on| on < date);
            !came_later && !gone
        });
        parts
            .map(|machine| self.part(date, machine, lanes))
            .collect()
    }

    fn part(&self, date: BusinessDate, machine: Machine, lanes: &[LaneSeen]) -> LanePart {
        let claims = Claims {
            seen: lanes.iter().find(|seen| seen.machine == machine),
            stated_end: self.stated_ends.get(&machine).copied(),
            is_fenced: self.fenced_on(machine).is_some(),
        };
        part(machine, date, self.frames.get(&machine), claims)
    }

    /// What a turned date still waits for before its first version is sealed.
    #[must_use]
    pub fn waits(&self, date: BusinessDate, around: &Circumstances) -> Vec<Wait> {
        let mut waits: Vec<Wait> = Vec::new();
        for part in self.parts(date, &around.lanes) {
            if part.connected && !part.is_complete() {
                waits.push(Wait::Lane(part.machine));
            }
        }
        if around.undecided.contains(&date) {
            waits.push(Wait::Payments);
        }
        if around.batches_due.contains(&date) {
            waits.push(Wait::Batches);
        }
        waits
    }

    /// Batches closed that fell due with a date.
    #[must_use]
    pub fn batches_of(&self, date: BusinessDate) -> u32 {
        self.dates.get(&date).map_or(0, |known| known.batches)
    }
}

impl Date {
    /// A date that was only passed over was no day.
    const fn is_a_day(&self) -> bool {
        match self.turned {
            Some(TurnedBy::Hand | TurnedBy::Clock) => true,
            Some(TurnedBy::Moved) | None => self.traded,
        }
    }

    /// A day without a version.
    pub(super) const fn is_unsealed(&self) -> bool {
        self.sealed.is_none() && self.is_a_day()
    }
}
