//! The hub's own records as `journal.v1`.

mod checkpoint;
mod counts;
mod day;
mod file;
#[cfg(test)]
mod kept_tests;
mod record_in;
mod record_out;
#[cfg(test)]
mod release_2026_11;
#[cfg(test)]
mod tests;

pub use checkpoint::{checkpoint_from_proto, checkpoint_to_proto, is_current_form};
pub use counts::payments_to_proto;
pub use file::{file_from_proto, file_to_proto};
pub use record_in::{decode, desk_record, resolution_from_text};
pub use record_out::{encode, started};
