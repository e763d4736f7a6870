//! The volatile state: what a stop takes from the desk. A start learns it again from events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{LaneId, PaymentId, Tid},
    risk::Velocity,
    terminal::Station,
    time::{BusinessDate, MonoMs},
};

/// The volatile half of the desk.
#[derive(Clone, Debug, Default)]
pub(crate) struct VolatileState {
    pub(crate) stations: BTreeMap<Tid, Station>,
    /// The terminal of each lane; the first by its id, where a lane has several.
    tid_of_lane: BTreeMap<LaneId, Tid>,
    /// Lanes that have said hello since the start: only they are lent to.
    pub(crate) attached: BTreeSet<LaneId>,
    /// Those among them that have a terminal and hold no lease.
    pub(crate) without_lease: BTreeSet<LaneId>,
    /// Whether a message can be sent to the acquirer.
    pub(crate) link_up: bool,
    /// When the host last said anything.
    pub(crate) heard_at: Option<MonoMs>,
    pub(crate) wake_at: Option<MonoMs>,
    /// Cards stood in for lately.
    pub(crate) velocity: Velocity,
    /// Payments that were not decided when their date was turned.
    pub(crate) undecided_at_turn: BTreeMap<PaymentId, BusinessDate>,
    /// Batches that are due wait no longer for lanes that are silent.
    pub(crate) waits_no_longer: bool,
}

impl VolatileState {
    pub(crate) fn add_station(&mut self, tid: Tid, station: Station) {
        let first = self.tid_of_lane.entry(station.lane);
        let first = first.or_insert_with(|| tid.clone());
        if tid < *first {
            first.clone_from(&tid);
        }
        self.stations.insert(tid, station);
    }

    pub(crate) fn tid_of(&self, lane: LaneId) -> Option<&Tid> {
        self.tid_of_lane.get(&lane)
    }
}
