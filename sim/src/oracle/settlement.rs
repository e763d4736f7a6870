//! Settlement: per terminal, what lane, hub and bank count is the same (I11).

use std::collections::{BTreeMap, BTreeSet};

use proto::{journal::v1::ForwardKind, store::v1::DecisionKind};
use serde::{Deserialize, Serialize};

use crate::oracle::{
    evidence::{Evidence, terminal_of},
    hub_book::HubForward,
    lane_book::minor,
    verdict::Verdict,
};

/// One terminal's day, as three count it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalDay {
    /// The terminal.
    pub tid: String,
    /// Card tenders on the lane's receipts, less what the bank refused after the goods were gone,
    /// which stands as dead letters.
    pub lane_minor: i64,
    /// Debits less credits of the batches the hub closed.
    pub hub_minor: i64,
    /// What the bank has booked, less what it took back.
    pub host_minor: i64,
    /// Card tenders that the bank refused after the goods were gone.
    pub lost_minor: i64,
    /// How many batches were closed, and how many of them the bank found balanced.
    pub batches: u32,
    /// See `batches`.
    pub balanced: u32,
}

/// Adds up each terminal three times, and compares.
pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) -> Vec<TerminalDay> {
    let days: Vec<TerminalDay> = evidence
        .lanes
        .keys()
        .map(|lane| terminal_day(evidence, *lane))
        .collect();
    for day in &days {
        let TerminalDay {
            tid,
            lane_minor,
            hub_minor,
            host_minor,
            ..
        } = day;
        verdict.check(
            lane_minor == hub_minor && hub_minor == host_minor,
            "I11",
            None,
            || format!("{tid}: lane {lane_minor}, hub {hub_minor}, bank {host_minor}"),
        );
        let has_booked = evidence.ledger.lines.iter().any(|line| line.tid == *tid);
        verdict.check(day.batches >= 1 || !has_booked, "I11", None, || {
            format!("{tid}: no batch was closed")
        });
        verdict.check(day.batches == day.balanced, "I11", None, || {
            format!(
                "{tid}: {} of {} batches balanced",
                day.balanced, day.batches
            )
        });
    }
    check_batches(evidence, verdict);
    check_closes(evidence, verdict);
    days
}

/// Each day that the run was to live was closed, once.
fn check_closes(evidence: &Evidence, verdict: &mut Verdict) {
    let closed = &evidence.hub.days_closed;
    let wanted = usize::from(evidence.days);
    verdict.check(closed.len() == wanted, "I11", None, || {
        format!("{wanted} days were to be closed, {} were", closed.len())
    });
    for again in &evidence.hub.settled_again {
        verdict.broke("I7", None, again.as_str());
    }
    let once: BTreeSet<&String> = closed.iter().collect();
    verdict.check(once.len() == closed.len(), "I11", None, || {
        format!("a day was closed more than once: {}", closed.join(", "))
    });
}

fn terminal_day(evidence: &Evidence, lane: u16) -> TerminalDay {
    let tid = terminal_of(lane);
    let tendered = card_tenders(evidence, lane);
    let lost = lost_minor(evidence, lane);
    let closed = || evidence.hub.batches.iter().filter(|batch| batch.tid == tid);
    let booked = evidence.ledger.lines.iter().filter(|line| line.tid == tid);
    TerminalDay {
        lane_minor: tendered - lost,
        hub_minor: closed().map(|batch| net(batch.totals.as_ref())).sum(),
        host_minor: booked.map(|line| line.moved_minor()).sum(),
        lost_minor: lost,
        batches: u32::try_from(closed().count()).unwrap_or(u32::MAX),
        balanced: u32::try_from(closed().filter(|batch| batch.balanced).count()).unwrap_or(0),
        tid,
    }
}

fn net(totals: Option<&proto::journal::v1::BatchTotals>) -> i64 {
    totals.map_or(0, |totals| {
        minor(totals.debit.as_ref()) - minor(totals.credit.as_ref())
    })
}

fn card_tenders(evidence: &Evidence, lane: u16) -> i64 {
    let book = evidence.lanes.get(&lane);
    let closed = book
        .into_iter()
        .flat_map(|book| book.sales.values())
        .filter_map(|sale| sale.closed.as_ref());
    closed
        .flat_map(|closed| &closed.tenders)
        .filter(|tender| !tender.payment_id.is_empty())
        .map(|tender| minor(tender.amount.as_ref()))
        .sum()
}

/// Advices that ended as dead letters: sold, and not paid by the bank.
fn lost_minor(evidence: &Evidence, lane: u16) -> i64 {
    let payments = evidence.hub.payments.values();
    payments
        .filter(|payment| payment.lane == u32::from(lane) && payment.completed.is_some())
        .filter(|payment| {
            let kind = payment.kind();
            matches!(kind, DecisionKind::StandIn | DecisionKind::OfflineApproved)
        })
        .flat_map(|payment| evidence.hub.forwards_of(payment))
        .filter(|forward| forward.queued.kind() == ForwardKind::Advice && forward.is_dead_letter())
        .map(|forward: &HubForward| {
            minor(forward.queued.amount.as_ref()) - forward.delivered_minor()
        })
        .sum()
}

/// Batch by batch, the hub's net is what the bank's ledger holds under that number.
fn check_batches(evidence: &Evidence, verdict: &mut Verdict) {
    let mut booked: BTreeMap<(String, u32), i64> = BTreeMap::new();
    for line in &evidence.ledger.lines {
        let (tid, batch, _) = line.place();
        *booked.entry((tid, batch)).or_default() += line.moved_minor();
    }
    for batch in &evidence.hub.batches {
        let ours = net(batch.totals.as_ref());
        let theirs = booked
            .remove(&(batch.tid.clone(), batch.batch))
            .unwrap_or(0);
        verdict.check(ours == theirs, "I11", None, || {
            format!(
                "{} batch {:06}: hub {ours}, bank {theirs}",
                batch.tid, batch.batch
            )
        });
    }
    for ((tid, batch), left) in booked {
        verdict.check(left == 0, "I11", None, || {
            format!("{tid} batch {batch:06}: the bank has {left} in a batch that was never closed")
        });
    }
}
