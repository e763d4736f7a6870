//! Moving the journal in a folder to the other engine, so that a kill at any moment leaves a folder
//! from which the same order goes on.
//!
//! The new journal is written beside, in `FOLDER.to-ENGINE`, and compared. Then both folders change
//! places in one step of the file system, and the old one gets a name of its own. So `FOLDER` holds
//! at every moment a whole journal: the old one or the new one. What `FOLDER.to-ENGINE` holds tells
//! how far it came: files of ENGINE are an unfinished copy, files of another are the old journal.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::engine::io_error;
use crate::{
    EngineError, EngineKind, MigrateError, MigrateReport, OpenError, VerifyError, migrate,
    verify_engine,
};

/// Names tried for the journal that is kept.
const KEPT_NAMES_MAX: u32 = 1000;

/// Why a folder's journal was not moved. It is as it was, unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// There is no journal, or somebody has it open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be copied, or the copy is not the same.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The folder can't change places with another in one step: it is a mount point, or its file
    /// system does not know how.
    #[error("{} can't change places with the new journal in one step", folder.display())]
    NoExchange {
        /// The journal's folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The journal was moved before, and is damaged now.
    #[error("the journal that was moved can't be trusted")]
    Moved(#[source] VerifyError),
    /// A file or folder can't be read or written.
    #[error(transparent)]
    Files(#[from] EngineError),
}

/// What a move is doing: for whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveStep {
    /// Verifying the old journal, writing the new one beside it, comparing both.
    Copying {
        /// The engine it is moved from.
        from: EngineKind,
        /// The engine it is moved to.
        to: EngineKind,
    },
    /// Both are the same; they change places.
    Exchanging,
    /// The old one gets a name of its own.
    Keeping,
}

impl fmt::Display for MoveStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MoveStep::Copying { from, to } => {
                write!(formatter, "copying from {from} to {to}, and comparing both")
            }
            MoveStep::Exchanging => formatter.write_str("both are the same; they change places"),
            MoveStep::Keeping => formatter.write_str("the old journal gets a name of its own"),
        }
    }
}

/// What became of a folder's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveReport {
    /// It was moved now.
    Moved {
        /// The engine it was moved from.
        from: EngineKind,
        /// What was copied and found the same.
        copied: MigrateReport,
        /// Where the old journal is kept.
        kept: PathBuf,
    },
    /// It was moved by an order that was cut short; what was left to do is done now.
    Finished {
        /// The engine it was moved from.
        from: EngineKind,
        /// Where the old journal is kept.
        kept: PathBuf,
    },
    /// It is one of that engine already.
    AlreadyThere,
}

/// Moves the journal in `folder`, which nobody may have open, to another engine. The old one stays
/// beside it as `FOLDER.ENGINE-DATE`; `date` is that name's end. Cut short at any moment, the same
/// order goes on from there.
///
/// # Errors
/// See [`MoveError`].
pub fn migrate_folder(
    folder: &Path,
    to: EngineKind,
    date: &str,
    tell: &mut dyn FnMut(MoveStep),
) -> Result<MoveReport, MoveError> {
    let Some(from) = EngineKind::of_folder(folder) else {
        let folder = folder.to_owned();
        return Err(OpenError::NoJournal { folder }.into());
    };
    let earlier = finish_earlier(folder, from, date, tell)?;
    if from != to {
        return move_now(folder, from, to, date, tell);
    }
    match earlier {
        None => Ok(MoveReport::AlreadyThere),
        Some((from, kept)) => {
            // Nobody looked at it since.
            let moved = to.open_to_verify(folder)?;
            verify_engine(moved.as_ref()).map_err(MoveError::Moved)?;
            Ok(MoveReport::Finished { from, kept })
        }
    }
}

/// A move to the engine that is in place now may have been cut short before its last step.
fn finish_earlier(
    folder: &Path,
    now: EngineKind,
    date: &str,
    tell: &mut dyn FnMut(MoveStep),
) -> Result<Option<(EngineKind, PathBuf)>, MoveError> {
    let beside = copy_of(folder, now);
    match EngineKind::of_folder(&beside) {
        Some(old) if old != now => {
            tell(MoveStep::Keeping);
            let kept = keep(folder, &beside, old, date)?;
            Ok(Some((old, kept)))
        }
        Some(_) | None => Ok(None),
    }
}

fn move_now(
    folder: &Path,
    from: EngineKind,
    to: EngineKind,
    date: &str,
    tell: &mut dyn FnMut(MoveStep),
) -> Result<MoveReport, MoveError> {
    // Held until the new one is in its place: nobody can open the old one meanwhile.
    let source = from.open_to_repair(folder)?;
    let beside = copy_of(folder, to);
    match EngineKind::of_folder(&beside) {
        // Not a copy that was cut short: somebody's journal.
        Some(other) if other != to => drop(keep(folder, &beside, other, date)?),
        Some(_) | None => remove(&beside)?,
    }
    tell(MoveStep::Copying { from, to });
    let copied = to
        .open(&beside)
        .map_err(MoveError::Open)
        .and_then(|target| {
            let copied = migrate(source.as_ref(), target.as_ref());
            copied.map_err(MoveError::Migrate)
        });
    let copied = match copied {
        Ok(copied) => copied,
        Err(error) => {
            // What can't be removed is removed by the next order.
            drop(remove(&beside));
            return Err(error);
        }
    };
    tell(MoveStep::Exchanging);
    exchange(folder, &beside)?;
    drop(source);
    tell(MoveStep::Keeping);
    let kept = keep(folder, &beside, from, date)?;
    Ok(MoveReport::Moved { from, copied, kept })
}

/// Where the copy is written, and where the old journal is for a moment.
fn copy_of(folder: &Path, to: EngineKind) -> PathBuf {
    beside(folder, &format!("to-{to}"))
}

fn beside(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder
        .file_name()
        .map_or_else(OsString::new, OsString::from);
    name.push(".");
    name.push(end);
    folder.with_file_name(name)
}

fn remove(folder: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", folder)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn exchange(folder: &Path, other: &Path) -> Result<(), MoveError> {
    let exchanged = renameat_with(CWD, folder, CWD, other, RenameFlags::EXCHANGE);
    exchanged.map_err(|error| MoveError::NoExchange {
        folder: folder.to_owned(),
        source: error.into(),
    })?;
    Ok(sync_parent(folder)?)
}

/// The first free name of the day.
fn keep(folder: &Path, old: &Path, from: EngineKind, date: &str) -> Result<PathBuf, EngineError> {
    let mut name = beside(folder, &format!("{from}-{date}"));
    for number in 2..=KEPT_NAMES_MAX {
        match renameat_with(CWD, old, CWD, &name, RenameFlags::NOREPLACE) {
            Ok(()) => {
                sync_parent(folder)?;
                return Ok(name);
            }
            Err(Errno::EXIST) => name = beside(folder, &format!("{from}-{date}-{number}")),
            Err(error) => return Err(io_error("rename", old)(error.into())),
        }
    }
    Err(io_error("rename", old)(io::ErrorKind::AlreadyExists.into()))
}

fn sync_parent(folder: &Path) -> Result<(), EngineError> {
    let parent = folder.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|opened| opened.sync_all());
    synced.map_err(io_error("sync", parent))
}
