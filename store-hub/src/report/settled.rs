//! Settlement: batches that fell due with a date, as lanes, hub and host count them, and which
//! sales are in them. Sales belong to dates, payments to batches: the report says both ways how
//! many lie on the other side of the turn.

use domain::time::BusinessDate;

use super::{BatchItemLine, BatchLine, Settlement};
use crate::projections::{BatchOf, DateBook};

/// The settlement that fell due with a date.
pub(super) fn settlement(book: &DateBook, date: BusinessDate) -> Settlement {
    let (settled_before, not_settled) = book.elsewhere(date);
    let mut settlement = Settlement {
        host_minor: Some(0),
        settled_before,
        not_settled,
        ..Settlement::default()
    };
    for batch in book.settled(date) {
        add(&mut settlement, line(&batch));
    }
    settlement
}

fn line(batch: &BatchOf<'_>) -> BatchLine {
    let (tid, number) = batch.place;
    let closed = batch.closed;
    let hub_minor = closed.debit_minor.saturating_sub(closed.credit_minor);
    let items = batch.items.iter().map(|(id, item)| BatchItemLine {
        payment_id: id.clone(),
        stan: item.stan,
        amount_minor: item.minor,
    });
    BatchLine {
        tid: tid.clone(),
        batch: format!("{number:06}"),
        balanced: closed.balanced,
        lane_minor: batch.lane_minor,
        hub_minor,
        host_minor: closed.balanced.then_some(hub_minor),
        debit_minor: closed.debit_minor,
        debit_count: closed.debit_count,
        credit_minor: closed.credit_minor,
        credit_count: closed.credit_count,
        later_sales: batch.later_sales,
        earlier_sales: batch.earlier_sales,
        // Where both count the same, nobody has to go through them one by one.
        items: items.collect(),
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
