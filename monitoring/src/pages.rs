//! Pages beside gRPC on one port.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use ports::Clock;
use tokio::sync::Mutex;
use tonic::service::Routes;

/// Where the metrics are.
pub const METRICS: &str = "/metrics";

/// Content type of the text format of Prometheus.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A scrape within this time of another is answered with the same text.
const ASKED_AGAIN_AFTER_MS: u64 = 200;

/// The last text and when it was made, by the monotonic clock. Its lock is held while the figures
/// are collected, so that scrapes which come together cost one.
type Last = Arc<Mutex<Option<(u64, String)>>>;

/// The metrics page. `text` collects the figures; nothing: the program is stopping.
pub fn metrics_page<F, T>(clock: Arc<dyn Clock>, text: F) -> MethodRouter
where
    F: Fn() -> T + Clone + Send + Sync + 'static,
    T: Future<Output = Option<String>> + Send,
{
    let last = Last::default();
    get(move || scrape(Arc::clone(&clock), Arc::clone(&last), text.clone()))
}

async fn scrape<T>(clock: Arc<dyn Clock>, last: Last, text: impl Fn() -> T) -> Response
where
    T: Future<Output = Option<String>>,
{
    let mut last = last.lock().await;
    let now_ms = clock.mono_ms();
    if let Some((made_ms, text)) = &*last
        && now_ms.saturating_sub(*made_ms) < ASKED_AGAIN_AFTER_MS
    {
        return page(text.clone());
    }
    match text().await {
        Some(text) => {
            *last = Some((now_ms, text.clone()));
            page(text)
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

fn page(text: String) -> Response {
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
}

/// gRPC for those who speak it, `pages` for everybody else on the same port: a page that isn't
/// there is 404, another method than a page's is 405, both with a sentence.
#[must_use]
pub fn beside_grpc(grpc: Routes, pages: Router) -> Routes {
    let pages = pages
        .fallback(no_such_page)
        .method_not_allowed_fallback(no_such_method);
    let choose = move |request: Request, next: Next| {
        let pages = pages.clone();
        async move {
            match speaks_grpc(&request) {
                true => next.run(request).await,
                false => answer(pages, request).await,
            }
        }
    };
    let grpc = grpc.into_axum_router();
    Routes::from(grpc.layer(middleware::from_fn(choose)))
}

fn speaks_grpc(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

async fn answer(mut pages: Router, request: Request) -> Response {
    use tonic::codegen::Service;
    // A router is always ready, and never fails.
    match pages.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn no_such_page() -> (StatusCode, &'static str) {
    let what = "there is no such page; this port speaks gRPC, and has /metrics and /health\n";
    (StatusCode::NOT_FOUND, what)
}

async fn no_such_method() -> (StatusCode, &'static str) {
    let what = "pages are read with GET; everything else on this port is gRPC\n";
    (StatusCode::METHOD_NOT_ALLOWED, what)
}
