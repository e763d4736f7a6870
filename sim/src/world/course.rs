//! How the first card payment of a world goes: what has to fail, and when, for that.

use std::{fmt, time::Duration};

use turmoil::Sim;

use super::{Host, OPENS_AFTER_MS, WorldOutcome, hosts::Store, trace};

/// Terminals have signed on by then and lanes hold leases, and no customer has come yet.
const BEFORE_THE_CARD: Duration = Duration::from_millis(300);
/// Longer than the hub waits for an answer.
const ANSWER_HELD: Duration = Duration::from_millis(3_500);
/// Long enough for a lane or the hub to decide alone.
const AWAY: Duration = Duration::from_millis(1_500);

/// How a card payment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The bank approves.
    Approved,
    /// Its answer comes too late: unknown, and taken back.
    LateAnswer,
    /// The bank is away: the hub stands in.
    StoodIn,
    /// The hub is away: the lane approves inside its lease.
    Offline,
    /// The date turns while it is at the bank: of a world that lives two days.
    AcrossClose,
}

impl Course {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Approved,
        Self::LateAnswer,
        Self::StoodIn,
        Self::Offline,
        Self::AcrossClose,
    ];

    /// The one of this name.
    ///
    /// # Errors
    /// The names there are.
    pub fn named(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|course| course.name() == name);
        found.ok_or_else(|| Self::ALL.map(Self::name).join(", "))
    }

    /// Baskets that a world of it needs.
    #[must_use]
    pub const fn baskets(self) -> usize {
        match self {
            Self::Approved | Self::LateAnswer | Self::StoodIn | Self::Offline => 10,
            Self::AcrossClose => 16,
        }
    }

    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::LateAnswer => "late-answer",
            Self::StoodIn => "stood-in",
            Self::Offline => "offline",
            Self::AcrossClose => "across-close",
        }
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Course {
    /// Whether a payment has gone this way.
    pub(crate) fn was_taken(self, outcome: &WorldOutcome) -> bool {
        let count = match self {
            Self::Approved | Self::AcrossClose => outcome.payments,
            Self::LateAnswer => outcome.reversed,
            Self::StoodIn => outcome.stood_in,
            Self::Offline => outcome.offline,
        };
        count > 0
    }
}

/// Brings it about.
pub(super) struct Driver {
    course: Course,
    stage: Stage,
}

enum Stage {
    Waiting,
    /// What has to be away is away, until this long after the card was chosen.
    Away,
    Back {
        at: Duration,
    },
    Done,
}

impl Driver {
    pub(super) fn new(course: Course) -> Self {
        let stage = match course {
            Course::Approved | Course::AcrossClose => Stage::Done,
            Course::LateAnswer | Course::StoodIn | Course::Offline => Stage::Waiting,
        };
        Self { course, stage }
    }

    /// Told after every step of the world.
    pub(super) fn steer(&mut self, world: &mut Sim<'_>, store: &Store) {
        let now = world.elapsed();
        let has_begun = store.life().has_begun();
        match self.stage {
            Stage::Waiting if self.strikes(now, has_begun) => {
                self.strike(world, store);
                self.stage = Stage::Away;
            }
            Stage::Away if has_begun => {
                let after = match self.course {
                    Course::LateAnswer => ANSWER_HELD,
                    Course::Approved | Course::StoodIn | Course::Offline | Course::AcrossClose => {
                        AWAY
                    }
                };
                self.stage = Stage::Back { at: now + after };
            }
            Stage::Back { at } if at <= now => {
                self.heal(world);
                self.stage = Stage::Done;
            }
            Stage::Waiting | Stage::Away | Stage::Back { .. } | Stage::Done => {}
        }
    }

    fn strikes(&self, now: Duration, has_begun: bool) -> bool {
        match self.course {
            Course::Approved | Course::AcrossClose => false,
            Course::LateAnswer => has_begun,
            Course::StoodIn | Course::Offline => now >= BEFORE_THE_CARD,
        }
    }

    fn strike(&self, world: &mut Sim<'_>, store: &Store) {
        trace::at(world.elapsed(), &format!("course {}", self.course));
        match self.course {
            Course::Approved | Course::AcrossClose => {}
            Course::LateAnswer => world.hold("hub", "bank"),
            Course::StoodIn => world.crash("bank"),
            Course::Offline => super::faults::crash(world, store, Host::Hub, 0),
        }
    }

    fn heal(&self, world: &mut Sim<'_>) {
        trace::at(world.elapsed(), &format!("course {} heals", self.course));
        match self.course {
            Course::Approved | Course::AcrossClose => {}
            Course::LateAnswer => world.release("hub", "bank"),
            Course::StoodIn => world.bounce("bank"),
            Course::Offline => world.bounce("hub"),
        }
    }
}

/// Checked here because a payment that begins before its course does would go another way.
const _: () = assert!(BEFORE_THE_CARD.as_millis() < OPENS_AFTER_MS.unsigned_abs() as u128);
