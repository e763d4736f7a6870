//! Dates, frames, versions, the clock.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "an overflow of a test's own sums is to stop the test"
)]

mod clock;
mod completeness;
mod due;
mod kept;
mod store;
mod versions;
