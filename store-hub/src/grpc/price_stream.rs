//! The price file in chunks.

use bytes::Bytes;
use proto::store::v1::PriceFileResponse;

use crate::prices::PriceFile;

/// Bytes of one chunk: well below the 4 MiB a gRPC message may have.
const CHUNK_BYTES: usize = 64 * 1024;

/// The chunks for a lane that has `have`; one empty last chunk when it has this version.
pub(super) fn chunks(prices: &PriceFile, have: &str) -> Vec<PriceFileResponse> {
    let response = |chunk: &[u8], last| PriceFileResponse {
        version: prices.version.clone(),
        chunk: Bytes::copy_from_slice(chunk),
        last,
    };
    if have == prices.version || prices.bytes.is_empty() {
        return vec![response(&[], true)];
    }
    let count = prices.bytes.len().div_ceil(CHUNK_BYTES);
    (1..)
        .zip(prices.bytes.chunks(CHUNK_BYTES))
        .map(|(number, chunk)| response(chunk, number == count))
        .collect()
}
