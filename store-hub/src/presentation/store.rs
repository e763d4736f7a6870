//! The store as a whole: its day, its disk, its clocks, its leases.

use domain::words::Sentence;
use proto::store::v1::{ClockOwner, DayState, LeaseState, NoRoom, NoRoomKind, WrongClock};

use super::{named, not_told};

pub(crate) fn day_state(number: i32) -> Sentence {
    named(number, |state: DayState| match state {
        DayState::Unspecified => not_told(),
        DayState::Open => Sentence::new("open", "营业中"),
        DayState::Closing => Sentence::new("closing", "正在日结"),
    })
}

/// Why the disk takes nothing new.
pub(crate) fn no_room(why: &NoRoom) -> Sentence {
    let (available, needed) = (why.available_bytes, why.needed_bytes);
    named(why.kind, |kind: NoRoomKind| match kind {
        NoRoomKind::Unspecified => not_told(),
        NoRoomKind::Full => Sentence::new(
            format!("the disk is full: {available} bytes are free, {needed} are needed"),
            format!("磁盘已满：可用 {available} 字节，需要 {needed} 字节"),
        ),
        NoRoomKind::ReadOnly => Sentence::new("the disk is read-only", "磁盘为只读"),
    })
}

/// Whose clock it is.
pub(crate) fn clock_owner(clock: &WrongClock) -> Sentence {
    let lane = clock.lane;
    named(clock.owner, |owner: ClockOwner| match owner {
        ClockOwner::Unspecified => not_told(),
        ClockOwner::Bank => Sentence::new("the bank", "银行"),
        ClockOwner::Lane => Sentence::new(format!("lane {lane}"), format!("{lane} 号收银台")),
    })
}

pub(crate) fn lease_state(number: i32) -> Sentence {
    named(number, |state: LeaseState| match state {
        LeaseState::Unspecified => not_told(),
        LeaseState::Open => Sentence::new("open", "有效"),
        LeaseState::Expired => Sentence::new(
            "open, expired at the lane as far as known",
            "未收回，收银台处应已到期",
        ),
        LeaseState::Returned => Sentence::new("returned", "已归还"),
        LeaseState::WrittenOff => Sentence::new("written off", "已核销"),
    })
}
