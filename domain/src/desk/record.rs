//! What the desk writes. The payments of a store are exactly what these records say.

use crate::{
    desk::PaymentFile,
    forward::{ForwardEnd, ForwardKind, Resolution},
    ids::{
        BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, PaymentId, ReceiptNumber, Stan, Tid,
    },
    money::Money,
    payment::{Decision, PaymentRequest},
    response_code::ResponseCode,
    risk::{LeaseEnd, OfflineLease},
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};

/// One durable fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeskRecord {
    /// A lane's machine was accepted.
    LaneAttached {
        /// The lane.
        lane: LaneId,
        /// Its epoch from here on.
        epoch: LaneEpoch,
    },
    /// A lane asked.
    Requested {
        /// What it asked.
        request: PaymentRequest,
        /// When.
        at: WallMs,
    },
    /// TID, STAN and batch are bound; durable before the first byte leaves (I6).
    Sent {
        /// The payment.
        payment_id: PaymentId,
        /// Its terminal.
        tid: Tid,
        /// Its STAN.
        stan: Stan,
        /// Its batch.
        batch: BatchNumber,
    },
    /// What was decided; made once.
    Decided {
        /// The payment.
        payment_id: PaymentId,
        /// The decision.
        decision: Decision,
        /// When.
        at: WallMs,
    },
    /// The sale was closed with this payment.
    Completed {
        /// The payment.
        payment_id: PaymentId,
        /// The receipt.
        receipt: ReceiptNumber,
    },
    /// The lane gave it up. May stand before `Requested`: the id is then refused when it comes.
    Abandoned {
        /// The payment.
        payment_id: PaymentId,
        /// The lane.
        lane: LaneId,
    },
    /// An entry was queued, in the commit of what caused it.
    ForwardQueued {
        /// The entry.
        forward_id: ForwardId,
        /// The payment it is for.
        payment_id: PaymentId,
        /// Its terminal.
        tid: Tid,
        /// Reversal, advice or void, with what is frozen in it.
        kind: ForwardKind,
        /// For how much.
        amount: Money,
        /// When.
        at: WallMs,
    },
    /// A try: STAN and batch are bound by the first; durable before the first byte leaves.
    ForwardSent {
        /// The entry.
        forward_id: ForwardId,
        /// Its STAN: of the original for a reversal.
        stan: Stan,
        /// Its batch: of the original for a reversal.
        batch: BatchNumber,
        /// Which try, from 1.
        attempt: u32,
        /// When.
        at: WallMs,
    },
    /// It came back with "later", or not at all.
    ForwardDeferred {
        /// The entry.
        forward_id: ForwardId,
        /// The host's code, if it answered.
        code: Option<ResponseCode>,
    },
    /// It left the queue (I9).
    ForwardEnded {
        /// The entry.
        forward_id: ForwardId,
        /// Delivered, withdrawn or dead letter.
        end: ForwardEnd,
        /// When.
        at: WallMs,
    },
    /// A dead letter was resolved by hand.
    DeadLetterResolved {
        /// The entry.
        forward_id: ForwardId,
        /// How.
        how: Resolution,
    },
    /// A terminal signed on; its batch from here on.
    SignedOn {
        /// The terminal.
        tid: Tid,
        /// The host's batch.
        batch: BatchNumber,
    },
    /// A terminal was stopped (rule 10).
    TerminalStopped {
        /// The terminal.
        tid: Tid,
        /// The host's batch.
        theirs: BatchNumber,
    },
    /// An answer that fits nothing outstanding: journaled and counted (rule 5).
    UnmatchedAnswer {
        /// Its terminal.
        tid: Tid,
        /// Its STAN.
        stan: Stan,
        /// Its MTI.
        mti: u16,
        /// Its code.
        code: ResponseCode,
        /// When.
        at: WallMs,
    },
    /// The day is being closed: no new payments.
    DayClosing {
        /// The day.
        date: BusinessDate,
    },
    /// A 0500 goes out.
    SettlementSent {
        /// The terminal.
        tid: Tid,
        /// Its batch.
        batch: BatchNumber,
        /// The 0500's own STAN.
        stan: Stan,
        /// What we count.
        totals: BatchTotals,
    },
    /// The host answered the 0500 and the batch is closed; the next one is open.
    BatchClosed {
        /// The terminal.
        tid: Tid,
        /// The closed batch.
        batch: BatchNumber,
        /// What we counted.
        totals: BatchTotals,
        /// Whether the host counted the same.
        balanced: bool,
    },
    /// All batches are closed; the next day is open.
    DayClosed {
        /// The day.
        date: BusinessDate,
    },
    /// A lease counts from here on.
    LeaseGranted {
        /// Its terms.
        lease: OfflineLease,
        /// When.
        at: WallMs,
    },
    /// A lease counts no more.
    LeaseEnded {
        /// The lease.
        lease_id: LeaseId,
        /// How.
        end: LeaseEnd,
        /// When.
        at: WallMs,
    },
    /// The lane's journal shows an approval of its own; the decision follows in the same commit.
    OfflineReported {
        /// What the lane would have asked.
        request: PaymentRequest,
        /// Inside which lease.
        lease: LeaseId,
        /// When the hub heard of it.
        at: WallMs,
    },
    /// The card of an offline payment is held: its advice can be sent.
    OfflineCardHeld {
        /// Whose.
        payment_id: PaymentId,
    },
    /// A lane remembers a hub whose journal this is not (payments.md, "Identity, swap, rebuild").
    PreviousHub {
        /// The lane.
        lane: LaneId,
        /// That hub's epoch.
        hub_epoch: u64,
        /// The newest lease it had lent to this lane.
        last_lease: LeaseId,
        /// Where the lane's terminal goes on: far beyond what that hub can have used.
        skipped: Option<(Tid, Stan)>,
    },
    /// The previous hub may have sent this payment: it is never sent again.
    AskedOfPreviousHub {
        /// The payment.
        payment_id: PaymentId,
        /// Whose it is.
        lane: LaneId,
        /// When this hub heard of it.
        at: WallMs,
    },
    /// The close of the running day does not wait for this entry: its lane is silent.
    CarriedOver {
        /// The entry; it stays in the queue.
        forward_id: ForwardId,
        /// What it is for.
        payment_id: PaymentId,
    },
    /// These payments are over and their day is closed: each lies in a file of its own from here
    /// on, and the desk holds them no more.
    Archived {
        /// Which, at most `limits::PAYMENTS_ARCHIVED_AT_ONCE`.
        payment_ids: Vec<PaymentId>,
    },
    /// Something new was heard of a payment that was archived: the desk holds it again.
    Restored {
        /// As it was archived.
        file: Box<PaymentFile>,
    },
}
