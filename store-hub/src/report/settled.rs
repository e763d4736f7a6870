//! Settlement: batches that fell due with a date, as lanes, hub and host count them, and which
//! sales are in them. Sales belong to dates, payments to batches: the report says both ways how
//! many lie on the other side of the turn.

use std::collections::BTreeMap;

use super::{BatchItemLine, BatchLine, PaymentSum, Settlement};
use crate::ledger::{BatchFacts, Books, PaymentFacts, counted_in};

/// What the payments of one batch add up to.
#[derive(Clone, Default)]
struct Counted {
    lane_minor: i64,
    later_sales: PaymentSum,
    earlier_sales: PaymentSum,
    items: Vec<BatchItemLine>,
}

type Place = (String, u32);

/// The settlement that fell due with a date.
pub(super) fn settlement(books: &Books, date: &str) -> Settlement {
    let mut settlement = Settlement {
        host_minor: Some(0),
        ..Settlement::default()
    };
    let batches = &books.payments.batches;
    let of_day: BTreeMap<Place, &BatchFacts> = batches
        .iter()
        .filter(|batch| batch.date == date)
        .map(|batch| (place(batch), batch))
        .collect();
    let dates: BTreeMap<Place, &str> = batches
        .iter()
        .map(|batch| (place(batch), batch.date.as_str()))
        .collect();
    let mut counted: BTreeMap<Place, Counted> = BTreeMap::new();
    for (id, facts) in &books.payments.payments {
        let Some(place) = counted_in(books, facts) else {
            continue;
        };
        let sold = sold_on(books, *id, facts);
        if of_day.contains_key(&place) {
            let sum = counted.entry(place.clone()).or_default();
            count(books, sum, *id, facts, (sold, date));
        }
        if sold == date {
            let minor = facts.paid_minor();
            match dates.get(&place) {
                None => settlement.not_settled.add(minor),
                Some(settled) if *settled < date => settlement.settled_before.add(minor),
                Some(_) => {}
            }
        }
    }
    for (place, batch) in of_day {
        let line = line(batch, counted.remove(&place).unwrap_or_default());
        add(&mut settlement, line);
    }
    settlement
}

fn place(batch: &BatchFacts) -> Place {
    (batch.tid.clone(), batch.batch)
}

/// The date of the sale that a payment belongs to: that of its end, or of the request before it
/// has ended.
fn sold_on<'a>(books: &'a Books, id: u128, facts: &'a PaymentFacts) -> &'a str {
    let captured = books.sales.captured.get(&id);
    captured.map_or(facts.date.as_str(), |captured| captured.date.as_str())
}

fn count(
    books: &Books,
    sum: &mut Counted,
    id: u128,
    facts: &PaymentFacts,
    (sold, date): (&str, &str),
) {
    let minor = facts.paid_minor();
    if let Some(captured) = books.sales.captured.get(&id) {
        sum.lane_minor = sum.lane_minor.saturating_add(captured.minor);
    }
    match sold.cmp(date) {
        std::cmp::Ordering::Greater => sum.later_sales.add(minor),
        std::cmp::Ordering::Less => sum.earlier_sales.add(minor),
        std::cmp::Ordering::Equal => {}
    }
    sum.items.push(BatchItemLine {
        payment_id: domain::ids::PaymentId(id).to_string(),
        stan: facts.terminal.as_ref().map_or(0, |(_, stan, _)| *stan),
        amount_minor: minor,
    });
}

fn line(batch: &BatchFacts, counted: Counted) -> BatchLine {
    let hub_minor = batch.debit_minor.saturating_sub(batch.credit_minor);
    BatchLine {
        tid: batch.tid.clone(),
        batch: format!("{:06}", batch.batch),
        balanced: batch.balanced,
        lane_minor: counted.lane_minor,
        hub_minor,
        host_minor: batch.balanced.then_some(hub_minor),
        debit_minor: batch.debit_minor,
        debit_count: batch.debit_count,
        credit_minor: batch.credit_minor,
        credit_count: batch.credit_count,
        later_sales: counted.later_sales,
        earlier_sales: counted.earlier_sales,
        // Where both count the same, nobody has to go through them one by one.
        items: match batch.balanced {
            true => Vec::new(),
            false => counted.items,
        },
    }
}

fn add(settlement: &mut Settlement, line: BatchLine) {
    settlement.balanced = settlement.balanced.saturating_add(line.balanced.into());
    settlement.lane_minor = settlement.lane_minor.saturating_add(line.lane_minor);
    settlement.hub_minor = settlement.hub_minor.saturating_add(line.hub_minor);
    settlement.host_minor = settlement
        .host_minor
        .zip(line.host_minor)
        .map(|(sum, minor)| sum.saturating_add(minor));
    settlement.batches.push(line);
}
