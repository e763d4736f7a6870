//! `verify --rebuild`: the keyed state once more, from the log alone. It is a cache of the log, so
//! both must be the same; what differs is a bug or damage, and the log is right.

use std::collections::BTreeMap;

use crate::engine::{SCAN_PAIRS, Write};
use crate::{
    Engine, EngineError, Head, LogId, Record, VerifyError, checkpoint, key, open, reading, stored,
    verify_engine,
};

/// Differences that a report names; it counts the rest.
const DIFFERENCES_NAMED_MAX: usize = 100;
/// Changes of one atomic write of a restored state.
const RESTORE_CHANGES_MAX: usize = 1024;

/// The keyed state as a fold builds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RebuiltState {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl RebuiltState {
    /// Sets a value, as [`Batch::put`](crate::Batch::put) does.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.values.insert(key.into(), value.into());
    }

    /// Removes a key, as [`Batch::delete`](crate::Batch::delete) does.
    pub fn delete(&mut self, key: &[u8]) {
        self.values.remove(key);
    }

    /// A value set so far.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.values.get(key).map(Vec::as_slice)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// How a stored value differs from the rebuilt one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// The log gives a value that is not stored.
    NotStored,
    /// A value is stored that the log doesn't give.
    NotInLog,
    /// Both are there and are not the same, or the stored one is damaged.
    Value,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Records folded.
    pub records: u64,
    /// Values that the log gives.
    pub values: u64,
    /// How many keys differ.
    pub different: u64,
    /// The first of them, in the order of their keys.
    pub first_differences: Vec<(Vec<u8>, Differs)>,
}

impl RebuildReport {
    /// True when stored and rebuilt state are the same.
    pub fn is_same(&self) -> bool {
        self.different == 0
    }

    fn differs(&mut self, key: Vec<u8>, how: Differs) {
        self.different = self.different.saturating_add(1);
        if self.first_differences.len() < DIFFERENCES_NAMED_MAX {
            self.first_differences.push((key, how));
        }
    }
}

/// Folds every record of a journal that nobody runs into a new keyed state. Logs come one after the
/// other, the own one first, each in order: how records of different logs stood to each other in
/// time is not recorded, so a fold must not depend on it. It holds the whole state in memory.
///
/// # Errors
/// A record can't be trusted, or the engine failed.
pub fn rebuild_state(
    engine: &dyn Engine,
    fold: &mut dyn FnMut(&mut RebuiltState, LogId, &Record),
) -> Result<(RebuiltState, u64), VerifyError> {
    let mut state = RebuiltState::default();
    let mut records = 0u64;
    for (log, head) in open::recover(engine)? {
        let mut at = Head::default();
        while at.sequence < head.sequence {
            let next = at.sequence.saturating_add(1);
            for record in reading::read_step(engine, log, next, head.sequence, at.hash)? {
                fold(&mut state, log, &record);
                records = records.saturating_add(1);
                at = record.head();
            }
        }
    }
    Ok((state, records))
}

/// Rebuilds the keyed state and compares it with the one that is stored. Writes nothing.
///
/// # Errors
/// As [`rebuild_state`]. A damaged value of the keyed state is a difference, not an error.
pub fn verify_state(
    engine: &dyn Engine,
    fold: &mut dyn FnMut(&mut RebuiltState, LogId, &Record),
) -> Result<RebuildReport, VerifyError> {
    let (rebuilt, records) = rebuild_state(engine, fold)?;
    let mut report = RebuildReport {
        records,
        values: u64::try_from(rebuilt.len()).unwrap_or(u64::MAX),
        ..RebuildReport::default()
    };
    let mut missing = rebuilt.values;
    each_stored(engine, &mut |key, stored| {
        let plain = key::without_kind(&key);
        let value = stored::decode_keyed(&key, &stored).ok();
        match (missing.remove(&plain), value) {
            (Some(expected), Some(value)) if expected == value => {}
            (Some(_), _) => report.differs(plain, Differs::Value),
            (None, _) => report.differs(plain, Differs::NotInLog),
        }
    })?;
    for (key, _) in missing {
        report.differs(key, Differs::NotStored);
    }
    report.first_differences.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(report)
}

/// How a stored checkpoint compares with the state that the log gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointReport {
    /// The last record in it.
    pub applied: Head,
    /// Its bytes.
    pub stored_bytes: usize,
    /// Bytes of the rebuilt one.
    pub rebuilt_bytes: usize,
    /// Both are the same.
    pub is_same: bool,
}

/// Folds a log up to where a checkpoint was made and compares both, in a journal that nobody runs.
/// `None`: there is no such checkpoint, or `is_used` says of its bytes that no start would use it.
/// `encode` makes bytes of the state; beside it, the stored ones, whose form it may take. Writes
/// nothing.
///
/// # Errors
/// A record or the checkpoint can't be trusted, or the engine failed.
pub fn verify_checkpoint<S>(
    engine: &dyn Engine,
    name: &str,
    is_used: impl FnOnce(&[u8]) -> bool,
    mut state: S,
    mut fold: impl FnMut(&mut S, &Record),
    encode: impl FnOnce(S, &[u8]) -> Vec<u8>,
) -> Result<Option<CheckpointReport>, VerifyError> {
    open::recover(engine)?;
    let Some(stored) = checkpoint::read(engine, &|key| engine.get(key), name)? else {
        return Ok(None);
    };
    if !is_used(&stored.bytes) {
        return Ok(None);
    }
    let mut at = Head::default();
    while at.sequence < stored.applied.sequence {
        let next = at.sequence.saturating_add(1);
        let last = stored.applied.sequence;
        for record in reading::read_step(engine, stored.log, next, last, at.hash)? {
            fold(&mut state, &record);
            at = record.head();
        }
    }
    let rebuilt = encode(state, &stored.bytes);
    Ok(Some(CheckpointReport {
        applied: stored.applied,
        stored_bytes: stored.bytes.len(),
        rebuilt_bytes: rebuilt.len(),
        is_same: rebuilt == stored.bytes,
    }))
}

/// Removes a checkpoint that can't be trusted, with its pieces and those of the one before it, from
/// a journal that nobody runs: the next start folds the log from its first record on.
///
/// # Errors
/// The engine failed.
pub fn remove_checkpoint(engine: &dyn Engine, name: &str) -> Result<(), EngineError> {
    let removed = |key| Write { key, value: None };
    // First the entry: pieces without one are nothing.
    engine.write(&[removed(key::checkpoint(name))])?;
    engine.sync()?;
    let pieces = key::pieces_of_all_slots(name);
    let end = key::end_of_prefix(&pieces);
    let pairs = engine.scan(&pieces, end.as_deref(), usize::MAX)?;
    let pieces: Vec<Write> = pairs.into_iter().map(|(key, _)| removed(key)).collect();
    for step in pieces.chunks(RESTORE_CHANGES_MAX) {
        engine.write(step)?;
        engine.sync()?;
    }
    Ok(())
}

/// Puts the rebuilt state in the place of the stored one. A state that differs after it was cut
/// short still differs: run it again. Logs and side table are not touched.
///
/// # Errors
/// As [`rebuild_state`]; or the journal can't be trusted afterwards.
pub fn restore_state(
    engine: &dyn Engine,
    fold: &mut dyn FnMut(&mut RebuiltState, LogId, &Record),
) -> Result<(), VerifyError> {
    let (mut rebuilt, _) = rebuild_state(engine, fold)?;
    let mut writes = Vec::new();
    each_stored(engine, &mut |key, stored| {
        let expected = rebuilt.values.remove(&key::without_kind(&key));
        let value = expected.map(|value| stored::encode_keyed(&key, &value));
        if value.as_ref() != Some(&stored) {
            writes.push(Write { key, value });
        }
    })?;
    for (plain, value) in rebuilt.values {
        let key = key::state(&plain);
        let value = Some(stored::encode_keyed(&key, &value));
        writes.push(Write { key, value });
    }
    for step in writes.chunks(RESTORE_CHANGES_MAX) {
        engine.write(step)?;
        engine.sync()?;
    }
    verify_engine(engine).map(drop)
}

fn each_stored(
    engine: &dyn Engine,
    take: &mut dyn FnMut(Vec<u8>, Vec<u8>),
) -> Result<(), EngineError> {
    let end = key::end_of_prefix(&[key::STATE_KIND]);
    let mut from = vec![key::STATE_KIND];
    loop {
        let pairs = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(());
        };
        from.clone_from(last);
        from.push(0);
        pairs
            .into_iter()
            .for_each(|(key, stored)| take(key, stored));
    }
}
