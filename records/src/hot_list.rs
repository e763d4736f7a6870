//! The hot list in parts: whole after a hello, then card by card.

use std::sync::Arc;

use domain::{
    card_ref::CardHash,
    limits::HOT_LIST_CARDS_PER_FRAME_MAX,
    risk::{BinRange, HotList},
};
use proto::store::v1 as wire;

use crate::ConvertError;

/// All of it: the first part begins a list, the last ends it.
#[must_use]
pub fn hot_list_to_parts(list: &HotList) -> Vec<wire::HotListPart> {
    let cards: Vec<bytes::Bytes> = list.cards().map(hash_to_proto).collect();
    let version = list.version();
    let mut parts = vec![wire::HotListPart {
        version,
        ranges: list.ranges().map(range_to_proto).collect(),
        ..Default::default()
    }];
    parts.extend(
        cards
            .chunks(HOT_LIST_CARDS_PER_FRAME_MAX)
            .map(|cards| wire::HotListPart {
                base_version: version,
                version,
                cards: cards.to_vec(),
                ..Default::default()
            }),
    );
    if let Some(last) = parts.last_mut() {
        last.last = true;
    }
    parts
}

/// One card more.
#[must_use]
pub fn hot_card_to_part(card: &CardHash, base: u64, version: u64) -> wire::HotListPart {
    wire::HotListPart {
        base_version: base,
        version,
        cards: vec![hash_to_proto(card)],
        last: true,
        ..Default::default()
    }
}

/// Puts the parts together again.
#[derive(Clone, Debug, Default)]
pub struct HotListReader {
    held: Arc<HotList>,
    building: Option<HotList>,
}

impl HotListReader {
    /// One more part; with the last of a list the whole of it.
    ///
    /// # Errors
    /// A part that does not follow what came before it, or can't be: what was held before is kept.
    pub fn take(&mut self, part: &wire::HotListPart) -> Result<Option<Arc<HotList>>, ConvertError> {
        let begun = self.building.take();
        let mut list = match begun {
            _ if part.base_version == 0 => HotList::new(part.version),
            Some(begun) if begun.version() == part.base_version => begun,
            None if self.held.version() == part.base_version => (*self.held).clone(),
            Some(_) | None => return Err(ConvertError::new("hot_list.base_version", "a gap")),
        };
        let full = |error| ConvertError::new("hot_list", error);
        for card in &part.cards {
            let hash = <[u8; 32]>::try_from(card.as_ref());
            let hash = hash.map_err(|_| ConvertError::new("hot_list.cards", "must be 32 bytes"))?;
            list.add_card(CardHash(hash)).map_err(full)?;
        }
        for range in &part.ranges {
            let (from, to) = (range.from, range.to);
            list.add_range(BinRange { from, to }).map_err(full)?;
        }
        if !part.last {
            self.building = Some(list);
            return Ok(None);
        }
        list.becomes(part.version);
        self.held = Arc::new(list);
        Ok(Some(Arc::clone(&self.held)))
    }
}

fn hash_to_proto(card: &CardHash) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&card.0)
}

const fn range_to_proto(range: &BinRange) -> wire::BinRange {
    wire::BinRange {
        from: range.from,
        to: range.to,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]
mod tests {
    use super::*;

    fn card(number: u32) -> CardHash {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        CardHash(hash)
    }

    #[test]
    fn a_list_in_parts_and_an_addition_come_back_as_they_went() {
        let mut list = HotList::new(7);
        for number in 0..2_500 {
            list.add_card(card(number)).unwrap();
        }
        list.add_range(BinRange { from: 1, to: 2 }).unwrap();
        let parts = hot_list_to_parts(&list);
        assert_eq!(parts.len(), 4);
        let mut reader = HotListReader::default();
        let mut read = Vec::new();
        for part in &parts {
            read.extend(reader.take(part).unwrap());
        }
        assert_eq!(read, [Arc::new(list.clone())]);

        let gap = hot_card_to_part(&card(9_999), 6, 8);
        assert!(reader.take(&gap).is_err());
        let next = hot_card_to_part(&card(9_999), 7, 8);
        list.add_card(card(9_999)).unwrap();
        list.becomes(8);
        assert_eq!(reader.take(&next).unwrap(), Some(Arc::new(list)));
        let empty = &hot_list_to_parts(&HotList::default())[0];
        assert_eq!(reader.take(empty).unwrap().unwrap().version(), 0);
    }
}
