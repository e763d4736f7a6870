//! What is written of payments that leave the desk, or come back to it.

use crate::ids::PaymentId;

use super::file::PaymentFile;

/// What happened to payments that were over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArchiveFact {
    /// Their day is closed: each lies in a file of its own from here on, and the desk holds them no
    /// more.
    Archived {
        /// Which, at most `limits::PAYMENTS_ARCHIVED_AT_ONCE`.
        payment_ids: Vec<PaymentId>,
    },
    /// Something new was heard of an archived payment: the desk holds it again.
    Restored {
        /// As it was archived.
        file: Box<PaymentFile>,
    },
}

impl ArchiveFact {
    /// The payment it is about, if it is one.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Restored { file } => Some(file.payment_id()),
            Self::Archived { .. } => None,
        }
    }
}
