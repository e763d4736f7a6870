//! What lanes may sell by: one copy of each file for all their streams.

use bytes::Bytes;
use domain::time::WallMs;
use proto::store::v1::{PriceFileResponse, PriceNotice};

/// Bytes of one chunk: well below the 4 MiB a gRPC message may have.
const CHUNK_BYTES: usize = 64 * 1024;

/// A version with its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OfferedPrices {
    pub(crate) version: String,
    /// From when on it sells.
    pub(crate) from: WallMs,
    /// Shared: a clone is a count.
    pub(crate) file: Bytes,
}

/// What sells and what waits for its moment. Clones share the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PriceOffer {
    pub(crate) selling: OfferedPrices,
    /// In the order of their moments.
    pub(crate) waiting: Vec<OfferedPrices>,
}

impl PriceOffer {
    /// What a lane has to hear after its hello, and when it changes.
    pub(crate) fn notices(&self) -> impl Iterator<Item = PriceNotice> + '_ {
        let selling = notice(&self.selling, true);
        let waiting = self.waiting.iter().map(|prices| notice(prices, false));
        std::iter::once(selling).chain(waiting)
    }

    /// Whether this is the version that sells.
    pub(crate) fn sells(&self, version: &str) -> bool {
        self.selling.version == version
    }

    /// A version by its name; what sells by the empty one.
    pub(crate) fn named(&self, version: &str) -> Option<&OfferedPrices> {
        let mut all = std::iter::once(&self.selling).chain(&self.waiting);
        match version {
            "" => Some(&self.selling),
            named => all.find(|prices| prices.version == named),
        }
    }
}

fn notice(prices: &OfferedPrices, active: bool) -> PriceNotice {
    PriceNotice {
        version: prices.version.clone(),
        activate_at_wall_ms: prices.from.0,
        active,
    }
}

impl OfferedPrices {
    /// The chunks for a lane that has `have`; one empty last chunk when it has this version. They
    /// are parts of the shared file, not copies.
    pub(crate) fn chunks(self, have: &str) -> impl Iterator<Item = PriceFileResponse> + use<> {
        let file = match have == self.version {
            true => Bytes::new(),
            false => self.file,
        };
        let count = file.len().div_ceil(CHUNK_BYTES).max(1);
        (1..=count).map(move |number| {
            let to = number.saturating_mul(CHUNK_BYTES).min(file.len());
            let from = number.saturating_sub(1).saturating_mul(CHUNK_BYTES).min(to);
            PriceFileResponse {
                version: self.version.clone(),
                chunk: file.slice(from..to),
                last: number == count,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(bytes: usize) -> OfferedPrices {
        OfferedPrices {
            version: "v".to_owned(),
            from: WallMs(1),
            file: Bytes::from(vec![7; bytes]),
        }
    }

    /// F43: the hub holds one copy, however many lanes fetch it.
    #[test]
    fn f43_the_chunks_are_parts_of_the_one_file() {
        let prices = prices(CHUNK_BYTES * 2 + 5);
        let range = prices.file.as_ptr_range();
        let chunks: Vec<_> = prices.clone().chunks("").collect();
        let lengths: Vec<_> = chunks.iter().map(|part| part.chunk.len()).collect();
        assert_eq!(lengths, [CHUNK_BYTES, CHUNK_BYTES, 5]);
        for part in &chunks {
            assert!(range.contains(&part.chunk.as_ptr()), "a copy");
        }
        let last: Vec<_> = chunks.iter().map(|part| part.last).collect();
        assert_eq!(last, [false, false, true]);
    }

    #[test]
    fn who_has_it_gets_one_empty_last_chunk() {
        let mut chunks = prices(5).chunks("v");
        let only = chunks.next().unwrap();
        assert!(only.chunk.is_empty() && only.last);
        assert!(chunks.next().is_none());
    }
}
