//! Opens the journals of a finished run, verifies them, and decodes their records.
//!
//! A copy is opened, never the original: opening may write, and the run's files stay as they are.

use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use journal::{Engine, EngineKind, Journal, LogId, OpenError, Record};
use prost::Message;
use proto::journal::v1::{HubRecord, LaneRecord};

use crate::{oracle::verdict::Verdict, store::folder::RunFolder};

/// Whose journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The hub's.
    Hub,
    /// A lane's.
    Lane(u16),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.write_str("the hub"),
            Self::Lane(lane) => write!(f, "lane {lane}"),
        }
    }
}

/// Why a journal can't be read; whatever it is, it is I14.
pub(crate) type Unread = Box<dyn Error>;

/// Where the journals of a run are found.
pub(crate) trait Journals {
    /// Every log of one journal, verified.
    ///
    /// # Errors
    /// It can't be opened, or it is damaged.
    fn read(&self, owner: Owner) -> Result<Logs, Unread>;

    /// Whether this lane has a journal at all.
    fn has(&self, lane: u16) -> bool;
}

/// The journals that real processes have left.
impl Journals for RunFolder {
    fn read(&self, owner: Owner) -> Result<Logs, Unread> {
        let folder = match owner {
            Owner::Hub => self.hub(),
            Owner::Lane(lane) => self.lane(lane),
        };
        read_copy(&folder.join("journal"))
    }

    fn has(&self, lane: u16) -> bool {
        self.lane(lane).join("journal").is_dir()
    }
}

/// Records asked for at a time.
const RECORDS_A_READ: usize = 512;

/// One log as raw records.
pub(super) type Log = Vec<Record>;

/// What a journal holds.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    logs: Vec<(LogId, Log)>,
}

impl Logs {
    /// Reads every log of a journal; whatever is wrong with it is I14.
    #[must_use]
    pub(super) fn read(from: &dyn Journals, owner: Owner, verdict: &mut Verdict) -> Self {
        match from.read(owner) {
            Ok(logs) => {
                verdict.checked += logs
                    .logs
                    .iter()
                    .map(|(_, log)| log.len() as u64)
                    .sum::<u64>();
                logs
            }
            Err(fault) => {
                verdict.broke("I14", None, format!("the journal of {owner}: {fault}"));
                Self::default()
            }
        }
    }

    /// Every log of the journal behind this engine.
    ///
    /// # Errors
    /// It can't be opened, or it is damaged.
    pub(crate) fn behind(engine: Box<dyn Engine>) -> Result<Self, Unread> {
        let journal = Journal::open_to_read(engine)?;
        journal.verify()?;
        let mut logs = Vec::new();
        for id in journal.logs() {
            logs.push((id, read_log(&journal, id)?));
        }
        Ok(Self { logs })
    }

    /// One log; empty if there is none.
    #[must_use]
    pub(super) fn log(&self, id: LogId) -> &[Record] {
        let found = self.logs.iter().find(|(known, _)| *known == id);
        found.map_or(&[], |(_, log)| log)
    }

    /// The log that the program wrote itself, as a lane's records with their sequences.
    #[must_use]
    pub(super) fn lane_records(&self, lane: u16, verdict: &mut Verdict) -> Vec<(u64, LaneRecord)> {
        decode(self.log(LogId::OWN), Owner::Lane(lane), verdict)
    }

    /// The log that the program wrote itself, as a hub's records.
    #[must_use]
    pub(super) fn hub_records(&self, verdict: &mut Verdict) -> Vec<HubRecord> {
        let numbered = decode(self.log(LogId::OWN), Owner::Hub, verdict);
        numbered.into_iter().map(|(_, record)| record).collect()
    }

    /// The logs that are copies of others'.
    pub(super) fn replicas(&self) -> impl Iterator<Item = LogId> {
        self.logs
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| *id != LogId::OWN)
    }
}

fn decode<R: Message + Default>(
    log: &[Record],
    owner: Owner,
    verdict: &mut Verdict,
) -> Vec<(u64, R)> {
    let mut records = Vec::with_capacity(log.len());
    for record in log {
        match R::decode(record.bytes.as_slice()) {
            Ok(decoded) => records.push((record.sequence, decoded)),
            Err(error) => {
                let sequence = record.sequence;
                verdict.broke(
                    "readable",
                    None,
                    format!("record {sequence} of {owner}: {error}"),
                );
            }
        }
    }
    records
}

fn read_copy(folder: &Path) -> Result<Logs, Unread> {
    let scratch = tempfile::tempdir()?;
    let copy = scratch.path().join("journal");
    copy_folder(folder, &copy)?;
    Logs::behind(engine_of(&copy)?.open_to_verify(&copy)?)
}

/// The engine whose files lie there.
fn engine_of(folder: &Path) -> Result<EngineKind, OpenError> {
    EngineKind::of_folder(folder).ok_or_else(|| OpenError::NoJournal {
        folder: folder.to_owned(),
    })
}

fn read_log(journal: &Journal, id: LogId) -> Result<Log, journal::ReadError> {
    let mut log: Log = Vec::new();
    loop {
        let from = log.last().map_or(1, |record| record.sequence + 1);
        let records = journal.read(id, from, RECORDS_A_READ)?;
        if records.is_empty() {
            return Ok(log);
        }
        log.extend(records);
    }
}

/// Opens and closes every journal of a run once. The engine tidies up when it opens what a program
/// has left, and never again: from then on opening a journal leaves its files as they are.
///
/// # Errors
/// A journal can't be opened.
pub(super) fn settle(folder: &RunFolder) -> io::Result<()> {
    let mut folders = vec![folder.hub()];
    for lane in fs::read_dir(folder.root().join("lanes"))? {
        folders.push(lane?.path());
    }
    for folder in folders {
        let journal = folder.join("journal");
        if journal.is_dir() {
            let opened = engine_of(&journal).and_then(|engine| engine.open(&journal));
            drop(opened.map_err(io::Error::other)?);
        }
    }
    Ok(())
}

/// Copies a folder and what is in it.
///
/// # Errors
/// Something can't be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
