//! Sealing: old records leave the engine for a segment of their own, in small steps between
//! commits.
//!
//! The order makes it safe: the file is written, made durable, renamed, and its name made durable;
//! only then one commit enters the segment in the engine and removes its records there. A kill or a
//! power cut before that commit leaves a file that nobody knows of, which the next opening removes;
//! after it, a segment. At no moment is a record in both or in neither.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;

use tracing::{error, warn};

use crate::engine::Write;
use crate::engine::archive::Archive;
use crate::segment::{self, Entry, SEGMENT_RECORDS_MAX, SEGMENT_RECORDS_MIN, SegmentWriter};
use crate::{
    Engine, EngineError, Head, JournalLimits, LogId, ReadError, Record, SegmentName, archived, key,
    reading, stored,
};

/// Records that one step moves from the engine to the file.
const STEP_RECORDS: u64 = 256;
/// After a disk without room, sealing waits for so many commits.
const COMMITS_TO_ROOM: u32 = 256;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is to be sealed.
    Nothing,
    /// A part of a segment. There is more.
    Part,
    /// The file is durable, and this commit enters it: write it, make it durable, then call
    /// [`Sealer::entered`].
    Enter,
}

/// Seals the logs of one journal, one segment at a time.
pub(crate) struct Sealer {
    limits: JournalLimits,
    /// Per log, what is sealed already.
    sealed: BTreeMap<LogId, Head>,
    work: Option<Work>,
    /// Commits to wait for, after a disk had no room.
    pause_commits: u32,
    /// Something failed that will not go away by itself: nothing more is sealed until the next
    /// opening. All records are where they were.
    stopped: bool,
}

/// A segment in the making.
enum Work {
    Writing {
        file: File,
        writer: SegmentWriter,
        at: Head,
    },
    /// Its file is durable.
    Finished { entry: Entry },
}

impl Sealer {
    /// Of a journal with these logs.
    ///
    /// # Errors
    /// What the engine knows of its segments can't be read.
    pub(crate) fn new(
        engine: &dyn Engine,
        limits: JournalLimits,
        logs: impl IntoIterator<Item = LogId>,
    ) -> Result<Sealer, ReadError> {
        let mut sealed = BTreeMap::new();
        for log in logs {
            sealed.insert(log, archived::check_entries(engine, log)?);
        }
        Ok(Sealer {
            limits,
            sealed,
            work: None,
            pause_commits: 0,
            stopped: false,
        })
    }

    /// A commit was made: a disk without room may have some by now.
    pub(crate) fn committed(&mut self) {
        self.pause_commits = self.pause_commits.saturating_sub(1);
    }

    /// So far behind that a step is due even while commits wait.
    pub(crate) fn is_overdue(&self, heads: &BTreeMap<LogId, Head>) -> bool {
        let most = self
            .limits
            .segment_records
            .saturating_mul(4)
            .saturating_add(self.limits.kept_records);
        let mut kept = heads.iter().map(|(log, head)| self.kept(*log, *head));
        self.may_seal() && kept.any(|kept| kept > most)
    }

    /// It gave up until the next opening.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    fn may_seal(&self) -> bool {
        !self.stopped && self.pause_commits == 0
    }

    fn sealed(&self, log: LogId) -> Head {
        self.sealed.get(&log).copied().unwrap_or_default()
    }

    fn kept(&self, log: LogId, head: Head) -> u64 {
        head.sequence.saturating_sub(self.sealed(log).sequence)
    }

    /// One step: bounded work, at most one sync of a file of bounded size. A failure of the
    /// archive, or a damaged record, ends sealing and nothing else.
    pub(crate) fn step(
        &mut self,
        engine: &dyn Engine,
        heads: &BTreeMap<LogId, Head>,
        asked: &BTreeMap<LogId, u64>,
    ) -> Step {
        let Some(archive) = engine.archive().filter(|_| self.may_seal()) else {
            return Step::Nothing;
        };
        let stepped = match self.work.take() {
            None => self.begin(archive, heads, asked),
            Some(Work::Writing { file, writer, at }) => {
                self.write(engine, archive, file, writer, at)
            }
            Some(finished @ Work::Finished { .. }) => {
                self.work = Some(finished);
                Ok(Step::Enter)
            }
        };
        stepped.unwrap_or_else(|failed| {
            self.give_up(&failed);
            Step::Nothing
        })
    }

    /// The next segment that is due: asked for, or older than what a log keeps.
    fn due(
        &self,
        heads: &BTreeMap<LogId, Head>,
        asked: &BTreeMap<LogId, u64>,
    ) -> Option<SegmentName> {
        heads.iter().find_map(|(log, head)| {
            let first = self.sealed(*log).sequence.saturating_add(1);
            let records = self.limits.segment_records.clamp(1, SEGMENT_RECORDS_MAX);
            let whole = first.saturating_add(records);
            let asked = asked.get(log).copied().unwrap_or_default();
            let asked = asked.min(head.sequence).min(whole.saturating_sub(1));
            let old = head.sequence.saturating_sub(self.limits.kept_records);
            let last = match old >= whole.saturating_sub(1) {
                true => whole.saturating_sub(1),
                false => asked,
            };
            let records = last.saturating_add(1).saturating_sub(first);
            let log = *log;
            (records >= SEGMENT_RECORDS_MIN).then_some(SegmentName { log, first, last })
        })
    }

    fn begin(
        &mut self,
        archive: &Archive,
        heads: &BTreeMap<LogId, Head>,
        asked: &BTreeMap<LogId, u64>,
    ) -> Result<Step, ReadError> {
        let Some(name) = self.due(heads, asked) else {
            return Ok(Step::Nothing);
        };
        let at = self.sealed(name.log);
        let mut file = archive.begin(segment::file_bytes_max(name))?;
        let mut writer = SegmentWriter::new(name, at.hash);
        archive.add(&mut file, &writer.begin())?;
        self.work = Some(Work::Writing { file, writer, at });
        Ok(Step::Part)
    }

    /// Moves some records, or makes the file durable when all are there. What is sealed is checked
    /// as every reader checks it: damage never gets a seal.
    fn write(
        &mut self,
        engine: &dyn Engine,
        archive: &Archive,
        mut file: File,
        mut writer: SegmentWriter,
        at: Head,
    ) -> Result<Step, ReadError> {
        let name = writer.name();
        if at.sequence == name.last {
            let (piece, entry) = writer.end(at.hash);
            archive.add(&mut file, &piece)?;
            archive.finish(file, name)?;
            self.work = Some(Work::Finished { entry });
            return Ok(Step::Part);
        }
        let from = at.sequence.saturating_add(1);
        let last = name.last.min(at.sequence.saturating_add(STEP_RECORDS));
        let records = reading::read_step(engine, name.log, from, last, at.hash)?;
        let stored: Vec<Vec<u8>> = records
            .iter()
            .map(|record| stored::stored_record(name.log, record))
            .collect();
        let piece = writer.add(stored.iter().map(Vec::as_slice));
        archive.add(&mut file, &piece)?;
        let at = records.last().map_or(at, Record::head);
        self.work = Some(Work::Writing { file, writer, at });
        Ok(Step::Part)
    }

    /// The commit that enters the finished segment and removes its records.
    pub(crate) fn enter(&self) -> Vec<Write> {
        let Some(Work::Finished { entry }) = &self.work else {
            return Vec::new();
        };
        let (key, value) = entry.encode();
        let mut writes = vec![Write {
            key,
            value: Some(value),
        }];
        let name = entry.name;
        writes.extend((name.first..=name.last).map(|sequence| Write {
            key: key::record(name.log, sequence),
            value: None,
        }));
        writes
    }

    /// The segment is entered, durably.
    pub(crate) fn entered(&mut self) {
        if let Some(Work::Finished { entry }) = self.work.take() {
            self.sealed.insert(entry.name.log, entry.head());
        }
    }

    /// The engine had no room for the commit: its file stays, and it is tried again later.
    pub(crate) fn had_no_room(&mut self) {
        self.pause_commits = COMMITS_TO_ROOM;
    }

    fn give_up(&mut self, failed: &ReadError) {
        self.work = None;
        if is_no_room(failed) {
            self.pause_commits = COMMITS_TO_ROOM;
            warn!(event = "no room to seal records", reason = %failed);
            return;
        }
        self.stopped = true;
        error!(event = "sealing stopped, records stay in the engine", error = %failed);
    }
}

fn is_no_room(failed: &ReadError) -> bool {
    match failed {
        ReadError::Engine(EngineError::NoRoom(_)) => true,
        ReadError::Engine(EngineError::Io { source, .. }) => matches!(
            source.kind(),
            ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem | ErrorKind::QuotaExceeded
        ),
        ReadError::Engine(
            EngineError::Failed { .. }
            | EngineError::Damaged { .. }
            | EngineError::ValueTooLarge { .. }
            | EngineError::Lost,
        )
        | ReadError::Record(_)
        | ReadError::Keyed(_) => false,
    }
}
