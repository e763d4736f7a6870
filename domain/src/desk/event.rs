//! What can happen to the desk.

use crate::{
    desk::LaneMemory,
    ids::{
        BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, Mid, PaymentId, ReceiptNumber, Stan,
        Tid,
    },
    payment::{Answer, PaymentRequest},
    risk::OfflineLease,
    time::BusinessDate,
};

/// One thing that happened. The desk is told with `Desk::step(now, event)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A terminal of the configuration; told once per start, before all else.
    TerminalConfigured {
        /// Field 41.
        tid: Tid,
        /// Field 42.
        mid: Mid,
        /// Whose payments it carries.
        lane: LaneId,
    },
    /// The journal has been read; whatever was in flight then is in doubt now (rule 3).
    Recovered,
    /// A lane's machine said hello.
    LaneAttached {
        /// The lane.
        lane: LaneId,
        /// Its epoch; an older one than known is fenced.
        epoch: LaneEpoch,
    },
    /// An operator takes a lane's epoch back.
    EpochTakenBack {
        /// The lane.
        lane: LaneId,
        /// The epoch that speaks for it from now on: an older one than known.
        to: LaneEpoch,
        /// Who decides it.
        by: String,
        /// Why; required.
        reason: String,
    },
    /// A lane's machine said hello and remembers a hub whose journal this is not.
    LaneRemembers {
        /// The lane.
        lane: LaneId,
        /// What it remembers.
        memory: LaneMemory,
    },
    /// A lane asks for a payment.
    Requested(PaymentRequest),
    /// A lane asks for a payment whose intent it made under a hub whose journal this is not.
    RequestedOfPreviousHub(PaymentRequest),
    /// A lane gave this payment up while a hub whose journal this is not was away. Told before
    /// `Abandoned`.
    AbandonedAtPreviousHub {
        /// The payment.
        payment_id: PaymentId,
        /// Who gave it up.
        lane: LaneId,
    },
    /// A lane's journal shows a lease accepted.
    LeaseShown(OfflineLease),
    /// A lane's journal shows a payment that the lane approved alone.
    OfflineReported {
        /// What the lane would have asked.
        request: PaymentRequest,
        /// Inside which lease.
        lease: LeaseId,
    },
    /// The sealed card of an offline payment has come and opens.
    OfflineCard {
        /// Whose.
        payment_id: PaymentId,
    },
    /// A lane's journal shows a lease returned.
    LeaseReturned {
        /// The lane.
        lane: LaneId,
        /// The lease.
        lease_id: LeaseId,
    },
    /// A manager gives up a lease.
    LeaseWrittenOff {
        /// The lease.
        lease_id: LeaseId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The lane closed the sale with this payment as a tender (from its journal).
    Completed {
        /// The payment.
        payment_id: PaymentId,
        /// The receipt it stands on.
        receipt: ReceiptNumber,
    },
    /// The lane gave the payment up, by message or by its journal. May come before the request.
    Abandoned {
        /// The payment.
        payment_id: PaymentId,
        /// Who gave it up.
        lane: LaneId,
    },
    /// The acquirer link is up or down. Down: no terminal could connect for a while, and nothing
    /// can be sent; a connection that closes is not that (rule 3).
    AcquirerLink {
        /// True when a message can be sent.
        up: bool,
    },
    /// A terminal has signed on and holds working keys.
    SignedOn {
        /// The terminal.
        tid: Tid,
        /// The batch the host is in.
        batch: BatchNumber,
    },
    /// The host refused the sign-on, or sent keys that don't check. The desk asks again after a
    /// pause.
    SignOnRefused {
        /// The terminal.
        tid: Tid,
    },
    /// The sign-on was not answered. The desk asks again after a pause.
    SignOnFailed {
        /// The terminal.
        tid: Tid,
    },
    /// The message was not sent: the line broke before its first byte left.
    NotSent {
        /// The terminal.
        tid: Tid,
        /// The message.
        stan: Stan,
    },
    /// The connection broke after a byte of the message had left.
    SentThenBroke {
        /// The terminal.
        tid: Tid,
        /// The message.
        stan: Stan,
        /// Whether all of it had left: only then the host may have it.
        in_full: bool,
    },
    /// The host answered something on this terminal.
    Answered(Answer),
    /// Somebody wants the bank to be tried at once: no pause is waited for.
    TryNow,
    /// Time has passed: look for what is overdue and what is due. Told at the moment of the last
    /// `Effect::WakeAt`.
    Tick,
    /// Somebody resolves a dead letter by hand.
    DeadLetterResolved {
        /// The entry.
        forward_id: ForwardId,
        /// How.
        how: crate::forward::Resolution,
    },
    /// The close of the day waits no longer for lanes that are silent.
    CloseTimedOut,
    /// Close the business day: no new payments are taken until the next is opened.
    CloseDay {
        /// The day to close.
        date: BusinessDate,
    },
    /// Some of the payments that are over may be archived now.
    Archive,
}
