//! All that a day came to in money and numbers, a line each and without a time: two days that
//! differ in nothing but their clocks have the same lines.

use proto::{journal::v1::SaleClosed, store::v1::Decision};

use crate::oracle::{
    evidence::Evidence,
    hub_book::{HubForward, HubPayment, Place},
    values::{minor, tender_kind},
};

/// Sales with their tenders, payments and queue entries with their places at the bank and their
/// ends, batches, and the bank's ledger.
#[must_use]
pub(super) fn of(evidence: &Evidence) -> Vec<String> {
    let mut lines = Vec::new();
    for book in evidence.lanes.values() {
        let closed = book.sales.values().filter_map(|sale| sale.closed.as_ref());
        lines.extend(closed.map(sale));
    }
    let hub = &evidence.hub;
    lines.extend(hub.payments.iter().map(|(id, one)| payment(id, one)));
    lines.extend(hub.forwards.values().map(forward));
    for batch in &hub.batches {
        let totals = batch.totals.clone().unwrap_or_default();
        let (debit, credit) = (minor(totals.debit.as_ref()), minor(totals.credit.as_ref()));
        let balanced = batch.balanced;
        lines.push(format!(
            "batch {} {:06}: {debit} less {credit}, balanced {balanced}",
            batch.tid, batch.batch
        ));
    }
    lines.extend(evidence.ledger.lines.iter().map(|line| {
        let (tid, batch, stan) = line.place();
        format!(
            "bank {tid} {batch:06} {stan:06}: {} {} {} {} {} {}",
            line.mti,
            line.f3,
            line.amount_minor,
            line.f39,
            line.state,
            line.payment_ref.as_deref().unwrap_or("-")
        )
    }));
    lines
}

fn sale(closed: &SaleClosed) -> String {
    let tenders: Vec<String> = closed
        .tenders
        .iter()
        .map(|tender| {
            let amount = minor(tender.amount.as_ref());
            format!("{} {amount} {}", tender_kind(tender), tender.payment_id)
        })
        .collect();
    format!(
        "sale {} receipt {}: {} rounded by {} paid by {}, change {}",
        closed.order_reference,
        closed.receipt_number,
        minor(closed.total.as_ref()),
        minor(closed.rounding.as_ref()),
        tenders.join(" and "),
        minor(closed.change.as_ref())
    )
}

fn payment(id: &str, payment: &HubPayment) -> String {
    let approved = payment.decision().map(approved_minor).unwrap_or(0);
    format!(
        "payment {id}: {} asked, {:?} {approved}, sent {}, receipt {}, abandoned {}",
        payment.asked_minor.unwrap_or(0),
        payment.kind(),
        places(&payment.sent),
        payment.completed.as_deref().unwrap_or("-"),
        payment.abandoned
    )
}

fn approved_minor(decision: &Decision) -> i64 {
    minor(decision.approved.as_ref())
}

fn forward(forward: &HubForward) -> String {
    format!(
        "entry {:?} of {}: {}, {:?} {}, sent {}",
        forward.queued.kind(),
        forward.queued.payment_id,
        minor(forward.queued.amount.as_ref()),
        forward.end(),
        forward.delivered_minor(),
        places(&forward.sent)
    )
}

fn places(places: &[Place]) -> String {
    let places = places.iter();
    let named = places.map(|(tid, batch, stan)| format!("{tid}/{batch:06}/{stan:06}"));
    named.collect::<Vec<_>>().join(" ")
}
