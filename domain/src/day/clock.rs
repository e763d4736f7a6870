//! Whether the hub's clock is right: the bank and the lanes tell theirs. A wrong clock is shown and
//! changes no number; only a clock that somebody confirms may end a day.

use std::collections::BTreeMap;

use crate::{
    ids::LaneId,
    limits::{CLOCK_TOLERANCE_MS, CLOCK_WITNESS_MS},
    time::{MonoMs, WallMs},
};

/// Who told a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Witness {
    /// The bank, in fields 12 and 13 of an answer.
    Bank,
    /// A lane, in its status.
    Lane(LaneId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Word {
    at: MonoMs,
    /// Their clock less ours.
    ahead_ms: i64,
    agrees: bool,
}

/// A clock that differs from the hub's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongClock {
    /// Whose.
    pub witness: Witness,
    /// Their clock less ours.
    pub ahead_ms: i64,
}

/// What was last heard of other clocks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClockCheck {
    words: BTreeMap<Witness, Word>,
}

impl ClockCheck {
    /// Somebody told its time. `round_trip_ms` is how long its word may have been under way. True
    /// when it says something else about the hub's clock than before.
    pub fn told(
        &mut self,
        witness: Witness,
        theirs: WallMs,
        ours: WallMs,
        at: MonoMs,
        round_trip_ms: u64,
    ) -> bool {
        let ahead_ms = theirs.0.saturating_sub(ours.0);
        let agrees = ahead_ms.unsigned_abs() <= CLOCK_TOLERANCE_MS.saturating_add(round_trip_ms);
        let word = Word {
            at,
            ahead_ms,
            agrees,
        };
        let before = self.words.insert(witness, word);
        before.map_or(!agrees, |before| before.agrees != agrees)
    }

    /// Clocks that differ by more than the tolerance, as last told.
    pub fn wrong(&self) -> impl Iterator<Item = WrongClock> {
        let words = self.words.iter().filter(|(_, word)| !word.agrees);
        words.map(|(witness, word)| WrongClock {
            witness: *witness,
            ahead_ms: word.ahead_ms,
        })
    }

    /// What this one told last.
    #[must_use]
    pub fn of(&self, witness: Witness) -> Option<WrongClock> {
        self.wrong().find(|wrong| wrong.witness == witness)
    }

    /// Whether somebody confirms the hub's clock now. The bank's word counts before the lanes';
    /// among lanes, one that agrees is enough: two wrong clocks seldom agree.
    #[must_use]
    pub fn is_confirmed(&self, now: MonoMs) -> bool {
        let fresh = |word: &&Word| now.since_ms(word.at) <= CLOCK_WITNESS_MS;
        let bank = self.words.get(&Witness::Bank).filter(fresh);
        match bank {
            Some(word) => word.agrees,
            None => self.words.values().filter(fresh).any(|word| word.agrees),
        }
    }
}
