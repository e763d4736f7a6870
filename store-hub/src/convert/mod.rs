//! The hub's own records as `journal.v1`. What lanes and hub both say is in `wire_form`.
//!
//! Everything that comes in is checked; what can't be is refused with the field it is about.

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

#[cfg(test)]
pub(crate) use kept_tests::a_file;

pub(crate) use checkpoint::{checkpoint_from_proto, checkpoint_to_proto, is_current_form};
pub(crate) use counts::payments_to_proto;
pub(crate) use file::{file_from_proto, file_to_proto};
pub(crate) use record_in::{decode, desk_record, resolution_from_text};
pub(crate) use record_out::{encode, started};
