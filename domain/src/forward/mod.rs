//! Store and forward: what must reach the bank whatever happens, and the only three ways out.

mod backoff;
mod dead_letter_reason;
mod entry;
mod meaning;

pub use backoff::backoff_ms;
pub use dead_letter_reason::DeadLetterReason;
pub use entry::{Forward, ForwardEnd, ForwardKind, Resolution};
pub use meaning::{Meaning, meaning};
