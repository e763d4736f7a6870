//! What a hub costs on a later day: equal days one after another, and after each a start.

use std::time::Duration;

use futures::future::try_join_all;

use super::{
    LoadError,
    beside::Beside,
    disk::{self, LoadFolder},
    journal_entries::{LaneJournal, StoreClock},
    lane::{KnownHub, Lane},
    options::GrowthForm,
    rig::{Rig, RigSetting},
    slice::{self, micros, turn_dates},
    summary::{Growth, GrowthDay, Totals},
};
use crate::store::progress::note;

pub(super) async fn measure(folder: &LoadFolder, form: &GrowthForm) -> Result<Growth, LoadError> {
    let (lanes, engine) = (form.lanes, form.engine);
    note(&format!(
        "starting a bank and a hub on {engine} for {lanes} lanes"
    ));
    let mut rig = Rig::start(
        folder,
        RigSetting {
            lanes,
            engine,
            without_leases: false,
        },
    )
    .await?;
    let mut journals: Vec<LaneJournal> = (1..=lanes).map(LaneJournal::new).collect();
    let mut known = KnownHub::default();
    let mut days = Vec::new();
    let mut beside = form.beside.then(Beside::default);
    for day in 1..=form.days {
        let lanes = attach(&rig, journals, &known).await?;
        let lived = live(&rig, lanes, form.payments_per_day, beside.as_mut()).await?;
        (journals, known) = (lived.journals, lived.known);
        let restarted;
        (rig, restarted) = rig.restart_hub(StoreClock::on_day(day + 1)).await?;
        let (sales, first_report) = rig.summary(lived.date.clone()).await?;
        if sales
            != journals
                .iter()
                .map(|journal| journal.sold_before)
                .sum::<u64>()
        {
            let date = &lived.date;
            let what = format!("{date} has {sales} sales after a start");
            return Err(LoadError::BrokeOff(what));
        }
        rig.signed_on().await?;
        let figures = GrowthDay {
            day,
            restart_ms: millis(restarted),
            first_report_ms: millis(first_report),
            ..lived.figures
        };
        note(&figures.line());
        days.push(figures);
    }
    let checked = rig.stop_and_check().await?;
    let answered = journals.iter().map(LaneJournal::sold_ever).sum();
    let totals = Totals { answered, checked };
    let beside = beside.map(|beside| beside.told());
    Ok(Growth::new(form, days, beside, totals))
}

/// A day that is over.
struct DayAtItsEnd {
    date: String,
    figures: GrowthDay,
    journals: Vec<LaneJournal>,
    known: KnownHub,
}

async fn attach(
    rig: &Rig,
    journals: Vec<LaneJournal>,
    known: &KnownHub,
) -> Result<Vec<Lane>, LoadError> {
    let cards = rig.cards();
    let attaching = journals
        .into_iter()
        .map(|journal| Lane::attach(rig.hub_address, journal, known, cards.clone(), rig.clock));
    try_join_all(attaching).await
}

/// One day, from its first sale to its seal.
async fn live(
    rig: &Rig,
    lanes: Vec<Lane>,
    payments: usize,
    beside: Option<&mut Beside>,
) -> Result<DayAtItsEnd, LoadError> {
    let date = lanes.first().map(|lane| lane.journal.date.clone());
    let date = date.unwrap_or_default();
    let mut lanes = slice::sell(lanes, payments).await?;
    let (sales, summary) = rig.summary(date.clone()).await?;
    if sales != lanes.iter().map(|lane| lane.journal.sold).sum::<u64>() {
        return Err(LoadError::BrokeOff(format!(
            "{date} has {sales} sales at its end"
        )));
    }
    let close;
    (lanes, close) = match beside {
        Some(beside) => {
            lanes = beside.summaries(rig, lanes, &date).await?;
            beside.close(rig, lanes, &date).await?
        }
        None => {
            let turning = turn_dates(lanes);
            let (closed, lanes) = tokio::join!(rig.close_day(date.clone()), turning);
            (lanes?, closed?)
        }
    };
    let figures = GrowthDay {
        close_ms: millis(close),
        summary_ms: millis(summary),
        rss_mib: mebibytes(rig.watched_hub()?.resident_bytes()?),
        journal_mib: mebibytes(disk::bytes_under(&rig.journal())?),
        ..GrowthDay::default()
    };
    Ok(DayAtItsEnd {
        date,
        figures,
        known: lanes.first().map(Lane::known_hub).unwrap_or_default(),
        journals: lanes.into_iter().map(|lane| lane.journal).collect(),
    })
}

/// With the hundredths of a millisecond that a summary may be in.
fn millis(took: Duration) -> f64 {
    let hundredths = micros(took) / 10;
    super::speed::number(hundredths) / 100.0
}

fn mebibytes(bytes: u64) -> f64 {
    let tenths = bytes * 10 / (1024 * 1024);
    super::speed::number(tenths) / 10.0
}
