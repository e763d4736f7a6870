//! Why records of a lane's journal are not taken, and what that says of the lane (I14).

use domain::{desk::Rejected, limits::REPLICATION_RECORDS_PER_BATCH_MAX};
use journal::RECORD_BYTES_MAX;

use crate::connection::Connection;

/// Why records of a lane were not taken. Nothing of the batch was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ReplicaRefused {
    /// They don't follow what is held; the lane starts again from there.
    #[error("record {expected} is next, not {got}")]
    Gap { expected: u64, got: u64 },
    /// More records than a batch may have.
    #[error(
        "{records} records in one batch from record {sequence}, the most is \
         {REPLICATION_RECORDS_PER_BATCH_MAX}"
    )]
    TooMany { sequence: u64, records: usize },
    /// No journal can hold such a record.
    #[error("record {sequence} has {bytes} bytes, the most is {RECORD_BYTES_MAX}")]
    TooLarge { sequence: u64, bytes: usize },
    /// The lane's history differs from the copy held here (I14).
    #[error("the lane's journal differs from its copy at record {sequence}")]
    Fork { sequence: u64 },
    /// The disk has no room for more; the lane tries again.
    #[error("the hub's disk has no room")]
    NoRoom,
    /// The lane has lost records that it once said were durable (I14).
    #[error("the lane's journal ends at record {got}, its copy at {held}")]
    Behind { held: u64, got: u64 },
    /// A machine without records asks for those of a lane that is at work on another connection.
    #[error("the lane is at work at {0}: its journal is not given to another machine")]
    AtWork(Connection),
    /// The record is being written for another stream of the lane.
    #[error("record {sequence} is still being written: start again")]
    StillWritten { sequence: u64 },
    /// The copy can't be read here.
    #[error("the copy can't be read at record {sequence}")]
    Unreadable { sequence: u64 },
    /// No machine of this lane can have this epoch.
    #[error("{0}")]
    Epoch(Rejected),
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
}

impl ReplicaRefused {
    /// The code of the alarm, where the lane's journal is what is wrong.
    pub(crate) const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Gap { .. } | Self::TooMany { .. } | Self::TooLarge { .. } => Some("HUB0013"),
            Self::Fork { .. } | Self::Behind { .. } | Self::AtWork(_) => Some("HUB0014"),
            Self::NoRoom
            | Self::StillWritten { .. }
            | Self::Unreadable { .. }
            | Self::Epoch(_)
            | Self::Stopping => None,
        }
    }

    /// Whether the copy is no prefix of the lane's journal: it must not go on under this epoch.
    pub(crate) const fn is_fork(&self) -> bool {
        matches!(self, Self::Fork { .. } | Self::Behind { .. })
    }

    /// The record it is about.
    pub(crate) const fn sequence(&self) -> u64 {
        match self {
            Self::Gap { got, .. } | Self::Behind { got, .. } => *got,
            Self::TooMany { sequence, .. }
            | Self::TooLarge { sequence, .. }
            | Self::Fork { sequence }
            | Self::StillWritten { sequence }
            | Self::Unreadable { sequence } => *sequence,
            Self::NoRoom | Self::AtWork(_) | Self::Epoch(_) | Self::Stopping => 0,
        }
    }
}
