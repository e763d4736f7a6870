//! Lane journals against the hub's ledger, payment by payment: every difference by its name.

use std::collections::BTreeSet;

use domain::ids::PaymentId;
use proto::{journal::v1::ForwardEndKind, journal::v1::ForwardKind, store::v1::DecisionKind};

use super::Difference;
use crate::ledger::{Books, PaymentFacts};

/// What a day's journals don't agree on. Empty is what an orderly close wants to see.
pub(crate) fn differences(books: &Books, date: &str) -> Vec<Difference> {
    let on_receipts = books.sales.captured.iter();
    let on_receipts = on_receipts.filter(|(_, captured)| captured.date == date);
    let at_hub = books.payments.payments.iter();
    let at_hub = at_hub.filter(|(_, facts)| facts.date == date);
    let asked_before = books.payments.asked_before.iter();
    let asked_before = asked_before.filter(|(_, day)| *day == date);
    let carried = books.payments.carried.iter();
    let carried = carried.filter(|(_, day)| *day == date);
    let ids: BTreeSet<u128> = on_receipts
        .map(|(id, _)| *id)
        .chain(at_hub.map(|(id, _)| *id))
        .chain(asked_before.map(|(id, _)| *id))
        .chain(carried.map(|(id, _)| *id))
        .collect();
    ids.into_iter()
        .filter_map(|id| difference(books, date, id))
        .collect()
}

fn difference(books: &Books, date: &str, id: u128) -> Option<Difference> {
    let lane_minor = books.sales.captured.get(&id).map(|captured| captured.minor);
    let facts = books.payments.payments.get(&id);
    let hub_minor = facts.map_or(0, |facts| stands_minor(books, facts));
    let carried = books.payments.carried.get(&id);
    let what = match (lane_minor, facts) {
        (_, Some(_)) if carried.is_some_and(|day| day == date) => {
            "carried over: its lane was silent when the day was closed"
        }
        (None, _) if books.payments.asked_before.contains_key(&id) => {
            "asked of the previous hub, outcome unknown: see the acquirer's file"
        }
        (Some(_), None) => "on a receipt, unknown to the hub",
        (Some(lane_minor), Some(_)) if lane_minor != hub_minor => {
            "on a receipt for another amount than the hub holds"
        }
        (None, Some(facts)) if hub_minor != 0 && facts.abandoned => "abandoned, not undone yet",
        (None, Some(_)) if hub_minor != 0 => "approved, on no receipt",
        (Some(_) | None, Some(_)) | (None, None) => return None,
    };
    Some(Difference {
        payment_id: PaymentId(id).to_string(),
        lane_minor: lane_minor.unwrap_or(0),
        hub_minor,
        what: what.to_owned(),
    })
}

/// What the hub holds as paid: approved and not undone; a stand-in whether delivered or not. What
/// the bank refused after the goods were gone was paid at the lane all the same: a loss line.
fn stands_minor(books: &Books, facts: &PaymentFacts) -> i64 {
    let undone = facts.forwards.iter().any(|id| {
        books
            .payments
            .forwards
            .get(id)
            .is_some_and(|entry| match entry.kind {
                ForwardKind::Reversal | ForwardKind::Void => entry.end == ForwardEndKind::Delivered,
                ForwardKind::Advice => entry.end == ForwardEndKind::Withdrawn,
                ForwardKind::Unspecified => false,
            })
    });
    let approved = match facts.kind() {
        DecisionKind::Approved
        | DecisionKind::PartiallyApproved
        | DecisionKind::StandIn
        | DecisionKind::OfflineApproved => true,
        DecisionKind::Declined
        | DecisionKind::Unknown
        | DecisionKind::Refused
        | DecisionKind::Unspecified => false,
    };
    if approved && !undone {
        facts.paid_minor()
    } else {
        0
    }
}
