//! A lane's part of a date: complete when, and only when, the held journal shows where it ends.
//! What a lane last said of itself is never taken for it.

use crate::{
    time::{BusinessDate, WallMs},
    words::Sentence,
};

use super::frame::{Frames, Machine, PartEnd};

/// What is known of a machine beside its journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneSeen {
    /// Which; epoch 0 for a configured lane that never came.
    pub machine: Machine,
    /// Whether it has a session now.
    pub connected: bool,
    /// When it last spoke.
    pub last_heard: Option<WallMs>,
    /// The last record of its journal, as it says; 0: it has said nothing.
    pub said_sequence: u64,
    /// What stands against its journal, with its code.
    pub trouble: Option<Sentence>,
}

/// Why a part is not complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    /// Nothing was ever heard of this lane.
    Unheard,
    /// The lane says that it has more than is held.
    Behind,
    /// Nothing held says that the date has ended for this lane: whether there is more, is not
    /// known.
    NotKnown,
    /// A newer machine took over, and nobody has said where this one ended.
    Fenced,
    /// Its journal is in trouble.
    Trouble(Sentence),
    /// This record and what follows can't be understood here.
    Unreadable {
        /// The record.
        sequence: u64,
    },
}

/// How far a part is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartState {
    /// All of it is held.
    Complete(PartEnd),
    /// It may be more than is held.
    Open(Missing),
}

/// One lane's part of a date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LanePart {
    /// Whose.
    pub machine: Machine,
    /// The last record held that it is contained up to.
    pub through_sequence: u64,
    /// When the last record held was written.
    pub through_at: WallMs,
    /// The last record known to exist.
    pub known_sequence: u64,
    /// Whether it has a session now.
    pub connected: bool,
    /// When it last spoke.
    pub last_heard: Option<WallMs>,
    /// Whether all of it is held.
    pub state: PartState,
}

impl LanePart {
    /// Whether all of it is held.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, PartState::Complete(_))
    }

    /// What is missing, as reports and screens say it; `None`: nothing.
    #[must_use]
    pub fn missing(&self) -> Option<Sentence> {
        match &self.state {
            PartState::Complete(_) => None,
            PartState::Open(missing) => Some(self.in_words(missing)),
        }
    }

    fn in_words(&self, missing: &Missing) -> Sentence {
        let (known, held) = (self.known_sequence, self.through_sequence);
        let more_unknown = |english: &str, chinese: &str| {
            Sentence::new(
                format!("{english}; more: not known"),
                format!("{chinese}；其余未知"),
            )
        };
        match missing {
            Missing::Unheard => more_unknown("never heard of", "从未联系"),
            Missing::Behind => Sentence::new(
                format!("the lane has {known} records, {held} are here"),
                format!("收银台有 {known} 条记录，此处有 {held} 条"),
            ),
            Missing::NotKnown => more_unknown("it has not ended the day", "尚未结束当日"),
            Missing::Fenced => more_unknown(
                "a newer machine took over, and nobody said where this one ended",
                "已由新设备接替，旧设备的终点未确认",
            ),
            Missing::Trouble(trouble) => more_unknown(&trouble.english, &trouble.chinese),
            Missing::Unreadable { sequence } => more_unknown(
                &format!("record {sequence} can't be understood here"),
                &format!("第 {sequence} 条记录无法读取"),
            ),
        }
    }
}

/// What else bears on a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims<'a> {
    pub(super) seen: Option<&'a LaneSeen>,
    /// Where somebody said that the machine had ended.
    pub(super) stated_end: Option<u64>,
    /// A newer machine speaks for the lane.
    pub(super) is_fenced: bool,
}

/// A machine's part of a date.
pub(super) fn part(
    machine: Machine,
    date: BusinessDate,
    frames: Option<&Frames>,
    claims: Claims<'_>,
) -> LanePart {
    let held = frames.map_or(0, |frames| frames.through);
    let said = claims.seen.map_or(0, |seen| seen.said_sequence);
    let state = state(date, frames, claims);
    let through_sequence = match state {
        PartState::Complete(end) => end.sequence(),
        // What can't be read is known, and not contained (days.md 10).
        PartState::Open(Missing::Unreadable { sequence }) => sequence.saturating_sub(1),
        PartState::Open(_) => held,
    };
    LanePart {
        machine,
        through_sequence,
        through_at: frames.map_or_else(WallMs::default, |frames| frames.through_at),
        known_sequence: match state {
            PartState::Complete(_) => through_sequence,
            PartState::Open(_) => said.max(held),
        },
        connected: claims.seen.is_some_and(|seen| seen.connected),
        last_heard: claims.seen.and_then(|seen| seen.last_heard),
        state,
    }
}

fn state(date: BusinessDate, frames: Option<&Frames>, claims: Claims<'_>) -> PartState {
    let said = claims.seen.map_or(0, |seen| seen.said_sequence);
    if let Some(trouble) = claims.seen.and_then(|seen| seen.trouble.clone()) {
        return PartState::Open(Missing::Trouble(trouble));
    }
    let Some(frames) = frames else {
        return PartState::Open(match said {
            0 => Missing::Unheard,
            _ => Missing::Behind,
        });
    };
    match frames.end_of(date) {
        Some(end @ PartEnd::Marker { .. }) => return PartState::Complete(end),
        // It rested, and was at work again since: what it did is on its way.
        Some(end) if said <= frames.through => return PartState::Complete(end),
        Some(_) | None => {}
    }
    if let Some(sequence) = frames.unreadable {
        return PartState::Open(Missing::Unreadable { sequence });
    }
    match claims.stated_end {
        Some(sequence) if sequence <= frames.through => {
            return PartState::Complete(PartEnd::Stated { sequence });
        }
        Some(_) | None => {}
    }
    PartState::Open(match (claims.is_fenced, said > frames.through) {
        (true, _) => Missing::Fenced,
        (false, true) => Missing::Behind,
        (false, false) => Missing::NotKnown,
    })
}
