//! Putting the records of a damaged log back from a peer's copy.
//!
//! Nothing of the copy is believed: each record must follow, by its hash, from the one before it,
//! and the last one must be tied to what this journal knows of its own log: the next sound record,
//! the head, or the witness. A copy that is sound and leads elsewhere is a fork, and a fork is an
//! alarm, not a repair.

use crate::engine::Write;
use crate::reseal::Places;
use crate::{
    Engine, EngineError, Hash, Head, LogId, OpenError, Record, RepairError, key, reading, stored,
    witness,
};

/// What was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepairReport {
    /// Records written; those that were sound already are left alone.
    pub records_written: u64,
    /// The head of the log now.
    pub head: Head,
}

/// Puts records of a log back, given by a peer that holds a copy, in a journal that nobody runs.
/// They must be consecutive. All are written in one atomic batch with the head, and made durable;
/// a segment that is missing or damaged is sealed anew before that, from the copy and what is still
/// sound of it. Verify the journal afterwards, for there may be more damage elsewhere.
///
/// # Errors
/// The copy can't be trusted, or isn't long enough to be tied to the log; or the engine failed.
pub fn repair_log(
    engine: &dyn Engine,
    log: LogId,
    copy: &[Record],
) -> Result<RepairReport, RepairError> {
    let first = copy.first().ok_or(RepairError::Nothing)?;
    let places = Places::of_log(engine, log)?;
    let before = head_before(engine, log, first.sequence, &places)?;
    check_copy(log, before, copy)?;
    let mut writes = Vec::new();
    let mut records_written = 0u64;
    let mut at = before.hash;
    for record in copy {
        if let Some(write) = replacement(engine, log, at, record)? {
            records_written = records_written.saturating_add(1);
            if !places.hold(record.sequence) {
                writes.push(write);
            }
        }
        at = record.hash;
    }
    let head = tied_end(engine, log, before, copy, &places)?;
    check_witness(engine, log, copy, head)?;
    writes.extend(places.reseal(engine, log, before, copy)?);
    // One that is right is left alone: beside a committer it may have moved on by now.
    if stored_head(engine, log)? != Some(head) {
        let head_key = key::head(log);
        let value = stored::encode_head(&head_key, head);
        writes.push(Write {
            key: head_key,
            value: Some(value),
        });
    }
    engine.write(&writes)?;
    engine.sync()?;
    Ok(RepairReport {
        records_written,
        head,
    })
}

fn head_before(
    engine: &dyn Engine,
    log: LogId,
    first: u64,
    places: &Places,
) -> Result<Head, RepairError> {
    let Some(sequence) = first.checked_sub(1) else {
        return Err(RepairError::BadCopy { log, sequence: 0 });
    };
    if sequence == 0 {
        return Ok(Head::default());
    }
    let held = reading::sound(engine, log, sequence)?.map(|record| record.hash);
    match held.or_else(|| places.known_hash(sequence)) {
        Some(hash) => Ok(Head { sequence, hash }),
        None => Err(RepairError::NotTied { log, sequence }),
    }
}

fn check_copy(log: LogId, before: Head, copy: &[Record]) -> Result<(), RepairError> {
    let mut at = before;
    for record in copy {
        at = at.extended_by(&record.bytes);
        if at != record.head() {
            let sequence = record.sequence;
            return Err(RepairError::BadCopy { log, sequence });
        }
    }
    Ok(())
}

/// What must be written for one record: nothing when it is sound and the same.
fn replacement(
    engine: &dyn Engine,
    log: LogId,
    before: Hash,
    record: &Record,
) -> Result<Option<Write>, RepairError> {
    let sequence = record.sequence;
    if let Some(held) = reading::sound(engine, log, sequence)? {
        if held.hash == record.hash && held.bytes == record.bytes {
            return Ok(None);
        }
        // It follows from the record before as well as the copy does: both can't be the log.
        if before.next(sequence, &held.bytes) == held.hash {
            return Err(RepairError::Fork { log, sequence });
        }
    }
    let key = key::record(log, sequence);
    let value = stored::encode_record(&key, record.hash, &record.bytes);
    Ok(Some(Write {
        key,
        value: Some(value),
    }))
}

/// Ties the end of the copy to what is known of the log, and says where the log ends.
fn tied_end(
    engine: &dyn Engine,
    log: LogId,
    before: Head,
    copy: &[Record],
    places: &Places,
) -> Result<Head, RepairError> {
    let copied = copy.last().map_or(before, Record::head);
    let Some(head) = stored_head(engine, log)? else {
        return end_by_records(engine, log, copied);
    };
    if copied.sequence < head.sequence {
        let known = places.known_hash(copied.sequence);
        if known.is_some_and(|hash| hash != copied.hash) {
            let sequence = copied.sequence;
            return Err(RepairError::Fork { log, sequence });
        }
        return match follows(engine, log, copied)? {
            Some(_) => Ok(head),
            None if known.is_some() => Ok(head),
            None => Err(RepairError::NotTied {
                log,
                sequence: copied.sequence.saturating_add(1),
            }),
        };
    }
    let heads = std::iter::once(before).chain(copy.iter().map(Record::head));
    let known = heads.into_iter().find(|at| at.sequence == head.sequence);
    match known.map(|at| at.hash == head.hash) {
        Some(true) => Ok(copied),
        Some(false) => Err(RepairError::Fork {
            log,
            sequence: head.sequence,
        }),
        None => Err(RepairError::NotTied {
            log,
            sequence: head.sequence,
        }),
    }
}

/// Where the log ends when its head is lost: with the last record that follows the copy.
fn end_by_records(engine: &dyn Engine, log: LogId, copied: Head) -> Result<Head, RepairError> {
    let mut at = copied;
    while let Some(next) = follows(engine, log, at)? {
        at = next;
    }
    let sequence = at.sequence.saturating_add(1);
    match reading::first_place_from(engine, log, sequence)? {
        Some((found, _)) if found == log => Err(RepairError::NotTied { log, sequence }),
        Some(_) | None => Ok(at),
    }
}

/// The stored record behind a place, if it is sound. One that is sound and does not follow is a
/// fork.
fn follows(engine: &dyn Engine, log: LogId, at: Head) -> Result<Option<Head>, RepairError> {
    let sequence = at.sequence.saturating_add(1);
    match reading::sound(engine, log, sequence)? {
        Some(next) if at.hash.next(sequence, &next.bytes) == next.hash => Ok(Some(next.head())),
        Some(_) => Err(RepairError::Fork { log, sequence }),
        None => Ok(None),
    }
}

/// The head as stored; `None` when it is missing or damaged.
fn stored_head(engine: &dyn Engine, log: LogId) -> Result<Option<Head>, EngineError> {
    let key = key::head(log);
    let stored = engine.get(&key)?;
    Ok(stored.and_then(|stored| stored::decode_head(&key, &stored).ok()))
}

/// What is known to have been durable is what the copy says, and the log reaches that far.
fn check_witness(
    engine: &dyn Engine,
    log: LogId,
    copy: &[Record],
    head: Head,
) -> Result<(), RepairError> {
    let Some(bytes) = engine.witness()? else {
        return Ok(());
    };
    let known =
        witness::decode(&bytes).map_err(|what| RepairError::Witness(OpenError::Witness(what)))?;
    for known in known.into_iter().filter(|known| known.log == log) {
        let sequence = known.sequence;
        let copied = copy.iter().find(|record| record.sequence == sequence);
        if copied.is_some_and(|record| record.hash != known.hash) {
            return Err(RepairError::Fork { log, sequence });
        }
        if head.sequence < sequence {
            return Err(RepairError::NotTied { log, sequence });
        }
    }
    Ok(())
}
