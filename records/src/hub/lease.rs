//! Records of an offline lease, both ways.

use crate::{ConvertError, lease_from_proto, lease_to_proto};
use domain::{desk::LeaseFact, ids::LeaseId, risk::LeaseEnd};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::fields::{lease_end_from_proto, lease_end_to_proto};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn body(fact: &LeaseFact) -> Body {
    match fact {
        LeaseFact::Granted { lease } => Body::LeaseGranted(journal::LeaseGranted {
            lease: Some(lease_to_proto(lease)),
        }),
        LeaseFact::Ended { lease_id, end } => ended_to_proto(*lease_id, end),
    }
}

fn ended_to_proto(lease_id: LeaseId, end: &LeaseEnd) -> Body {
    Body::LeaseEnded(journal::LeaseEnded {
        lease_id: lease_id.0,
        ..lease_end_to_proto(end)
    })
}

pub(super) fn granted(from: &journal::LeaseGranted) -> Result<LeaseFact> {
    Ok(LeaseFact::Granted {
        lease: lease_from_proto(from.lease.as_ref())?,
    })
}

pub(super) fn ended(from: &journal::LeaseEnded) -> Result<LeaseFact> {
    Ok(LeaseFact::Ended {
        lease_id: LeaseId(from.lease_id),
        end: lease_end_from_proto(from)?,
    })
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    let lease_id = LeaseId(4);
    let written_off = LeaseEnd::WrittenOff {
        by: "Li Na".to_owned(),
        reason: "gone".to_owned(),
    };
    let ends = [LeaseEnd::Returned, written_off];
    let ends = ends.map(|end| LeaseFact::Ended { lease_id, end }.into());
    let lease = crate::lease::sample();
    let granted = LeaseFact::Granted { lease }.into();
    [granted].into_iter().chain(ends).collect()
}
