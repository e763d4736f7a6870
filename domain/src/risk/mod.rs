//! Deciding without the bank: what may be approved while the line is down, and how much of it.

mod exposure;
mod stand_in;

pub use exposure::Exposure;
pub use stand_in::StandInPolicy;
