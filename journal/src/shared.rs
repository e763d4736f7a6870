//! What the journal's handles and its committer share.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;

use crate::batcher::Batcher;
use crate::checkpoint::Slot;
use crate::handoff::Handoff;
use crate::{Engine, JournalFigures, LogId};

/// One journal, as its handles and its committer see it.
pub(crate) struct Shared {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) handoff: Handoff<State>,
    /// Held for writing while a batch enters the engine, so that a scan sees all of it or nothing.
    pub(crate) gate: RwLock<()>,
    /// Wakes the driver of the simulation, as the hand-off wakes the thread.
    pub(crate) notify: Notify,
}

/// What both change, under one lock.
pub(crate) struct State {
    pub(crate) batcher: Batcher,
    /// Keyed values as they were before the commit that is under way: what readers still see.
    pub(crate) before: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Up to which record each log is to be sealed, whatever it would keep.
    pub(crate) seal_asked: BTreeMap<LogId, u64>,
    /// What the committer has done since the journal was opened.
    pub(crate) done: JournalFigures,
    /// Slots of the checkpoints that were appended, durable or not.
    pub(crate) slots: BTreeMap<String, Slot>,
    /// Something was asked since the committer last looked.
    pub(crate) seal_wanted: Option<()>,
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.handoff.lock()
    }

    pub(crate) fn close(&self) {
        self.state().batcher.close();
        self.announce();
    }

    pub(crate) fn announce(&self) {
        self.handoff.wake();
        self.notify.notify_one();
    }

    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }
}
