//! What can be wrong with stored data, and where.

use std::fmt;

use crate::{EngineError, Hash, LogId, SegmentFault, SegmentName};

/// What is wrong with a record or with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no record where one must be.
    #[error("the record is missing")]
    Missing,
    /// The engine finds its own files damaged where the record lies.
    #[error("the engine cannot read it: its files are damaged there")]
    Unreadable,
    /// Too few bytes for what it is.
    #[error("it is cut short")]
    TooShort,
    /// The bytes are not those that were written.
    #[error("its checksum does not match")]
    Checksum,
    /// The hash does not follow from the record before and the bytes.
    #[error("its hash does not follow from the record before it")]
    Chain,
    /// A record stands before the first place of its log.
    #[error("it stands before the first record")]
    BeforeFirst,
    /// A record stands behind the head of its log.
    #[error("it stands behind the head of its log, which is at {head_sequence}")]
    BehindHead {
        /// Where the log should end.
        head_sequence: u64,
    },
    /// The head names another hash than the record there has.
    #[error("the head of the log names another hash for it")]
    HeadHash,
    /// A log has records and no head.
    #[error("the log has records and no head")]
    HeadMissing,
    /// The head of the log can't be read.
    #[error("the head of the log is damaged")]
    HeadDamaged,
    /// The log ends before a point that is known to have been durable.
    #[error("the log ends at {head_sequence}, and this record is known to have been durable")]
    Lost {
        /// Where the log ends now.
        head_sequence: u64,
    },
    /// The sealed segment that holds it is missing or damaged.
    #[error("segments/{segment}, at byte {position}: {what}")]
    Segment {
        /// The segment: its file's name, with the records it holds.
        segment: SegmentName,
        /// Where in the file.
        position: u64,
        /// What is wrong there.
        what: SegmentFault,
    },
    /// A record stands in the engine and in a sealed segment.
    #[error("it is kept in the engine beside the sealed segment that holds it")]
    KeptTwice,
    /// The record differs from what is known to have been durable at its place.
    #[error("another record is known to have been durable at its place")]
    Replaced,
}

/// A damaged record, with its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("log {log}, record {sequence}: {what}")]
pub struct Damage {
    /// The log it belongs to.
    pub log: LogId,
    /// Its place in the log.
    pub sequence: u64,
    /// What is wrong.
    pub what: Fault,
}

impl Damage {
    pub(crate) fn new(log: LogId, sequence: u64, what: Fault) -> Damage {
        Damage {
            log,
            sequence,
            what,
        }
    }
}

/// Which of the keyed tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The keyed state: a cache of the log.
    State,
    /// The side table: what must be erasable.
    Side,
    /// Checkpoints, under their names.
    Checkpoint,
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Table::State => "keyed state",
            Table::Side => "side table",
            Table::Checkpoint => "checkpoint",
        })
    }
}

/// A damaged value of the keyed state or the side table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}, key {}: {what}", hex(.key))]
pub struct KeyedDamage {
    /// The table it stands in.
    pub table: Table,
    /// Its key.
    pub key: Vec<u8>,
    /// What is wrong.
    pub what: Fault,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] Damage),
    /// A value of the keyed state or the side table is damaged.
    #[error(transparent)]
    Keyed(#[from] KeyedDamage),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A point of a log that is known to have been durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) log: LogId,
    pub(crate) sequence: u64,
    pub(crate) hash: Hash,
}
