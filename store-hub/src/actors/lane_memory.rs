//! What a lane remembers of the hub it was attached to last.

use domain::{
    desk::LaneMemory,
    ids::{LeaseId, Tid},
};
use journal::Head;
use proto::store::v1::LaneHello;
use records::ConvertError;

use crate::replica::head_from_proto;

/// The hub a lane was attached to last: its journal, and how far the lane knows it.
#[derive(Clone, Debug)]
pub(crate) struct PreviousHub {
    pub(crate) history: u128,
    pub(crate) memory: LaneMemory,
    /// The terminal that hub had told the lane of.
    pub(crate) terminal: Option<Tid>,
    /// The last record of the lane's journal that it acknowledged.
    pub(crate) acknowledged: Option<Head>,
}

impl PreviousHub {
    /// As its hello says; `None`: it was never attached to one.
    pub(super) fn of(hello: &LaneHello) -> Result<Option<Self>, ConvertError> {
        let Some(history) = history_of(&hello.hub_history) else {
            return Ok(None);
        };
        let memory = LaneMemory {
            hub_epoch: hello.hub_epoch,
            last_stan: records::stan(hello.last_stan)?,
            last_lease: LeaseId(hello.last_lease_id),
        };
        let acknowledged = head_from_proto(hello.acknowledged.as_ref()).ok().flatten();
        Ok(Some(Self {
            history,
            memory,
            terminal: Tid::new(&hello.tid).ok(),
            acknowledged,
        }))
    }
}

/// Which hub's journal is meant, if one is named.
pub(crate) fn history_of(bytes: &[u8]) -> Option<u128> {
    <[u8; 16]>::try_from(bytes).ok().map(u128::from_be_bytes)
}
