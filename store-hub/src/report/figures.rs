//! The figures of a day, from the projections.

use domain::{day::LaneSeen, time::BusinessDate};

use super::{
    DayReport, HourLine, LaneLine, SCHEMA_VERSION, Sales, TenderLine,
    completeness::completeness,
    settled::settlement,
    tills::{cash_accounts, tills},
};
use crate::projections::{Books, DateBook, DeadLetterLine, LedgerError};

/// Which store and day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) store_name: &'a str,
    pub(crate) date: BusinessDate,
}

/// Everything there is to say about a day, closed or running.
pub(crate) fn day_report(
    books: &Books,
    about: About<'_>,
    lanes: &[LaneSeen],
) -> Result<DayReport, LedgerError> {
    let book = books.date(about.date)?;
    let (dead_letters, declined_after_goods) = dead_letters(&book);
    Ok(DayReport {
        schema_version: SCHEMA_VERSION,
        store_id: about.store_id.to_owned(),
        store_name: about.store_name.to_owned(),
        business_date: about.date.to_string(),
        closed: books.days.is_turned(about.date),
        currency: books.currency().letters().to_owned(),
        correction: None,
        sales: sales(&book),
        by_tender: by_tender(&book),
        by_lane: by_lane(&book),
        by_hour: by_hour(&book),
        payments: book.payments,
        forward: book.forward,
        settlement: settlement(&book, about.date),
        dead_letters,
        declined_after_goods,
        differences: book.differences.values().cloned().collect(),
        completeness: completeness(&books.days, about.date, lanes, books.zone()),
        tills: tills(&book),
        cash_accounts: cash_accounts(&book),
    })
}

fn sales(book: &DateBook) -> Sales {
    let mut sales = Sales::default();
    for day in book.sales.lanes.values() {
        sales.count = sales.count.saturating_add(day.sales);
        sales.voided = sales.voided.saturating_add(day.voided);
        sales.items = sales.items.saturating_add(day.items);
        sales.total_minor = sales.total_minor.saturating_add(day.total_minor);
        sales.change_minor = sales.change_minor.saturating_add(day.change_minor);
    }
    sales
}

fn by_lane(book: &DateBook) -> Vec<LaneLine> {
    let lanes = book.sales.lanes.iter();
    lanes
        .map(|((lane, epoch), day)| LaneLine {
            lane: *lane,
            epoch: *epoch,
            sales: day.sales,
            voided: day.voided,
            items: day.items,
            total_minor: day.total_minor,
        })
        .collect()
}

fn by_tender(book: &DateBook) -> Vec<TenderLine> {
    let tenders = book.sales.tenders.iter();
    tenders
        .map(|((tender, scheme), sum)| TenderLine {
            tender: tender.clone(),
            scheme: scheme.clone(),
            count: sum.count,
            total_minor: sum.minor,
        })
        .collect()
}

fn by_hour(book: &DateBook) -> Vec<HourLine> {
    let hours = book.sales.hours.iter();
    hours
        .map(|(hour, sum)| HourLine {
            hour: *hour,
            sales: sum.count,
            total_minor: sum.minor,
        })
        .collect()
}

/// Dead letters, and apart from them those whose goods are gone.
fn dead_letters(book: &DateBook) -> (Vec<DeadLetterLine>, Vec<DeadLetterLine>) {
    let letters = book.dead_letters.values().cloned();
    let (after_goods, others): (Vec<_>, Vec<_>) = letters.partition(|(after, _)| *after);
    let lines = |letters: Vec<(bool, DeadLetterLine)>| {
        letters.into_iter().map(|(_, letter)| letter).collect()
    };
    (lines(others), lines(after_goods))
}
