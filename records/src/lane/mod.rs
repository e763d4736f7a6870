//! The lane's own records as `journal.v1`.

mod checkpoint;
mod closing;
mod fields;
mod line;
mod operators;
mod record;
#[cfg(test)]
mod release_2026_11;
#[cfg(test)]
mod samples;
mod suspended;
mod till;
mod till_report;
#[cfg(test)]
mod till_samples;

pub use checkpoint::{KeptCheckout, checkpoint_from_proto, checkpoint_to_proto};
pub use record::{checkout_record, decode, encode, started};
