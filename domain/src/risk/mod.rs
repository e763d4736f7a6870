//! Deciding without the bank: what may be approved while the line is down, and how much of it.

mod exposure;
mod lease;
mod lease_ledger;
mod stand_in;

pub use exposure::Exposure;
pub use lease::{LeaseUse, OfflineLease};
pub use lease_ledger::{LeaseLedger, LeaseShare};
pub use stand_in::StandInPolicy;
