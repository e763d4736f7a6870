//! What a lane was told of the date and no record says.

use crate::time::{BusinessDate, MonoMs};

/// Who turned a lane's date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkedBy {
    /// The hub said so.
    Hub,
    /// The lane, since its hub was away when the date was over.
    Lane,
}

/// A marker that waits for the end of the running sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    pub(super) begins: BusinessDate,
    pub(super) by: MarkedBy,
    /// Written in the middle of the sale from then on; `None`: only between two.
    pub(super) cut_at: Option<MonoMs>,
}

/// What is known of the date beside the records. A kill takes it away, and it is told again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DayHeard {
    /// The latest that the hub named.
    pub(super) named: Option<BusinessDate>,
    /// The calendar's, at the last look.
    pub(super) today: Option<BusinessDate>,
    pub(super) turn: Option<Turn>,
    /// The lane has gone to rest: nothing is written any more.
    pub(super) resting: bool,
}
