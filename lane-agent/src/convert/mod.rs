//! The lane's own records as `journal.v1`. What lanes and hub both say is in `wire_form`.
//! What comes in is checked; what can't be is refused with its field.

mod record;
#[cfg(test)]
mod release_2026_11;

pub(crate) use record::{decode, encode, started};
