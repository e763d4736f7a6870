//! What was decided about a payment. Made once, durable before anybody hears of it, never changed.

use crate::{
    ids::{AuthCode, LeaseId, Rrn, Stan},
    money::Money,
    payment::RefusalReason,
    response_code::ResponseCode,
};

/// What the host said beside its response code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HostFacts {
    /// Field 37.
    pub rrn: Option<Rrn>,
    /// Field 38.
    pub auth_code: Option<AuthCode>,
    /// Field 11 of both messages.
    pub stan: Option<Stan>,
}

/// Why nobody knows whether the bank charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnknownReason {
    /// No answer in time; the reversal carries F39 = 98.
    NoAnswer,
    /// The link broke after a byte had left; F39 = 98.
    LinkBroke,
    /// An approval whose MAC was bad or missing; F39 = A0 (rule 6).
    BadMac,
    /// An answer that does not fit its request: amount or processing code; F39 = 06 (rule 5).
    Mismatch,
    /// The hub started again and found an intent without an outcome; F39 = 98 (rule 3). Or its
    /// journal was lost, and the previous hub may have sent it: then nothing more is sent.
    HubRestarted,
}

/// The outcome of a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The bank approved all of it.
    Approved {
        /// As asked.
        amount: Money,
        /// RRN, authorisation code.
        host: HostFacts,
    },
    /// The bank approved a part; another tender takes the rest.
    PartiallyApproved {
        /// Less than asked.
        amount: Money,
        /// RRN, authorisation code.
        host: HostFacts,
    },
    /// The bank, or its host on its behalf, said no.
    Declined {
        /// Field 39.
        code: ResponseCode,
        /// RRN if any.
        host: HostFacts,
    },
    /// Nobody knows; a reversal was queued in the same commit (rule 4).
    Unknown {
        /// Why.
        reason: UnknownReason,
    },
    /// The hub said no.
    Refused {
        /// Why.
        reason: RefusalReason,
    },
    /// The hub stood in for the unreachable bank; an advice was queued in the same commit.
    StandIn {
        /// As asked.
        amount: Money,
    },
    /// The lane approved it alone, inside its lease, and no byte of it had left (I19).
    OfflineApproved {
        /// As asked.
        amount: Money,
        /// Inside which lease.
        lease: LeaseId,
    },
}

impl Decision {
    /// Field 11, where the bank answered.
    #[must_use]
    pub const fn stan(&self) -> Option<Stan> {
        match self {
            Self::Approved { host, .. }
            | Self::PartiallyApproved { host, .. }
            | Self::Declined { host, .. } => host.stan,
            Self::Unknown { .. }
            | Self::Refused { .. }
            | Self::StandIn { .. }
            | Self::OfflineApproved { .. } => None,
        }
    }

    /// What the customer has paid with this decision: zero unless approved in some way.
    #[must_use]
    pub fn paid(&self, asked: Money) -> Money {
        match self {
            Self::Approved { amount, .. }
            | Self::PartiallyApproved { amount, .. }
            | Self::StandIn { amount }
            | Self::OfflineApproved { amount, .. } => *amount,
            Self::Declined { .. } | Self::Unknown { .. } | Self::Refused { .. } => {
                Money::zero(asked.currency())
            }
        }
    }
}
