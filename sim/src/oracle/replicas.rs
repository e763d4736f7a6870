//! The hub's copy of each lane's journal is that journal, byte for byte (I14).

use journal::{LogId, Record};

use crate::oracle::{
    evidence::{Evidence, replica_log},
    verdict::Verdict,
};

/// Every simulated lane speaks as its first machine.
const EPOCH: u32 = 1;

pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    for (lane, logs) in &evidence.lane_logs {
        let own = logs.log(LogId::OWN);
        let copy = evidence.hub_logs.log(replica_log(*lane, EPOCH));
        let has_customers = evidence.visits.iter().any(|visit| visit.lane == *lane);
        verdict.check(!own.is_empty() || !has_customers, "I14", None, || {
            format!("lane {lane} has no journal")
        });
        compare(*lane, own, copy, verdict);
    }
    for replica in evidence.hub_logs.replicas() {
        let known = evidence
            .lanes
            .keys()
            .any(|lane| replica_log(*lane, EPOCH) == replica);
        verdict.check(known, "I14", None, || {
            format!("the hub has a copy {replica} of no lane")
        });
    }
}

fn compare(lane: u16, own: &[Record], copy: &[Record], verdict: &mut Verdict) {
    verdict.check(own.len() == copy.len(), "I14", None, || {
        format!(
            "lane {lane} has {} records, the hub's copy {}",
            own.len(),
            copy.len()
        )
    });
    for (own, copy) in own.iter().zip(copy) {
        let same = own.hash == copy.hash && own.bytes == copy.bytes;
        verdict.check(same, "I14", None, || {
            format!(
                "record {} of lane {lane} is another in the hub's copy",
                own.sequence
            )
        });
    }
}
