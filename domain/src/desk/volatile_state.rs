//! The volatile state: what a stop takes from the desk. A start learns it again from events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    desk::BasketAsk,
    ids::{LaneEpoch, LaneId, PaymentId, SaleNumber},
    risk::Velocity,
    terminal::Stations,
    time::{BusinessDate, MonoMs},
};

/// The volatile half of the desk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct VolatileState {
    pub(crate) stations: Stations,
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
    /// The last sale of each machine that its journal showed ended since the start: what comes late
    /// of one is for nobody.
    pub(crate) sales_ended: BTreeMap<(LaneId, LaneEpoch), SaleNumber>,
    /// Lanes that wait for a basket which another one is asked to hand over.
    pub(crate) baskets_asked: BTreeMap<LaneId, BasketAsk>,
    /// Batches that are due wait no longer for lanes that are silent.
    pub(crate) waits_no_longer: bool,
}
