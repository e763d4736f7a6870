//! The one place where `proto` meets `domain`, both ways: money, cards, payments, decisions and
//! leases as lane and hub both say them; what a hub writes ([`hub`]) and what a lane writes
//! ([`lane`]).
//!
//! Everything that comes in is checked; what can't be is refused with the field it is about.

mod absent;
mod hot_list;
pub mod hub;
mod kind;
#[cfg(test)]
mod kinds;
pub mod lane;
mod lease;
mod operator_list;
mod parts;
mod payment;
mod price_version;
mod reason;
mod recall;
mod returns;

pub use absent::{optional, text};
pub use hot_list::{HotListReader, hot_card_to_part, hot_list_to_parts};
pub use kind::{
    date_from_proto, date_to_proto, method_from_proto, method_to_proto, original_from_proto,
    original_to_proto, payment_kind_from_proto, payment_kind_to_proto,
};
pub use lease::{
    card_hash, lease_from_proto, lease_to_proto, lease_use_from_proto, lease_use_to_proto,
    offline_from_proto, offline_to_proto,
};
pub use operator_list::{operators_from_proto, operators_to_proto};
pub use payment::{
    auth_code, card_from_proto, card_to_proto, code, decision_from_proto, decision_to_proto,
    decision_word, entry_mode_from_proto, entry_mode_to_proto, money_from_proto, money_to_proto,
    payment_id, request_from_frame, request_to_frame, rrn, scheme_from_proto, scheme_to_proto,
    stan,
};
pub use price_version::{is_price_version, price_version};
pub use recall::{
    BasketTold, basket_list_from_proto, basket_list_to_proto, basket_told_from_proto,
    basket_told_to_proto,
};
pub use returns::{
    OriginalTold, original_told_from_proto, original_told_to_proto, refusal_from_proto,
    taking_from_proto, taking_to_proto, wanted_to_proto,
};

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
    /// This field can't be this.
    pub fn new(field: &'static str, what: impl ToString) -> Self {
        Self {
            field,
            what: what.to_string(),
        }
    }

    /// This field is needed.
    #[must_use]
    pub fn missing(field: &'static str) -> Self {
        Self::new(field, "is missing")
    }
}
