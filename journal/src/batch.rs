//! What one append carries: records, keyed state and side-table changes, all or nothing.

use std::collections::BTreeSet;
use std::fmt;

use crate::engine::{VALUE_BYTES_MAX, Write};
use crate::{Hash, LogId, key, stored};

/// The most bytes of one record: an engine's largest value less checksum and hash.
pub const RECORD_BYTES_MAX: usize = VALUE_BYTES_MAX - stored::RECORD_HEADER_BYTES;
/// The most bytes of one value of the keyed state or the side table.
pub const STATE_BYTES_MAX: usize = VALUE_BYTES_MAX - stored::CHECKSUM_BYTES;
/// The most bytes of one checkpoint.
pub const CHECKPOINT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most bytes of a checkpoint's name.
pub const CHECKPOINT_NAME_BYTES_MAX: usize = 200;
/// The most bytes of one key of the keyed state or the side table.
pub const KEY_BYTES_MAX: usize = 256;

/// A record as handed in; it has no place in its log yet.
#[derive(Clone)]
pub(crate) enum Entry {
    Own {
        bytes: Vec<u8>,
    },
    Replica {
        log: LogId,
        sequence: u64,
        hash: Hash,
        bytes: Vec<u8>,
    },
}

/// What is appended together: it becomes durable as a whole or not at all.
#[derive(Clone, Default)]
pub struct Batch {
    entries: Vec<Entry>,
    changes: Vec<Write>,
    new_keys: BTreeSet<Vec<u8>>,
}

/// Counts only: what a record holds is its owner's business, not that of a log file.
impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Batch({} records, ", self.entries.len())?;
        write!(formatter, "{} keyed changes)", self.changes.len())
    }
}

impl Batch {
    /// A batch without content.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Appends a record to the own log. It gets its sequence and hash at [`Journal::append`].
    ///
    /// [`Journal::append`]: crate::Journal::append
    pub fn record(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.entries.push(Entry::Own {
            bytes: bytes.into(),
        });
        self
    }

    /// Appends a record of another program's log, with the sequence and the hash it has there. The
    /// bytes stay as they are. [`LogId::OWN`] is allowed: so a lost journal is rebuilt from a copy.
    pub fn replica(
        &mut self,
        log: LogId,
        sequence: u64,
        hash: Hash,
        bytes: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.entries.push(Entry::Replica {
            log,
            sequence,
            hash,
            bytes: bytes.into(),
        });
        self
    }

    /// Sets a value of the keyed state.
    pub fn put(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.change(key::state(key.as_ref()), Some(value.as_ref()))
    }

    /// As [`put`](Batch::put), of a key that is not there: nobody has to look what it was, which
    /// readers hear until the commit is durable.
    pub fn put_new(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.new_keys.insert(key::state(key.as_ref()));
        self.put(key, value)
    }

    /// As [`put_side`](Batch::put_side), of a key that is not there.
    pub fn put_side_new(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.new_keys.insert(key::side(key.as_ref()));
        self.put_side(key, value)
    }

    /// Removes a key from the keyed state, if it is there.
    pub fn delete(&mut self, key: impl AsRef<[u8]>) -> &mut Self {
        self.change(key::state(key.as_ref()), None)
    }

    /// Sets a value of the side table: for what must be erasable later.
    pub fn put_side(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.change(key::side(key.as_ref()), Some(value.as_ref()))
    }

    /// Removes a key from the side table, if it is there.
    pub fn delete_side(&mut self, key: impl AsRef<[u8]>) -> &mut Self {
        self.change(key::side(key.as_ref()), None)
    }

    /// True when nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.changes.is_empty()
    }

    pub(crate) fn change(&mut self, key: Vec<u8>, value: Option<&[u8]>) -> &mut Self {
        let value = value.map(|bytes| stored::encode_keyed(&key, bytes));
        self.changes.push(Write { key, value });
        self
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn changes(&self) -> &[Write] {
        &self.changes
    }

    /// The changes, and the keys among them that were not there before.
    pub(crate) fn into_changes(self) -> (Vec<Write>, BTreeSet<Vec<u8>>) {
        (self.changes, self.new_keys)
    }
}
