//! Dates, frames, versions, the clock.

mod clock;
mod completeness;
mod due;
mod store;
mod versions;
