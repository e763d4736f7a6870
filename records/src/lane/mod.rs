//! The lane's own records as `journal.v1`.

mod checkpoint;
mod closing;
mod fields;
mod line;
mod operators;
mod record;
#[cfg(test)]
mod release_2026_11;
mod returns;
#[cfg(test)]
mod samples;
mod suspended;
mod till;
mod till_report;
#[cfg(test)]
mod till_samples;

pub use checkpoint::{KeptCheckout, checkpoint_from_proto, checkpoint_to_proto};
pub(crate) use line::{line_from_proto, line_to_proto};
pub use record::{checkout_record, decode, encode, started};
#[cfg(test)]
pub(crate) use samples::{a_taking, plain_line as a_line};
pub use suspended::{suspended_id_from_proto, suspended_id_to_proto};
