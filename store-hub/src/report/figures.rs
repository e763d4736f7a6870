//! The figures of a day, from the projections.

use domain::{day::LaneSeen, ids::PaymentId, time::BusinessDate};
use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::DecisionKind,
};

use super::{
    DayReport, DeadLetterLine, ForwardFigures, HourLine, LaneLine, Payments, SCHEMA_VERSION, Sales,
    TenderLine, completeness::completeness, differences, settled::settlement,
};
use crate::ledger::{Books, ForwardFacts};

/// Which store and day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) store_name: &'a str,
    pub(crate) date: BusinessDate,
}

/// Everything there is to say about a day, closed or running.
pub(crate) fn day_report(books: &Books, about: About<'_>, lanes: &[LaneSeen]) -> DayReport {
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
        closed: books.days.is_turned(about.date),
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
        completeness: completeness(&books.days, about.date, lanes, books.sales.zone()),
        correction: None,
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
