//! What can be wrong with stored data and where, and why a journal can't be opened, verified or put
//! right.

use std::fmt;
use std::path::PathBuf;

use crate::{EngineError, Hash, LogId, SegmentName};

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

/// What is wrong with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentFault {
    /// There is no such file.
    #[error("the file is missing")]
    Missing,
    /// The system can't read it there.
    #[error("the disk cannot read it")]
    Unreadable,
    /// The file is not as long as when it was sealed.
    #[error("its length is not that at which it was sealed")]
    Length,
    /// The header is not that of this segment.
    #[error("its header is damaged")]
    Header,
    /// A position in the index leads nowhere.
    #[error("its index is damaged")]
    Index,
    /// A record's bytes are not those that were written.
    #[error("the record's checksum does not match")]
    Record,
    /// The file as a whole is not the one that was sealed.
    #[error("the checksum of the whole file does not match")]
    Checksum,
    /// What the engine knows of the segment can't be read, or doesn't fit its neighbours.
    #[error("its entry in the engine is damaged")]
    Entry,
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
#[error("{table}, key {:x}: {what}", base16ct::HexDisplay(.key))]
pub struct KeyedDamage {
    /// The table it stands in.
    pub table: Table,
    /// Its key.
    pub key: Vec<u8>,
    /// What is wrong.
    pub what: Fault,
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

/// Why a journal can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the journal in {} is in use by another process", folder.display())]
    InUse {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// There is no journal to look at.
    #[error("there is no journal in {}", folder.display())]
    NoJournal {
        /// The folder given.
        folder: PathBuf,
    },
    /// The folder holds the files of another engine than the one asked for.
    #[error(
        "the journal in {} is one of engine {engine}: configure that engine, or move the journal \
         with `migrate`",
        folder.display()
    )]
    OtherEngine {
        /// The journal's folder.
        folder: PathBuf,
        /// The engine whose files they are.
        engine: &'static str,
    },
    /// The engine spilled values into files that are never synced: what they hold may be lost.
    #[error("the journal in {} has files in blobs/, never made durable", folder.display())]
    Blobs {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// A file of the engine has no byte. No journal ever makes one: it was cut off.
    #[error("{} is empty: it was cut off, and what it held is lost", file.display())]
    Emptied {
        /// The file.
        file: PathBuf,
    },
    /// The engine's own files are gone, and other files of a journal are still there.
    #[error("the journal in {} has lost the files of its engine", folder.display())]
    FilesLost {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// The engine holds something that is no journal of this format.
    #[error("what the engine holds is not a journal of this version, or has lost its beginning")]
    NotAJournal,
    /// The witness beside the engine's map can't be read.
    #[error("the witness of the journal is damaged: {0}")]
    Witness(Fault),
    /// The end of a log is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The first thing a verification found that can't be trusted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] Damage),
    /// A value of the keyed state or the side table is damaged.
    #[error(transparent)]
    Keyed(#[from] KeyedDamage),
    /// A key that no journal writes.
    #[error("a key of an unknown kind was found")]
    UnknownKey,
    /// It can't even be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl VerifyError {
    /// The damaged record and its position, if it is one.
    pub fn damage(&self) -> Option<Damage> {
        match self {
            VerifyError::Record(damage) | VerifyError::Open(OpenError::Damaged(damage)) => {
                Some(*damage)
            }
            VerifyError::Keyed(_)
            | VerifyError::UnknownKey
            | VerifyError::Open(_)
            | VerifyError::Engine(_) => None,
        }
    }
}

impl From<ReadError> for VerifyError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Record(damage) => VerifyError::Record(damage),
            ReadError::Keyed(damage) => VerifyError::Keyed(damage),
            ReadError::Engine(failed) => VerifyError::Engine(failed),
        }
    }
}

/// Why records were not put back. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// No records were given.
    #[error("no records were given")]
    Nothing,
    /// The copy itself does not hold together at a record.
    #[error("log {log}: the copy does not hold together at record {sequence}")]
    BadCopy {
        /// The log.
        log: LogId,
        /// The first record that does not follow from the one before it.
        sequence: u64,
    },
    /// The copy leads to another log than this journal knows: raise an alarm.
    #[error("log {log}: the copy forks from what is known of record {sequence}")]
    Fork {
        /// The log.
        log: LogId,
        /// The record of which something else is known.
        sequence: u64,
    },
    /// The record next to the copy is damaged too, so nothing ties the copy to the log. Give a
    /// longer run of records.
    #[error("log {log}: record {sequence} is damaged too; give it with the others")]
    NotTied {
        /// The log.
        log: LogId,
        /// The damaged neighbour.
        sequence: u64,
    },
    /// The witness is damaged.
    #[error(transparent)]
    Witness(OpenError),
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
