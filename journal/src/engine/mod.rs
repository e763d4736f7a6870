//! The port to what really stores: an ordered map from bytes to bytes with atomic batches.

pub(crate) mod archive;
mod files;
mod folder;
pub(crate) mod kind;
mod looking;
mod opening;
mod overlay;
pub(crate) mod redb;
mod room;
pub(crate) mod simulated;
pub(crate) mod sled;

use std::path::PathBuf;
use std::{fmt, io};

use archive::Archive;
pub(crate) use files::{failed_on as folder_error, io_error};
pub use room::check_writable;

/// The most bytes of one stored value. A leaf of sled holds up to 16 values, and one over 128 KiB
/// goes to a blob file that is never synced; 16 values of this size stay well under it.
pub const VALUE_BYTES_MAX: usize = 4096;

/// Pairs that one step of a scan takes from an engine.
pub(crate) const SCAN_PAIRS: usize = 512;

/// One change of an atomic batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The key to change.
    pub key: Vec<u8>,
    /// Its new value; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Bytes of its key and its value.
    pub(crate) fn bytes(&self) -> usize {
        let value_bytes = self.value.as_ref().map_or(0, Vec::len);
        self.key.len().saturating_add(value_bytes)
    }
}

/// A key with its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// An ordered map on a disk. One committer writes; anyone may read at any time.
///
/// Any error of `write` or `sync` is final, for nobody knows what lies on the disk afterwards; but
/// [`EngineError::NoRoom`] and [`EngineError::ValueTooLarge`], with which `write` refuses a batch
/// before it has touched anything.
pub trait Engine: Send + Sync {
    /// Its name, as in configuration files and messages.
    fn name(&self) -> &'static str;

    /// The value of a key.
    ///
    /// # Errors
    /// The disk failed, or the engine found its own files damaged.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Up to `pairs_max` pairs in order of their keys, from `from` on and before `to`, if given.
    ///
    /// # Errors
    /// As [`get`](Engine::get).
    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError>;

    /// Writes a batch: all of it or nothing, visible at once, durable only after
    /// [`sync`](Engine::sync). Of two writes to one key the later counts.
    ///
    /// # Errors
    /// There is no room for it, a value is over [`VALUE_BYTES_MAX`], or the disk failed.
    fn write(&self, batch: &[Write]) -> Result<(), EngineError>;

    /// Makes all that was written durable: when this returns, a power cut can't take it back.
    ///
    /// # Errors
    /// The disk failed.
    fn sync(&self) -> Result<(), EngineError>;

    /// Why nothing new should be begun on this disk, if so: it takes nothing, or it is so nearly
    /// full that what is under way needs the rest. A disk that can't tell has room.
    ///
    /// # Errors
    /// The disk failed.
    fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        Ok(None)
    }

    /// The disk it lies on; `None`: it lies on none.
    ///
    /// # Errors
    /// The disk failed.
    fn disk_space(&self) -> Result<Option<DiskSpace>, EngineError> {
        Ok(None)
    }

    /// The witness: a few bytes kept apart from the map, so that a map which lost its end can be
    /// told from one that never had it.
    ///
    /// # Errors
    /// The disk failed.
    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError>;

    /// Replaces the witness, atomically and durably.
    ///
    /// # Errors
    /// The disk failed.
    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError>;

    /// True for an engine whose map may hold nothing yet. The real ones make their files whole,
    /// with what every journal holds in them: a map of theirs that holds nothing has lost it.
    fn begins_empty(&self) -> bool {
        false
    }

    /// Where sealed segments lie beside the map. `None`: the engine has no such place, and every
    /// record stays in the map; so does the simulated one.
    fn archive(&self) -> Option<&Archive> {
        None
    }
}

impl fmt::Debug for dyn Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Engine({})", self.name())
    }
}

/// Why an engine could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The operating system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The engine itself failed.
    #[error("{engine} cannot {action}: {reason}")]
    Failed {
        /// The engine's name.
        engine: &'static str,
        /// What was tried: a verb.
        action: &'static str,
        /// What it said.
        reason: String,
    },
    /// The engine's own files are damaged.
    #[error("the files of {engine} are damaged: {reason}")]
    Damaged {
        /// The engine's name.
        engine: &'static str,
        /// What it said.
        reason: String,
    },
    /// The disk can't take the batch now. Nothing of it was written: it may be tried again.
    #[error(transparent)]
    NoRoom(NoRoom),
    /// A value is over the limit.
    #[error("a value of {value_bytes} bytes is over the limit of {VALUE_BYTES_MAX}")]
    ValueTooLarge {
        /// Its size.
        value_bytes: usize,
    },
    /// The host of a simulated disk crashed, or another engine has taken the disk over.
    #[error("this engine has lost its disk")]
    Lost,
}

/// Why a disk can't take anything more for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Too little space is left.
    #[error("the disk is full: {available_bytes} bytes are free, {needed_bytes} are needed")]
    Full {
        /// What must be free, with a reserve, before anything is written.
        needed_bytes: u64,
        /// What is free.
        available_bytes: u64,
    },
    /// The file system became read-only, as most do after an error of the disk.
    #[error("the disk is read-only")]
    ReadOnly,
}

/// The disk a journal lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// What a program may still write.
    pub free_bytes: u64,
    /// All there is.
    pub size_bytes: u64,
}

/// Refuses a batch with a value over [`VALUE_BYTES_MAX`].
pub(crate) fn check_sizes(batch: &[Write]) -> Result<(), EngineError> {
    let sizes = batch
        .iter()
        .filter_map(|write| write.value.as_ref())
        .map(Vec::len);
    match sizes.max() {
        Some(value_bytes) if value_bytes > VALUE_BYTES_MAX => {
            Err(EngineError::ValueTooLarge { value_bytes })
        }
        Some(_) | None => Ok(()),
    }
}
