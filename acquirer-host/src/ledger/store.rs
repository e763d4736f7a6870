//! Where ledger lines lie: a file in production, memory in simulation.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use ports::files::sync_folder_of;

/// Durable, append-only bytes.
pub trait LedgerStore: Send {
    /// Everything there is.
    ///
    /// # Errors
    /// The medium can't be read.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Cuts everything after the first `length` bytes, durably.
    ///
    /// # Errors
    /// The medium can't be written.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// Appends; durable when it returns.
    ///
    /// # Errors
    /// The medium can't be written; what was written then is unknown, and the host stops.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A file, locked against a second host, synced after every append.
#[derive(Debug)]
pub struct FileLedger {
    file: File,
}

impl FileLedger {
    /// Opens the file, or makes it and syncs its folder.
    ///
    /// # Errors
    /// It can't be opened or made, or another host has it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        file.try_lock().map_err(|_| {
            io::Error::new(io::ErrorKind::ResourceBusy, "another host is writing to it")
        })?;
        if is_new {
            file.sync_all()?;
            sync_folder_of(path)?;
        }
        Ok(Self { file })
    }
}

impl LedgerStore for FileLedger {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.sync_all()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}

/// Memory that outlives a simulated host: clones share the bytes.
#[derive(Clone, Debug, Default)]
pub struct MemoryLedger {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl MemoryLedger {
    /// The bytes as they are now.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl LedgerStore for MemoryLedger {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .truncate(length);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(())
    }
}
