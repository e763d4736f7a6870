//! Why records of a lane's journal are not taken, and what that says of the lane (I14).

use std::fmt;

use domain::{desk::Rejected, limits::REPLICATION_RECORDS_PER_BATCH_MAX};
use journal::RECORD_BYTES_MAX;
use proto::store::v1::{ReplicaTrouble, TroubleKind};

use crate::{connection::Connection, presentation};

/// Why records of a lane were not taken. Nothing of the batch was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ReplicaRefused {
    /// They don't follow what is held; the lane starts again from there.
    Gap { expected: u64, got: u64 },
    /// More records than a batch may have.
    TooMany { sequence: u64, records: usize },
    /// No journal can hold such a record.
    TooLarge { sequence: u64, bytes: usize },
    /// The lane's history differs from the copy held here (I14).
    Fork { sequence: u64 },
    /// The disk has no room for more; the lane tries again.
    NoRoom,
    /// The lane has lost records that it once said were durable (I14).
    Behind { held: u64, got: u64 },
    /// A machine without records asks for those of a lane that is at work on another connection.
    AtWork(Connection),
    /// The record is being written for another stream of the lane.
    StillWritten { sequence: u64 },
    /// The copy can't be read here.
    Unreadable { sequence: u64 },
    /// No machine of this lane can have this epoch.
    Epoch(Rejected),
    /// The hub is stopping.
    Stopping,
}

impl fmt::Display for ReplicaRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { .. }
            | Self::TooMany { .. }
            | Self::TooLarge { .. }
            | Self::Fork { .. }
            | Self::Behind { .. }
            | Self::AtWork(_) => f.write_str(&presentation::trouble(&self.to_proto()).english),
            Self::NoRoom => f.write_str("the hub's disk has no room"),
            Self::StillWritten { sequence } => {
                write!(f, "record {sequence} is still being written: start again")
            }
            Self::Unreadable { sequence } => {
                write!(f, "the copy can't be read at record {sequence}")
            }
            Self::Epoch(rejected) => rejected.fmt(f),
            Self::Stopping => f.write_str("the hub is stopping"),
        }
    }
}

impl std::error::Error for ReplicaRefused {}

impl ReplicaRefused {
    /// The kind of trouble, where the lane's journal is what is wrong.
    const fn kind(&self) -> TroubleKind {
        match self {
            Self::Gap { .. } => TroubleKind::Gap,
            Self::TooMany { .. } => TroubleKind::TooMany,
            Self::TooLarge { .. } => TroubleKind::TooLarge,
            Self::Fork { .. } => TroubleKind::Fork,
            Self::Behind { .. } => TroubleKind::Behind,
            Self::AtWork(_) => TroubleKind::AtWork,
            Self::NoRoom
            | Self::StillWritten { .. }
            | Self::Unreadable { .. }
            | Self::Epoch(_)
            | Self::Stopping => TroubleKind::Unspecified,
        }
    }

    /// What there is to tell of it, whoever showed it.
    pub(crate) fn to_proto(&self) -> ReplicaTrouble {
        let mut to = ReplicaTrouble {
            kind: self.kind().into(),
            sequence: self.sequence(),
            ..ReplicaTrouble::default()
        };
        match self {
            Self::Gap { expected: held, .. } | Self::Behind { held, .. } => to.held = *held,
            Self::TooMany { records, .. } => {
                (to.came, to.most) = (count(*records), count(REPLICATION_RECORDS_PER_BATCH_MAX));
            }
            Self::TooLarge { bytes, .. } => {
                (to.came, to.most) = (count(*bytes), count(RECORD_BYTES_MAX));
            }
            Self::AtWork(connection) => to.at_work = connection.to_string(),
            Self::Fork { .. }
            | Self::NoRoom
            | Self::StillWritten { .. }
            | Self::Unreadable { .. }
            | Self::Epoch(_)
            | Self::Stopping => {}
        }
        to
    }

    /// The code of the alarm, where the lane's journal is what is wrong.
    pub(crate) fn code(&self) -> Option<&'static str> {
        let code = presentation::trouble_code(self.kind().into());
        (!code.is_empty()).then_some(code)
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

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
