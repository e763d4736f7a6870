//! The hub's gRPC side: lanes, operators, head office, health and reflection, on one port; and the
//! metrics page.
//!
//! Runs as `Send` tasks beside the actors and reaches them by their addresses alone.

mod day_status;
mod journal_copy;
mod lane_service;
mod line;
mod metrics_route;
mod operations_service;
mod operators_service;
mod price_service;
mod replicate_stream;
mod report_service;

use std::{future::Future, sync::Arc, time::Duration};

use actix::Addr;
use axum::{Router, routing::get};
use domain::{
    ids::LaneId,
    limits::{KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS},
    money::Currency,
};
use futures::StreamExt;
use journal::Journal;
use monitoring::{Accepted, METRICS, Program, beside_grpc, dated_by, metrics_page};
use ports::{Clock, Listener};
use proto::store::v1::{
    lane_service_server::LaneServiceServer, operations_service_server::OperationsServiceServer,
    report_service_server::ReportServiceServer,
};
use tokio::sync::watch;
use tonic::{Status, service::Routes, transport::Server};
use tonic_health::pb::health_server::{Health, HealthServer};
use tower::util::MapResponseLayer;

use crate::{
    actors::{
        acquirer_link::LineHandle, day_close::DayClose, lanes::Lanes, operators::Operators,
        payment_desk::PaymentDesk, prices::Prices, reports::Reports,
    },
    clocks::Clocks,
    damaged_copies::DamagedCopies,
    metrics::Meters,
    presentation::with_chinese,
    prices::{Importer, PriceOffer},
    report::DaysFolder,
    store_calendar::StoreCalendar,
};

/// Streams and calls of one connection: a lane has three streams.
const STREAMS_PER_CONNECTION_MAX: u32 = 64;

/// The actors and files that services answer from.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) lanes: Addr<Lanes>,
    pub(crate) reports: Addr<Reports>,
    pub(crate) day_close: Addr<DayClose>,
    pub(crate) journal: Journal,
    pub(crate) prices: Addr<Prices>,
    pub(crate) operators: Addr<Operators>,
    pub(crate) importer: Importer,
    /// What lanes may fetch: one copy of each file for all of them.
    pub(crate) offer: watch::Receiver<PriceOffer>,
    pub(crate) days: DaysFolder,
    pub(crate) store_id: String,
    pub(crate) currency: Currency,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clocks: Clocks,
    pub(crate) calendar: StoreCalendar,
    /// The acquirer link, once it is tried.
    pub(crate) line: Option<LineHandle>,
    pub(crate) damaged: DamagedCopies,
    pub(crate) meters: Meters,
    pub(crate) program: Program,
}

/// Serves until `stop` resolves; streams that are open then have been ended by the actors.
pub(crate) async fn serve(
    services: Services,
    listener: Listener,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter
        .set_serving::<LaneServiceServer<Services>>()
        .await;
    health_reporter
        .set_serving::<OperationsServiceServer<Services>>()
        .await;
    health_reporter
        .set_serving::<ReportServiceServer<Services>>()
        .await;
    let connections = listener
        .connections
        .map(|accepted| accepted.map(Accepted::new));
    let dated = dated_by(Arc::clone(&services.clock));
    let routes = beside_grpc(grpc(&services, health), pages(services));
    Server::builder()
        .layer(MapResponseLayer::new(dated))
        .http2_keepalive_interval(Some(Duration::from_millis(KEEPALIVE_INTERVAL_MS)))
        .http2_keepalive_timeout(Some(Duration::from_millis(KEEPALIVE_TIMEOUT_MS)))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        // For the pages alone: gRPC has no HTTP/1.
        .accept_http1(true)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections, stop)
        .await
}

fn grpc<H: Health>(services: &Services, health: HealthServer<H>) -> Routes {
    let mut routes = Routes::new(health)
        .add_service(LaneServiceServer::new(services.clone()))
        .add_service(ReportServiceServer::new(services.clone()))
        .add_service(OperationsServiceServer::new(services.clone()));
    if let Ok(reflection) = reflection().build_v1() {
        routes = routes.add_service(reflection);
    }
    if let Ok(reflection) = reflection().build_v1alpha() {
        routes = routes.add_service(reflection);
    }
    routes
}

/// What is served beside gRPC.
fn pages(services: Services) -> Router {
    let clock = Arc::clone(&services.clock);
    let health = get(|| async { "serving\n" });
    let metrics = metrics_page(clock, move || metrics_route::text(services.clone()));
    Router::new()
        .route(METRICS, metrics)
        .route("/health", health)
}

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// A lane's number as it came in.
fn lane_id(lane: u32) -> Result<LaneId, Status> {
    let number = u16::try_from(lane).ok().filter(|lane| *lane > 0);
    number
        .map(LaneId)
        .ok_or_else(|| Status::invalid_argument("lane must be 1 to 65535"))
}

/// An actor is gone: the hub is stopping.
fn stopping<E>(_: E) -> Status {
    with_chinese(Status::unavailable("the hub is stopping"), "主机正在停止")
}
