//! What one step gathers: records first, then what depends on them.

use std::collections::BTreeSet;

use crate::{
    desk::{DeskRecord, Effect, archive::PaymentFile},
    ids::{PaymentId, Tid},
    time::Now,
};

/// Records and effects of the step under way.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) now: Now,
    jitter: u64,
    records: Vec<DeskRecord>,
    cards: Vec<Effect>,
    files: Vec<Effect>,
    effects: Vec<Effect>,
    /// Terminals that may have something to send now.
    pub(crate) touched: BTreeSet<Tid>,
}

impl Outcome {
    pub(crate) const fn new(now: Now, jitter: u64) -> Self {
        Self {
            now,
            jitter,
            records: Vec::new(),
            cards: Vec::new(),
            files: Vec::new(),
            effects: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    pub(crate) fn persist(&mut self, record: DeskRecord) {
        self.records.push(record);
    }

    /// Before all that was written so far.
    pub(crate) fn persist_first(&mut self, record: DeskRecord) {
        self.records.insert(0, record);
    }

    pub(crate) const fn wrote_nothing(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn archive(&mut self, file: PaymentFile) {
        self.files.push(Effect::Archive(Box::new(file)));
    }

    pub(crate) fn hold_card(&mut self, id: PaymentId) {
        self.cards.push(Effect::HoldCard(id));
    }

    /// A card that was to be held in this very step is not written at all.
    pub(crate) fn erase_card(&mut self, id: PaymentId) {
        let held = Effect::HoldCard(id);
        if self.cards.contains(&held) {
            self.cards.retain(|effect| *effect != held);
        } else if !self.cards.contains(&Effect::EraseCard(id)) {
            self.cards.push(Effect::EraseCard(id));
        }
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn touch(&mut self, tid: &Tid) {
        self.touched.insert(tid.clone());
    }

    /// The next of a row of numbers that the caller's random bits begin (splitmix64).
    pub(crate) const fn random(&mut self) -> u64 {
        self.jitter = self.jitter.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.jitter ^ (self.jitter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// `Persist` before everything that depends on it.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        let records = self.records.into_iter();
        let records = records.map(Effect::Persist);
        let written = records.chain(self.files).chain(self.cards);
        written.chain(self.effects).collect()
    }
}
