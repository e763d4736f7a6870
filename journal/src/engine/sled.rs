//! Engine `sled` 0.34.7, with the rules that make it keep what it acknowledged
//! (docs/adr/0001-journal-on-sled.md).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

use super::archive::Archive;
use super::files::{io_error, put_in_place, remove_folder};
use super::folder::{Folder, LOCK_PAUSE, LOCK_TRIES, lock_file};
use super::kind::EngineKind;
use super::{DiskSpace, Engine, EngineError, NoRoom, Pair, Write, check_sizes};
use crate::{OpenError, format};

const NAME: &str = EngineKind::Sled.name();
const DATA_FILE: &str = EngineKind::Sled.data_file();
/// Sled's own default is 1 GiB: more than a Pi has to spare.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Sled's own settings.
const CONFIG_FILE: &str = "conf";
const BLOBS_FOLDER: &str = "blobs";
/// Where a new log file is made, before it gets its name.
const NEW_FOLDER: &str = "new";

/// A sled database. Fields are dropped in order: the folder's lock last.
struct SledEngine {
    database: sled::Db,
    data: File,
    blobs: Blobs,
    archive: Archive,
    folder: Folder,
}

/// Where sled puts values that don't fit its log, which none of ours is: looked at with each sync.
/// A folder without files is given a time long ago, which changes when a file appears in it: so
/// that costs one look at the folder, and not its opening and its listing.
struct Blobs {
    folder: PathBuf,
    marked: bool,
}

impl Blobs {
    /// Of a journal that has none now.
    fn watch(journal: &Path) -> Blobs {
        let folder = journal.join(BLOBS_FOLDER);
        let set_back = File::open(&folder).and_then(|opened| opened.set_modified(UNIX_EPOCH));
        // One that can't be marked is listed each time; one that isn't there is looked for.
        let marked = set_back.is_ok() && matches!(has_blobs(journal), Ok(false));
        Blobs { folder, marked }
    }

    fn has_any(&self, journal: &Path) -> Result<bool, EngineError> {
        let untouched = || match fs::metadata(&self.folder).and_then(|found| found.modified()) {
            Ok(touched) => touched == UNIX_EPOCH,
            Err(_) => false,
        };
        match self.marked && untouched() {
            true => Ok(false),
            false => has_blobs(journal),
        }
    }
}

/// Opens a journal's folder with engine `sled`, and makes it if it isn't there.
///
/// # Errors
/// Another process has it open; the disk fails; sled finds its files damaged; or values lie in
/// files that are never synced.
pub fn sled_engine(folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
    let held = Folder::take(folder)?;
    held.refuse_other(EngineKind::Redb)?;
    remove_unfinished_snapshots(folder)?;
    check_no_blobs(folder)?;
    if held.lacks(DATA_FILE)? {
        make_file(folder)?;
    }
    let engine = opened(held)?;
    engine.folder.sync_tree()?;
    Ok(Box::new(engine))
}

/// The engine of a folder that holds nothing but a copy of sled's files, to be thrown away.
pub(super) fn on_copy(folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
    Ok(Box::new(opened(Folder::take(folder)?)?))
}

fn opened(held: Folder) -> Result<SledEngine, OpenError> {
    let database = open_database(held.path())?;
    let path = held.path().join(DATA_FILE);
    let data = OpenOptions::new().read(true).write(true).open(&path);
    Ok(SledEngine {
        database,
        data: data.map_err(io_error("open", &path))?,
        blobs: Blobs::watch(held.path()),
        archive: Archive::in_folder(held.path()),
        folder: held,
    })
}

/// Makes a new log file in a folder of its own, whole and durable, and renames it: sled would make
/// it in its place, where a kill leaves one that can't be told from a file that was cut off. What
/// else sled keeps it makes anew.
fn make_file(folder: &Path) -> Result<(), OpenError> {
    let new = folder.join(NEW_FOLDER);
    remove_folder(&new)?;
    let database = open_database(&new)?;
    let mut first = sled::Batch::default();
    let format = format::entry();
    first.insert(format.key, format.value.unwrap_or_default());
    let written = database.apply_batch(first).and_then(|()| database.flush());
    written.map_err(|error| failed("make its file", error))?;
    drop(database);
    let (made, path) = (new.join(DATA_FILE), folder.join(DATA_FILE));
    // Sled lets go of it on a thread of its own, and may write until then.
    drop(lock_file(&made, &new)?);
    put_in_place(&made, &path)?;
    Ok(remove_folder(&new)?)
}

/// A kill while sled writes a snapshot leaves `snap.*.generating` behind, and sled then refuses to
/// open for ever. The file holds nothing that the log doesn't.
fn remove_unfinished_snapshots(folder: &Path) -> Result<(), EngineError> {
    for entry in fs::read_dir(folder).map_err(io_error("list", folder))? {
        let path = entry.map_err(io_error("list", folder))?.path();
        if is_unfinished_snapshot(name_of(&path)) {
            fs::remove_file(&path).map_err(io_error("remove", &path))?;
        }
    }
    Ok(())
}

fn is_unfinished_snapshot(name: &str) -> bool {
    name.starts_with("snap.") && name.ends_with(".generating")
}

/// One of the files that sled needs to open what it was left.
pub(super) fn is_kept(path: &Path) -> bool {
    let name = name_of(path);
    let snapshot = name.starts_with("snap.") && !is_unfinished_snapshot(name);
    name == DATA_FILE || name == CONFIG_FILE || snapshot
}

fn name_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.unwrap_or_default()
}

pub(super) fn check_no_blobs(folder: &Path) -> Result<(), OpenError> {
    match has_blobs(folder)? {
        true => Err(OpenError::Blobs {
            folder: folder.to_owned(),
        }),
        false => Ok(()),
    }
}

fn has_blobs(folder: &Path) -> Result<bool, EngineError> {
    let blobs = folder.join(BLOBS_FOLDER);
    match fs::read_dir(&blobs) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io_error("list", &blobs)(error)),
    }
}

fn open_database(folder: &Path) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .print_profile_on_drop(false);
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Ok(database) => return Ok(database),
            Err(error) if is_lock_refusal(&error) => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(failed("open its files", error).into()),
        }
    }
    Err(OpenError::InUse {
        folder: folder.to_owned(),
    })
}

fn is_lock_refusal(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

impl Engine for SledEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let value = self
            .database
            .get(key)
            .map_err(|error| failed("read", error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError> {
        let pairs = match to {
            Some(to) if to <= from => return Ok(Vec::new()),
            Some(to) => self.database.range(from..to),
            None => self.database.range(from..),
        };
        let pair = |(key, value): (sled::IVec, sled::IVec)| (key.to_vec(), value.to_vec());
        let step = pairs.take(pairs_max).map(|found| found.map(pair));
        step.collect::<Result<_, _>>()
            .map_err(|error| failed("scan", error))
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        check_sizes(batch)?;
        self.folder.check_room(batch)?;
        let mut writes = sled::Batch::default();
        for write in batch {
            match &write.value {
                Some(value) => writes.insert(write.key.as_slice(), value.as_slice()),
                None => writes.remove(write.key.as_slice()),
            }
        }
        self.database
            .apply_batch(writes)
            .map_err(|error| failed("write", error))
    }

    /// Sled's `flush` hands its buffers to the system and asks only for the start of writing
    /// (`sync_file_range`); what makes them durable is our own fdatasync of the same file.
    fn sync(&self) -> Result<(), EngineError> {
        self.database
            .flush()
            .map_err(|error| failed("flush", error))?;
        let path = || self.folder.path().join(DATA_FILE);
        self.data
            .sync_data()
            .map_err(|error| io_error("sync", &path())(error))?;
        match self.blobs.has_any(self.folder.path())? {
            true => Err(EngineError::Failed {
                engine: NAME,
                action: "sync",
                reason: "it has put values into blobs/, which is never made durable".to_owned(),
            }),
            false => Ok(()),
        }
    }

    fn short_of_room(&self) -> Result<Option<NoRoom>, EngineError> {
        self.folder.short_of_room()
    }

    fn disk_space(&self) -> Result<Option<DiskSpace>, EngineError> {
        self.folder.disk_space().map(Some)
    }

    fn witness(&self) -> Result<Option<Vec<u8>>, EngineError> {
        self.folder.witness()
    }

    fn set_witness(&self, witness: &[u8]) -> Result<(), EngineError> {
        self.folder.set_witness(witness)
    }

    fn archive(&self) -> Option<&Archive> {
        Some(&self.archive)
    }
}

fn failed(action: &'static str, error: sled::Error) -> EngineError {
    match error {
        sled::Error::Corruption { at, .. } => {
            let place = at.map_or_else(
                || "it does not say where".to_owned(),
                |at| format!("at {at:?}"),
            );
            EngineError::Damaged {
                engine: NAME,
                reason: place,
            }
        }
        other => EngineError::Failed {
            engine: NAME,
            action,
            reason: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_among_the_blobs_is_seen_at_the_next_sync_and_none_costs_a_look() {
        let home = tempfile::tempdir().unwrap();
        let engine = sled_engine(home.path()).unwrap();
        let write = Write {
            key: b"k".to_vec(),
            value: Some(b"v".to_vec()),
        };
        engine.write(std::slice::from_ref(&write)).unwrap();
        engine.sync().unwrap();
        let folder = home.path().join(BLOBS_FOLDER);
        let touched = || fs::metadata(&folder).unwrap().modified().unwrap();
        assert_eq!(touched(), UNIX_EPOCH, "it is marked, and not listed");
        fs::write(folder.join("9"), b"too large").unwrap();
        engine.write(&[write]).unwrap();
        let refused = engine.sync().unwrap_err();
        assert!(refused.to_string().contains("blobs"), "{refused}");
    }
}
