//! How a value lies in an engine: a checksum first, so that no byte of it can change unseen.
//!
//! ```text
//! record        crc32c u32 BE ‖ hash 32 ‖ bytes
//! head          crc32c u32 BE ‖ sequence u64 BE ‖ hash 32
//! state, side   crc32c u32 BE ‖ value
//! ```
//!
//! The checksum covers the key too: a value that turns up under another key is found.

use crate::{Fault, Hash, Head, LogId, Record, key};

pub(crate) const CHECKSUM_BYTES: usize = 4;
const HASH_BYTES: usize = 32;
/// Checksum and hash before a record's bytes.
pub(crate) const RECORD_HEADER_BYTES: usize = CHECKSUM_BYTES + HASH_BYTES;

/// A value with its checksum in front.
pub(crate) fn encode_keyed(key: &[u8], value: &[u8]) -> Vec<u8> {
    sealed(key, &[value])
}

/// The value behind a checksum that matches.
pub(crate) fn decode_keyed<'a>(key: &[u8], stored: &'a [u8]) -> Result<&'a [u8], Fault> {
    let (expected, value) = stored
        .split_at_checked(CHECKSUM_BYTES)
        .ok_or(Fault::TooShort)?;
    match checksum(key, &[value]).to_be_bytes() == *expected {
        true => Ok(value),
        false => Err(Fault::Checksum),
    }
}

/// A record with checksum and hash in front.
pub(crate) fn encode_record(key: &[u8], hash: Hash, bytes: &[u8]) -> Vec<u8> {
    sealed(key, &[&hash.0, bytes])
}

/// A record of a log as it lies in an engine or in a segment.
pub(crate) fn stored_record(log: LogId, record: &Record) -> Vec<u8> {
    encode_record(
        &key::record(log, record.sequence),
        record.hash,
        &record.bytes,
    )
}

/// Hash and bytes of a record whose checksum matches.
pub(crate) fn decode_record<'a>(key: &[u8], stored: &'a [u8]) -> Result<(Hash, &'a [u8]), Fault> {
    let body = decode_keyed(key, stored)?;
    let (hash, bytes) = body.split_at_checked(HASH_BYTES).ok_or(Fault::TooShort)?;
    Ok((Hash::from_slice(hash).ok_or(Fault::TooShort)?, bytes))
}

/// A head with its checksum in front.
pub(crate) fn encode_head(key: &[u8], head: Head) -> Vec<u8> {
    sealed(key, &[&head.sequence.to_be_bytes(), &head.hash.0])
}

/// A head whose checksum matches.
pub(crate) fn decode_head(key: &[u8], stored: &[u8]) -> Result<Head, Fault> {
    let body = decode_keyed(key, stored)?;
    let (sequence, hash) = body.split_at_checked(8).ok_or(Fault::TooShort)?;
    let sequence = u64::from_be_bytes(sequence.try_into().map_err(|_| Fault::TooShort)?);
    Ok(Head {
        sequence,
        hash: Hash::from_slice(hash).ok_or(Fault::TooShort)?,
    })
}

fn sealed(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut stored = checksum(key, parts).to_be_bytes().to_vec();
    parts.iter().for_each(|part| stored.extend_from_slice(part));
    stored
}

fn checksum(key: &[u8], parts: &[&[u8]]) -> u32 {
    parts.iter().fold(crc32c::crc32c(key), |sum, part| {
        crc32c::crc32c_append(sum, part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flipped_bit_of_a_record_is_found() {
        let stored = encode_record(b"key", Hash([7; 32]), b"some bytes");
        assert_eq!(
            decode_record(b"key", &stored),
            Ok((Hash([7; 32]), b"some bytes".as_slice()))
        );
        for bit in 0..stored.len() * 8 {
            let mut flipped = stored.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_record(b"key", &flipped), Err(Fault::Checksum));
        }
    }

    #[test]
    fn a_value_under_another_key_is_found() {
        let stored = encode_keyed(b"key", b"value");
        assert_eq!(decode_keyed(b"kez", &stored), Err(Fault::Checksum));
    }

    #[test]
    fn a_value_that_is_cut_is_found() {
        let stored = encode_head(
            b"h",
            Head {
                sequence: 3,
                hash: Hash([1; 32]),
            },
        );
        for length in 0..stored.len() {
            assert!(decode_head(b"h", &stored[..length]).is_err());
        }
    }
}
