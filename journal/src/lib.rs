//! A durable append-only log with keyed state in one atomic commit.
//!
//! Three things are stored, and one commit moves them together: **logs** of records (this
//! program's own log, and replicas of others' logs), **keyed state** (a cache of the log), and a
//! **side table** for what must be erasable. To this crate a record is bytes.
//!
//! What it promises:
//!
//! - [`Journal::append`] never waits: it gives the record its sequence and hash and answers with a
//!   [`Ticket`]. What depends on the record waits in an [`Outbox`] until the journal is durable up
//!   to that ticket.
//! - A committer takes all batches that wait, writes them in one atomic batch, makes them durable
//!   once and then says so. A commit that fails ends the process: nothing after it could be true.
//! - Readers see durable data only; what is written and not yet durable is invisible to them.
//! - Each record carries a checksum and the hash of all before it (I14). Damage is an error that
//!   names log, sequence and what is wrong. It is never skipped.
//!
//! What it must never do: tell the time, draw a random number, or know what a record means.

mod append;
mod batch;
mod batcher;
mod chain;
mod committer;
mod damage;
mod engine;
mod journal;
mod key;
mod open;
mod outbox;
mod stored;
mod ticket;
mod verify;
mod witness;

pub use append::{AppendError, JournalLimits};
pub use batch::{Batch, KEY_BYTES_MAX, RECORD_BYTES_MAX, STATE_BYTES_MAX};
pub use chain::{Hash, Head, LogId, Record};
pub use committer::{CommitError, Committer};
pub use damage::{Damage, Fault, KeyedDamage, ReadError, Table};
pub use engine::simulated::{DiskFault, SimulatedDisk};
pub use engine::sled::sled_engine;
pub use engine::{Engine, EngineError, Pair, VALUE_BYTES_MAX, Write};
pub use journal::{Closed, Journal};
pub use open::OpenError;
pub use outbox::Outbox;
pub use ticket::Ticket;
pub use verify::{LogReport, VerifyError, VerifyReport, verify_engine, verify_sled_folder};
