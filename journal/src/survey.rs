//! Looking over a log that may be damaged anywhere, so that all of it can be asked of a peer at
//! once. Verification stops at the first thing that can't be trusted; this goes on to the end.

use std::ops::RangeInclusive;

use crate::chain::Hash;
use crate::reseal::Places;
use crate::{
    Engine, EngineError, Head, KeyedDamage, LogId, ReadError, Record, SegmentName, Table, archived,
    key, open, reading, stored, witness,
};

/// What was found of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The log.
    pub log: LogId,
    /// Where it must reach at least, by all that is known: its head, the witness, its own records,
    /// and what the caller knew.
    pub end: u64,
    /// Runs of records that are missing, damaged, or don't follow from the one before; in order.
    /// Where only the head is lost, the last record: with it, `repair_log` finds the head again.
    /// Where only a sealed segment as a whole is not what it was, its last record: with it,
    /// `repair_log` seals it anew.
    pub broken: Vec<RangeInclusive<u64>>,
}

impl Survey {
    /// True when every record and the head are as they should be.
    pub fn is_sound(&self) -> bool {
        self.broken.is_empty()
    }

    /// How many records are broken.
    pub fn records_broken(&self) -> u64 {
        let lengths = self.broken.iter().map(length);
        lengths.fold(0, u64::saturating_add)
    }
}

fn length(run: &RangeInclusive<u64>) -> u64 {
    run.end().saturating_sub(*run.start()).saturating_add(1)
}

/// Looks over a log of a journal that nobody runs. `known_end` is where somebody else knows it to
/// have reached: a peer that holds a copy, or 0. It reads every record.
///
/// # Errors
/// The engine failed. Damage is an answer, not an error.
pub fn survey_log(engine: &dyn Engine, log: LogId, known_end: u64) -> Result<Survey, EngineError> {
    let head = stored_head(engine, log)?;
    let known = head.map_or(0, |head| head.sequence).max(known_end);
    let end = end_by_records(engine, log, known.max(witnessed(engine, log)?))?;
    let mut broken = Vec::new();
    let mut at = Some(Head::default());
    for sequence in 1..=end {
        at = sound_after(engine, log, at, sequence)?;
        if at.is_none() {
            note(&mut broken, sequence);
        }
    }
    let head_is_right = end == 0 || (head.is_some() && head == at);
    if !head_is_right && broken.last().is_none_or(|run| *run.end() < end) {
        note(&mut broken, end);
    }
    for segment in Places::of_log(engine, log)?.damaged(engine)? {
        note_segment(&mut broken, segment);
    }
    Ok(Survey { log, end, broken })
}

/// The place of a record that is sound and follows; of one whose neighbour is broken, when its
/// checksum is right.
fn sound_after(
    engine: &dyn Engine,
    log: LogId,
    before: Option<Head>,
    sequence: u64,
) -> Result<Option<Head>, EngineError> {
    let record = match reading::one_record(engine, log, sequence) {
        Ok(record) => record,
        Err(ReadError::Record(_) | ReadError::Keyed(_)) => return Ok(None),
        Err(ReadError::Engine(failed)) => return Err(failed),
    };
    let place = Head {
        sequence,
        hash: record.hash,
    };
    let follows = |before: Head| before.extended_by(&record.bytes) == place;
    Ok(before.is_none_or(follows).then_some(place))
}

fn note(broken: &mut Vec<RangeInclusive<u64>>, sequence: u64) {
    match broken.last_mut() {
        Some(run) if run.end().saturating_add(1) == sequence => *run = *run.start()..=sequence,
        Some(_) | None => broken.push(sequence..=sequence),
    }
}

/// A record of the segment is among the broken ones, now or already.
fn note_segment(broken: &mut Vec<RangeInclusive<u64>>, segment: SegmentName) {
    let touches =
        |run: &RangeInclusive<u64>| *run.start() <= segment.last && *run.end() >= segment.first;
    if !broken.iter().any(touches) {
        broken.push(segment.last..=segment.last);
        broken.sort_by_key(|run| *run.start());
    }
}

fn stored_head(engine: &dyn Engine, log: LogId) -> Result<Option<Head>, EngineError> {
    let key = key::head(log);
    let stored = engine.get(&key)?;
    Ok(stored.and_then(|stored| stored::decode_head(&key, &stored).ok()))
}

/// How far the witness knows the log; 0 when there is none or it can't be read.
fn witnessed(engine: &dyn Engine, log: LogId) -> Result<u64, EngineError> {
    let known = engine.witness()?.map(|bytes| witness::decode(&bytes));
    let known = known.and_then(Result::ok).unwrap_or_default();
    let of_log = known.iter().filter(|known| known.log == log);
    Ok(of_log.map(|known| known.sequence).max().unwrap_or(0))
}

/// The last place of a log at or behind `end` that has a record.
fn end_by_records(engine: &dyn Engine, log: LogId, end: u64) -> Result<u64, EngineError> {
    let mut end = end;
    loop {
        match reading::first_place_from(engine, log, end.saturating_add(1))? {
            Some((found, sequence)) if found == log && sequence > end => end = sequence,
            Some(_) | None => return Ok(end),
        }
    }
}

/// Every log that has a head or a record, damaged or not, in order.
///
/// # Errors
/// The engine failed.
pub fn logs_found(engine: &dyn Engine) -> Result<Vec<LogId>, EngineError> {
    let mut logs: Vec<LogId> = reading::logs_with_records(engine)?
        .into_iter()
        .map(|(log, _)| log)
        .collect();
    // Heads that can't be read don't hide the others: their logs are found by their records.
    if let Ok(heads) = open::heads(engine) {
        logs.extend(heads.into_keys());
    }
    logs.extend(archived::logs(engine)?);
    logs.sort_unstable();
    logs.dedup();
    Ok(logs)
}

/// A value of the keyed state of a journal that nobody runs, whatever its logs look like.
///
/// # Errors
/// The value is damaged, or the engine failed.
pub fn state_value(engine: &dyn Engine, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
    let key = key::state(key);
    let damage = |what| KeyedDamage {
        table: Table::State,
        key: key::without_kind(&key),
        what,
    };
    let stored = engine.get(&key)?;
    let value = stored.map(|stored| {
        let value = stored::decode_keyed(&key, &stored);
        value.map(<[u8]>::to_vec).map_err(damage)
    });
    Ok(value.transpose()?)
}

/// Records of a log of a journal that nobody runs, each checked against the one before.
///
/// # Errors
/// The first record that can't be trusted or isn't there, or the engine.
pub fn records_of(
    engine: &dyn Engine,
    log: LogId,
    run: RangeInclusive<u64>,
) -> Result<Vec<Record>, ReadError> {
    let mut previous = match run.start().saturating_sub(1) {
        0 => Hash::ZERO,
        before => reading::one_record(engine, log, before)?.hash,
    };
    let mut records = Vec::new();
    let mut next = (*run.start()).max(1);
    while next <= *run.end() {
        for record in reading::read_step(engine, log, next, *run.end(), previous)? {
            previous = record.hash;
            next = record.sequence.saturating_add(1);
            records.push(record);
        }
    }
    Ok(records)
}
