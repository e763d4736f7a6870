//! `GET /metrics`: what the actors are asked for it.

use super::Services;
use crate::{
    actors::{
        reports::{ViewDays, ViewParts, ViewTakings},
        see_lanes::{LanesInFigures, SeeLanes},
    },
    clocks::whose,
    metrics::{BooksFigures, Figures, JournalFigures},
};

/// The page; nothing when the hub is stopping.
pub(super) async fn text(services: Services) -> Option<String> {
    let store_id = services.store_id.clone();
    let desk = services.look(move |desk| desk.figures(&store_id)).await;
    let lanes = services.lanes.send(LanesInFigures).await;
    let wrong = services.clocks.wrong().into_iter();
    let figures = Figures {
        program: services.program,
        now_wall_ms: services.clock.wall_ms(),
        currency: services.currency,
        desk: desk.ok()?,
        lanes: lanes.ok()?,
        journal: JournalFigures::of(&services.journal),
        books: books(&services).await?,
        line_since_wall_ms: services.line_since_wall_ms(),
        wrong_clocks: wrong
            .map(|wrong| (whose(wrong.witness), wrong.ahead_ms))
            .collect(),
        meters: services.meters.clone(),
    };
    Some(figures.text())
}

async fn books(services: &Services) -> Option<BooksFigures> {
    let lanes = services.lanes.send(SeeLanes).await.ok()?;
    let parts = services.reports.send(ViewParts(lanes)).await.ok()?;
    let days = services.reports.send(ViewDays).await.ok()?.ok()?;
    Some(BooksFigures {
        today: services.calendar.date_at(services.clock.wall_ms()),
        parts,
        sealed_complete: days.lanes_complete,
        dates_unsealed: days.closing.len(),
        end_needs_person: days.end_needs_person,
        takings: services.reports.send(ViewTakings).await.ok()?,
    })
}
