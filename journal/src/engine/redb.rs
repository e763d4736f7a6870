//! Engine `redb` 4: one file, a copy-on-write tree, two commit slots
//! (docs/adr/0006-default-engine.md).

use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;

use redb::{
    Builder, Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase,
    TableDefinition, TableError,
};

use super::archive::Archive;
use super::files::{io_error, put_in_place};
use super::folder::{Folder, LOCK_PAUSE, LOCK_TRIES};
use super::kind::EngineKind;
use super::overlay::Overlay;
use super::{DiskSpace, Engine, EngineError, NoRoom, Pair, Write, check_sizes};
use crate::{OpenError, format};

const NAME: &str = EngineKind::Redb.name();
const DATA_FILE: &str = EngineKind::Redb.data_file();
/// Redb's own default is 1 GiB: more than a Pi has to spare.
const CACHE_BYTES: usize = 16 * 1024 * 1024;
const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("journal");

/// From this size of its file on, redb commits so that it can be repaired quickly: reading as much
/// takes a good part of a second.
const QUICK_FROM_BYTES: u64 = 64 * 1024 * 1024;

/// What redb does after a kill or a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedbRepair {
    /// [`Full`](RedbRepair::Full) while the file is small, [`Quick`](RedbRepair::Quick) once it has
    /// more than 64 MiB: the default. A lane, whose old records are sealed, never gets there; a
    /// hub with a long queue pays for each commit and still starts in a second.
    BySize,
    /// Each commit also saves which pages are in use and syncs twice; opening is quick.
    Quick,
    /// A commit syncs once; the first opening after a kill reads the whole file.
    Full,
}

/// How much of the file is checked while it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// What a file that was closed cleanly says of itself is believed.
    Trust,
    /// Every page against its checksum. It reads the whole file.
    EveryPage,
}

/// A redb database. Fields are dropped in order: the folder's lock last.
struct RedbEngine {
    database: Database,
    repair: RedbRepair,
    archive: Archive,
    folder: Folder,
}

/// Opens a journal's folder with engine `redb`, and makes it if it isn't there.
///
/// # Errors
/// Another process has it open; the folder belongs to another engine; the disk fails; or redb finds
/// its file damaged.
pub fn redb_engine(folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
    redb_engine_with(folder, RedbRepair::BySize)
}

/// As [`redb_engine`], with the other way of repair: for measuring one against the other.
///
/// # Errors
/// As [`redb_engine`].
pub fn redb_engine_with(folder: &Path, repair: RedbRepair) -> Result<Box<dyn Engine>, OpenError> {
    open(folder, repair, Check::Trust)
}

/// Opens it with each page checked: damage that redb would meet later, perhaps with a panic, is an
/// error here.
pub(super) fn checked(folder: &Path) -> Result<Box<dyn Engine>, OpenError> {
    open(folder, RedbRepair::BySize, Check::EveryPage)
}

fn open(folder: &Path, repair: RedbRepair, check: Check) -> Result<Box<dyn Engine>, OpenError> {
    let folder = Folder::take(folder)?;
    folder.refuse_other(EngineKind::Sled)?;
    if folder.lacks(DATA_FILE)? {
        make_file(&folder)?;
    }
    let database = open_database(&folder, check)?;
    make_table(&database)?;
    folder.sync_tree()?;
    Ok(Box::new(RedbEngine {
        database,
        repair,
        archive: Archive::in_folder(folder.path()),
        folder,
    }))
}

/// Makes a new file under another name first, whole and durable: a kill while redb writes the first
/// pages leaves one that it never opens again.
fn make_file(folder: &Folder) -> Result<(), OpenError> {
    let path = folder.path().join(DATA_FILE);
    let new = folder.path().join("journal.redb.new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(io_error("remove", &new)(error).into());
        }
        Ok(()) | Err(_) => {}
    }
    let database = Builder::new()
        .create(&new)
        .map_err(failed("make its file"))?;
    write_all(&database, &[format::entry()], Durability::Immediate)
        .map_err(failed("make its file"))?;
    drop(database);
    Ok(put_in_place(&new, &path)?)
}

/// The journal in a folder that is only looked at: what redb writes stays in memory.
pub(super) fn overlaid(folder: Folder, check: Check) -> Result<Box<dyn Engine>, OpenError> {
    let path = folder.path().join(DATA_FILE);
    let overlay = Overlay::over(&path).map_err(io_error("open", &path))?;
    let database = builder(check).create_with_backend(overlay);
    Ok(Box::new(RedbEngine {
        database: database.map_err(failed("open its file"))?,
        repair: RedbRepair::BySize,
        archive: Archive::in_folder(folder.path()),
        folder,
    }))
}

fn builder(check: Check) -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(check == Check::EveryPage);
    builder
}

fn open_database(folder: &Folder, check: Check) -> Result<Database, OpenError> {
    let path = folder.path().join(DATA_FILE);
    let builder = builder(check);
    for _ in 0..LOCK_TRIES {
        match builder.create(&path) {
            Ok(database) => return Ok(database),
            Err(DatabaseError::DatabaseAlreadyOpen) => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(failed("open its file")(error).into()),
        }
    }
    Err(OpenError::InUse {
        folder: folder.path().to_owned(),
    })
}

/// Readers find the table from the first moment on.
fn make_table(database: &Database) -> Result<(), EngineError> {
    if reading(database)?.is_some() {
        return Ok(());
    }
    let transaction = database.begin_write().map_err(failed("begin"))?;
    transaction
        .open_table(TABLE)
        .map(drop)
        .map_err(failed("make its table"))?;
    transaction.commit().map_err(failed("commit"))
}

type Table = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The table as the last commit left it; `None` in a file that is new.
fn reading(database: &Database) -> Result<Option<Table>, EngineError> {
    let transaction: ReadTransaction = database.begin_read().map_err(failed("read"))?;
    match transaction.open_table(TABLE) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(failed("read its table")(error)),
    }
}

fn write_all(
    database: &Database,
    batch: &[Write],
    durability: Durability,
) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(durability)?;
    {
        let mut table = transaction.open_table(TABLE)?;
        for write in batch {
            match &write.value {
                Some(value) => drop(table.insert(write.key.as_slice(), value.as_slice())?),
                None => drop(table.remove(write.key.as_slice())?),
            }
        }
    }
    Ok(transaction.commit()?)
}

impl RedbEngine {
    fn table(&self) -> Result<Table, EngineError> {
        reading(&self.database)?.ok_or_else(|| EngineError::Damaged {
            engine: NAME,
            reason: "its table is gone".to_owned(),
        })
    }

    fn is_quick(&self) -> Result<bool, redb::Error> {
        match self.repair {
            RedbRepair::Quick => Ok(true),
            RedbRepair::Full => Ok(false),
            RedbRepair::BySize => {
                let file = fs::metadata(self.folder.path().join(DATA_FILE))?;
                Ok(file.len() > QUICK_FROM_BYTES)
            }
        }
    }

    fn commit_durably(&self) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(self.is_quick()?);
        Ok(transaction.commit()?)
    }
}

impl Engine for RedbEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let value = self.table()?.get_owned(key).map_err(failed("read"))?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        pairs_max: usize,
    ) -> Result<Vec<Pair>, EngineError> {
        let table = self.table()?;
        let pairs = match to {
            Some(to) if to <= from => return Ok(Vec::new()),
            Some(to) => table.range_owned::<&[u8]>(from..to),
            None => table.range_owned::<&[u8]>(from..),
        };
        let pairs = pairs.map_err(failed("scan"))?;
        pairs
            .take(pairs_max)
            .map(|found| {
                let (key, value) = found.map_err(failed("scan"))?;
                Ok((key.value().to_vec(), value.value().to_vec()))
            })
            .collect()
    }

    fn write(&self, batch: &[Write]) -> Result<(), EngineError> {
        check_sizes(batch)?;
        self.folder.check_room(batch)?;
        // Readers see this commit and a power cut takes it back: the sync makes it durable.
        write_all(&self.database, batch, Durability::None).map_err(failed("write"))
    }

    fn sync(&self) -> Result<(), EngineError> {
        self.commit_durably().map_err(failed("commit"))
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

/// Redb's errors, of which one kind says that its file is damaged.
fn failed<E>(action: &'static str) -> impl Fn(E) -> EngineError
where
    E: Into<redb::Error> + Display,
{
    move |error| match error.into() {
        redb::Error::Corrupted(reason) => EngineError::Damaged {
            engine: NAME,
            reason,
        },
        other => EngineError::Failed {
            engine: NAME,
            action,
            reason: other.to_string(),
        },
    }
}
