//! A file of rows with an index: what is kept of one date, or of all that is open.
//!
//! ```text
//! magic (8) | book length (4) | rows (4) | keys (4) | CRC-32C of the book (4)
//!   | offsets at (8) | keys at (8) | end (8)
//! book: JSON
//! row:  CRC-32C of the rest (4) | length (4) | bytes
//! offsets of the rows, 8 bytes each
//! keys, sorted: tag (1) | value (16) | row (4)
//! SHA-256 of all before
//! ```
//! Numbers are big-endian. A key is looked up by halving; nothing else of the file is read then.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"LKBOOKS2";
const HEADER_BYTES: usize = 48;
const KEY_BYTES: usize = 17;
const ENTRY_BYTES: usize = KEY_BYTES + 4;
const HASH_BYTES: usize = 32;
/// Keys read at once when a range is walked.
const ENTRIES_AT_ONCE: u32 = 128;

/// A tag and a value, filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key(pub(super) [u8; KEY_BYTES]);

impl Key {
    /// `value`: at most 16 bytes; what is beyond is cut off.
    pub(crate) fn new(tag: u8, value: &[u8]) -> Self {
        let mut key = [0; KEY_BYTES];
        let all = std::iter::once(&tag).chain(value);
        key.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
        Self(key)
    }
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// What a file ends with.
pub(super) type Sum = [u8; HASH_BYTES];

/// The sum at the end of a file.
pub(super) fn sum_of(bytes: &[u8]) -> Sum {
    let sum = bytes.last_chunk::<HASH_BYTES>();
    sum.copied().unwrap_or_default()
}

/// One file of several that are named together.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Part {
    pub(super) number: u64,
    pub(super) rows: usize,
    pub(super) sum: Sum,
}

/// A file in the making.
#[derive(Default)]
pub(super) struct Writing {
    rows: Vec<Vec<u8>>,
    keys: Vec<(Key, u32)>,
}

impl Writing {
    /// Adds a row that is found by these keys.
    pub(super) fn row(&mut self, bytes: Vec<u8>, keys: impl IntoIterator<Item = Key>) {
        let row = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.keys.extend(keys.into_iter().map(|key| (key, row)));
        self.rows.push(bytes);
    }

    /// The whole file.
    pub(super) fn bytes(mut self, book: &[u8]) -> Vec<u8> {
        self.keys.sort_unstable();
        let mut body = Vec::new();
        let mut offsets = Vec::new();
        for row in &self.rows {
            offsets.push(long(HEADER_BYTES + book.len() + body.len()));
            body.extend_from_slice(&crc32c::crc32c(row).to_be_bytes());
            body.extend_from_slice(&short(row.len()));
            body.extend_from_slice(row);
        }
        let offsets_at = HEADER_BYTES + book.len() + body.len();
        let keys_at = offsets_at + offsets.len() * 8;
        let end = keys_at + self.keys.len() * ENTRY_BYTES;
        let mut bytes = Vec::with_capacity(end + HASH_BYTES);
        bytes.extend_from_slice(MAGIC);
        for count in [book.len(), self.rows.len(), self.keys.len()] {
            bytes.extend_from_slice(&short(count));
        }
        bytes.extend_from_slice(&crc32c::crc32c(book).to_be_bytes());
        for at in [offsets_at, keys_at, end] {
            bytes.extend_from_slice(&long(at));
        }
        bytes.extend_from_slice(book);
        bytes.extend_from_slice(&body);
        bytes.extend(offsets.concat());
        for (key, row) in &self.keys {
            bytes.extend_from_slice(&key.0);
            bytes.extend_from_slice(&row.to_be_bytes());
        }
        let hash = Sha256::digest(&bytes);
        bytes.extend_from_slice(&hash);
        bytes
    }
}

fn short(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

fn long(number: usize) -> [u8; 8] {
    u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes()
}

/// A file that is there.
pub(super) struct Reading {
    path: PathBuf,
    file: File,
    book_bytes: usize,
    book_sum: u32,
    rows: u32,
    keys: u32,
    offsets_at: u64,
    keys_at: u64,
    end: u64,
}

impl Reading {
    pub(super) fn open(path: &Path) -> Result<Self, KeptError> {
        let io = |source| KeptError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(io)?;
        let damaged = |what| KeptError::Damaged {
            path: path.to_owned(),
            what,
        };
        if !header.starts_with(MAGIC) {
            return Err(damaged("it has another form"));
        }
        let short = |at: usize| number(header.get(at..at.saturating_add(4)));
        let long = |at: usize| number(header.get(at..at.saturating_add(8)));
        let reading = Self {
            path: path.to_owned(),
            book_bytes: usize::try_from(short(8)).unwrap_or(usize::MAX),
            book_sum: u32::try_from(short(20)).unwrap_or(0),
            rows: u32::try_from(short(12)).unwrap_or(u32::MAX),
            keys: u32::try_from(short(16)).unwrap_or(u32::MAX),
            offsets_at: long(24),
            keys_at: long(32),
            end: long(40),
            file,
        };
        let length = reading.file.metadata().map_err(io)?.len();
        let hash = u64::try_from(HASH_BYTES).unwrap_or(0);
        let whole = reading.end.checked_add(hash) == Some(length)
            && reading.offsets_at <= reading.keys_at
            && reading.keys_at <= reading.end
            && u64::from(short_len(reading.book_bytes)) <= reading.offsets_at;
        match whole {
            true => Ok(reading),
            false => Err(damaged("it is cut short")),
        }
    }

    fn damaged(&self, what: &'static str) -> KeptError {
        KeptError::Damaged {
            path: self.path.clone(),
            what,
        }
    }

    fn at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), KeptError> {
        let read = self.file.read_exact_at(bytes, offset);
        read.map_err(|source| KeptError::Io {
            path: self.path.clone(),
            source,
        })
    }

    /// Its SHA-256, which is that of its bytes.
    pub(super) fn check(&self) -> Result<Sum, KeptError> {
        let end = usize::try_from(self.end).map_err(|_| self.damaged("it is too long"))?;
        let mut bytes = vec![0; end.saturating_add(HASH_BYTES)];
        self.at(0, &mut bytes)?;
        let (all, hash) = bytes.split_at(end);
        match Sha256::digest(all).as_slice() == hash {
            true => Ok(sum_of(hash)),
            false => Err(self.damaged("its checksum is wrong")),
        }
    }

    /// The book in front. Its own sum is checked, not that of the file, which is long.
    pub(super) fn book(&self) -> Result<Vec<u8>, KeptError> {
        let mut bytes = vec![0; self.book_bytes];
        self.at(HEADER_BYTES as u64, &mut bytes)?;
        match crc32c::crc32c(&bytes) == self.book_sum {
            true => Ok(bytes),
            false => Err(self.damaged("the checksum of its book is wrong")),
        }
    }

    /// How many rows there are.
    pub(super) const fn rows(&self) -> u32 {
        self.rows
    }

    /// One row.
    pub(super) fn row(&self, row: u32) -> Result<Vec<u8>, KeptError> {
        if row >= self.rows {
            return Err(self.damaged("a key names a row that is not there"));
        }
        let mut offset = [0; 8];
        let place = u64::from(row).saturating_mul(8);
        self.at(self.offsets_at.saturating_add(place), &mut offset)?;
        let offset = u64::from_be_bytes(offset);
        let mut head = [0; 8];
        self.at(offset, &mut head)?;
        let (sum, length) = head.split_at(4);
        let length = number(Some(length));
        let end = offset.saturating_add(8).saturating_add(length);
        if end > self.offsets_at {
            return Err(self.damaged("a row is longer than its file"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.at(offset.saturating_add(8), &mut bytes)?;
        match u64::from(crc32c::crc32c(&bytes)) == number(Some(sum)) {
            true => Ok(bytes),
            false => Err(self.damaged("the checksum of a row is wrong")),
        }
    }

    fn entries(&self, from: u32, count: usize) -> Result<Vec<(Key, u32)>, KeptError> {
        let left = usize::try_from(self.keys.saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; count.min(left).saturating_mul(ENTRY_BYTES)];
        let place = u64::from(from).saturating_mul(ENTRY_BYTES as u64);
        self.at(self.keys_at.saturating_add(place), &mut bytes)?;
        let entries = bytes.chunks_exact(ENTRY_BYTES).map(|entry| {
            let mut key = [0; KEY_BYTES];
            let (value, row) = entry.split_at(KEY_BYTES);
            key.copy_from_slice(value);
            (Key(key), u32::try_from(number(Some(row))).unwrap_or(0))
        });
        Ok(entries.collect())
    }

    /// How many keys are not beyond this one.
    fn up_to(&self, key: Key) -> Result<u32, KeptError> {
        let (mut low, mut high) = (0, self.keys);
        while low < high {
            let middle = low.midpoint(high);
            match self.entries(middle, 1)?.first() {
                Some((found, _)) if *found <= key => low = middle.saturating_add(1),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    /// Rows with a key between these two, the last key first, until `take` has enough.
    pub(super) fn between(
        &self,
        from: Key,
        to: Key,
        mut take: impl FnMut(u32) -> Result<bool, KeptError>,
    ) -> Result<(), KeptError> {
        let mut end = self.up_to(to)?;
        while end > 0 {
            let begin = end.saturating_sub(ENTRIES_AT_ONCE);
            let count = usize::try_from(end.saturating_sub(begin)).unwrap_or(0);
            for (key, row) in self.entries(begin, count)?.iter().rev() {
                if *key < from || !take(*row)? {
                    return Ok(());
                }
            }
            end = begin;
        }
        Ok(())
    }
}

fn short_len(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Big-endian, up to eight bytes.
fn number(bytes: Option<&[u8]>) -> u64 {
    let bytes = bytes.unwrap_or_default().iter();
    bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(folder: &Path, rows: u32) -> PathBuf {
        let mut writing = Writing::default();
        for row in 0..rows {
            let bytes = format!("row {row}").into_bytes();
            writing.row(bytes, [Key::new(b'n', &(row / 2).to_be_bytes())]);
        }
        let path = folder.join("one.book");
        fs::write(&path, writing.bytes(b"the book")).unwrap();
        path
    }

    fn found(reading: &Reading, from: u32, to: u32) -> Vec<u32> {
        let key = |number: u32| Key::new(b'n', &number.to_be_bytes());
        let mut rows = Vec::new();
        let taken = reading.between(key(from), key(to), |row| {
            rows.push(row);
            Ok(true)
        });
        taken.unwrap();
        rows
    }

    #[test]
    fn rows_are_found_by_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let reading = Reading::open(&written(folder.path(), 1000)).unwrap();
        reading.check().unwrap();
        assert_eq!(reading.book().unwrap(), b"the book");
        assert_eq!(reading.rows(), 1000);
        assert_eq!(found(&reading, 7, 7), [15, 14]);
        assert_eq!(found(&reading, 0, 0), [1, 0]);
        assert_eq!(found(&reading, 499, 9_999), [999, 998]);
        assert_eq!(found(&reading, 0, 499).len(), 1000);
        assert_eq!(found(&reading, 500, 501), [0; 0]);
        assert_eq!(reading.row(999).unwrap(), b"row 999");
        assert!(reading.row(1000).is_err());
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 3);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&path, &bytes).unwrap();
            let refused = match Reading::open(&path) {
                Ok(reading) => reading.check().is_err(),
                Err(_) => true,
            };
            assert!(refused, "byte {at}");
        }
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(Reading::open(&path).is_err(), "{length} bytes");
        }
    }
}
