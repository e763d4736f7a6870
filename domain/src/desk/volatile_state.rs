//! The volatile state: what a stop takes from the desk. A start learns it again from events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{LaneId, Tid},
    risk::Velocity,
    terminal::Station,
    time::MonoMs,
};

/// The volatile half of the desk.
#[derive(Clone, Debug, Default)]
pub(crate) struct VolatileState {
    pub(crate) stations: BTreeMap<Tid, Station>,
    /// Lanes that have said hello since the start: only they are lent to.
    pub(crate) attached: BTreeSet<LaneId>,
    /// Whether a message can be sent to the acquirer.
    pub(crate) link_up: bool,
    /// When the host last said anything.
    pub(crate) heard_at: Option<MonoMs>,
    pub(crate) wake_at: Option<MonoMs>,
    /// Cards stood in for lately.
    pub(crate) velocity: Velocity,
}
