//! The hub's own records as `journal.v1`.

mod archive;
mod baskets;
mod checkpoint;
mod counts;
mod day;
mod fields;
mod file;
mod forward;
#[cfg(test)]
mod kept_tests;
mod lease;
mod machine;
mod operators;
mod payment;
mod record;
#[cfg(test)]
mod release_2026_11;
mod request;
mod returns;
mod terminal;
#[cfg(test)]
mod tests;

pub use checkpoint::{KeptDesk, checkpoint_from_proto, checkpoint_to_proto};
pub use counts::payments_to_proto;
pub use file::{file_from_proto, file_to_proto};
pub use forward::{forward_kind_to_proto, resolution_from_proto, resolution_number};
pub use operators::{
    operator_body, operator_entry, operator_of_entry, wrong_pins_from_proto, wrong_pins_to_proto,
};
pub use record::{decode, desk_record, encode, started};
