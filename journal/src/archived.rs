//! Reading sealed segments: what the engine knows of them, and records out of their files.
//!
//! A record is in the engine or in a segment, never in both: one commit removes it there and enters
//! the segment here. A reader that was overtaken by it looks again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use crate::engine::archive::Archive;
use crate::engine::{Pair, SCAN_PAIRS, folder_error};
use crate::segment::{self, Entry, FOOTER_BYTES, HEADER_BYTES};
use crate::{
    Damage, Engine, EngineError, Fault, Head, LogId, ReadError, SegmentFault, SegmentName, key,
    stored,
};

/// What the system says when a disk can't read a sector.
const EIO: i32 = 5;
/// Bytes of a file read at once while all of it is checked.
const CHECK_BYTES: usize = 64 * 1024;

/// The segment that holds a record, if one does.
pub(crate) fn find(
    engine: &dyn Engine,
    log: LogId,
    sequence: u64,
) -> Result<Option<Entry>, ReadError> {
    if engine.archive().is_none() {
        return Ok(None);
    }
    let end = key::end_of_prefix(&key::segments_of(log));
    let found = engine.scan(&key::segment(log, sequence), end.as_deref(), 1)?;
    let Some(pair) = found.first() else {
        return Ok(None);
    };
    let entry = Entry::decode(pair).ok_or_else(|| unreadable_entry(log, sequence, pair))?;
    Ok(entry.name.holds(sequence).then_some(entry))
}

fn unreadable_entry(log: LogId, sequence: u64, (key, _): &Pair) -> Damage {
    let last = key::place_of_segment(key).map_or(sequence, |(_, last)| last);
    let segment = SegmentName {
        log,
        first: sequence,
        last,
    };
    Damage::new(log, sequence, fault(segment, 0, SegmentFault::Entry))
}

fn fault(segment: SegmentName, position: u64, what: SegmentFault) -> Fault {
    Fault::Segment {
        segment,
        position,
        what,
    }
}

/// All segments of a log, in order.
pub(crate) fn entries(engine: &dyn Engine, log: LogId) -> Result<Vec<Entry>, ReadError> {
    let mut entries = Vec::new();
    if engine.archive().is_none() {
        return Ok(entries);
    }
    let end = key::end_of_prefix(&key::segments_of(log));
    let mut from = key::segments_of(log);
    let mut next = 1;
    loop {
        let pairs = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(entries);
        };
        from.clone_from(last);
        from.push(0);
        for pair in &pairs {
            let entry = Entry::decode(pair).ok_or_else(|| unreadable_entry(log, next, pair))?;
            next = entry.name.last.saturating_add(1);
            entries.push(entry);
        }
    }
}

/// The segments of a log follow each other from its first record on. Gives the last record they
/// hold. It reads no file.
pub(crate) fn check_entries(engine: &dyn Engine, log: LogId) -> Result<Head, ReadError> {
    let mut at = Head::default();
    for entry in entries(engine, log)? {
        let first = entry.name.first;
        let next = at.sequence.saturating_add(1);
        if first > next {
            return Err(Damage::new(log, next, Fault::Missing).into());
        }
        if first < next || entry.before != at.hash {
            let what = fault(entry.name, 0, SegmentFault::Entry);
            return Err(Damage::new(log, first, what).into());
        }
        at = entry.head();
    }
    Ok(at)
}

/// Each segment of a log has its file, as long as when it was sealed.
pub(crate) fn check_files_are_there(
    engine: &dyn Engine,
    log: LogId,
    files: &BTreeMap<SegmentName, u64>,
) -> Result<(), ReadError> {
    for entry in entries(engine, log)? {
        let what = match files.get(&entry.name) {
            Some(bytes) if *bytes == entry.file_bytes => continue,
            Some(_) => SegmentFault::Length,
            None => SegmentFault::Missing,
        };
        let what = fault(entry.name, 0, what);
        return Err(Damage::new(log, entry.name.first, what).into());
    }
    Ok(())
}

/// Every log that has a segment, found by one jump a log.
pub(crate) fn logs(engine: &dyn Engine) -> Result<Vec<LogId>, EngineError> {
    let end = key::end_of_prefix(&[key::SEGMENT_KIND]);
    let mut logs = Vec::new();
    let mut next = Some(LogId::OWN);
    while let Some(from) = next {
        let pairs = engine.scan(&key::segments_of(from), end.as_deref(), 1)?;
        let place = pairs
            .first()
            .and_then(|(key, _)| key::place_of_segment(key));
        let Some((log, _)) = place else {
            break;
        };
        logs.push(log);
        next = log.0.checked_add(1).map(LogId);
    }
    Ok(logs)
}

/// Records `from` to `last` out of the segment that holds `from`, at most `pairs_max` and only as
/// far as it reaches, as the engine would give them. Each is checked against its own checksum.
/// `None`: no segment holds it.
pub(crate) fn pairs(
    engine: &dyn Engine,
    log: LogId,
    from: u64,
    last: u64,
    pairs_max: usize,
) -> Result<Option<Vec<Pair>>, ReadError> {
    let (Some(archive), Some(entry)) = (engine.archive(), find(engine, log, from)?) else {
        return Ok(None);
    };
    let reader = Reader::open(archive, entry, from)?;
    let most = u64::try_from(pairs_max).unwrap_or(u64::MAX);
    let last = last
        .min(entry.name.last)
        .min(from.saturating_add(most).saturating_sub(1));
    reader.records(from, last).map(Some)
}

/// One record out of the segment that holds it, as the engine would give it.
pub(crate) fn one(
    engine: &dyn Engine,
    log: LogId,
    sequence: u64,
) -> Result<Option<Pair>, ReadError> {
    let pairs = pairs(engine, log, sequence, sequence, 1)?;
    Ok(pairs.and_then(|pairs| pairs.into_iter().next()))
}

/// The file of a segment against its checksum, its name and its entry: all of it is read.
pub(crate) fn check_file(engine: &dyn Engine, entry: Entry) -> Result<(), ReadError> {
    let Some(archive) = engine.archive() else {
        return Ok(());
    };
    Reader::open(archive, entry, entry.name.first)?.check_all()
}

/// The open file of a segment.
struct Reader<'a> {
    archive: &'a Archive,
    file: File,
    entry: Entry,
    /// The record that was asked for: what damage is named after.
    sequence: u64,
}

impl Reader<'_> {
    fn open(archive: &Archive, entry: Entry, sequence: u64) -> Result<Reader<'_>, ReadError> {
        let missing = || {
            let what = fault(entry.name, 0, SegmentFault::Missing);
            Damage::new(entry.name.log, sequence, what)
        };
        let file = archive.open(entry.name)?.ok_or_else(missing)?;
        let reader = Reader {
            archive,
            file,
            entry,
            sequence,
        };
        let length = reader.file.metadata().map_err(|error| reader.io(error))?;
        match length.len() == entry.file_bytes {
            true => Ok(reader),
            false => Err(reader.damaged(length.len(), SegmentFault::Length)),
        }
    }

    fn damaged(&self, position: u64, what: SegmentFault) -> ReadError {
        let name = self.entry.name;
        Damage::new(name.log, self.sequence, fault(name, position, what)).into()
    }

    fn io(&self, error: std::io::Error) -> EngineError {
        folder_error("read", &self.archive.path(self.entry.name), error)
    }

    fn read(&self, position: u64, length: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = vec![0; length];
        match self.file.read_exact_at(&mut bytes, position) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(self.damaged(position, SegmentFault::Length))
            }
            Err(error) if error.raw_os_error() == Some(EIO) => {
                Err(self.damaged(position, SegmentFault::Unreadable))
            }
            Err(error) => Err(self.io(error).into()),
        }
    }

    /// Records `from` to `last` of the log, both in this segment.
    fn records(&self, from: u64, last: u64) -> Result<Vec<Pair>, ReadError> {
        let index = segment::index_position(&self.entry)
            .ok_or_else(|| self.damaged(0, SegmentFault::Entry))?;
        let count = usize::try_from(last.saturating_sub(from).saturating_add(1));
        let count = count.unwrap_or(usize::MAX);
        let ends = self.ends(index, from, count)?;
        let bounds = (0..count).map(|at| segment::bounds(&ends, at).filter(|(_, to)| *to <= index));
        let bounds: Option<Vec<(u64, u64)>> = bounds.collect();
        let bounds = bounds.ok_or_else(|| self.damaged(index, SegmentFault::Index))?;
        let start = bounds.first().map_or(index, |(from, _)| *from);
        let end = bounds.last().map_or(index, |(_, to)| *to);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        let bytes = self.read(start, length)?;
        let mut rest = bytes.as_slice();
        (from..=last)
            .zip(bounds)
            .map(|(sequence, (from, to))| {
                let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
                let (stored, behind) = rest
                    .split_at_checked(length)
                    .ok_or_else(|| self.damaged(index, SegmentFault::Index))?;
                rest = behind;
                self.checked(sequence, from, stored)
            })
            .collect()
    }

    fn checked(&self, sequence: u64, position: u64, stored: &[u8]) -> Result<Pair, ReadError> {
        let log = self.entry.name.log;
        let key = key::record(log, sequence);
        match stored::decode_record(&key, stored) {
            Ok(_) => Ok((key, stored.to_vec())),
            Err(_) => {
                let what = fault(self.entry.name, position, SegmentFault::Record);
                Err(Damage::new(log, sequence, what).into())
            }
        }
    }

    /// The ends of `count` records from `from` on, with that of the record before in front.
    fn ends(&self, index: u64, from: u64, count: usize) -> Result<Vec<u8>, ReadError> {
        let skipped = from.saturating_sub(self.entry.name.first);
        match skipped.checked_sub(1) {
            Some(before) => {
                let position = index.saturating_add(before.saturating_mul(4));
                self.read(position, count.saturating_add(1).saturating_mul(4))
            }
            None => {
                let header = u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX);
                let mut ends = header.to_be_bytes().to_vec();
                ends.extend(self.read(index, count.saturating_mul(4))?);
                Ok(ends)
            }
        }
    }

    fn check_all(mut self) -> Result<(), ReadError> {
        let header = segment::header(self.entry.name, self.entry.before);
        if self.read(0, HEADER_BYTES)? != header {
            return Err(self.damaged(0, SegmentFault::Header));
        }
        let footer_bytes = u64::try_from(FOOTER_BYTES).unwrap_or(u64::MAX);
        let footer_at = self.entry.file_bytes.saturating_sub(footer_bytes);
        let footer = self.read(footer_at, FOOTER_BYTES)?;
        let Some((end, checksum)) = footer.split_at_checked(32) else {
            return Err(self.damaged(footer_at, SegmentFault::Length));
        };
        let found = self.checksum(self.entry.file_bytes.saturating_sub(4))?;
        match *end == self.entry.end.0 && *checksum == found.to_be_bytes() {
            true => Ok(()),
            false => Err(self.damaged(footer_at, SegmentFault::Checksum)),
        }
    }

    fn checksum(&mut self, mut left: u64) -> Result<u32, ReadError> {
        let mut checksum = 0;
        let mut piece = vec![0; CHECK_BYTES];
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(|error| self.io(error))?;
        while left > 0 {
            let wanted = usize::try_from(left)
                .unwrap_or(CHECK_BYTES)
                .min(CHECK_BYTES);
            let part = piece.get_mut(..wanted).unwrap_or_default();
            let position = self.entry.file_bytes.saturating_sub(left);
            if let Err(error) = self.file.read_exact(part) {
                return Err(match error.raw_os_error() {
                    Some(EIO) => self.damaged(position, SegmentFault::Unreadable),
                    Some(_) => self.io(error).into(),
                    None => self.damaged(position, SegmentFault::Length),
                });
            }
            checksum = crc32c::crc32c_append(checksum, part);
            left = left.saturating_sub(u64::try_from(wanted).unwrap_or(u64::MAX));
        }
        Ok(checksum)
    }
}
