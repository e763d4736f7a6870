//! Settlement: per terminal, what lane, hub and bank count is the same (I11).

use std::collections::{BTreeMap, BTreeSet};

use proto::{
    journal::v1::{ForwardKind, Tender},
    store::v1::DecisionKind,
};

use crate::oracle::{
    evidence::{Evidence, terminal_of},
    figures::TerminalDay,
    hub_book::HubForward,
    values::minor,
    verdict::Verdict,
};

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

/// Each day that the run was to live was closed, once. By hand people close as many as they like.
fn check_closes(evidence: &Evidence, verdict: &mut Verdict) {
    let closed = &evidence.hub.days_closed;
    let wanted = usize::from(evidence.days);
    let as_wanted = match evidence.by_hand {
        true => closed.len() >= wanted,
        false => closed.len() == wanted,
    };
    verdict.check(as_wanted, "I11", None, || {
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
    let not_taken_back = not_taken_back_minor(evidence, lane);
    let closed = || evidence.hub.batches.iter().filter(|batch| batch.tid == tid);
    let booked = evidence.ledger.lines.iter().filter(|line| line.tid == tid);
    TerminalDay {
        lane_minor: tendered - lost + not_taken_back,
        hub_minor: closed().map(|batch| net(batch.totals.as_ref())).sum(),
        host_minor: booked.map(|line| line.moved_minor()).sum(),
        lost_minor: lost,
        not_taken_back_minor: not_taken_back,
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
    let cards = closed_tenders(evidence, lane).filter(|tender| !tender.payment_id.is_empty());
    cards.map(|tender| minor(tender.amount.as_ref())).sum()
}

/// On the receipts of a lane.
fn closed_tenders(evidence: &Evidence, lane: u16) -> impl Iterator<Item = &Tender> {
    let books = evidence.lanes.get(&lane).into_iter();
    let sales = books.flat_map(|book| book.sales.values());
    let closed = sales.filter_map(|sale| sale.closed.as_ref());
    closed.flat_map(|closed| &closed.tenders)
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

/// Reversals and voids that ended as dead letters: what the bank has and no sale was paid with.
fn not_taken_back_minor(evidence: &Evidence, lane: u16) -> i64 {
    let booked = evidence.ledger.by_payment();
    let own = evidence
        .hub
        .payments
        .iter()
        .filter(|(_, payment)| payment.lane == u32::from(lane));
    let stuck = own.filter(|(_, payment)| {
        let mut forwards = evidence.hub.forwards_of(payment);
        forwards.any(|forward| {
            let takes_back = match forward.queued.kind() {
                ForwardKind::Reversal | ForwardKind::Void => true,
                ForwardKind::Advice | ForwardKind::Unspecified => false,
            };
            takes_back && forward.is_dead_letter()
        })
    });
    stuck
        .map(|(id, _)| {
            let lines = booked.get(id.as_str()).into_iter().flatten();
            let at_bank: i64 = lines.map(|line| line.moved_minor()).sum();
            at_bank - tendered_minor(evidence, lane, id)
        })
        .sum()
}

/// What was paid with one payment, by the receipts of its lane.
fn tendered_minor(evidence: &Evidence, lane: u16, id: &str) -> i64 {
    let tenders = closed_tenders(evidence, lane).filter(|tender| tender.payment_id == id);
    tenders.map(|tender| minor(tender.amount.as_ref())).sum()
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
