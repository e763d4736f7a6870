//! `GET /metrics`: the only page beside gRPC. The actors are asked at most a few times a second,
//! however many scrape.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::Mutex;
use tonic::Status;

use super::{Services, stopping};
use crate::{
    actors::lanes::LanesInFigures,
    metrics::{Figures, JournalFigures},
};

/// A scrape within this time of another is answered with the same text.
const ASKED_AGAIN_AFTER_MS: u64 = 200;

/// The last text and when it was made, by the monotonic clock. Its lock is held while the actors
/// are asked, so that scrapes which come together cost one.
type Last = Arc<Mutex<Option<(u64, String)>>>;

pub(super) fn add_to(router: Router, services: Services) -> Router {
    let last = Last::default();
    router.route(
        "/metrics",
        get(move || scrape(services.clone(), Arc::clone(&last))),
    )
}

async fn scrape(services: Services, last: Last) -> Response {
    match text(&services, &last).await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the hub is stopping\n").into_response(),
    }
}

async fn text(services: &Services, last: &Last) -> Result<String, Status> {
    let mut last = last.lock().await;
    let now_ms = services.clock.mono_ms();
    if let Some((made_ms, text)) = &*last
        && now_ms.saturating_sub(*made_ms) < ASKED_AGAIN_AFTER_MS
    {
        return Ok(text.clone());
    }
    let store_id = services.store_id.clone();
    let desk = services.look(move |desk| desk.figures(&store_id)).await?;
    let lanes = services.lanes.send(LanesInFigures).await;
    let figures = Figures {
        desk,
        lanes: lanes.map_err(stopping)?,
        journal: JournalFigures::of(&services.journal),
    };
    let text = figures.text();
    *last = Some((now_ms, text.clone()));
    Ok(text)
}
