//! The actors of a hub. Each is a short loop: take a message, step a pure machine, run its effects.
//!
//! Who asks whom (an ask is an awaited `send`); there is no circle:
//!
//! ```text
//!   gRPC Session ──► Lanes ──► LaneSession ──┐
//!   gRPC Replicate ──► Lanes                 │
//!   gRPC Replicate ──────────────────────────┤
//!   AcquirerLink ────────────────────────────┼──► PaymentDesk ──► journal
//!   Timer ───────────────────────────────────┤
//!   gRPC Operations ──► DayClose ────────────┤
//!                 BusinessDay ──┬────────────┤
//!                               │            │
//!   gRPC Reports ───────────────┴► Reports ──┘ (reads the journal itself)
//!   LaneSession ─────────────────► Reports (what an earlier sale was)
//!   gRPC Operations, inbox ──► Prices ──► journal
//!   gRPC Operations, office ──► Operators ──► journal
//! ```
//!
//! Who tells whom (never waits; bounded; what does not fit closes the stream or comes back as an
//! event): PaymentDesk → AcquirerLink by a bounded channel, PaymentDesk → LaneSession by its
//! mailbox, LaneSession → Lanes by its mailbox, PaymentDesk → Timer and DayClose by watches,
//! Prices → LaneSession, Lanes, PaymentDesk and gRPC by a watch, Operators → LaneSession by one.
//!
//! Bounds come from credits (payments in flight a lane, one message outstanding a TID), not from
//! mailboxes. No handler waits for a peer.

pub(crate) mod acquirer_link;
mod archiving;
mod baskets_asked;
pub(crate) mod business_day;
mod commit;
pub(crate) mod copies;
pub(crate) mod copy_asked;
pub(crate) mod copy_check;
pub(crate) mod day_close;
pub(crate) mod desk_parts;
mod disk_room;
mod effects;
pub(crate) mod greeting;
pub(crate) mod lane_memory;
pub(crate) mod lane_outlet;
pub(crate) mod lane_session;
pub(crate) mod lanes;
pub(crate) mod operators;
pub(crate) mod payment_desk;
pub(crate) mod previous_hub;
mod price_answers;
pub(crate) mod prices;
mod replica_trouble;
pub(crate) mod replication;
pub(crate) mod reports;
mod returns_asked;
pub(crate) mod see_lanes;
pub(crate) mod session_news;
pub(crate) mod timer;
pub(crate) mod told_dates;

/// An actor is gone: the hub is stopping.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the hub is stopping")]
pub(crate) struct Stopping;

impl From<actix::MailboxError> for Stopping {
    fn from(_: actix::MailboxError) -> Self {
        Self
    }
}
