//! A durable append-only log with keyed state in one atomic commit.
//!
//! Three things are stored, and one commit moves them together: **logs** of records (this
//! program's own log, and replicas of others' logs), **keyed state** and checkpoints (caches of
//! the log), and a **side table** for what must be erasable. To this crate a record is bytes.
//!
//! The newest records of a log lie in the engine; older ones are sealed into files of their own,
//! and every reader goes through both.
//!
//! What it promises:
//!
//! - [`Journal::append`] never waits: it gives the record its sequence and hash and answers with a
//!   [`Ticket`]. What depends on the record waits in an [`Outbox`] until the journal is durable up
//!   to that ticket.
//! - A committer takes all batches that wait, writes them in one atomic batch, makes them durable
//!   once and then says so. A commit that fails ends the process: nothing after it could be true.
//!   A disk that is full is found before anything is written: appends are refused until it has
//!   room.
//! - Readers see durable data only; what is written and not yet durable is invisible to them.
//! - Each record carries a checksum and the hash of all before it (I14). Damage is an error that
//!   names log, sequence and what is wrong. It is never skipped.
//!
//! What it must never do: tell the time, draw a random number, or know what a record means.

mod append;
mod archived;
mod batch;
mod batcher;
mod chain;
mod checkpoint;
mod commit_driver;
mod committer;
mod damage;
mod engine;
mod figures;
mod format;
mod handoff;
mod journal;
mod key;
mod migrate;
mod open;
mod outbox;
mod put_back;
mod reading;
mod rebuild;
mod relocate;
mod repair;
mod reseal;
mod seal;
mod segment;
mod segment_name;
mod shared;
mod stored;
mod survey;
mod ticket;
mod verify;
mod witness;

/// What `handoff` stands on; its test puts a checker's types here instead.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicBool, Ordering};
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
}

pub use append::{AppendError, JournalLimits};
pub use batch::{
    Batch, CHECKPOINT_BYTES_MAX, CHECKPOINT_NAME_BYTES_MAX, KEY_BYTES_MAX, RECORD_BYTES_MAX,
    STATE_BYTES_MAX,
};
pub use chain::{Hash, Head, LogId, Record};
pub use checkpoint::Checkpoint;
pub use commit_driver::{CommitDriver, Committing};
pub use committer::{CommitError, Committer};
pub use damage::{
    Damage, Fault, KeyedDamage, OpenError, ReadError, RepairError, SegmentFault, Table, VerifyError,
};
pub use engine::archive::Archive;
pub use engine::kind::{EngineKind, UnknownEngine};
pub use engine::redb::{RedbRepair, redb_engine, redb_engine_with};
pub use engine::simulated::{DiskFault, SimulatedDisk};
pub use engine::sled::sled_engine;
pub use engine::{
    DiskSpace, Engine, EngineError, NoRoom, Pair, VALUE_BYTES_MAX, Write, check_writable,
};
pub use figures::{COMMIT_TIME_LIMITS, CommitTimes, JournalFigures};
pub use journal::{Closed, Journal};
pub use migrate::{MigrateError, MigrateReport, migrate};
pub use outbox::Outbox;
pub use rebuild::{
    CheckpointReport, Differs, RebuildReport, RebuiltState, rebuild_state, remove_checkpoint,
    restore_state, verify_checkpoint, verify_state,
};
pub use relocate::{MoveError, MoveReport, MoveStep, migrate_folder};
pub use repair::{RepairReport, repair_log};
pub use segment_name::SegmentName;
pub use survey::{Survey, logs_found, records_of, state_value, survey_log};
pub use ticket::Ticket;
pub use verify::{LogReport, VerifyReport, verify_engine, verify_folder, verify_sled_folder};
