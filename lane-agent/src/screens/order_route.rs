//! Where a page sends its orders.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::limits;
use serde::Serialize;

use super::{
    orders::{Order, Outcome},
    pages::{Here, Pages},
};

/// `POST /orders`.
pub(super) async fn take(State(pages): Here, body: String) -> Response {
    let order: Order = match serde_json::from_str(&body) {
        Ok(order) => order,
        Err(fault) => {
            let what = format!("not an order: {fault}\n");
            return (StatusCode::BAD_REQUEST, what).into_response();
        }
    };
    if order.window.is_empty() || order.window.len() > limits::SCREEN_WINDOW_BYTES_MAX {
        return (StatusCode::BAD_REQUEST, "window: not a name\n").into_response();
    }
    if order.run != pages.run {
        return told(StatusCode::CONFLICT, &pages, None);
    }
    // An order under way goes on to its end though the browser has gone: it is taken or not, never
    // half.
    let working = Arc::clone(&pages);
    let taken = tokio::spawn(async move { working.orders.take(order).await }).await;
    match taken.ok().flatten() {
        Some(outcome) => told(StatusCode::OK, &pages, Some(outcome)),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the lane is busy\n").into_response(),
    }
}

/// What a window is told.
#[derive(Serialize)]
struct Answer<'a> {
    run: &'a str,
    outcome: Option<Outcome>,
}

pub(super) fn told(status: StatusCode, pages: &Pages, outcome: Option<Outcome>) -> Response {
    let answer = Answer {
        run: &pages.run,
        outcome,
    };
    let body = serde_json::to_string(&answer).unwrap_or_default();
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body).into_response()
}
