//! Reading with distrust: each record against its checksum, its place and the record before it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::engine::SCAN_PAIRS;
use crate::{
    Damage, Engine, EngineKind, Fault, Head, KeyedDamage, LogId, ReadError, Table, VerifyError,
    archived, checkpoint, key, open, reading, stored,
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
        reading::check_segments(engine, *log)?;
        report.logs.push(walk_log(engine, *log, *head)?);
        report.segments = report
            .segments
            .saturating_add(check_segment_files(engine, *log)?);
    }
    for (log, first_sequence) in reading::logs_with_records(engine)? {
        reading::check_first(log, first_sequence)?;
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
        for record in reading::read_step(engine, log, next, head.sequence, at.hash)? {
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

/// Every file of a log's segments against its checksum; how many there are.
fn check_segment_files(engine: &dyn Engine, log: LogId) -> Result<u64, ReadError> {
    let entries = archived::entries(engine, log)?;
    entries
        .iter()
        .try_for_each(|entry| archived::check_file(engine, *entry))?;
    Ok(u64::try_from(entries.len()).unwrap_or(u64::MAX))
}

fn check_nothing_behind(
    engine: &dyn Engine,
    log: LogId,
    appended: &dyn Fn(LogId) -> Head,
) -> Result<(), VerifyError> {
    let behind = reading::first_place_from(engine, log, appended(log).sequence.saturating_add(1))?;
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
