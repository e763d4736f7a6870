//! `GET /metrics`: what the actors are asked for it.

use super::Services;
use crate::{
    actors::see_lanes::LanesInFigures,
    metrics::{Figures, JournalFigures},
};

/// The page; nothing when the hub is stopping.
pub(super) async fn text(services: Services) -> Option<String> {
    let store_id = services.store_id.clone();
    let desk = services.look(move |desk| desk.figures(&store_id)).await;
    let lanes = services.lanes.send(LanesInFigures).await;
    let figures = Figures {
        desk: desk.ok()?,
        lanes: lanes.ok()?,
        journal: JournalFigures::of(&services.journal),
        wall_ms: services.clock.wall_ms(),
    };
    Some(figures.text())
}
