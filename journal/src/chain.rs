//! Logs, records, and the hash chain that ties each record to all before it.

use std::fmt;

/// Which log a record belongs to. A journal holds its own log and replicas of others' logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub u64);

impl LogId {
    /// The log that this program writes itself.
    pub const OWN: LogId = LogId(0);
}

impl fmt::Display for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// BLAKE3 over the hash of the record before, the sequence, and the record's bytes: it stands for
/// the whole log up to here.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of an empty log.
    pub const ZERO: Hash = Hash([0; 32]);

    /// The hash of the record that follows one with this hash:
    /// `BLAKE3(this ‖ sequence as u64 big-endian ‖ bytes)`.
    #[must_use]
    pub fn next(self, sequence: u64, bytes: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&self.0)
            .update(&sequence.to_be_bytes())
            .update(bytes);
        Hash(hasher.finalize().into())
    }

    /// The hash in a slice, if it has exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}", base16ct::HexDisplay(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

/// The last record of a log. Sequence 0 and hash zero: the log is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Sequence of the last record; the first record has 1.
    pub sequence: u64,
    /// Hash of the last record.
    pub hash: Hash,
}

impl Head {
    /// The head after one more record with these bytes.
    #[must_use]
    pub fn extended_by(self, bytes: &[u8]) -> Head {
        let sequence = self.sequence.saturating_add(1);
        Head {
            sequence,
            hash: self.hash.next(sequence, bytes),
        }
    }
}

/// One record as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in its log, from 1, without gaps.
    pub sequence: u64,
    /// Its hash: see [`Hash::next`].
    pub hash: Hash,
    /// The bytes as appended, never re-encoded.
    pub bytes: Vec<u8>,
}

impl Record {
    /// The place it takes its log to.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_covers_previous_hash_sequence_and_bytes() {
        let hash = Hash::ZERO.next(1, b"a");
        let mut input = vec![0u8; 32];
        input.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, b'a']);
        assert_eq!(hash.0, *blake3::hash(&input).as_bytes());
        assert_ne!(hash, Hash::ZERO.next(2, b"a"));
        assert_ne!(hash, Hash::ZERO.next(1, b"b"));
        assert_ne!(hash, Hash([1; 32]).next(1, b"a"));
    }

    #[test]
    fn hash_prints_as_hex() {
        assert!(Hash([0xab; 32]).to_string().starts_with("abab"));
        assert_eq!(Hash::ZERO.to_string().len(), 64);
    }
}
