//! One entry of the queue.

use crate::{
    forward::DeadLetterReason,
    ids::{AuthCode, BatchNumber, ForwardId, PaymentId, Rrn, Stan, Tid},
    money::Money,
    response_code::ResponseCode,
    time::WallMs,
    words::Reason,
};

/// What is forwarded. F38 and F39 are frozen when the entry is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForwardKind {
    /// 0400 of a payment in doubt, or of the terminal's last approval.
    Reversal {
        /// Field 39: 98, A0 or 06.
        reason: ResponseCode,
        /// STAN of the original, which the reversal carries.
        original_stan: Stan,
        /// Batch of the original, which the reversal carries.
        original_batch: BatchNumber,
        /// Field 38 of the original if known.
        auth_code: Option<AuthCode>,
    },
    /// 0220 of a sale that was approved without the bank.
    Advice,
    /// 0200 void of an approval that is no longer the terminal's last.
    Void {
        /// STAN of the original.
        original_stan: Stan,
        /// Batch of the original.
        original_batch: BatchNumber,
        /// Field 37 of the original.
        rrn: Option<Rrn>,
        /// Field 38 of the original.
        auth_code: Option<AuthCode>,
    },
}

/// How an entry left the queue. There is no fourth way (I9).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForwardEnd {
    /// The host has it.
    Delivered {
        /// Its code.
        code: ResponseCode,
        /// For how much: less than asked after code 10.
        amount: Money,
    },
    /// Taken back before its first byte left, in one commit with the sale.
    Withdrawn,
    /// Somebody must look at it.
    DeadLetter {
        /// Why.
        reason: Reason<DeadLetterReason>,
        /// The host's last code, if any.
        code: Option<ResponseCode>,
        /// The host refused the card though the goods are gone: a loss line.
        declined_after_goods: bool,
    },
}

/// What an operator did about a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// Back into the queue.
    Retry,
    /// Settled with the acquirer by hand.
    SettledByHand {
        /// Their reference.
        reference: String,
    },
    /// The merchant bears it.
    WrittenOff {
        /// Why.
        reason: String,
    },
}

/// One entry with its history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// Its number.
    pub id: ForwardId,
    /// The payment it is for.
    pub payment_id: PaymentId,
    /// Its terminal.
    pub tid: Tid,
    /// What it is.
    pub kind: ForwardKind,
    /// For how much.
    pub amount: Money,
    /// When it was queued.
    pub queued_at: WallMs,
    /// STAN and batch, bound by the first try.
    pub bound: Option<(Stan, BatchNumber)>,
    /// How often it was sent, tries apart that did not leave in full.
    pub attempts: u32,
    /// Tries before an operator put it back into the queue: they no longer count against it.
    pub attempts_forgiven: u32,
    /// When it was first sent.
    pub first_try: Option<WallMs>,
    /// When it was last sent.
    pub last_try: Option<WallMs>,
    /// The host's last code.
    pub last_code: Option<ResponseCode>,
    /// How it left the queue.
    pub end: Option<ForwardEnd>,
    /// What was done about it as a dead letter.
    pub resolution: Option<Resolution>,
}

impl Forward {
    /// Tries since it was queued, or put back by an operator.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.attempts.saturating_sub(self.attempts_forgiven)
    }

    /// The batch it belongs to, which must still be open when it is sent: that of its original, or
    /// that of its first try (rule 10). `None`: it takes the batch that is open then.
    #[must_use]
    pub fn batch(&self) -> Option<BatchNumber> {
        match &self.kind {
            ForwardKind::Reversal { original_batch, .. }
            | ForwardKind::Void { original_batch, .. } => Some(*original_batch),
            ForwardKind::Advice => self.bound.map(|(_, batch)| batch),
        }
    }
}
