//! Sealing a damaged or lost segment once more, from a peer's copy and what is sound of it.
//!
//! A new file takes the old one's place, whole or not at all; the segment's entry in the engine is
//! written with the rest of the repair. Where the entry is sound, the new records must lead to the
//! very hash it names.

use crate::engine::{Pair, SCAN_PAIRS, Write};
use crate::segment::{self, Entry, SEGMENT_RECORDS_MAX, SegmentWriter};
use crate::{
    Engine, EngineError, Hash, Head, LogId, ReadError, Record, RepairError, SegmentName, archived,
    key, reading, stored,
};

/// Records of a log that belong into a segment, and what the engine still knows of it.
struct Place {
    name: SegmentName,
    entry: Option<Entry>,
}

/// The segments of a log as far as the engine knows them, damaged entries and gaps included.
pub(crate) struct Places(Vec<Place>);

impl Places {
    pub(crate) fn of_log(engine: &dyn Engine, log: LogId) -> Result<Places, EngineError> {
        let mut places = Vec::new();
        let mut at = 0u64;
        for pair in entry_pairs(engine, log)? {
            let entry = Entry::decode(&pair);
            let Some((_, last)) = key::place_of_segment(&pair.0) else {
                continue;
            };
            let next = at.saturating_add(1);
            let first = entry.map_or(next, |entry| entry.name.first);
            if first > next {
                let last = first.saturating_sub(1);
                push_gap(
                    &mut places,
                    SegmentName {
                        log,
                        first: next,
                        last,
                    },
                );
            }
            let name = SegmentName { log, first, last };
            places.push(Place { name, entry });
            at = last;
        }
        Ok(Places(places))
    }

    /// True when the record belongs into a segment.
    pub(crate) fn hold(&self, sequence: u64) -> bool {
        self.0.iter().any(|place| place.name.holds(sequence))
    }

    /// The hash of a record at the edge of a segment, as a sound entry has it.
    pub(crate) fn known_hash(&self, sequence: u64) -> Option<Hash> {
        let entries = self.0.iter().filter_map(|place| place.entry);
        let mut edges = entries.flat_map(|entry| {
            let before = entry.name.first.saturating_sub(1);
            [(before, entry.before), (entry.name.last, entry.end)]
        });
        edges.find_map(|(at, hash)| (at == sequence).then_some(hash))
    }

    /// Segments whose file or entry can't be trusted as a whole, though each record may read well.
    pub(crate) fn damaged(&self, engine: &dyn Engine) -> Result<Vec<SegmentName>, EngineError> {
        let mut damaged = Vec::new();
        for place in &self.0 {
            if !is_sound(engine, place)? {
                damaged.push(place.name);
            }
        }
        Ok(damaged)
    }

    /// Seals anew what is damaged of the segments that the copy touches, and gives their entries.
    pub(crate) fn reseal(
        &self,
        engine: &dyn Engine,
        log: LogId,
        before: Head,
        copy: &[Record],
    ) -> Result<Vec<Write>, RepairError> {
        let mut writes = Vec::new();
        for place in &self.0 {
            let touched = copy.iter().any(|record| place.name.holds(record.sequence));
            if touched && !is_sound(engine, place)? {
                let (key, value) = reseal_one(engine, log, place, before, copy)?.encode();
                writes.push(Write {
                    key,
                    value: Some(value),
                });
            }
        }
        Ok(writes)
    }
}

fn push_gap(places: &mut Vec<Place>, gap: SegmentName) {
    let mut first = gap.first;
    while first <= gap.last {
        let last = first.saturating_add(SEGMENT_RECORDS_MAX).saturating_sub(1);
        let last = last.min(gap.last);
        let name = SegmentName { first, last, ..gap };
        places.push(Place { name, entry: None });
        first = last.saturating_add(1);
    }
}

fn entry_pairs(engine: &dyn Engine, log: LogId) -> Result<Vec<Pair>, EngineError> {
    let end = key::end_of_prefix(&key::segments_of(log));
    let mut from = key::segments_of(log);
    let mut all = Vec::new();
    loop {
        let pairs = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(all);
        };
        from.clone_from(last);
        from.push(0);
        all.extend(pairs);
    }
}

fn is_sound(engine: &dyn Engine, place: &Place) -> Result<bool, EngineError> {
    let Some(entry) = place.entry else {
        return Ok(false);
    };
    match archived::check_file(engine, entry) {
        Ok(()) => Ok(true),
        Err(ReadError::Record(_) | ReadError::Keyed(_)) => Ok(false),
        Err(ReadError::Engine(failed)) => Err(failed),
    }
}

/// Writes the file anew: each record from the copy, or as it is still held.
fn reseal_one(
    engine: &dyn Engine,
    log: LogId,
    place: &Place,
    before_copy: Head,
    copy: &[Record],
) -> Result<Entry, RepairError> {
    let name = place.name;
    let first = hash_before(engine, log, place, before_copy, copy)?;
    let mut at = Head {
        sequence: name.first.saturating_sub(1),
        hash: first,
    };
    let mut writer = SegmentWriter::new(name, at.hash);
    let mut pieces = vec![writer.begin()];
    for sequence in name.first..=name.last {
        let copied = copy.iter().find(|record| record.sequence == sequence);
        let record = match copied {
            Some(record) => record.clone(),
            None => reading::sound(engine, log, sequence)?
                .ok_or(RepairError::NotTied { log, sequence })?,
        };
        at = at.extended_by(&record.bytes);
        if at != record.head() {
            return Err(RepairError::Fork { log, sequence });
        }
        let stored = stored::stored_record(log, &record);
        pieces.push(writer.add([stored.as_slice()]));
    }
    let (piece, entry) = writer.end(at.hash);
    pieces.push(piece);
    if place.entry.is_some_and(|known| known != entry) {
        let sequence = name.last;
        return Err(RepairError::Fork { log, sequence });
    }
    write_file(engine, name, &pieces)?;
    Ok(entry)
}

/// The hash of the record before a segment's first one.
fn hash_before(
    engine: &dyn Engine,
    log: LogId,
    place: &Place,
    before_copy: Head,
    copy: &[Record],
) -> Result<Hash, RepairError> {
    let sequence = place.name.first.saturating_sub(1);
    if let Some(entry) = place.entry {
        return Ok(entry.before);
    }
    let mut known = std::iter::once(before_copy).chain(copy.iter().map(Record::head));
    if let Some(head) = known.find(|head| head.sequence == sequence) {
        return Ok(head.hash);
    }
    match (sequence, reading::sound(engine, log, sequence)?) {
        (0, _) => Ok(Hash::ZERO),
        (_, Some(record)) => Ok(record.hash),
        (_, None) => Err(RepairError::NotTied { log, sequence }),
    }
}

fn write_file(
    engine: &dyn Engine,
    name: SegmentName,
    pieces: &[Vec<u8>],
) -> Result<(), EngineError> {
    let Some(archive) = engine.archive() else {
        return Err(EngineError::Lost);
    };
    let mut file = archive.begin(segment::file_bytes_max(name))?;
    for piece in pieces {
        archive.add(&mut file, piece)?;
    }
    archive.finish(file, name)
}
