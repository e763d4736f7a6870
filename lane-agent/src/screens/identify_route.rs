//! Where a page sends a PIN. It is not kept by the page until it is answered, as an order is: a PIN
//! that got lost is typed again.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::ids::OperatorId;
use operator_pin::Pin;
use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

use super::{order_route::told, pages::Here};
use crate::actors::{Identify, Purpose};

/// What was typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// Which run of the agent the page knows.
    run: String,
    purpose: PurposeOnPage,
    /// Empty: by the badge that was scanned.
    number: String,
    #[serde(deserialize_with = "secret")]
    pin: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PurposeOnPage {
    SignOn,
    Allow,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

/// `POST /identify`.
pub(super) async fn take(State(pages): Here, body: Bytes) -> Response {
    let typed = read(body);
    let Some(typed) = typed else {
        // Never what stands in it.
        return (StatusCode::BAD_REQUEST, "not a number and a PIN\n").into_response();
    };
    if typed.run != pages.run {
        return told(StatusCode::CONFLICT, &pages, None);
    }
    let identify = typed.identify();
    let working = Arc::clone(&pages);
    let taken = tokio::spawn(async move { working.orders.identify(identify).await }).await;
    match taken.ok().flatten() {
        Some(outcome) => told(StatusCode::OK, &pages, Some(outcome)),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the lane is busy\n").into_response(),
    }
}

/// The bytes are wiped where nobody else holds them.
fn read(body: Bytes) -> Option<Typed> {
    let typed = serde_json::from_slice(&body).ok();
    if let Ok(mut body) = body.try_into_mut() {
        body.as_mut().zeroize();
    }
    typed
}

impl Typed {
    /// A number that is none is nobody's.
    fn identify(self) -> Identify {
        let number = match self.number.as_str() {
            "" => None,
            number => Some(OperatorId(number.parse().unwrap_or(0))),
        };
        Identify {
            purpose: match self.purpose {
                PurposeOnPage::SignOn => Purpose::SignOn,
                PurposeOnPage::Allow => Purpose::Allow,
            },
            number,
            pin: Pin::new(&self.pin),
        }
    }
}
