//! A machine asks for what is held of a lane's journal: one that lost its own (F3), or one that
//! only says that it is this lane (F10).
//!
//! Whoever has the whole journal can go on behind it, and then the machine at work is the one that
//! is refused. So it is not given away while the lane is at work on another connection. A lane
//! whose card was replaced is not at work: its last session ends with its connection.

use actix::{Handler, Message};
use domain::ids::{LaneEpoch, LaneId};

use super::{lanes::Lanes, replica_trouble::Machine};
use crate::{connection::Connection, replica_refused::ReplicaRefused};

/// May this machine have the copy? Answered with the last record that the lane said is durable at
/// itself, under this epoch; 0 when it has said nothing since the hub started.
#[derive(Message)]
#[rtype(result = "Result<u64, ReplicaRefused>")]
pub(crate) struct AskForCopy {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) connection: Connection,
}

impl Handler<AskForCopy> for Lanes {
    type Result = Result<u64, ReplicaRefused>;

    fn handle(&mut self, asked: AskForCopy, _: &mut Self::Context) -> Self::Result {
        let machine = Machine {
            lane: asked.lane,
            epoch: asked.epoch,
            connection: asked.connection,
            claimed: None,
        };
        match self.other_at_work(machine).map(|other| other.connection) {
            Some(at_work) => {
                let refused = ReplicaRefused::AtWork(at_work);
                self.not_taken(machine, refused.clone());
                Err(refused)
            }
            None => Ok(self.known_sequence(asked.lane, asked.epoch)),
        }
    }
}
