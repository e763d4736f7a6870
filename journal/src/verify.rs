//! Reading with distrust: each record against its checksum, its place and the record before it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::engine::Pair;
use crate::journal::SCAN_PAIRS;
use crate::{
    Damage, Engine, EngineError, EngineKind, Fault, Hash, Head, KeyedDamage, LogId, OpenError,
    ReadError, Record, Table, archived, checkpoint, key, open, stored,
};

/// One log of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogReport {
    /// The log.
    pub log: LogId,
    /// How many records were read and found sound.
    pub records: u64,
    /// Its last record.
    pub head: Head,
}

/// What a verification walked over and found sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Each log, in order.
    pub logs: Vec<LogReport>,
    /// Values of the keyed state.
    pub state_values: u64,
    /// Values of the side table.
    pub side_values: u64,
    /// Sealed segments, each read as a whole.
    pub segments: u64,
    /// Checkpoints, each against its hash and the record it was made at.
    pub checkpoints: u64,
}

/// The first thing a verification found that can't be trusted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] Damage),
    /// A value of the keyed state or the side table is damaged.
    #[error(transparent)]
    Keyed(#[from] KeyedDamage),
    /// A key that no journal writes.
    #[error("a key of an unknown kind was found")]
    UnknownKey,
    /// It can't even be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl VerifyError {
    /// The damaged record and its position, if it is one.
    pub fn damage(&self) -> Option<Damage> {
        match self {
            VerifyError::Record(damage) | VerifyError::Open(OpenError::Damaged(damage)) => {
                Some(*damage)
            }
            VerifyError::Keyed(_)
            | VerifyError::UnknownKey
            | VerifyError::Open(_)
            | VerifyError::Engine(_) => None,
        }
    }
}

impl From<ReadError> for VerifyError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Record(damage) => VerifyError::Record(damage),
            ReadError::Keyed(damage) => VerifyError::Keyed(damage),
            ReadError::Engine(failed) => VerifyError::Engine(failed),
        }
    }
}

/// Verifies a journal that nobody runs, on its engine: everything in it.
///
/// # Errors
/// The first thing that can't be trusted.
pub fn verify_engine(engine: &dyn Engine) -> Result<VerifyReport, VerifyError> {
    let heads = open::recover(engine)?;
    walk(engine, &heads, &|log| {
        heads.get(&log).copied().unwrap_or_default()
    })
}

/// Verifies a journal that nobody runs, in its folder, whichever engine keeps it there.
///
/// # Errors
/// There is none, somebody has it open, or the first thing in it that can't be trusted.
pub fn verify_folder(folder: &Path) -> Result<VerifyReport, VerifyError> {
    let Some(kind) = EngineKind::of_folder(folder) else {
        return Err(EngineKind::none_in(folder).into());
    };
    verify_engine(kind.open_to_verify(folder)?.as_ref())
}

/// Verifies a sled journal that nobody runs, in its folder.
///
/// # Errors
/// As [`verify_folder`].
pub fn verify_sled_folder(folder: &Path) -> Result<VerifyReport, VerifyError> {
    verify_engine(EngineKind::Sled.open_to_verify(folder)?.as_ref())
}

/// Walks everything up to these heads. `appended` tells how far a log may reach by now.
pub(crate) fn walk(
    engine: &dyn Engine,
    heads: &BTreeMap<LogId, Head>,
    appended: &dyn Fn(LogId) -> Head,
) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::default();
    for (log, head) in heads {
        check_segments(engine, *log)?;
        report.logs.push(walk_log(engine, *log, *head)?);
        report.segments = report
            .segments
            .saturating_add(check_segment_files(engine, *log)?);
    }
    for (log, first_sequence) in logs_with_records(engine)? {
        check_first(log, first_sequence)?;
        check_nothing_behind(engine, log, appended)?;
    }
    check_heads(engine, heads)?;
    report.state_values = walk_table(engine, Table::State, key::STATE_KIND)?;
    report.side_values = walk_table(engine, Table::Side, key::SIDE_KIND)?;
    walk_table(engine, Table::Checkpoint, key::PIECE_KIND)?;
    report.checkpoints = checkpoint::walk(engine)?;
    check_kinds(engine)?;
    open::check_witness(engine, &open::heads(engine)?)?;
    Ok(report)
}

fn walk_log(engine: &dyn Engine, log: LogId, head: Head) -> Result<LogReport, VerifyError> {
    let mut at = Head::default();
    while at.sequence < head.sequence {
        let next = at.sequence.saturating_add(1);
        for record in read_step(engine, log, next, head.sequence, at.hash)? {
            at = Head {
                sequence: record.sequence,
                hash: record.hash,
            };
        }
    }
    match at.hash == head.hash {
        true => Ok(LogReport {
            log,
            records: at.sequence,
            head,
        }),
        false => Err(Damage::new(log, at.sequence, Fault::HeadHash).into()),
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

/// Every file of a log's segments against its checksum; how many there are.
fn check_segment_files(engine: &dyn Engine, log: LogId) -> Result<u64, ReadError> {
    let entries = archived::entries(engine, log)?;
    entries
        .iter()
        .try_for_each(|entry| archived::check_file(engine, *entry))?;
    Ok(u64::try_from(entries.len()).unwrap_or(u64::MAX))
}

/// A log begins at 1; that 1 is there, its walk has shown.
pub(crate) fn check_first(log: LogId, first_sequence: u64) -> Result<(), Damage> {
    match first_sequence {
        0 => Err(Damage::new(log, 0, Fault::BeforeFirst)),
        _ => Ok(()),
    }
}

fn check_nothing_behind(
    engine: &dyn Engine,
    log: LogId,
    appended: &dyn Fn(LogId) -> Head,
) -> Result<(), VerifyError> {
    let behind = first_place_from(engine, log, appended(log).sequence.saturating_add(1))?;
    let Some((found, sequence)) = behind else {
        return Ok(());
    };
    // Asked again: the log may have grown between the two looks.
    let head_sequence = appended(log).sequence;
    match found == log && sequence > head_sequence {
        true => Err(Damage::new(log, sequence, Fault::BehindHead { head_sequence }).into()),
        false => Ok(()),
    }
}

/// Each log has a head key that reads well and is not behind what is known.
fn check_heads(engine: &dyn Engine, heads: &BTreeMap<LogId, Head>) -> Result<(), VerifyError> {
    let stored = open::heads(engine)?;
    for (log, head) in heads {
        let Some(found) = stored.get(log) else {
            return Err(Damage::new(*log, head.sequence, Fault::HeadMissing).into());
        };
        if found.sequence < head.sequence {
            let head_sequence = found.sequence;
            return Err(Damage::new(*log, head.sequence, Fault::Lost { head_sequence }).into());
        }
    }
    Ok(())
}

fn walk_table(engine: &dyn Engine, table: Table, kind: u8) -> Result<u64, VerifyError> {
    let end = key::end_of_prefix(&[kind]);
    let mut from = vec![kind];
    let mut values = 0u64;
    loop {
        let pairs = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(values);
        };
        from.clone_from(last);
        from.push(0);
        for (key, stored) in &pairs {
            let damage = |what| KeyedDamage {
                table,
                key: key::without_kind(key),
                what,
            };
            stored::decode_keyed(key, stored).map_err(damage)?;
            values = values.saturating_add(1);
        }
    }
}

/// No key stands outside the kinds that a journal writes.
fn check_kinds(engine: &dyn Engine) -> Result<(), VerifyError> {
    let mut from = Vec::new();
    loop {
        let Some((key, _)) = engine.scan(&from, None, 1)?.into_iter().next() else {
            return Ok(());
        };
        let kind = key
            .first()
            .copied()
            .filter(|kind| key::KINDS.contains(kind));
        let Some(kind) = kind else {
            return Err(VerifyError::UnknownKey);
        };
        let Some(end) = key::end_of_prefix(&[kind]) else {
            return Ok(());
        };
        from = end;
    }
}

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
