//! Whether leases were granted and used within their terms (I10, I19).

use proto::store::v1::DecisionKind;

use crate::oracle::{evidence::Evidence, verdict::Verdict};

pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    for (lane, book) in &evidence.lanes {
        for (id, what) in &book.leases.faults {
            let id = Some(id.as_str()).filter(|id| !id.is_empty());
            verdict.broke("I10", id, format!("lane {lane}: {what}"));
        }
        for terms in &book.leases.accepted {
            let granted = evidence.hub.leases.granted.get(&terms.lease_id);
            verdict.check(granted == Some(terms), "I10", None, || {
                format!(
                    "lane {lane} holds a lease {} that was not granted so",
                    terms.lease_id
                )
            });
        }
        for (id, payment, _) in book.payments() {
            let kind = payment.decision.as_ref().map(|decision| decision.kind());
            let offline = kind == Some(DecisionKind::OfflineApproved);
            let asked = evidence
                .hub
                .payments
                .get(id)
                .is_some_and(|hub| hub.requested);
            verdict.check(!offline || !asked, "I19", Some(id), || {
                "the lane approved alone what it had asked the hub".to_owned()
            });
        }
    }
    for (id, payment) in &evidence.hub.payments {
        let by_lane = payment.kind() == DecisionKind::OfflineApproved;
        let fits = by_lane == payment.offline && !(by_lane && payment.requested);
        verdict.check(fits, "I19", Some(id), || {
            "decided by the lane and asked of the hub, or neither".to_owned()
        });
    }
}
