//! Deciding without the bank: what may be approved while the line is down, and how much of it.

mod exposure;
mod lease;
mod lease_ledger;
mod stand_in;

pub use exposure::Exposure;
pub use lease::{LeaseEnd, LeaseUse, OfflineLease};
pub use lease_ledger::{EndedLease, LeaseLedger, LeaseShare};
pub use stand_in::StandInPolicy;
