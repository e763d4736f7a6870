//! The business day of the store, and the settlement of batches apart from it.

mod fact;
mod settling;
mod turned;
mod uploading;

pub use fact::{DayFact, DaysPart};
