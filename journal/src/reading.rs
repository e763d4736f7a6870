//! Reading records with distrust: each against its checksum, its place and the record before it.

use crate::engine::{Pair, SCAN_PAIRS};
use crate::{
    Damage, Engine, EngineError, Fault, Hash, Head, LogId, ReadError, Record, archived, key, stored,
};

/// Up to [`SCAN_PAIRS`] records from `from` to `last`, each in its place and chained to the one
/// before, whose hash is `previous`. At least one: none is [`Fault::Missing`].
pub(crate) fn read_step(
    engine: &dyn Engine,
    log: LogId,
    from: u64,
    last: u64,
    previous: Hash,
) -> Result<Vec<Record>, ReadError> {
    let wanted = last.saturating_sub(from).saturating_add(1);
    let pairs_max = usize::try_from(wanted)
        .unwrap_or(usize::MAX)
        .min(SCAN_PAIRS);
    if let Some(pairs) = archived::pairs(engine, log, from, last, pairs_max)? {
        return in_chain(log, from, previous, pairs);
    }
    let end = key::end_of_prefix(&key::record(log, last));
    let pairs = engine
        .scan(&key::record(log, from), end.as_deref(), pairs_max)
        .map_err(|failed| placed(engine, log, from, last, failed))?;
    let kept = in_chain(log, from, previous, pairs);
    match is_missing(&kept) {
        // It may have been sealed between the two looks.
        true => match archived::pairs(engine, log, from, last, pairs_max)? {
            Some(pairs) => in_chain(log, from, previous, pairs),
            None => kept,
        },
        false => kept,
    }
}

fn is_missing<T>(read: &Result<T, ReadError>) -> bool {
    let what = match read {
        Err(ReadError::Record(damage)) => Some(damage.what),
        Err(ReadError::Keyed(_) | ReadError::Engine(_)) | Ok(_) => None,
    };
    what == Some(Fault::Missing)
}

/// Stored records as they follow each other from `from` on.
fn in_chain(
    log: LogId,
    from: u64,
    previous: Hash,
    pairs: Vec<Pair>,
) -> Result<Vec<Record>, ReadError> {
    let mut at = Head {
        sequence: from.saturating_sub(1),
        hash: previous,
    };
    let mut records = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let record = chained(log, at, pair)?;
        at = Head {
            sequence: record.sequence,
            hash: record.hash,
        };
        records.push(record);
    }
    match records.is_empty() {
        true => Err(Damage::new(log, from, Fault::Missing).into()),
        false => Ok(records),
    }
}

/// Finds the first record that a damaged engine can't read, so that the error names it.
fn placed(engine: &dyn Engine, log: LogId, from: u64, last: u64, failed: EngineError) -> ReadError {
    let unreadable = |sequence: &u64| engine.get(&key::record(log, *sequence)).is_err();
    let sequence = match failed {
        EngineError::Damaged { .. } => (from..=last).find(unreadable),
        EngineError::Io { .. }
        | EngineError::Failed { .. }
        | EngineError::NoRoom(_)
        | EngineError::ValueTooLarge { .. }
        | EngineError::Lost => None,
    };
    match sequence {
        Some(sequence) => Damage::new(log, sequence, Fault::Unreadable).into(),
        None => failed.into(),
    }
}

fn chained(log: LogId, at: Head, (key, stored): Pair) -> Result<Record, Damage> {
    let sequence = at.sequence.saturating_add(1);
    if key != key::record(log, sequence) {
        return Err(Damage::new(log, sequence, Fault::Missing));
    }
    let record = decoded(log, sequence, &key, &stored)?;
    match at.extended_by(&record.bytes).hash == record.hash {
        true => Ok(record),
        false => Err(Damage::new(log, sequence, Fault::Chain)),
    }
}

/// One record, checked against its checksum only.
pub(crate) fn one_record(
    engine: &dyn Engine,
    log: LogId,
    sequence: u64,
) -> Result<Record, ReadError> {
    let key = key::record(log, sequence);
    let kept = engine
        .get(&key)
        .map_err(|failed| placed(engine, log, sequence, sequence, failed))?;
    let stored = match kept {
        Some(stored) => Some(stored),
        None => archived::one(engine, log, sequence)?.map(|(_, stored)| stored),
    };
    match stored {
        Some(stored) => Ok(decoded(log, sequence, &key, &stored)?),
        None => Err(Damage::new(log, sequence, Fault::Missing).into()),
    }
}

fn decoded(log: LogId, sequence: u64, key: &[u8], stored: &[u8]) -> Result<Record, Damage> {
    match stored::decode_record(key, stored) {
        Ok((hash, bytes)) => Ok(Record {
            sequence,
            hash,
            bytes: bytes.to_vec(),
        }),
        Err(what) => Err(Damage::new(log, sequence, what)),
    }
}

/// The first record at or behind a place, of this log or a later one.
pub(crate) fn first_place_from(
    engine: &dyn Engine,
    log: LogId,
    sequence: u64,
) -> Result<Option<(LogId, u64)>, EngineError> {
    let end = key::end_of_prefix(&[key::RECORD_KIND]);
    let pairs = engine.scan(&key::record(log, sequence), end.as_deref(), 1)?;
    Ok(pairs.first().and_then(|(key, _)| key::place_of_record(key)))
}

/// Every log that has a record, with the first sequence it has, found by one jump a log.
pub(crate) fn logs_with_records(engine: &dyn Engine) -> Result<Vec<(LogId, u64)>, EngineError> {
    let mut logs = Vec::new();
    let mut next = Some(LogId::OWN);
    while let Some(from) = next {
        let Some(place) = first_place_from(engine, from, 0)? else {
            break;
        };
        logs.push(place);
        next = place.0.0.checked_add(1).map(LogId);
    }
    Ok(logs)
}

/// A stored record that reads well; `None` when it is missing or damaged.
pub(crate) fn sound(
    engine: &dyn Engine,
    log: LogId,
    sequence: u64,
) -> Result<Option<Record>, EngineError> {
    match one_record(engine, log, sequence) {
        Ok(record) => Ok(Some(record)),
        Err(ReadError::Record(Damage { .. }) | ReadError::Keyed(_)) => Ok(None),
        Err(ReadError::Engine(failed)) => Err(failed),
    }
}

/// The segments of a log follow each other, and what is kept in the engine begins just behind them.
/// Gives how far they reach.
pub(crate) fn check_segments(engine: &dyn Engine, log: LogId) -> Result<u64, ReadError> {
    let mut sealed = archived::check_entries(engine, log)?.sequence;
    loop {
        let kept = first_place_from(engine, log, 1)?;
        let kept = kept.filter(|(found, _)| *found == log);
        // A segment that was sealed between the two looks moved both.
        let again = archived::check_entries(engine, log)?.sequence;
        if again != sealed {
            sealed = again;
            continue;
        }
        let next = sealed.saturating_add(1);
        return match kept {
            Some((_, first)) if first <= sealed => {
                Err(Damage::new(log, first, Fault::KeptTwice).into())
            }
            Some((_, first)) if first > next && sealed > 0 => {
                Err(Damage::new(log, next, Fault::Missing).into())
            }
            Some(_) | None => Ok(sealed),
        };
    }
}

/// A log begins at 1; that 1 is there, its walk has shown.
pub(crate) fn check_first(log: LogId, first_sequence: u64) -> Result<(), Damage> {
    match first_sequence {
        0 => Err(Damage::new(log, 0, Fault::BeforeFirst)),
        _ => Ok(()),
    }
}
