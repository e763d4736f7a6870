//! The lane's own port, for machines that watch it: `/metrics`, `/health`, and health over gRPC.
//!
//! Everything is read from what the actors tell anyway. No card, no payment id, no amount of a
//! single payment is among it (I16).

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{
    sale::{CheckoutConfig, civil_date},
    time::WallMs,
};
use futures::StreamExt;
use journal::{COMMIT_TIME_LIMITS, Journal, LogId};
use monitoring::{
    Accepted, Durations, Exposition, Kind, METRICS, Program, beside_grpc, dated_by, metrics_page,
};
use ports::{Clock, Listener, Network};
use serde_json::json;
use tokio::sync::watch;
use tonic::{
    service::Routes,
    transport::{self, Server},
};
use tower::util::MapResponseLayer;

use crate::{
    actors::Progress, health::LaneHealth, sales_figures::SalesFigures, store_day::StoreDay,
};

/// What the pages are made from.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) checkout: CheckoutConfig,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) hub_up: watch::Receiver<bool>,
    pub(crate) day: watch::Receiver<Arc<StoreDay>>,
    pub(crate) sales: Arc<SalesFigures>,
    pub(crate) program: Program,
}

/// A port that is listened on and not served yet.
pub(crate) struct Pages {
    watched: Watched,
    listener: Listener,
    /// When the hub last came or went; nothing has happened yet: the start.
    hub_since_wall_ms: Arc<AtomicI64>,
}

impl Pages {
    pub(crate) async fn open(
        network: &dyn Network,
        address: &str,
        watched: Watched,
    ) -> io::Result<Self> {
        let listener = network.listen(address).await?;
        let since = watched.clock.wall_ms();
        command_line::say(&format!("listening on {}", listener.address));
        Ok(Self {
            watched,
            listener,
            hub_since_wall_ms: Arc::new(AtomicI64::new(since)),
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self) -> Result<(), transport::Error> {
        let (_reporter, health) = tonic_health::server::health_reporter();
        let clock = Arc::clone(&self.watched.clock);
        let pages = pages(self.watched.clone(), Arc::clone(&self.hub_since_wall_ms));
        let connections = self.listener.connections;
        let served = Server::builder()
            .layer(MapResponseLayer::new(dated_by(clock)))
            // For the pages: gRPC has no HTTP/1.
            .accept_http1(true)
            .add_routes(beside_grpc(Routes::new(health), pages))
            .serve_with_incoming(connections.map(|one| one.map(Accepted::new)));
        let watch = watch_hub(self.watched, self.hub_since_wall_ms);
        tokio::select! {
            biased;
            ended = served => ended,
            () = watch => Ok(()),
        }
    }
}

/// Notes when the hub comes and goes; ends with the lane.
async fn watch_hub(mut watched: Watched, since_wall_ms: Arc<AtomicI64>) {
    while watched.hub_up.changed().await.is_ok() {
        since_wall_ms.store(watched.clock.wall_ms(), Ordering::Relaxed);
    }
}

fn pages(watched: Watched, since_wall_ms: Arc<AtomicI64>) -> Router {
    let clock = Arc::clone(&watched.clock);
    let of_health = watched.clone();
    let metrics = metrics_page(clock, move || {
        let text = text(&watched, since_wall_ms.load(Ordering::Relaxed));
        async { Some(text) }
    });
    let health = get(move || {
        let told = health(&of_health);
        async { told }
    });
    Router::new()
        .route(METRICS, metrics)
        .route("/health", health)
}

/// A lane is well while it can sell; without the hub it sells all the same.
fn health(watched: &Watched) -> Response {
    let told = LaneHealth::of(
        watched.checkout,
        *watched.progress.borrow(),
        *watched.hub_up.borrow(),
        &watched.journal,
        &watched.day.borrow(),
    );
    let code = match told.can_sell {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let told = json!(told);
    let kind = (header::CONTENT_TYPE, "application/json");
    (code, [kind], format!("{told}\n")).into_response()
}

fn text(watched: &Watched, hub_since_wall_ms: i64) -> String {
    let mut text = Exposition::default();
    watched.program.tell(&mut text);
    let progress = *watched.progress.borrow();
    let name = "lanekeeper_lane_info";
    text.family(name, Kind::Gauge, "Which lane this is, and its software.");
    let lane = watched.checkout.lane.0.to_string();
    let version = watched.program.version;
    text.sample(&[("lane", &lane), ("software_version", version)], 1);
    text.gauge(
        "lanekeeper_lane_open",
        "1 while the lane has prices and can sell.",
        u8::from(progress.open),
    );
    text.gauge(
        "lanekeeper_lane_selling",
        "1 while a sale is open.",
        u8::from(progress.selling),
    );
    text.gauge(
        "lanekeeper_lane_hub_up",
        "1 while the lane has a session with the hub.",
        u8::from(*watched.hub_up.borrow()),
    );
    text.gauge(
        "lanekeeper_lane_hub_since_seconds",
        "When the hub last came or went, in seconds since 1970.",
        hub_since_wall_ms.div_euclid(1_000),
    );
    text.counter(
        "lanekeeper_lane_sales_closed_total",
        "Sales closed since the lane's epoch began.",
        progress.sales_closed,
    );
    text.counter(
        "lanekeeper_lane_sales_voided_total",
        "Sales given up since the lane's epoch began.",
        progress.sales_voided,
    );
    watched.sales.tell(watched.checkout.currency, &mut text);
    dates(watched, &mut text);
    journal(&watched.journal, &mut text);
    text.into_text()
}

fn dates(watched: &Watched, text: &mut Exposition) {
    let day = watched.day.borrow();
    let today = civil_date(day.local(WallMs(watched.clock.wall_ms())));
    // Of the lane's own frame: before the first contact with a hub there is none.
    let running = watched.progress.borrow().running_date;
    if let Some(running) = running {
        let name = "lanekeeper_lane_business_date_info";
        let help = "The business date the lane sells on, as a label.";
        text.family(name, Kind::Gauge, help);
        text.sample(&[("business_date", &running.to_string())], 1);
    }
    if let (Some(running), Some(today)) = (running, today) {
        text.gauge(
            "lanekeeper_lane_business_date_age_days",
            "Days by which the business date is behind the calendar; below 0: ahead of it.",
            today.days_since(running),
        );
    }
    text.gauge(
        "lanekeeper_lane_clock_ahead_seconds",
        "By how much this clock was ahead of the hub's when they last met, if by too much; else 0.",
        day.told.clock_ahead_ms.unwrap_or(0).div_euclid(1_000),
    );
}

fn journal(journal: &Journal, text: &mut Exposition) {
    let figures = journal.figures();
    text.gauge(
        "lanekeeper_lane_journal_records",
        "Durable records of the lane's log.",
        journal.durable_head(LogId::OWN).sequence,
    );
    text.gauge(
        "lanekeeper_lane_journal_durable_lag_batches",
        "Batches the journal has taken and not made durable yet.",
        figures.batches_not_durable,
    );
    text.gauge(
        "lanekeeper_lane_journal_no_room",
        "1 while the disk is full or read-only and no sale is begun.",
        u8::from(figures.no_room.is_some()),
    );
    text.gauge(
        "lanekeeper_lane_journal_refuses_new_work",
        "1 while so little room is left that no new sale is begun (LANE0009).",
        u8::from(journal.refuses_new_work().is_some()),
    );
    if let Some(disk) = journal.disk_space() {
        text.gauge(
            "lanekeeper_lane_journal_disk_free_bytes",
            "Free bytes of the disk that the journal lies on.",
            disk.free_bytes,
        );
        text.gauge(
            "lanekeeper_lane_journal_disk_size_bytes",
            "All bytes of the disk that the journal lies on.",
            disk.size_bytes,
        );
    }
    text.gauge(
        "lanekeeper_lane_journal_sealing_stopped",
        "1 when sealing of old records gave up; the log says why.",
        u8::from(figures.sealing_stopped),
    );
    text.counter(
        "lanekeeper_lane_journal_commits_total",
        "Commits made durable since the lane started.",
        figures.commits,
    );
    let times = figures.commit_times;
    text.family(
        "lanekeeper_lane_journal_commit_seconds",
        Kind::Histogram,
        "From the first write of a commit until it was durable.",
    );
    let took = Durations::new(&COMMIT_TIME_LIMITS, &times.counts, times.sum);
    text.durations(&[], took);
}
