//! What the host counts in a batch, one financial message an item.

use crate::{
    ids::{PaymentId, Stan},
    money::Money,
};

/// One financial message the host counts in a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchItem {
    /// The payment it is for.
    pub payment_id: PaymentId,
    /// For how much.
    pub amount: Money,
    /// A void counts as a credit, all else as a debit.
    pub is_credit: bool,
}

/// One item: the STAN it was sent with, and what the host counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadItem {
    /// Its STAN in the batch.
    pub stan: Stan,
    /// The payment it is for.
    pub payment_id: PaymentId,
    /// For how much.
    pub amount: Money,
    /// A void counts as a credit, all else as a debit.
    pub is_credit: bool,
}
