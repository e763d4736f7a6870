//! Deciding without the bank: what may be approved while the line is down, and how much of it.

mod exposure;
mod floor_limits;
mod hot_list;
mod lease;
mod lease_ledger;
mod lease_terms;
mod open_risk;
mod stand_in;
mod velocity;

pub use exposure::Exposure;
pub use floor_limits::FloorLimits;
pub use hot_list::{BinRange, HotList, HotListFull};
pub use lease::{LeaseEnd, LeaseShare, LeaseUse, OfflineLease};
pub use lease_ledger::{EndedLease, LeaseLedger};
pub(crate) use lease_terms::LeaseTerms;
pub(crate) use open_risk::OpenRisk;
pub use stand_in::StandInPolicy;
pub use velocity::{Velocity, VelocityLimit};
