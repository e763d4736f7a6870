//! What was going on when the business date turned: a run of several days proves nothing unless it
//! sold through each turn.

use std::collections::{BTreeMap, BTreeSet};

use proto::journal::v1::{HubRecord, hub_record::Body};

use crate::oracle::{evidence::Evidence, verdict::Verdict};

/// By the date that ended: card payments that were at the bank then. The last day ends at rest; who
/// was selling in a run that was broken off and gone on with is chance.
pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) -> BTreeMap<String, u32> {
    let turns = read(&evidence.hub_records);
    if evidence.days > 1 && !evidence.resumed {
        check_each(evidence, &turns, verdict);
    }
    turns.into_iter().collect()
}

fn check_each(evidence: &Evidence, turns: &[(String, u32)], verdict: &mut Verdict) {
    let through = usize::from(evidence.days).saturating_sub(1);
    verdict.check(turns.len() >= through, "turn", None, || {
        format!(
            "the date turned {} times in {} days",
            turns.len(),
            evidence.days
        )
    });
    for (date, at_bank) in turns.iter().take(through) {
        verdict.check(*at_bank >= 1, "turn", None, || {
            format!("no basket was open and no payment at the bank when {date} ended")
        });
        let rested = lanes_rested(evidence, date);
        verdict.check(rested >= evidence.lanes_to_rest, "turn", None, || {
            let wanted = evidence.lanes_to_rest;
            format!("{rested} lanes rested in the evening of {date}, {wanted} should have")
        });
    }
}

fn lanes_rested(evidence: &Evidence, date: &str) -> usize {
    let lanes = evidence.frames.values();
    let rested = lanes.filter(|lane| lane.rests.values().any(|rest| rest == date));
    rested.count()
}

fn read(records: &[HubRecord]) -> Vec<(String, u32)> {
    let mut turns = Vec::new();
    let mut at_bank: BTreeSet<&str> = BTreeSet::new();
    let mut date = "";
    for record in records {
        let says = record.business_date.as_str();
        if !says.is_empty() && says != date {
            if !date.is_empty() {
                let count = u32::try_from(at_bank.len()).unwrap_or(u32::MAX);
                turns.push((date.to_owned(), count));
            }
            date = says;
        }
        if let Some(Body::Sent(sent)) = &record.body {
            at_bank.insert(&sent.payment_id);
        }
        if let Some(Body::Decided(decided)) = &record.body {
            at_bank.remove(decided.payment_id.as_str());
        }
    }
    turns
}
