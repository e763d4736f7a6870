//! A lane's hello, read, and why it may be refused.

use domain::{
    desk::Rejected,
    ids::{LaneEpoch, LaneId, PaymentId},
};
use journal::Head;
use proto::store::v1::LaneHello;

use super::{lane_memory::PreviousHub, replica_trouble::Machine};
use crate::{connection::Connection, replica::head_from_proto, replica_refused::ReplicaRefused};

/// Why a lane may not attach.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AttachRefused {
    /// The hello says what can't be.
    #[error("{0}")]
    BadHello(String),
    /// A newer machine speaks for the lane.
    #[error("{0}")]
    Rejected(Rejected),
    /// Its journal is not the one that was copied: what it sells could never be read in.
    #[error("{0}")]
    Forked(ReplicaRefused),
    /// Another machine is at work as this lane, and nothing shows yet that this one is it.
    #[error("{0} is at work at {1}: records of this machine come first")]
    AtWork(LaneId, Connection),
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
}

impl AttachRefused {
    /// What an operator has to look at. A fenced machine and a fork are told elsewhere.
    pub(super) fn tell(&self, machine: Machine) {
        if let Self::Rejected(rejected @ Rejected::EpochTooFar { .. }) = self {
            let Machine { lane, epoch, .. } = machine;
            tracing::warn!(
                event = "lane epoch refused", code = "HUB0041", %lane, epoch = epoch.0,
                address = %machine.connection, why = %rejected
            );
        }
    }
}

/// A hello, read.
pub(super) struct Greeting {
    pub(super) lane: LaneId,
    pub(super) epoch: LaneEpoch,
    pub(super) abandoned: Vec<PaymentId>,
    pub(super) previous_hub: Option<PreviousHub>,
    pub(super) journal: Option<Head>,
}

pub(super) fn greeting(hello: &LaneHello) -> Result<Greeting, AttachRefused> {
    let bad = |what: String| AttachRefused::BadHello(what);
    let lane = u16::try_from(hello.lane)
        .ok()
        .filter(|lane| *lane > 0)
        .ok_or_else(|| bad("lane must be 1 to 65535".to_owned()))?;
    let abandoned: Result<Vec<PaymentId>, _> = hello
        .abandoned_payment_ids
        .iter()
        .map(|id| PaymentId::parse(id))
        .collect();
    Ok(Greeting {
        lane: LaneId(lane),
        epoch: LaneEpoch(hello.epoch),
        abandoned: abandoned.map_err(|error| bad(error.to_string()))?,
        previous_hub: PreviousHub::of(hello).map_err(|error| bad(error.to_string()))?,
        journal: head_from_proto(hello.journal.as_ref()).map_err(|error| bad(error.to_string()))?,
    })
}
