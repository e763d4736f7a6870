//! The key layout: one ordered space, one leading byte a kind. Batches of an engine are atomic
//! within one space only, so all kinds share it.
//!
//! | key | value |
//! |---|---|
//! | `a` log sequence | a sealed segment, under its last sequence |
//! | `c` name | a checkpoint's entry |
//! | `f` | format of the journal |
//! | `h` log | head of the log |
//! | `l` log sequence | record |
//! | `p` name slot number | a piece of a checkpoint |
//! | `s` key | keyed state |
//! | `x` key | side table |
//!
//! Log and sequence are u64 big-endian, so that keys sort as records do. A checkpoint's name has
//! its length before it, one byte.

use crate::LogId;

pub(crate) const SEGMENT_KIND: u8 = b'a';
const FORMAT_KIND: u8 = b'f';
pub(crate) const HEAD_KIND: u8 = b'h';
pub(crate) const RECORD_KIND: u8 = b'l';
pub(crate) const CHECKPOINT_KIND: u8 = b'c';
pub(crate) const PIECE_KIND: u8 = b'p';
pub(crate) const STATE_KIND: u8 = b's';
pub(crate) const SIDE_KIND: u8 = b'x';

/// Every kind there is.
pub(crate) const KINDS: [u8; 8] = [
    SEGMENT_KIND,
    CHECKPOINT_KIND,
    PIECE_KIND,
    FORMAT_KIND,
    HEAD_KIND,
    RECORD_KIND,
    STATE_KIND,
    SIDE_KIND,
];

/// The one key that says which format this is.
pub(crate) fn format() -> Vec<u8> {
    vec![FORMAT_KIND]
}

/// The key of a log's head.
pub(crate) fn head(log: LogId) -> Vec<u8> {
    let mut key = vec![HEAD_KIND];
    key.extend_from_slice(&log.0.to_be_bytes());
    key
}

/// The key of a record.
pub(crate) fn record(log: LogId, sequence: u64) -> Vec<u8> {
    placed(RECORD_KIND, log, sequence)
}

/// The key of a sealed segment whose last record is this.
pub(crate) fn segment(log: LogId, last: u64) -> Vec<u8> {
    placed(SEGMENT_KIND, log, last)
}

/// What the keys of all segments of a log begin with.
pub(crate) fn segments_of(log: LogId) -> Vec<u8> {
    let mut key = vec![SEGMENT_KIND];
    key.extend_from_slice(&log.0.to_be_bytes());
    key
}

fn placed(kind: u8, log: LogId, sequence: u64) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(&log.0.to_be_bytes());
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The key of a value of the keyed state.
pub(crate) fn state(key: &[u8]) -> Vec<u8> {
    prefixed(STATE_KIND, key)
}

/// The key of a value of the side table.
pub(crate) fn side(key: &[u8]) -> Vec<u8> {
    prefixed(SIDE_KIND, key)
}

fn prefixed(kind: u8, key: &[u8]) -> Vec<u8> {
    let mut prefixed = Vec::with_capacity(key.len().saturating_add(1));
    prefixed.push(kind);
    prefixed.extend_from_slice(key);
    prefixed
}

/// The key of a checkpoint's entry. A name has at most 200 bytes.
pub(crate) fn checkpoint(name: &str) -> Vec<u8> {
    named(CHECKPOINT_KIND, name)
}

/// The name in the key of a checkpoint's entry.
pub(crate) fn name_of_checkpoint(key: &[u8]) -> Option<String> {
    let (length, name) = key.strip_prefix(&[CHECKPOINT_KIND])?.split_first()?;
    let whole = usize::from(*length) == name.len();
    whole.then(|| String::from_utf8(name.to_vec()).ok())?
}

/// What the keys of all pieces under this name begin with.
pub(crate) fn pieces_of_all_slots(name: &str) -> Vec<u8> {
    named(PIECE_KIND, name)
}

/// What the keys of all pieces in a slot begin with.
pub(crate) fn pieces_of(name: &str, slot: u8) -> Vec<u8> {
    let mut key = pieces_of_all_slots(name);
    key.push(slot);
    key
}

/// The key of a piece of a checkpoint.
pub(crate) fn piece(name: &str, slot: u8, number: usize) -> Vec<u8> {
    let mut key = pieces_of(name, slot);
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn named(kind: u8, name: &str) -> Vec<u8> {
    let mut key = vec![kind, u8::try_from(name.len()).unwrap_or(u8::MAX)];
    key.extend_from_slice(name.as_bytes());
    key
}

/// The log in a head's key.
pub(crate) fn log_of_head(key: &[u8]) -> Option<LogId> {
    match key.split_first()? {
        (&HEAD_KIND, log) => Some(LogId(u64::from_be_bytes(log.try_into().ok()?))),
        _ => None,
    }
}

/// Log and sequence in a record's key.
pub(crate) fn place_of_record(key: &[u8]) -> Option<(LogId, u64)> {
    place(RECORD_KIND, key)
}

/// Log and last sequence in a segment's key.
pub(crate) fn place_of_segment(key: &[u8]) -> Option<(LogId, u64)> {
    place(SEGMENT_KIND, key)
}

fn place(kind: u8, key: &[u8]) -> Option<(LogId, u64)> {
    let place = key.strip_prefix(&[kind])?;
    let (log, sequence) = place.split_at_checked(8)?;
    let log = u64::from_be_bytes(log.try_into().ok()?);
    Some((LogId(log), u64::from_be_bytes(sequence.try_into().ok()?)))
}

/// True for keys whose values are replaced: of the keyed state, the side table and checkpoints.
pub(crate) fn is_keyed(key: &[u8]) -> bool {
    matches!(
        key.first(),
        Some(&STATE_KIND | &SIDE_KIND | &CHECKPOINT_KIND | &PIECE_KIND)
    )
}

/// The caller's own key, without the byte for its kind.
pub(crate) fn without_kind(key: &[u8]) -> Vec<u8> {
    key.get(1..).unwrap_or_default().to_vec()
}

/// The first key behind all keys with this prefix; `None` when there is no such key.
pub(crate) fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_records_sort_as_records_do() {
        assert!(record(LogId(1), 255) < record(LogId(1), 256));
        assert!(record(LogId(1), u64::MAX) < record(LogId(2), 1));
    }

    #[test]
    fn places_come_back_from_keys() {
        assert_eq!(place_of_record(&record(LogId(7), 9)), Some((LogId(7), 9)));
        assert_eq!(place_of_record(b"l12"), None);
        assert_eq!(place_of_record(&head(LogId(7))), None);
        assert_eq!(log_of_head(&head(LogId(7))), Some(LogId(7)));
        assert_eq!(log_of_head(b"h123"), None);
    }

    #[test]
    fn end_of_prefix_is_just_behind_it() {
        assert_eq!(end_of_prefix(b"sa"), Some(b"sb".to_vec()));
        assert_eq!(end_of_prefix(&[b's', 0xff]), Some(vec![b's' + 1]));
        assert_eq!(end_of_prefix(&[0xff, 0xff]), None);
    }
}
