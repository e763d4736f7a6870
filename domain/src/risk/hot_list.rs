//! Cards that are never approved without the bank: by keyed hash, and by range of issuer numbers.
//! The hub has it from a file and adds what the bank refused after the goods were gone; lanes hold
//! a copy, told in parts.

use std::collections::BTreeSet;

use crate::{
    card_ref::{CardHash, CardRef},
    limits::{HOT_LIST_CARDS_MAX, HOT_LIST_RANGES_MAX},
};

/// First six digits, from and up to and with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BinRange {
    /// The first.
    pub from: u32,
    /// The last.
    pub to: u32,
}

/// A hot list of some version. Another content has a higher version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HotList {
    version: u64,
    cards: BTreeSet<CardHash>,
    ranges: BTreeSet<BinRange>,
}

/// It holds no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a hot list holds {HOT_LIST_CARDS_MAX} cards and {HOT_LIST_RANGES_MAX} ranges at most")]
pub struct HotListFull;

impl HotList {
    /// An empty one of this version.
    #[must_use]
    pub fn new(version: u64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// Which version it is; 0: none was ever heard of.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// One more card.
    ///
    /// # Errors
    /// It is full.
    pub fn add_card(&mut self, card: CardHash) -> Result<(), HotListFull> {
        if self.cards.len() >= HOT_LIST_CARDS_MAX {
            return Err(HotListFull);
        }
        self.cards.insert(card);
        Ok(())
    }

    /// One more range.
    ///
    /// # Errors
    /// It is full.
    pub fn add_range(&mut self, range: BinRange) -> Result<(), HotListFull> {
        if self.ranges.len() >= HOT_LIST_RANGES_MAX {
            return Err(HotListFull);
        }
        self.ranges.insert(range);
        Ok(())
    }

    /// What was added makes another version of it.
    pub fn becomes(&mut self, version: u64) {
        self.version = version;
    }

    /// Cards on it.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = &CardHash> {
        self.cards.iter()
    }

    /// Ranges on it.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = &BinRange> {
        self.ranges.iter()
    }

    /// Whether this card is on it.
    #[must_use]
    pub fn names(&self, card: &CardRef) -> bool {
        let by_hash = card.hash.is_some_and(|hash| self.cards.contains(&hash));
        let bin: Option<u32> = card.masked.bin().parse().ok();
        let mut ranges = self.ranges.iter();
        by_hash || bin.is_some_and(|bin| ranges.any(|one| (one.from..=one.to).contains(&bin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::lease::tests::card;

    #[test]
    fn a_card_is_named_by_its_hash_or_its_range() {
        let mut list = HotList::new(1);
        assert!(!list.names(&card(7)));
        list.add_card(CardHash([7; 32])).unwrap();
        assert!(list.names(&card(7)) && !list.names(&card(8)));
        for (from, to, named) in [
            (621_625, 621_625, false),
            (621_627, 621_999, false),
            (621_620, 621_626, true),
        ] {
            let mut list = HotList::new(1);
            list.add_range(BinRange { from, to }).unwrap();
            assert_eq!(list.names(&card(8)), named, "{from} to {to}");
        }
    }

    #[test]
    fn it_is_bounded() {
        let mut list = HotList::new(1);
        for from in 0..HOT_LIST_RANGES_MAX as u32 {
            list.add_range(BinRange { from, to: from }).unwrap();
        }
        let one_more = BinRange { from: 7, to: 8 };
        assert_eq!(list.add_range(one_more), Err(HotListFull));
    }
}
