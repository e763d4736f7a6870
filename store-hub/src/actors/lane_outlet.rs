//! How a lane at work is reached: by frames in order, and by the end of its session. Whoever tells
//! it something needs to know no more of the session.

use actix::{Actor, Addr, Context, Handler, Message, Recipient};
use proto::store::v1::HubFrame;

/// A frame for the lane. What does not fit closes the stream.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ToLane(pub(crate) HubFrame);

/// The stream ended, or the hub stops.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSession;

/// The session is over, or its mailbox is full.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the session takes nothing any more")]
pub(crate) struct NotTaken;

/// One session of a lane.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LaneOutlet {
    frames: Recipient<ToLane>,
    end: Recipient<EndSession>,
}

impl LaneOutlet {
    pub(super) fn of<S>(session: &Addr<S>) -> Self
    where
        S: Actor<Context = Context<S>> + Handler<ToLane> + Handler<EndSession>,
    {
        Self {
            frames: session.clone().recipient(),
            end: session.clone().recipient(),
        }
    }

    /// Never waits.
    pub(super) fn send(&self, frame: HubFrame) -> Result<(), NotTaken> {
        self.frames.try_send(ToLane(frame)).map_err(|_| NotTaken)
    }

    pub(super) fn end(&self) -> Result<(), NotTaken> {
        self.end.try_send(EndSession).map_err(|_| NotTaken)
    }
}

/// The session that speaks for a lane.
pub(super) struct AttachedSession {
    pub(super) outlet: LaneOutlet,
    /// Its hello is on the way: what comes now is for it.
    pub(super) greeted: bool,
    /// Where its journal ended when it said hello.
    pub(super) journal_sequence: u64,
    /// It hands baskets that wait over.
    pub(super) hands_over: bool,
}
