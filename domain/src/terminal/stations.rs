//! All terminals of a store as they are while the hub runs, and which of them is due next.
//!
//! After every event the desk asks for the next moment at which anything is due. Only stations that
//! were touched since, or whose moment has passed, are looked at for that.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use crate::{
    ids::{LaneId, Tid},
    terminal::Station,
    time::MonoMs,
};

/// The stations, by TID.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stations {
    by_tid: BTreeMap<Tid, Station>,
    /// The terminal of each lane; the first by its id, where a lane has several.
    tid_of_lane: BTreeMap<LaneId, Tid>,
    /// Those that may have changed since it was last asked what is due.
    changed: BTreeSet<Tid>,
    /// When each is due next, both ways.
    due_at: BTreeMap<Tid, MonoMs>,
    by_due: BTreeSet<(MonoMs, Tid)>,
}

impl Stations {
    pub(crate) fn insert(&mut self, tid: Tid, station: Station) {
        let first = self.tid_of_lane.entry(station.lane);
        let first = first.or_insert_with(|| tid.clone());
        if tid < *first {
            first.clone_from(&tid);
        }
        self.changed.insert(tid.clone());
        self.by_tid.insert(tid, station);
    }

    pub(crate) fn get(&self, tid: &Tid) -> Option<&Station> {
        self.by_tid.get(tid)
    }

    /// The station may be changed by this.
    pub(crate) fn get_mut(&mut self, tid: &Tid) -> Option<&mut Station> {
        let found = self.by_tid.get_mut(tid);
        if found.is_some() && !self.changed.contains(tid) {
            self.changed.insert(tid.clone());
        }
        found
    }

    /// All of them; each may be changed by this.
    pub(crate) fn iter_mut(&mut self) -> btree_map::IterMut<'_, Tid, Station> {
        self.changed.extend(self.by_tid.keys().cloned());
        self.by_tid.iter_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Station> {
        self.by_tid.values()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Tid> {
        self.by_tid.keys()
    }

    pub(crate) fn contains_key(&self, tid: &Tid) -> bool {
        self.by_tid.contains_key(tid)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_tid.len()
    }

    pub(crate) fn tid_of(&self, lane: LaneId) -> Option<&Tid> {
        self.tid_of_lane.get(&lane)
    }

    /// The next moment at which something of any terminal is due, after `now`.
    pub(crate) fn next_deadline(&mut self, now: MonoMs) -> Option<MonoMs> {
        let passed = self.by_due.iter().take_while(|(moment, _)| *moment <= now);
        self.changed.extend(passed.map(|(_, tid)| tid.clone()));
        for tid in std::mem::take(&mut self.changed) {
            let station = self.by_tid.get(&tid);
            let next = station.and_then(|station| station.next_deadline(now));
            if let Some(before) = self.due_at.remove(&tid) {
                self.by_due.remove(&(before, tid.clone()));
            }
            if let Some(moment) = next {
                self.due_at.insert(tid.clone(), moment);
                self.by_due.insert((moment, tid));
            }
        }
        self.by_due.first().map(|(moment, _)| *moment)
    }

    /// The same, from a look at every one.
    pub(crate) fn next_deadline_from_scratch(&self, now: MonoMs) -> Option<MonoMs> {
        let stations = self.by_tid.values();
        let deadlines = stations.filter_map(|station| station.next_deadline(now));
        deadlines.min()
    }
}

impl<'a> IntoIterator for &'a mut Stations {
    type Item = (&'a Tid, &'a mut Station);
    type IntoIter = btree_map::IterMut<'a, Tid, Station>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
