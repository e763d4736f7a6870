//! What an append may meet: the limits, and why a batch is refused.

use crate::batch::{
    CHECKPOINT_BYTES_MAX, CHECKPOINT_NAME_BYTES_MAX, KEY_BYTES_MAX, RECORD_BYTES_MAX,
};
use crate::{EngineError, LogId, NoRoom, ReadError};

/// How much may wait for the committer before an append is refused, and what stays in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    /// Batches that may wait.
    pub batches_waiting_max: usize,
    /// Bytes of records and keyed changes that may wait.
    pub waiting_bytes_max: usize,
    /// Bytes after which a commit takes no further batch; it always takes one.
    pub commit_bytes_max: usize,
    /// Records of a log that stay in the engine; older ones are sealed into segments.
    /// [`u64::MAX`]: none is, unless [`Journal::seal_up_to`](crate::Journal::seal_up_to) asks.
    pub kept_records: u64,
    /// Records of one segment, at most 8,192. One commit removes them from the engine, and what
    /// waits for the disk waits for that.
    pub segment_records: u64,
}

impl JournalLimits {
    /// What [`Journal::open`](crate::Journal::open) uses.
    pub const DEFAULT: JournalLimits = JournalLimits {
        batches_waiting_max: 4096,
        waiting_bytes_max: 16 * 1024 * 1024,
        commit_bytes_max: 2 * 1024 * 1024,
        kept_records: 8192,
        segment_records: 1024,
    };
}

impl Default for JournalLimits {
    fn default() -> Self {
        JournalLimits::DEFAULT
    }
}

/// Why a batch was not taken. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Too much waits for the disk. Refuse new work and try again when the journal has moved.
    #[error("the journal is full: {batches_waiting} batches wait for the disk")]
    Full {
        /// How many wait.
        batches_waiting: usize,
    },
    /// The disk is full or read-only, and what was appended before waits for it. Refuse new work;
    /// the committer tries again by itself, and appends are taken again once it has succeeded.
    #[error("the journal takes nothing new: {0}")]
    NoRoom(NoRoom),
    /// A record is over the limit.
    #[error("a record of {record_bytes} bytes is over the limit of {RECORD_BYTES_MAX}")]
    RecordTooLarge {
        /// Its size.
        record_bytes: usize,
    },
    /// A key or a value of the keyed state or the side table is over its limit.
    #[error(
        "a keyed change with a key of {key_bytes} and a value of {value_bytes} bytes is over \
             the limit of {KEY_BYTES_MAX} and {}",
        crate::STATE_BYTES_MAX
    )]
    StateTooLarge {
        /// Size of the key.
        key_bytes: usize,
        /// Size of the value.
        value_bytes: usize,
    },
    /// A checkpoint or its name is over the limit.
    #[error(
        "a checkpoint of {checkpoint_bytes} bytes, its name of {name_bytes}, is over the limit of \
             {} and {}",
        crate::CHECKPOINT_BYTES_MAX,
        crate::CHECKPOINT_NAME_BYTES_MAX
    )]
    CheckpointTooLarge {
        /// Size of the name.
        name_bytes: usize,
        /// Size of the checkpoint.
        checkpoint_bytes: usize,
    },
    /// A replica record doesn't follow the last one held. Ask the peer again from `expected`.
    #[error("replica of log {log} has a gap: expected record {expected}, got {got}")]
    ReplicaGap {
        /// The replicated log.
        log: LogId,
        /// The sequence that comes next.
        expected: u64,
        /// The sequence that came.
        got: u64,
    },
    /// The peer's log is not the one held so far, or its bytes were changed: raise an alarm.
    #[error("replica of log {log} forks at record {sequence}")]
    ReplicaFork {
        /// The replicated log.
        log: LogId,
        /// The first record that differs.
        sequence: u64,
    },
    /// A record that came again could not be compared with the one held.
    #[error("cannot compare a replica record with the one held")]
    Held(#[source] ReadError),
    /// The checkpoint that is to be replaced could not be looked at.
    #[error("cannot look at the checkpoint before")]
    Checkpoint(#[source] EngineError),
    /// The journal was closed, or its committer is gone.
    #[error("the journal is closed")]
    Closed,
}

/// Refuses a checkpoint that is too large, before any of it is taken.
pub(crate) fn check_checkpoint(name: &str, bytes: &[u8]) -> Result<(), AppendError> {
    if name.len() > CHECKPOINT_NAME_BYTES_MAX || bytes.len() > CHECKPOINT_BYTES_MAX {
        return Err(AppendError::CheckpointTooLarge {
            name_bytes: name.len(),
            checkpoint_bytes: bytes.len(),
        });
    }
    Ok(())
}
