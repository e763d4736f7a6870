//! Where a journal lies, for tests that run on every engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use journal::{
    Archive, Batch, Committer, Engine, EngineError, EngineKind, Journal, LogId, OpenError, Pair,
    Record, SimulatedDisk, Write,
};

use tokio::runtime::Builder;

/// A place that survives the engines opened on it.
pub(crate) enum Place {
    Folder(EngineKind, tempfile::TempDir),
    Simulated(SimulatedDisk),
}

impl Place {
    pub(crate) fn sled() -> Place {
        Place::Folder(EngineKind::Sled, tempfile::tempdir().unwrap())
    }

    pub(crate) fn redb() -> Place {
        Place::Folder(EngineKind::Redb, tempfile::tempdir().unwrap())
    }

    pub(crate) fn simulated() -> Place {
        Place::Simulated(SimulatedDisk::new())
    }

    pub(crate) fn engine(&self) -> Box<dyn Engine> {
        match self {
            Place::Folder(kind, folder) => kind.open(&folder.path().join("journal")).unwrap(),
            Place::Simulated(disk) => disk.engine(),
        }
    }

    /// Without what each journal holds from its first moment.
    pub(crate) fn empty_engine(&self) -> Box<dyn Engine> {
        let engine = self.engine();
        set(engine.as_ref(), b"f", None);
        engine
    }

    pub(crate) fn open(&self) -> (Journal, Committer) {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<(Journal, Committer), OpenError> {
        Journal::open(self.engine())
    }
}

/// Changes one stored value below the journal, as damage or a forger would.
pub(crate) fn set(engine: &dyn Engine, key: &[u8], value: Option<Vec<u8>>) {
    engine
        .write(&[Write {
            key: key.to_vec(),
            value,
        }])
        .unwrap();
    engine.sync().unwrap();
}

/// Every record of a log that is durable.
pub(crate) fn all(journal: &Journal, log: LogId) -> Vec<Record> {
    journal.read(log, 1, usize::MAX).unwrap()
}

pub(crate) fn bytes(records: &[Record]) -> Vec<&[u8]> {
    records
        .iter()
        .map(|record| record.bytes.as_slice())
        .collect()
}

/// A batch with one record.
pub(crate) fn one(bytes: impl Into<Vec<u8>>) -> Batch {
    let mut batch = Batch::new();
    batch.record(bytes);
    batch
}

pub(crate) fn commit_all(committer: &mut Committer) {
    while committer.commit_waiting().unwrap() {}
}

/// Waits for a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

type OnSync = Box<dyn FnMut() -> Result<(), EngineError> + Send>;
/// Called with the key that a scan begins at, until it says that it has done its work.
type OnScan = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// An engine that counts, and calls somebody just before each sync: when a commit is written and
/// not yet durable.
pub(crate) struct Watched {
    engine: Box<dyn Engine>,
    on_sync: Arc<Mutex<Option<OnSync>>>,
    on_scan: Arc<Mutex<Option<OnScan>>>,
    syncs: Arc<AtomicU64>,
}

impl Watched {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Watched {
        Watched {
            engine,
            on_sync: Arc::default(),
            on_scan: Arc::default(),
            syncs: Arc::default(),
        }
    }

    pub(crate) fn on_sync(&self) -> Arc<Mutex<Option<OnSync>>> {
        Arc::clone(&self.on_sync)
    }

    pub(crate) fn on_scan(&self) -> Arc<Mutex<Option<OnScan>>> {
        Arc::clone(&self.on_scan)
    }

    pub(crate) fn syncs(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.syncs)
    }
}

impl Engine for Watched {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.get(key)
    }

    fn scan(&self, from: &[u8], to: Option<&[u8]>, max: usize) -> Result<Vec<Pair>, EngineError> {
        // Taken out meanwhile: what it does scans too.
        let called = self.on_scan.lock().unwrap().take();
        if let Some(mut call) = called
            && !call(from)
        {
            *self.on_scan.lock().unwrap() = Some(call);
        }
        self.engine.scan(from, to, max)
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.engine.write(batch)
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let called = self
            .on_sync
            .lock()
            .unwrap()
            .as_mut()
            .map_or(Ok(()), |call| call());
        called.and_then(|()| self.engine.sync())
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.witness()
    }

    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        self.engine.set_witness(witness)
    }

    fn begins_empty(&self) -> bool {
        self.engine.begins_empty()
    }

    fn archive(&self) -> Option<&Archive> {
        self.engine.archive()
    }
}
