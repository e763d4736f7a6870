//! The file of an archived payment.

use crate::{desk::OfflineFact, forward::Forward, ids::PaymentId, payment::Payment};

/// A payment with all that the desk knows of it, in a form that stands for itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentFile {
    /// The payment.
    pub payment: Payment,
    /// Its queue entries, in the order of `payment.forwards`.
    pub forwards: Vec<Forward>,
    /// Under which lease its lane approved it alone.
    pub offline: Option<OfflineFact>,
    /// Whether the card of an offline payment came.
    pub card_came: bool,
}

impl PaymentFile {
    /// Whose it is.
    #[must_use]
    pub const fn payment_id(&self) -> PaymentId {
        self.payment.request.payment_id
    }
}
