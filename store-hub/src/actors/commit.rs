//! What one commit of the desk writes, and the pending effects that wait for it.

use domain::{
    desk::{Effect, PaymentFile},
    ids::LaneId,
};
use journal::Batch;
use proto::store::v1::{HubHello, hub_frame::Body};

use super::lane_outlet::LaneOutlet;

/// What waits in the outbox for its commit.
pub(super) enum Waiting {
    /// An effect of the desk.
    Effect(Effect),
    /// A frame of the shell itself.
    Frame { lane: LaneId, body: Box<Body> },
    /// What a session begins with. Frames that waited before it were for another one.
    Hello {
        lane: LaneId,
        session: LaneOutlet,
        hello: Box<HubHello>,
    },
}

/// One commit, and the pending effects that wait for it.
#[derive(Default)]
pub(super) struct Commit {
    pub(super) batch: Batch,
    pub(super) waiting: Vec<Waiting>,
    /// Payments that are archived by it.
    pub(super) files: Vec<PaymentFile>,
}

impl Commit {
    pub(super) fn frame(&mut self, lane: LaneId, body: Body) {
        let body = Box::new(body);
        self.waiting.push(Waiting::Frame { lane, body });
    }
}
