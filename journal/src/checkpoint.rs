//! Checkpoints: an agent's state as of one record of a log, so that a start reads only the records
//! behind it.
//!
//! A checkpoint is a cache of the log. It is larger than a value may be, so it is cut into pieces;
//! the pieces go into one of two slots, in commits of bounded size, and the last commit, with the
//! records that belong to it, makes the checkpoint's entry name that slot. Until then the one
//! before stands as it is in the other.

use crate::engine::{Engine, EngineError, SCAN_PAIRS};
use crate::{
    Batch, Fault, Hash, Head, KeyedDamage, LogId, ReadError, STATE_BYTES_MAX, Table, VerifyError,
    key, reading, stored,
};

/// Pieces of one batch: a quarter of a megabyte.
const PIECES_A_BATCH: usize = 64;

/// A state as of one record of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log it is a cache of.
    pub log: LogId,
    /// The last record in it: the tail begins at `applied.sequence + 1`.
    pub applied: Head,
    /// The state, as its owner encoded it.
    pub bytes: Vec<u8>,
}

/// Which of the two slots holds a checkpoint's pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u8);

impl Slot {
    /// The one to write into, given the one in use.
    pub(crate) fn next(in_use: Option<Slot>) -> Slot {
        match in_use {
            Some(Slot(0)) => Slot(1),
            Some(Slot(_)) | None => Slot(0),
        }
    }
}

/// A checkpoint's entry: where its pieces lie, and what they must be.
struct Entry {
    log: LogId,
    applied: Head,
    slot: Slot,
    length: usize,
    hash: Hash,
}

impl Entry {
    fn encode(&self) -> Vec<u8> {
        let mut body = self.log.0.to_be_bytes().to_vec();
        body.extend_from_slice(&self.applied.sequence.to_be_bytes());
        body.extend_from_slice(&self.applied.hash.0);
        body.push(self.slot.0);
        body.extend_from_slice(&u64::try_from(self.length).unwrap_or(u64::MAX).to_be_bytes());
        body.extend_from_slice(&self.hash.0);
        body
    }

    fn decode(body: &[u8]) -> Option<Entry> {
        let (log, rest) = body.split_first_chunk::<8>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (applied, rest) = rest.split_first_chunk::<32>()?;
        let (slot, rest) = rest.split_first()?;
        let (length, hash) = rest.split_first_chunk::<8>()?;
        Some(Entry {
            log: LogId(u64::from_be_bytes(*log)),
            applied: Head {
                sequence: u64::from_be_bytes(*sequence),
                hash: Hash(*applied),
            },
            slot: Slot(*slot),
            length: usize::try_from(u64::from_be_bytes(*length)).ok()?,
            hash: Hash::from_slice(hash)?,
        })
    }
}

/// The pieces of a checkpoint, in batches of bounded size; with them goes what an earlier, longer
/// one left in the slot.
pub(crate) fn pieces(
    engine: &dyn Engine,
    name: &str,
    slot: Slot,
    bytes: &[u8],
) -> Result<Vec<Batch>, EngineError> {
    let mut changes: Vec<(Vec<u8>, Option<&[u8]>)> = Vec::new();
    for (number, piece) in bytes.chunks(STATE_BYTES_MAX).enumerate() {
        changes.push((key::piece(name, slot.0, number), Some(piece)));
    }
    let first_stale = key::piece(name, slot.0, changes.len());
    let end = key::end_of_prefix(&key::pieces_of(name, slot.0));
    let stale = engine.scan(&first_stale, end.as_deref(), usize::MAX)?;
    changes.extend(stale.into_iter().map(|(key, _)| (key, None)));
    let batches = changes.chunks(PIECES_A_BATCH).map(|changes| {
        let mut batch = Batch::new();
        for (key, piece) in changes {
            batch.change(key.clone(), *piece);
        }
        batch
    });
    Ok(batches.collect())
}

/// Adds the entry that makes the pieces of a slot the checkpoint.
pub(crate) fn enter(
    batch: &mut Batch,
    name: &str,
    slot: Slot,
    log: LogId,
    applied: Head,
    bytes: &[u8],
) {
    let entry = Entry {
        log,
        applied,
        slot,
        length: bytes.len(),
        hash: Hash(blake3::hash(bytes).into()),
    };
    batch.change(key::checkpoint(name), Some(&entry.encode()));
}

/// A value as its reader sees it.
pub(crate) type Get<'a> = &'a dyn Fn(&[u8]) -> Result<Option<Vec<u8>>, EngineError>;

/// The slot in use, as far as it can be told: that of a damaged entry can't.
pub(crate) fn slot_in_use(get: Get<'_>, name: &str) -> Result<Option<Slot>, EngineError> {
    match entry(get, name) {
        Ok(entry) => Ok(entry.map(|entry| entry.slot)),
        Err(ReadError::Keyed(_) | ReadError::Record(_)) => Ok(None),
        Err(ReadError::Engine(failed)) => Err(failed),
    }
}

fn damaged(name: &str, what: Fault) -> ReadError {
    KeyedDamage {
        table: Table::Checkpoint,
        key: name.as_bytes().to_vec(),
        what,
    }
    .into()
}

fn entry(get: Get<'_>, name: &str) -> Result<Option<Entry>, ReadError> {
    let key = key::checkpoint(name);
    let Some(stored) = get(&key)? else {
        return Ok(None);
    };
    let body = stored::decode_keyed(&key, &stored).map_err(|what| damaged(name, what))?;
    let entry = Entry::decode(body).ok_or_else(|| damaged(name, Fault::TooShort))?;
    Ok(Some(entry))
}

/// Reads a checkpoint and holds it against its hash and against the log.
pub(crate) fn read(
    engine: &dyn Engine,
    get: Get<'_>,
    name: &str,
) -> Result<Option<Checkpoint>, ReadError> {
    let Some(entry) = entry(get, name)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    let mut number = 0;
    while bytes.len() < entry.length {
        let key = key::piece(name, entry.slot.0, number);
        let stored = get(&key)?.ok_or_else(|| damaged(name, Fault::Missing))?;
        let piece = stored::decode_keyed(&key, &stored).map_err(|what| damaged(name, what))?;
        bytes.extend_from_slice(piece);
        number = number.saturating_add(1);
    }
    if bytes.len() != entry.length || *blake3::hash(&bytes).as_bytes() != entry.hash.0 {
        return Err(damaged(name, Fault::Checksum));
    }
    let Entry { log, applied, .. } = entry;
    if applied.sequence > 0 {
        let record = reading::one_record(engine, log, applied.sequence)?;
        if record.hash != applied.hash {
            return Err(damaged(name, Fault::Replaced));
        }
    }
    let checkpoint = Checkpoint {
        log,
        applied,
        bytes,
    };
    Ok(Some(checkpoint))
}

/// Reads every checkpoint and checks every piece; how many checkpoints there are.
pub(crate) fn walk(engine: &dyn Engine) -> Result<u64, VerifyError> {
    let end = key::end_of_prefix(&[key::CHECKPOINT_KIND]);
    let mut from = vec![key::CHECKPOINT_KIND];
    let mut checkpoints = 0u64;
    loop {
        let entries = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = entries.last() else {
            return Ok(checkpoints);
        };
        from.clone_from(last);
        from.push(0);
        for (key, _) in &entries {
            let name = key::name_of_checkpoint(key).ok_or(VerifyError::UnknownKey)?;
            read_unless_replaced(engine, &name)?;
            checkpoints = checkpoints.saturating_add(1);
        }
    }
}

/// A checkpoint that is replaced twice while it is read looks damaged: it is read again.
fn read_unless_replaced(engine: &dyn Engine, name: &str) -> Result<(), ReadError> {
    let key = key::checkpoint(name);
    let get = |key: &[u8]| engine.get(key);
    loop {
        let before = engine.get(&key)?;
        match read(engine, &get, name) {
            Ok(_) => return Ok(()),
            Err(error) if engine.get(&key)? == before => return Err(error),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_back() {
        let entry = Entry {
            log: LogId(7),
            applied: Head {
                sequence: 9,
                hash: Hash([3; 32]),
            },
            slot: Slot(1),
            length: 12_345,
            hash: Hash([4; 32]),
        };
        let bytes = entry.encode();
        let read = Entry::decode(&bytes).unwrap();
        assert_eq!(read.encode(), bytes);
        assert_eq!(
            (read.log, read.applied, read.length),
            (entry.log, entry.applied, 12_345)
        );
        for length in 0..bytes.len() {
            assert!(Entry::decode(&bytes[..length]).is_none());
        }
    }

    #[test]
    fn slots_take_turns() {
        let first = Slot::next(None);
        let second = Slot::next(Some(first));
        assert_ne!(first, second);
        assert_eq!(Slot::next(Some(second)), first);
    }
}
