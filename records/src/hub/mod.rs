//! The hub's own records as `journal.v1`.

mod checkpoint;
mod counts;
mod day;
mod fields;
mod file;
mod forward;
#[cfg(test)]
mod kept_tests;
mod record_in;
mod record_out;
#[cfg(test)]
mod release_2026_11;
mod request;
#[cfg(test)]
mod tests;

pub use checkpoint::{checkpoint_from_proto, checkpoint_to_proto, is_current_form};
pub use counts::payments_to_proto;
pub use file::{file_from_proto, file_to_proto};
pub use forward::{forward_kind_to_proto, resolution_from_proto, resolution_number};
pub use record_in::{decode, desk_record};
pub use record_out::{encode, started};
