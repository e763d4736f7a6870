//! The witness: where each log was durable at some moment, kept apart from the engine's map.
//!
//! Logs only grow, so it is a lower bound for ever. An engine whose file was damaged may take the
//! damage for a torn tail and open with an older state, whole in itself; the witness finds that up
//! to where it was last renewed.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use tracing::warn;

use crate::damage::Known;
use crate::{Engine, EngineError, Fault, Hash, Head, LogId, stored};

const KEY: &[u8] = b"witness";
const ENTRY_BYTES: usize = 8 + 8 + 32;

/// The bytes of a witness to these heads.
pub(crate) fn encode(heads: &BTreeMap<LogId, Head>) -> Vec<u8> {
    let mut body = Vec::with_capacity(heads.len().saturating_mul(ENTRY_BYTES));
    for (log, head) in heads {
        body.extend_from_slice(&log.0.to_be_bytes());
        body.extend_from_slice(&head.sequence.to_be_bytes());
        body.extend_from_slice(&head.hash.0);
    }
    stored::encode_keyed(KEY, &body)
}

/// Renews the witness. On a full disk the old one stands: it proves less, and it is true.
pub(crate) fn renew(engine: &dyn Engine, heads: &BTreeMap<LogId, Head>) -> Result<(), EngineError> {
    match engine.set_witness(&encode(heads)) {
        Err(EngineError::Io { source, .. }) if source.kind() == ErrorKind::StorageFull => {
            warn!(event = "witness not renewed", error = %source);
            Ok(())
        }
        renewed => renewed,
    }
}

/// The points that a witness knows.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<Known>, Fault> {
    let body = stored::decode_keyed(KEY, bytes)?;
    body.chunks(ENTRY_BYTES)
        .map(|entry| known(entry).ok_or(Fault::TooShort))
        .collect()
}

fn known(entry: &[u8]) -> Option<Known> {
    let (log, rest) = entry.split_at_checked(8)?;
    let (sequence, hash) = rest.split_at_checked(8)?;
    Some(Known {
        log: LogId(u64::from_be_bytes(log.try_into().ok()?)),
        sequence: u64::from_be_bytes(sequence.try_into().ok()?),
        hash: Hash::from_slice(hash)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_reads_back_and_shows_damage() {
        let head = Head {
            sequence: 9,
            hash: Hash([3; 32]),
        };
        let bytes = encode(&BTreeMap::from([
            (LogId(1), head),
            (LogId(2), Head::default()),
        ]));
        let known = decode(&bytes).unwrap();
        assert_eq!(known.len(), 2);
        assert_eq!(
            known[0],
            Known {
                log: LogId(1),
                sequence: 9,
                hash: Hash([3; 32])
            }
        );
        let mut flipped = bytes.clone();
        flipped[20] ^= 1;
        assert_eq!(decode(&flipped), Err(Fault::Checksum));
    }
}
