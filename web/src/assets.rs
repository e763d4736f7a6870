//! The files a browser loads: all inside the program, none from elsewhere.

use axum::{Router, http::header, response::IntoResponse, routing::get};

/// Where they lie.
pub(crate) const ASSETS: &str = "/assets/";

/// htmx 4.0.1 and its extension for server-sent events, from npm's package `htmx.org` (0BSD). One
/// file: in two, htmx may begin with a page before the extension is there.
const HTMX: &str = concat!(
    include_str!("../assets/htmx.min.js"),
    "\n",
    include_str!("../assets/hx-sse.min.js")
);
const ICON: &[u8] = include_bytes!("../assets/icon.svg");
const STYLE: &[u8] = include_bytes!("../assets/style.css");

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Routes of the shared files.
pub fn assets() -> Router {
    Router::new()
        .route("/assets/htmx.js", get(|| file(SCRIPT, HTMX.as_bytes())))
        .route("/assets/icon.svg", get(|| file("image/svg+xml", ICON)))
        .route(
            "/assets/style.css",
            get(|| file("text/css; charset=utf-8", STYLE)),
        )
}

/// A browser asks again after an update, and at least once an hour.
async fn file(kind: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    (headers, bytes)
}
