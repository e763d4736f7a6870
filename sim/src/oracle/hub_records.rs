//! Every kind of record of a hub, and what it is to those who judge: the one list that a new kind
//! has to be put on. The judges read the messages themselves; none of this is the hub's own word
//! for them.

use proto::journal::v1::{
    Abandoned, BatchClosed, BatchUploadSent, Completed, DeadLetterResolved, Decided, ForwardEnded,
    ForwardQueued, ForwardSent, LeaseEnded, LeaseGranted, OfflineReported, Requested,
    ReturnCompleted, ReturnReleased, ReturnTaken, Sent, SettlementSent, hub_record::Body,
};

/// A record, by what it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'body> {
    /// A payment.
    Payment(OfPayment<'body>),
    /// An entry of the queue.
    Forward(OfForward<'body>),
    /// A batch, and what is said to the bank of it.
    Batch(OfBatch<'body>),
    /// A lease.
    Lease(OfLease<'body>),
    /// Goods that come back.
    Return(OfReturn<'body>),
    /// A date has ended.
    DateEnded(&'body str),
    /// An answer that fits nothing.
    UnmatchedAnswer,
    /// What no judge asks for.
    Nothing,
}

/// Of a payment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfPayment<'body> {
    Requested(&'body Requested),
    OfflineReported(&'body OfflineReported),
    Sent(&'body Sent),
    Decided(&'body Decided),
    Completed(&'body Completed),
    Abandoned(&'body Abandoned),
}

/// Of an entry of the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfForward<'body> {
    Queued(&'body ForwardQueued),
    Sent(&'body ForwardSent),
    Ended(&'body ForwardEnded),
    Resolved(&'body DeadLetterResolved),
}

/// Of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfBatch<'body> {
    SettlementSent(&'body SettlementSent),
    UploadSent(&'body BatchUploadSent),
    Closed(&'body BatchClosed),
}

/// Of a lease.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfLease<'body> {
    Granted(&'body LeaseGranted),
    Ended(&'body LeaseEnded),
}

/// Of goods that come back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfReturn<'body> {
    Taken(&'body ReturnTaken),
    Completed(&'body ReturnCompleted),
    Released(&'body ReturnReleased),
}

/// What the record is about.
pub(crate) fn about(body: &Body) -> About<'_> {
    match body {
        Body::Requested(asked) => About::Payment(OfPayment::Requested(asked)),
        Body::OfflineReported(told) => About::Payment(OfPayment::OfflineReported(told)),
        Body::Sent(sent) => About::Payment(OfPayment::Sent(sent)),
        Body::Decided(decided) => About::Payment(OfPayment::Decided(decided)),
        Body::Completed(completed) => About::Payment(OfPayment::Completed(completed)),
        Body::Abandoned(abandoned) => About::Payment(OfPayment::Abandoned(abandoned)),
        Body::ForwardQueued(queued) => About::Forward(OfForward::Queued(queued)),
        Body::ForwardSent(sent) => About::Forward(OfForward::Sent(sent)),
        Body::ForwardEnded(ended) => About::Forward(OfForward::Ended(ended)),
        Body::DeadLetterResolved(resolved) => About::Forward(OfForward::Resolved(resolved)),
        Body::SettlementSent(sent) => About::Batch(OfBatch::SettlementSent(sent)),
        Body::BatchUploadSent(sent) => About::Batch(OfBatch::UploadSent(sent)),
        Body::BatchClosed(closed) => About::Batch(OfBatch::Closed(closed)),
        Body::LeaseGranted(granted) => About::Lease(OfLease::Granted(granted)),
        Body::LeaseEnded(ended) => About::Lease(OfLease::Ended(ended)),
        Body::ReturnTaken(taken) => About::Return(OfReturn::Taken(taken)),
        Body::ReturnCompleted(closed) => About::Return(OfReturn::Completed(closed)),
        Body::ReturnReleased(released) => About::Return(OfReturn::Released(released)),
        Body::DayClosed(closed) => About::DateEnded(&closed.date),
        Body::DateTurned(turned) => About::DateEnded(&turned.ended),
        Body::UnmatchedAnswer(_) => About::UnmatchedAnswer,
        Body::Started(_)
        | Body::LaneAttached(_)
        | Body::EpochTakenBack(_)
        | Body::EpochEndStated(_)
        | Body::PreviousHub(_)
        | Body::AskedOfPreviousHub(_)
        | Body::CarriedOver(_)
        | Body::SignedOn(_)
        | Body::TerminalStopped(_)
        | Body::ForwardDeferred(_)
        | Body::DayClosing(_)
        | Body::SettlementOrdered(_)
        | Body::BatchUploadAnswered(_)
        | Body::OfflineCardHeld(_)
        | Body::ReturnPaidInCash(_)
        | Body::BasketWaits(_)
        | Body::BasketMoved(_)
        | Body::BasketTakenUp(_)
        | Body::BasketFreed(_)
        | Body::Archived(_)
        | Body::Restored(_)
        | Body::PriceImported(_)
        | Body::PriceActivated(_)
        | Body::OperatorAdded(_)
        | Body::OperatorChanged(_)
        | Body::OperatorEnded(_)
        | Body::OperatorPinSet(_)
        | Body::OfficeSignedOn(_)
        | Body::OfficePinRefused(_)
        | Body::OfficeUnlocked(_) => About::Nothing,
    }
}
