//! What is written of one offline lease.

use crate::{
    ids::LeaseId,
    risk::{LeaseEnd, OfflineLease},
};

/// What happened to a lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseFact {
    /// It counts from here on.
    Granted {
        /// Its terms.
        lease: OfflineLease,
    },
    /// It counts no more.
    Ended {
        /// The lease.
        lease_id: LeaseId,
        /// How.
        end: LeaseEnd,
    },
}
