//! Opening: finds where each log ends, without reading what comes before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tracing::info;

use crate::engine::Write;
use crate::journal::SCAN_PAIRS;
use crate::{
    Damage, Engine, EngineError, Fault, Head, LogId, ReadError, archived, key, stored, verify,
    witness,
};

/// The value under the format's key: format 1.
const FORMAT: &[u8] = b"lanekeeper journal 1";

/// What a new journal holds from its first moment: an engine's file appears with it, or not at
/// all. So one without it was cut or lost something, and is never new.
pub(crate) fn format() -> Write {
    let key = key::format();
    let value = stored::encode_keyed(&key, FORMAT);
    Write {
        key,
        value: Some(value),
    }
}

/// Why a journal can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the journal in {} is in use by another process", folder.display())]
    InUse {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// There is no journal to look at.
    #[error("there is no journal in {}", folder.display())]
    NoJournal {
        /// The folder given.
        folder: PathBuf,
    },
    /// The folder holds the files of another engine than the one asked for.
    #[error(
        "the journal in {} is one of engine {engine}: configure that engine, or move the journal \
         with `migrate`",
        folder.display()
    )]
    OtherEngine {
        /// The journal's folder.
        folder: PathBuf,
        /// The engine whose files they are.
        engine: &'static str,
    },
    /// The engine spilled values into files that are never synced: what they hold may be lost.
    #[error("the journal in {} has files in blobs/, never made durable", folder.display())]
    Blobs {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// A file of the engine has no byte. No journal ever makes one: it was cut off.
    #[error("{} is empty: it was cut off, and what it held is lost", file.display())]
    Emptied {
        /// The file.
        file: PathBuf,
    },
    /// The engine's own files are gone, and other files of a journal are still there.
    #[error("the journal in {} has lost the files of its engine", folder.display())]
    FilesLost {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// The engine holds something that is no journal of this format.
    #[error("what the engine holds is not a journal of this version, or has lost its beginning")]
    NotAJournal,
    /// The witness beside the engine's map can't be read.
    #[error("the witness of the journal is damaged: {0}")]
    Witness(Fault),
    /// The end of a log is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Opens for writing: what is found is made durable first. A process that was killed between write
/// and sync leaves records that only the system's cache holds; who reads them may act on them.
pub(crate) fn take_over(engine: &dyn Engine) -> Result<BTreeMap<LogId, Head>, OpenError> {
    let heads = recover(engine)?;
    if engine.get(&key::format())?.is_none() {
        engine.write(&[format()])?;
    }
    engine.sync()?;
    remove_leftovers(engine, &heads)?;
    if engine.witness()?.as_ref() != Some(&witness::encode(&heads)) {
        witness::renew(engine, &heads)?;
    }
    Ok(heads)
}

/// What a kill in the middle of sealing leaves: a file that is not finished, or one that the engine
/// doesn't know of. All its records are still in the engine, or the checks before this had failed.
fn remove_leftovers(engine: &dyn Engine, heads: &BTreeMap<LogId, Head>) -> Result<(), OpenError> {
    let Some(archive) = engine.archive() else {
        return Ok(());
    };
    archive.remove_unfinished()?;
    let mut leftovers = archive.names()?;
    for log in heads.keys() {
        for entry in archived::entries(engine, *log).map_err(from_read)? {
            leftovers.remove(&entry.name);
        }
    }
    for name in leftovers {
        info!(event = "unregistered segment removed", segment = %name);
        archive.remove(name)?;
    }
    Ok(())
}

/// The head of each log. Each is checked against its last record, and against the witness. Writes
/// nothing.
pub(crate) fn recover(engine: &dyn Engine) -> Result<BTreeMap<LogId, Head>, OpenError> {
    check_format(engine)?;
    let heads = heads(engine)?;
    for (log, head) in &heads {
        check_sealed(engine, *log, *head)?;
        check_end(engine, *log, *head)?;
    }
    check_starts(engine, &heads)?;
    check_witness(engine, &heads)?;
    Ok(heads)
}

fn check_format(engine: &dyn Engine) -> Result<(), OpenError> {
    let key = key::format();
    let known = match engine.get(&key)? {
        Some(stored) => stored::decode_keyed(&key, &stored) == Ok(FORMAT),
        // Its end is lost up to the first record, or a migration was cut short. As a new journal
        // it would give out the first numbers again.
        None => engine.begins_empty() && engine.scan(&[], None, 1)?.is_empty(),
    };
    known.then_some(()).ok_or(OpenError::NotAJournal)
}

/// The segments of a log follow each other, up to its head at most. The files of the own log are
/// all there, as long as they were; they are not read. What is wrong with a replica's costs that
/// replica alone, and its peer has it: whoever reads it finds out.
fn check_sealed(engine: &dyn Engine, log: LogId, head: Head) -> Result<(), OpenError> {
    let sealed = verify::check_segments(engine, log).map_err(from_read)?;
    if sealed > head.sequence {
        let head_sequence = head.sequence;
        return Err(Damage::new(log, sealed, Fault::BehindHead { head_sequence }).into());
    }
    match engine.archive() {
        Some(archive) if sealed > 0 && log == LogId::OWN => {
            archived::check_files_are_there(engine, log, &archive.files()?).map_err(from_read)
        }
        Some(_) | None => Ok(()),
    }
}

/// All heads, as their keys say.
pub(crate) fn heads(engine: &dyn Engine) -> Result<BTreeMap<LogId, Head>, OpenError> {
    let end = key::end_of_prefix(&[key::HEAD_KIND]);
    let mut from = vec![key::HEAD_KIND];
    let mut heads = BTreeMap::new();
    loop {
        let pairs = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(heads);
        };
        from.clone_from(last);
        from.push(0);
        for (key, stored) in &pairs {
            let log = key::log_of_head(key).ok_or(OpenError::NotAJournal)?;
            let head = stored::decode_head(key, stored)
                .map_err(|_| Damage::new(log, 0, Fault::HeadDamaged))?;
            heads.insert(log, head);
        }
    }
}

/// The head names the last record, and nothing stands behind it.
pub(crate) fn check_end(engine: &dyn Engine, log: LogId, head: Head) -> Result<(), OpenError> {
    if head.sequence > 0 {
        let record = verify::one_record(engine, log, head.sequence).map_err(from_read)?;
        if record.hash != head.hash {
            return Err(Damage::new(log, head.sequence, Fault::HeadHash).into());
        }
    }
    match verify::first_place_from(engine, log, head.sequence.saturating_add(1))? {
        Some((found, sequence)) if found == log && sequence > head.sequence => {
            let what = Fault::BehindHead {
                head_sequence: head.sequence,
            };
            Err(Damage::new(log, sequence, what).into())
        }
        Some(_) | None => Ok(()),
    }
}

fn check_starts(engine: &dyn Engine, heads: &BTreeMap<LogId, Head>) -> Result<(), OpenError> {
    for (log, first_sequence) in verify::logs_with_records(engine)? {
        verify::check_first(log, first_sequence)?;
        if !heads.contains_key(&log) {
            return Err(Damage::new(log, first_sequence, Fault::HeadMissing).into());
        }
    }
    let sealed = archived::logs(engine)?;
    match sealed.into_iter().find(|log| !heads.contains_key(log)) {
        Some(log) => Err(Damage::new(log, 1, Fault::HeadMissing).into()),
        None => Ok(()),
    }
}

/// What was once durable is still there.
pub(crate) fn check_witness(
    engine: &dyn Engine,
    heads: &BTreeMap<LogId, Head>,
) -> Result<(), OpenError> {
    let Some(bytes) = engine.witness()? else {
        return Ok(());
    };
    for known in witness::decode(&bytes).map_err(OpenError::Witness)? {
        let (log, sequence) = (known.log, known.sequence);
        let head_sequence = heads.get(&log).map_or(0, |head| head.sequence);
        if head_sequence < sequence {
            return Err(Damage::new(log, sequence, Fault::Lost { head_sequence }).into());
        }
        if sequence > 0 {
            let record = verify::one_record(engine, log, sequence).map_err(from_read)?;
            if record.hash != known.hash {
                return Err(Damage::new(log, sequence, Fault::Replaced).into());
            }
        }
    }
    Ok(())
}

pub(crate) fn from_read(error: ReadError) -> OpenError {
    match error {
        ReadError::Record(damage) => OpenError::Damaged(damage),
        ReadError::Engine(failed) => OpenError::Engine(failed),
        // No keyed value is read while opening.
        ReadError::Keyed(_) => OpenError::NotAJournal,
    }
}
