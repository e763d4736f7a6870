//! A sealed segment: old records of one log in a file of their own that never changes again.
//!
//! ```text
//! header   "LKSEGMT1" ‖ log u64 ‖ first sequence u64 ‖ last sequence u64 ‖ hash before the first
//!          record 32 ‖ crc32c u32 of all this
//! records  each as the engine held it (`stored`): checksum ‖ hash ‖ bytes
//! index    for each record the position of its end, u32
//! footer   hash of the last record 32 ‖ crc32c u32 of the whole file before it
//! ```
//!
//! Numbers are big-endian. A record costs 40 bytes beside its own; in the engine it costs 53.

use crate::engine::{Pair, VALUE_BYTES_MAX};
use crate::{Hash, Head, LogId, SegmentName, key, stored};

const MAGIC: &[u8; 8] = b"LKSEGMT1";
pub(crate) const HEADER_BYTES: usize = 8 + 3 * 8 + 32 + 4;
pub(crate) const FOOTER_BYTES: usize = 32 + 4;
const POSITION_BYTES: usize = 4;
/// Fewer records than this stay in the engine: header and footer would cost more than is saved.
pub(crate) const SEGMENT_RECORDS_MIN: u64 = 16;
/// A segment never holds more: positions in it fit 32 bits, and one commit removes all its records.
pub(crate) const SEGMENT_RECORDS_MAX: u64 = 8192;

const _: () = assert!(HEADER_BYTES + FOOTER_BYTES <= 13 * SEGMENT_RECORDS_MIN as usize);
const _: () = assert!((SEGMENT_RECORDS_MAX as usize + 1) * VALUE_BYTES_MAX < u32::MAX as usize);

/// The most bytes that the file of a segment can have.
pub(crate) fn file_bytes_max(name: SegmentName) -> u64 {
    let record = VALUE_BYTES_MAX + POSITION_BYTES;
    let record = u64::try_from(record).unwrap_or(u64::MAX);
    name.records().saturating_add(1).saturating_mul(record)
}

/// What the engine knows of a sealed segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: SegmentName,
    /// Hash of the record before the first.
    pub(crate) before: Hash,
    /// Hash of the last record.
    pub(crate) end: Hash,
    pub(crate) file_bytes: u64,
}

impl Entry {
    pub(crate) fn head(&self) -> Head {
        Head {
            sequence: self.name.last,
            hash: self.end,
        }
    }

    /// Key and value in the engine.
    pub(crate) fn encode(&self) -> Pair {
        let key = key::segment(self.name.log, self.name.last);
        let mut body = self.name.first.to_be_bytes().to_vec();
        body.extend_from_slice(&self.before.0);
        body.extend_from_slice(&self.end.0);
        body.extend_from_slice(&self.file_bytes.to_be_bytes());
        let value = stored::encode_keyed(&key, &body);
        (key, value)
    }

    /// `None` when it can't be trusted.
    pub(crate) fn decode((key, stored): &Pair) -> Option<Entry> {
        let (log, last) = key::place_of_segment(key)?;
        let body = stored::decode_keyed(key, stored).ok()?;
        let (first, rest) = body.split_at_checked(8)?;
        let (before, rest) = rest.split_at_checked(32)?;
        let (end, file_bytes) = rest.split_at_checked(32)?;
        let first = u64::from_be_bytes(first.try_into().ok()?);
        let entry = Entry {
            name: SegmentName { log, first, last },
            before: Hash::from_slice(before)?,
            end: Hash::from_slice(end)?,
            file_bytes: u64::from_be_bytes(file_bytes.try_into().ok()?),
        };
        (1..=last).contains(&first).then_some(entry)
    }
}

/// Makes the bytes of a segment, piece by piece, so that no step needs all of them. Each piece goes
/// to the file before the next is asked for.
pub(crate) struct SegmentWriter {
    log: LogId,
    first: u64,
    planned_last: u64,
    before: Hash,
    ends: Vec<u32>,
    position: usize,
    checksum: u32,
}

impl SegmentWriter {
    /// For all records of a segment, whose last is known beforehand.
    pub(crate) fn new(name: SegmentName, before: Hash) -> SegmentWriter {
        SegmentWriter {
            log: name.log,
            first: name.first,
            planned_last: name.last,
            before,
            ends: Vec::new(),
            position: HEADER_BYTES,
            checksum: 0,
        }
    }

    pub(crate) fn name(&self) -> SegmentName {
        SegmentName {
            log: self.log,
            first: self.first,
            last: self.planned_last,
        }
    }

    /// The header: the first piece.
    pub(crate) fn begin(&mut self) -> Vec<u8> {
        let header = header(self.name(), self.before);
        self.checksum = crc32c::crc32c(&header);
        header
    }

    /// The next records, as the engine holds them.
    pub(crate) fn add<'a>(&mut self, stored: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut piece = Vec::new();
        for record in stored {
            piece.extend_from_slice(record);
            self.position = self.position.saturating_add(record.len());
            self.ends
                .push(u32::try_from(self.position).unwrap_or(u32::MAX));
        }
        self.checksum = crc32c::crc32c_append(self.checksum, &piece);
        piece
    }

    /// Index and footer, the last piece; and what the engine has to know.
    pub(crate) fn end(&self, end: Hash) -> (Vec<u8>, Entry) {
        let mut piece: Vec<u8> = self.ends.iter().flat_map(|end| end.to_be_bytes()).collect();
        piece.extend_from_slice(&end.0);
        let checksum = crc32c::crc32c_append(self.checksum, &piece);
        piece.extend_from_slice(&checksum.to_be_bytes());
        let file_bytes = self.position.saturating_add(piece.len());
        let entry = Entry {
            name: self.name(),
            before: self.before,
            end,
            file_bytes: u64::try_from(file_bytes).unwrap_or(u64::MAX),
        };
        (piece, entry)
    }
}

/// The header of a segment.
pub(crate) fn header(name: SegmentName, before: Hash) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    for number in [name.log.0, name.first, name.last] {
        header.extend_from_slice(&number.to_be_bytes());
    }
    header.extend_from_slice(&before.0);
    header.extend_from_slice(&crc32c::crc32c(&header).to_be_bytes());
    header
}

/// Where the index begins in a file of this length.
pub(crate) fn index_position(entry: &Entry) -> Option<u64> {
    let index_bytes = entry.name.records().checked_mul(POSITION_BYTES as u64)?;
    entry
        .file_bytes
        .checked_sub(FOOTER_BYTES as u64)?
        .checked_sub(index_bytes)
}

/// Where a record begins and ends, from a piece of the index that starts with the end of the one
/// before it; `None` when that can't be.
pub(crate) fn bounds(ends: &[u8], at: usize) -> Option<(u64, u64)> {
    let end = |at: usize| {
        let from = at.checked_mul(POSITION_BYTES)?;
        let bytes = ends.get(from..from.checked_add(POSITION_BYTES)?)?;
        Some(u64::from(u32::from_be_bytes(bytes.try_into().ok()?)))
    };
    let (from, to) = (end(at)?, end(at.checked_add(1)?)?);
    let length = usize::try_from(to.checked_sub(from)?).ok()?;
    (from >= HEADER_BYTES as u64 && length <= VALUE_BYTES_MAX).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: SegmentName = SegmentName {
        log: LogId(7),
        first: 5,
        last: 6,
    };

    #[test]
    fn an_entry_reads_back_and_shows_damage() {
        let entry = Entry {
            name: NAME,
            before: Hash([1; 32]),
            end: Hash([2; 32]),
            file_bytes: 900,
        };
        let pair = entry.encode();
        assert_eq!(Entry::decode(&pair), Some(entry));
        for bit in 0..pair.1.len() * 8 {
            let mut flipped = pair.clone();
            flipped.1[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Entry::decode(&flipped), None);
        }
    }

    #[test]
    fn pieces_make_a_file_whose_index_finds_each_record() {
        let mut writer = SegmentWriter::new(NAME, Hash::ZERO);
        let mut file = writer.begin();
        file.extend(writer.add([b"first".as_slice()]));
        file.extend(writer.add([b"second".as_slice()]));
        let (piece, entry) = writer.end(Hash([9; 32]));
        file.extend(piece);
        assert_eq!(file.len() as u64, entry.file_bytes);
        let checksum = crc32c::crc32c(&file[..file.len() - 4]);
        assert!(file.ends_with(&checksum.to_be_bytes()));
        let index = index_position(&entry).unwrap() as usize;
        let mut ends = (HEADER_BYTES as u32).to_be_bytes().to_vec();
        ends.extend_from_slice(&file[index..index + 8]);
        let record = |at| {
            let (from, to) = bounds(&ends, at).unwrap();
            &file[from as usize..to as usize]
        };
        assert_eq!(record(0), b"first");
        assert_eq!(record(1), b"second");
        assert_eq!(bounds(&ends, 2), None);
    }
}
