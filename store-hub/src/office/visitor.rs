//! Who looks at a page, and whether they may.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    ids::OperatorId,
    operators::{OfficeRight, Role, may_in_office},
    words::Worded,
};
use maud::html;
use web::{cookie, language_of, said};

use super::Pages;
use crate::actors::operators::{AtWork, HasOperators};

/// The cookie of a session.
const COOKIE: &str = "lanekeeper-office";
/// htmx says so of what it asks for.
const BY_HTMX: &str = "hx-request";
/// Where it is to go on.
const GO_TO: &str = "hx-redirect";

/// Somebody who opened a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Visitor {
    /// The store has no operators: the token alone lets in.
    Anybody,
    Operator {
        number: OperatorId,
        name: String,
        role: Role,
    },
}

impl Visitor {
    pub(super) const fn may(&self, right: OfficeRight) -> bool {
        match self {
            Self::Anybody => true,
            Self::Operator { role, .. } => may_in_office(*role, right),
        }
    }

    /// For a record of what they order.
    pub(super) const fn number(&self) -> Option<OperatorId> {
        match self {
            Self::Anybody => None,
            Self::Operator { number, .. } => Some(*number),
        }
    }
}

/// What keeps a session in a browser: over when the browser is.
pub(super) fn kept(secret: &str) -> String {
    format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Strict")
}

/// What ends it there.
pub(super) fn forgotten() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

pub(super) fn secret(headers: &HeaderMap) -> &str {
    cookie(headers, COOKIE).unwrap_or_default()
}

/// Sends a browser on, whoever asked: its user, or htmx for them.
pub(super) fn go_to(headers: &HeaderMap, page: &str) -> Response {
    match headers.contains_key(BY_HTMX) {
        true => ([(GO_TO, page.to_owned())], "").into_response(),
        false => Redirect::to(page).into_response(),
    }
}

/// The hub does not answer any more.
pub(super) fn stopping() -> Response {
    // Whoever asked is not known any more, nor what they read.
    let what = concat!("the hub is stopping", " / ", "主机正在停止", "\n");
    (StatusCode::SERVICE_UNAVAILABLE, what).into_response()
}

impl Pages {
    /// Who looks, as the store's list has them now. `None`: nobody who is signed on.
    pub(super) async fn visitor(
        &self,
        headers: &HeaderMap,
        keeps: bool,
    ) -> Result<Option<Visitor>, Response> {
        let operators = &self.services.operators;
        let has = operators.send(HasOperators).await;
        if !has.map_err(|_| stopping())? {
            return Ok(Some(Visitor::Anybody));
        }
        let Some(number) = self.sessions.whose(secret(headers), keeps) else {
            return Ok(None);
        };
        let on = self.services.today().await.map_err(|_| stopping())?;
        let now = operators.send(AtWork { number, on }).await;
        let now = now.map_err(|_| stopping())?;
        Ok(now.map(|operator| Visitor::Operator {
            number,
            name: operator.name,
            role: operator.role,
        }))
    }

    /// Lets in who has the right; else the answer to give instead.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        right: OfficeRight,
    ) -> Result<Visitor, Response> {
        let Some(visitor) = self.visitor(headers, true).await? else {
            return Err(go_to(headers, "/sign-on"));
        };
        match visitor.may(right) {
            true => Ok(visitor),
            false => Err(self.turned_away(&visitor, headers)),
        }
    }

    fn turned_away(&self, visitor: &Visitor, headers: &HeaderMap) -> Response {
        let language = language_of(headers);
        if let Visitor::Operator { number, role, .. } = visitor {
            let role = role.english();
            tracing::warn!(event = "office page refused", operator = number.0, role);
        }
        let body = html! {
            p .notice role="alert" {
                (said(
                    language,
                    "Your role does not open this page: ask a manager",
                    "您的权限不能打开此页：请联系经理",
                ))
            }
        };
        let title = said(language, "Not for your role", "权限不足");
        let page = self.frame(visitor, headers, None, title, &body);
        (StatusCode::FORBIDDEN, page).into_response()
    }
}

/// Cookies and pages of one session are of no use to anybody else's cache.
pub(super) const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
