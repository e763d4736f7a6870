//! Opens the journals of a finished run, verifies them, and decodes their records.
//!
//! A copy is opened, never the original: opening may write, and the run's files stay as they are.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use journal::{EngineKind, Journal, LogId, OpenError, Record};
use prost::Message;
use proto::journal::v1::{HubRecord, LaneRecord};

use crate::{oracle::verdict::Verdict, store::folder::RunFolder};

/// Records asked for at a time.
const RECORDS_A_READ: usize = 512;

/// One log as raw records.
pub(super) type Log = Vec<Record>;

/// What a journal holds.
#[derive(Debug, Default)]
pub(super) struct Logs {
    logs: Vec<(LogId, Log)>,
}

impl Logs {
    /// Reads every log of the journal in `folder`; whatever is wrong with it is I14.
    #[must_use]
    pub(super) fn read(folder: &Path, called: &str, verdict: &mut Verdict) -> Self {
        match read_copy(folder) {
            Ok(logs) => {
                verdict.checked += logs
                    .logs
                    .iter()
                    .map(|(_, log)| log.len() as u64)
                    .sum::<u64>();
                logs
            }
            Err(fault) => {
                verdict.broke("I14", None, format!("the journal of {called}: {fault}"));
                Self::default()
            }
        }
    }

    /// One log; empty if there is none.
    #[must_use]
    pub(super) fn log(&self, id: LogId) -> &[Record] {
        let found = self.logs.iter().find(|(known, _)| *known == id);
        found.map_or(&[], |(_, log)| log)
    }

    /// The log that the program wrote itself, as a lane's records.
    #[must_use]
    pub(super) fn lane_records(&self, called: &str, verdict: &mut Verdict) -> Vec<LaneRecord> {
        decode(self.log(LogId::OWN), called, verdict)
    }

    /// The log that the program wrote itself, as a hub's records.
    #[must_use]
    pub(super) fn hub_records(&self, verdict: &mut Verdict) -> Vec<HubRecord> {
        decode(self.log(LogId::OWN), "the hub", verdict)
    }

    /// The logs that are copies of others'.
    pub(super) fn replicas(&self) -> impl Iterator<Item = LogId> {
        self.logs
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| *id != LogId::OWN)
    }
}

fn decode<R: Message + Default>(log: &[Record], called: &str, verdict: &mut Verdict) -> Vec<R> {
    let mut records = Vec::with_capacity(log.len());
    for record in log {
        match R::decode(record.bytes.as_slice()) {
            Ok(decoded) => records.push(decoded),
            Err(error) => {
                let sequence = record.sequence;
                verdict.broke(
                    "readable",
                    None,
                    format!("record {sequence} of {called}: {error}"),
                );
            }
        }
    }
    records
}

fn read_copy(folder: &Path) -> Result<Logs, Box<dyn std::error::Error>> {
    let scratch = tempfile::tempdir()?;
    let copy = scratch.path().join("journal");
    copy_folder(folder, &copy)?;
    let (journal, committer) = Journal::open(engine_of(&copy)?.open_to_verify(&copy)?)?;
    drop(committer);
    journal.verify()?;
    let mut logs = Vec::new();
    for id in journal.logs() {
        logs.push((id, read_log(&journal, id)?));
    }
    Ok(Logs { logs })
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
