//! What is written of one entry of the store-and-forward queue.

use crate::{
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, PaymentId, Stan, Tid},
    money::Money,
    response_code::ResponseCode,
    time::WallMs,
};

/// What happened to a queue entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForwardFact {
    /// It was queued, in the commit of what caused it.
    Queued {
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
    },
    /// A try: STAN and batch are bound by the first; durable before the first byte leaves.
    Sent {
        /// The entry.
        forward_id: ForwardId,
        /// Its STAN: of the original for a reversal.
        stan: Stan,
        /// Its batch: of the original for a reversal.
        batch: BatchNumber,
        /// Which try, from 1.
        attempt: u32,
    },
    /// It came back with "later", or not at all.
    Deferred {
        /// The entry.
        forward_id: ForwardId,
        /// The host's code, if it answered.
        code: Option<ResponseCode>,
        /// False: the host can't have seen this try, and it counts for nothing.
        sent_in_full: bool,
    },
    /// It left the queue (I9).
    Ended {
        /// The entry.
        forward_id: ForwardId,
        /// Delivered, withdrawn or dead letter.
        end: ForwardEnd,
    },
    /// A dead letter was resolved by hand.
    Resolved {
        /// The entry.
        forward_id: ForwardId,
        /// How.
        how: Resolution,
    },
    /// The close of the running day does not wait for it: its lane is silent. It stays in the
    /// queue.
    CarriedOver {
        /// The entry.
        forward_id: ForwardId,
        /// What it is for.
        payment_id: PaymentId,
    },
}

impl ForwardFact {
    /// The entry that it puts into the queue.
    #[must_use]
    pub fn entry(&self, at: WallMs) -> Option<Forward> {
        let Self::Queued {
            forward_id,
            payment_id,
            tid,
            kind,
            amount,
        } = self
        else {
            return None;
        };
        Some(Forward {
            id: *forward_id,
            payment_id: *payment_id,
            tid: tid.clone(),
            kind: kind.clone(),
            amount: *amount,
            queued_at: at,
            bound: None,
            attempts: 0,
            attempts_forgiven: 0,
            first_try: None,
            last_try: None,
            last_code: None,
            end: None,
            resolution: None,
        })
    }

    /// What it makes of the entry it is about, once that was queued.
    pub fn change(&self, forward: &mut Forward, at: WallMs) {
        match self {
            Self::Sent {
                stan,
                batch,
                attempt,
                ..
            } => {
                forward.bound = Some((*stan, *batch));
                forward.attempts = *attempt;
                forward.first_try = forward.first_try.or(Some(at));
                forward.last_try = Some(at);
            }
            Self::Deferred {
                code, sent_in_full, ..
            } => {
                forward.last_code = code.or(forward.last_code);
                if !sent_in_full {
                    forward.attempts = forward.attempts.saturating_sub(1);
                }
            }
            Self::Ended { end, .. } => {
                forward.last_code = match end {
                    ForwardEnd::Delivered { code, .. } => Some(*code),
                    ForwardEnd::DeadLetter { code, .. } => code.or(forward.last_code),
                    ForwardEnd::Withdrawn => forward.last_code,
                };
                forward.end = Some(end.clone());
            }
            Self::Resolved { how, .. } => match how {
                Resolution::Retry => {
                    forward.end = None;
                    forward.attempts_forgiven = forward.attempts;
                }
                Resolution::SettledByHand { .. } | Resolution::WrittenOff { .. } => {
                    forward.resolution = Some(how.clone());
                }
            },
            // That the close does not wait for it changes nothing of it.
            Self::Queued { .. } | Self::CarriedOver { .. } => {}
        }
    }

    /// The entry it is about.
    #[must_use]
    pub const fn forward_id(&self) -> ForwardId {
        match self {
            Self::Queued { forward_id, .. }
            | Self::Sent { forward_id, .. }
            | Self::Deferred { forward_id, .. }
            | Self::Ended { forward_id, .. }
            | Self::Resolved { forward_id, .. }
            | Self::CarriedOver { forward_id, .. } => *forward_id,
        }
    }

    /// The payment the entry is for, where the record says it; else the entry tells.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Queued { payment_id, .. } | Self::CarriedOver { payment_id, .. } => {
                Some(*payment_id)
            }
            Self::Sent { .. }
            | Self::Deferred { .. }
            | Self::Ended { .. }
            | Self::Resolved { .. } => None,
        }
    }
}
