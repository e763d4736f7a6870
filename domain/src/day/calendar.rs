//! The business date and the calendar: which date a close turns to, and which dates can be named.
//! Local time comes in as values; nothing here knows a time zone.

use crate::time::{BusinessDate, WallMs};

/// What the wall clock says at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// Now.
    pub now: WallMs,
    /// The first date whose end lies ahead: the end of its calendar day where days are ended by
    /// hand only.
    pub first_ahead: BusinessDate,
    /// The instant at which the running date ends by itself; `None`: by hand only.
    pub ends: Option<WallMs>,
    /// Whether bank or lanes confirm the clock.
    pub confirmed: bool,
}

impl Calendar {
    /// The date that follows when `ended` ends now: the first whose end lies ahead, at least the
    /// next one. A store that rested for a week opens on today.
    #[must_use]
    pub fn date_after(&self, ended: BusinessDate) -> BusinessDate {
        self.first_ahead.max(ended.next())
    }

    /// Whether the end of this date is over, by the clock.
    #[must_use]
    pub fn is_past(&self, date: BusinessDate) -> bool {
        self.first_ahead > date
    }
}

/// Why a date can't be closed, asked for or opened. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DateRefused {
    /// It was never open.
    #[error("{asked} was never open here; {}", dates(*.running, .before))]
    NeverOpen {
        /// The date.
        asked: BusinessDate,
        /// The running one.
        running: BusinessDate,
        /// Those that were open before, the newest last.
        before: Vec<BusinessDate>,
    },
    /// A store is only moved forward.
    #[error("{asked} does not lie ahead of the running date, {running}")]
    NotAhead {
        /// The date.
        asked: BusinessDate,
        /// The running one.
        running: BusinessDate,
    },
    /// Nobody trades tomorrow's tomorrow today.
    #[error("{asked} is not near: by the clock, the next date is {next}")]
    TooFar {
        /// The date.
        asked: BusinessDate,
        /// The date a close would turn to.
        next: BusinessDate,
    },
    /// The running date has begun to be traded: it ends by a close.
    #[error("{running} holds records already: close it")]
    NotEmpty {
        /// The running date.
        running: BusinessDate,
    },
}

/// Dates named in a refusal, the newest of them.
const DATES_NAMED_MAX: usize = 10;

fn dates(running: BusinessDate, before: &[BusinessDate]) -> String {
    let newest = before.iter().rev().take(DATES_NAMED_MAX).rev();
    let named: Vec<String> = newest.map(ToString::to_string).collect();
    match named.is_empty() {
        true => format!("the running date is {running}, and none was before it"),
        false => format!(
            "the running date is {running}, before it: {}",
            named.join(", ")
        ),
    }
}
