//! The business days of a store (shared/design "A store lives many days").
//!
//! Decides: which date a close turns to, how far each lane's part of a date is known, when which
//! version of a day is sealed, and whether the clock may end a day by itself. Never: writes, sends,
//! waits, or tells the time. What the journals say comes in as facts and is folded; the rest is
//! only true while the hub runs. Keeps I18, and with the reports I20.

mod calendar;
mod clock;
mod days;
mod due;
mod frame;
mod kept;
mod part;
mod version;

#[cfg(test)]
mod tests;

pub use calendar::{Calendar, DateRefused};
pub use clock::{ClockCheck, Witness, WrongClock};
pub use days::{Circumstances, DayAlarm, DayConfig, DayEffect, Days, Fact, TurnedBy, Wait};
pub use frame::{FrameFact, LaneRecordSeen, Machine, PartEnd};
pub use part::{LanePart, LaneSeen, Missing, PartState};
pub use version::{LateLane, Lateness, SealedPart, SealedVersion};
