//! `proto` ↔ `domain`: what travels and what is journaled meets what is decided here and only here.
//! What comes in is checked; what can't be is refused with its field.

mod lease;
mod payment;
mod record;

pub(crate) use lease::{lease_from_proto, lease_to_proto, offline_payment};
pub(crate) use payment::{decision_from_proto, payment_id, request_to_frame};
pub(crate) use record::{decode, encode, started};

/// What came in can't be what it should be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {what}")]
pub struct ConvertError {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: String,
}

impl ConvertError {
    pub(crate) fn new(field: &'static str, what: impl ToString) -> Self {
        Self {
            field,
            what: what.to_string(),
        }
    }

    pub(crate) fn missing(field: &'static str) -> Self {
        Self::new(field, "is missing")
    }
}
