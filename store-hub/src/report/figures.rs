//! The figures of a day, from the projections.

use domain::{
    ids::{LaneEpoch, LaneId, PaymentId},
    time::BusinessDate,
};
use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::DecisionKind,
};

use super::{
    BatchLine, DayReport, DeadLetterLine, ForwardFigures, HourLine, KnownSequences,
    LaneCompleteness, LaneLine, MORE_NOT_KNOWN, Payments, SCHEMA_VERSION, Sales, Settlement,
    TenderLine, differences,
};
use crate::ledger::{BatchFacts, Books, ForwardFacts, counted_in};

/// Which store and day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) store_name: &'a str,
    pub(crate) date: BusinessDate,
}

/// Everything there is to say about a day, closed or running.
pub(crate) fn day_report(books: &Books, about: About<'_>, known: &KnownSequences) -> DayReport {
    let date = about.date.to_string();
    let sales_day = books.sales.days.get(&date).cloned().unwrap_or_default();
    let by_lane: Vec<LaneLine> = sales_day
        .lanes
        .iter()
        .map(|((lane, epoch), day)| LaneLine {
            lane: lane.0,
            epoch: epoch.0,
            sales: day.sales,
            voided: day.voided,
            items: day.items,
            total_minor: day.total_minor,
        })
        .collect();
    let mut sales = Sales::default();
    for day in sales_day.lanes.values() {
        sales.count = sales.count.saturating_add(day.sales);
        sales.voided = sales.voided.saturating_add(day.voided);
        sales.items = sales.items.saturating_add(day.items);
        sales.total_minor = sales.total_minor.saturating_add(day.total_minor);
        sales.change_minor = sales.change_minor.saturating_add(day.change_minor);
    }
    let (dead_letters, declined_after_goods) = dead_letters(books, &date);
    DayReport {
        schema_version: SCHEMA_VERSION,
        store_id: about.store_id.to_owned(),
        store_name: about.store_name.to_owned(),
        closed: books.payments.closed_days.contains(&date),
        currency: books.payments.currency.letters().to_owned(),
        sales,
        by_tender: sales_day
            .tenders
            .into_iter()
            .map(|((tender, scheme), sum)| TenderLine {
                tender,
                scheme,
                count: sum.count,
                total_minor: sum.minor,
            })
            .collect(),
        by_lane,
        by_hour: sales_day
            .hours
            .into_iter()
            .map(|(hour, sum)| HourLine {
                hour,
                sales: sum.count,
                total_minor: sum.minor,
            })
            .collect(),
        payments: payments(books, &date),
        forward: forward(books, &date),
        settlement: settlement(books, &date),
        dead_letters,
        declined_after_goods,
        differences: differences(books, &date),
        completeness: completeness(books, known),
        business_date: date,
    }
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

fn payments(books: &Books, date: &str) -> Payments {
    let mut figures = Payments::default();
    for facts in books
        .payments
        .payments
        .values()
        .filter(|facts| facts.date == date)
    {
        count(&mut figures.requested);
        match facts.kind() {
            DecisionKind::Approved => count(&mut figures.approved),
            DecisionKind::PartiallyApproved => count(&mut figures.partially_approved),
            DecisionKind::Declined => count(&mut figures.declined),
            DecisionKind::Unknown => count(&mut figures.unknown),
            DecisionKind::Refused => count(&mut figures.refused),
            DecisionKind::StandIn => count(&mut figures.stand_in),
            DecisionKind::OfflineApproved => count(&mut figures.offline_approved),
            DecisionKind::Unspecified => {}
        }
    }
    for (_, entry) in entries_of(books, date) {
        if entry.kind == ForwardKind::Reversal && entry.end == ForwardEndKind::Delivered {
            count(&mut figures.reversed);
        }
        if entry.declined_after_goods {
            count(&mut figures.declined_after_goods);
        }
    }
    let late = books.payments.unmatched_answers.get(date);
    figures.late_answers = late.copied().unwrap_or(0);
    figures
}

/// Queue entries of the payments of a day.
fn entries_of<'a>(
    books: &'a Books,
    date: &'a str,
) -> impl Iterator<Item = (u64, &'a ForwardFacts)> {
    let of_day = move |entry: &ForwardFacts| {
        let payment = books.payments.payments.get(&entry.payment_id);
        payment.is_some_and(|facts| facts.date == date)
    };
    let entries = books.payments.forwards.iter();
    entries.filter_map(move |(id, entry)| of_day(entry).then_some((*id, entry)))
}

fn forward(books: &Books, date: &str) -> ForwardFigures {
    let mut figures = ForwardFigures::default();
    for (_, entry) in entries_of(books, date) {
        count(&mut figures.queued);
        match entry.end {
            ForwardEndKind::Delivered => count(&mut figures.delivered),
            ForwardEndKind::Withdrawn => count(&mut figures.withdrawn),
            ForwardEndKind::DeadLetter => count(&mut figures.dead_letters),
            ForwardEndKind::Unspecified => {
                count(&mut figures.waiting);
                figures.waiting_minor = figures.waiting_minor.saturating_add(entry.minor);
            }
        }
    }
    figures
}

/// Dead letters, and apart from them those whose goods are gone.
fn dead_letters(books: &Books, date: &str) -> (Vec<DeadLetterLine>, Vec<DeadLetterLine>) {
    let dead = entries_of(books, date).filter(|(_, entry)| entry.end == ForwardEndKind::DeadLetter);
    let (after_goods, others): (Vec<_>, Vec<_>) =
        dead.partition(|(_, entry)| entry.declined_after_goods);
    let lines = |entries: Vec<(u64, &ForwardFacts)>| {
        let entries = entries.into_iter();
        entries
            .map(|(id, entry)| dead_letter_line(id, entry))
            .collect()
    };
    (lines(others), lines(after_goods))
}

fn dead_letter_line(forward_id: u64, entry: &ForwardFacts) -> DeadLetterLine {
    DeadLetterLine {
        forward_id,
        payment_id: PaymentId(entry.payment_id).to_string(),
        kind: kind_name(entry.kind).to_owned(),
        amount_minor: entry.minor,
        reason: entry.reason.clone(),
        last_answer: entry.last_answer.clone(),
        owner: "store manager".to_owned(),
        resolution: entry.resolution.clone(),
    }
}

/// The word for a kind of entry.
pub(crate) const fn kind_name(kind: ForwardKind) -> &'static str {
    match kind {
        ForwardKind::Reversal => "reversal",
        ForwardKind::Advice => "advice",
        ForwardKind::Void => "void",
        ForwardKind::Unspecified => "entry",
    }
}

fn settlement(books: &Books, date: &str) -> Settlement {
    let mut settlement = Settlement {
        host_minor: Some(0),
        ..Settlement::default()
    };
    let of_day = books
        .payments
        .batches
        .iter()
        .filter(|batch| batch.date == date);
    for batch in of_day {
        let line = batch_line(books, batch);
        settlement.balanced = settlement.balanced.saturating_add(line.balanced.into());
        settlement.lane_minor = settlement.lane_minor.saturating_add(line.lane_minor);
        settlement.hub_minor = settlement.hub_minor.saturating_add(line.hub_minor);
        settlement.host_minor = settlement
            .host_minor
            .zip(line.host_minor)
            .map(|(sum, minor)| sum.saturating_add(minor));
        settlement.batches.push(line);
    }
    settlement
        .batches
        .sort_by(|one, other| (&one.tid, &one.batch).cmp(&(&other.tid, &other.batch)));
    settlement
}

fn batch_line(books: &Books, batch: &BatchFacts) -> BatchLine {
    let here = Some((batch.tid.clone(), batch.batch));
    let counted = books.payments.payments.iter();
    let lane_minor = counted
        .filter(|(_, facts)| counted_in(books, facts) == here)
        .filter_map(|(id, _)| books.sales.captured.get(id))
        .fold(0_i64, |sum, captured| sum.saturating_add(captured.minor));
    let hub_minor = batch.debit_minor.saturating_sub(batch.credit_minor);
    BatchLine {
        tid: batch.tid.clone(),
        batch: format!("{:06}", batch.batch),
        balanced: batch.balanced,
        lane_minor,
        hub_minor,
        host_minor: batch.balanced.then_some(hub_minor),
        debit_minor: batch.debit_minor,
        debit_count: batch.debit_count,
        credit_minor: batch.credit_minor,
        credit_count: batch.credit_count,
    }
}

fn completeness(books: &Books, known: &KnownSequences) -> Vec<LaneCompleteness> {
    let mut lanes: Vec<LaneCompleteness> = Vec::new();
    for ((lane, epoch), mark) in books.watermarks() {
        let said = known.get(&(lane.0, epoch.0)).copied().unwrap_or(0);
        let known_sequence = said_or_more(said, mark.through_sequence).max(mark.through_sequence);
        lanes.push(LaneCompleteness {
            lane: lane.0,
            epoch: epoch.0,
            through_sequence: mark.through_sequence,
            through_wall_ms: mark.through_wall_ms,
            known_sequence,
            complete: mark.through_sequence >= known_sequence,
        });
    }
    for ((lane, epoch), said) in known {
        let listed = lanes
            .iter()
            .any(|line| (line.lane, line.epoch) == (*lane, *epoch));
        if !listed && *said > 0 {
            lanes.push(LaneCompleteness {
                lane: *lane,
                epoch: *epoch,
                through_sequence: 0,
                through_wall_ms: 0,
                known_sequence: said_or_more(*said, 0),
                complete: false,
            });
        }
    }
    for (machine, stall) in books.stalled() {
        stop_at(&mut lanes, machine, stall.sequence);
    }
    lanes
}

/// Of a lane with a trouble nobody knows how much more there is; one record at least.
const fn said_or_more(said: u64, through: u64) -> u64 {
    match said {
        MORE_NOT_KNOWN => through.saturating_add(1),
        said => said,
    }
}

/// A lane whose journal can't be read on is not complete, however much of it is held.
fn stop_at(lanes: &mut Vec<LaneCompleteness>, machine: (LaneId, LaneEpoch), sequence: u64) {
    let (lane, epoch) = (machine.0.0, machine.1.0);
    let of_machine = |line: &&mut LaneCompleteness| (line.lane, line.epoch) == (lane, epoch);
    match lanes.iter_mut().find(of_machine) {
        Some(line) => {
            line.known_sequence = line.known_sequence.max(sequence);
            line.complete = false;
        }
        None => lanes.push(LaneCompleteness {
            lane,
            epoch,
            through_sequence: 0,
            through_wall_ms: 0,
            known_sequence: sequence,
            complete: false,
        }),
    }
}
