//! `proto` ↔ `domain`: the one place where what travels and what is journaled meets what is
//! decided.
//!
//! Everything that comes in is checked here; what can't be is refused with the field it is about.

mod lease;
mod payment;
mod record_in;
mod record_out;
#[cfg(test)]
mod tests;

pub(crate) use lease::{lease_to_proto, offline_from_proto};
pub(crate) use payment::{decision_to_proto, money_to_proto, request_from_frame, scheme_name};
pub(crate) use record_in::{decode, desk_record, resolution_from_text};
pub(crate) use record_out::{encode, started};

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
