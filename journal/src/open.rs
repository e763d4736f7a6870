//! Opening: finds where each log ends, without reading what comes before.

use std::collections::BTreeMap;

use tracing::info;

use crate::engine::SCAN_PAIRS;
use crate::{
    Damage, Engine, Fault, Head, LogId, OpenError, ReadError, archived, format, key, reading,
    stored, witness,
};

/// Opens for writing: what is found is made durable first. A process that was killed between write
/// and sync leaves records that only the system's cache holds; who reads them may act on them.
pub(crate) fn take_over(engine: &dyn Engine) -> Result<BTreeMap<LogId, Head>, OpenError> {
    let heads = recover(engine)?;
    if engine.get(&key::format())?.is_none() {
        engine.write(&[format::entry()])?;
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
    format::check(engine)?;
    let heads = heads(engine)?;
    for (log, head) in &heads {
        check_sealed(engine, *log, *head)?;
        check_end(engine, *log, *head)?;
    }
    check_starts(engine, &heads)?;
    check_witness(engine, &heads)?;
    Ok(heads)
}

/// The segments of a log follow each other, up to its head at most. The files of the own log are
/// all there, as long as they were; they are not read. What is wrong with a replica's costs that
/// replica alone, and its peer has it: whoever reads it finds out.
fn check_sealed(engine: &dyn Engine, log: LogId, head: Head) -> Result<(), OpenError> {
    let sealed = reading::check_segments(engine, log).map_err(from_read)?;
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
        let record = reading::one_record(engine, log, head.sequence).map_err(from_read)?;
        if record.hash != head.hash {
            return Err(Damage::new(log, head.sequence, Fault::HeadHash).into());
        }
    }
    match reading::first_place_from(engine, log, head.sequence.saturating_add(1))? {
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
    for (log, first_sequence) in reading::logs_with_records(engine)? {
        reading::check_first(log, first_sequence)?;
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
            let record = reading::one_record(engine, log, sequence).map_err(from_read)?;
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
