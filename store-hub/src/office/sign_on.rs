//! Number and PIN at the hub's pages. The PIN is compared on a thread, and goes nowhere else.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::{
    ids::OperatorId,
    limits::OFFICE_FORM_BYTES_MAX,
    operators::{NotSignedOn, SignedOn},
    words::Language,
};
use maud::{Markup, html};
use operator_pin::{Pin, is_right};
use web::{Fields, language_of, said};
use zeroize::Zeroizing;

use super::{
    Here, Pages,
    frame::other_language,
    visitor::{NO_STORE, forgotten, go_to, kept, secret},
};
use crate::actors::operators::{BeginSignOn, EndSignOn};

/// `GET /sign-on`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Response {
    match pages.visitor(&headers, true).await {
        Ok(Some(_)) => return go_to(&headers, "/now"),
        Ok(None) => {}
        Err(answer) => return answer,
    }
    let language = language_of(&headers);
    let title = said(language, "Sign on", "登录");
    let body = html! {
        header .top {
            span .store { (pages.services.store_id) }
            (other_language(language))
        }
        main .sign-on {
            h1 { (title) }
            div #sign-on { (form(None, language)) }
        }
    };
    ([NO_STORE], pages.page(title, language, body)).into_response()
}

/// `POST /sign-on`.
pub(super) async fn take(State(pages): Here, headers: HeaderMap, body: String) -> Response {
    let body = Zeroizing::new(body);
    let language = language_of(&headers);
    if body.len() > OFFICE_FORM_BYTES_MAX {
        return form(Some(NotSignedOn::Wrong), language).into_response();
    }
    let fields = Fields::of(&body);
    let number = fields.get("number").parse().map(OperatorId).ok();
    let typed = number.zip(Pin::new(fields.get("pin")));
    let Some((number, pin)) = typed else {
        return form(Some(NotSignedOn::Wrong), language).into_response();
    };
    // It goes on to its end though the browser has gone: a wrong PIN counts all the same.
    let working = Arc::clone(&pages);
    let checked = tokio::spawn(async move { working.check(number, pin).await }).await;
    match checked.unwrap_or(Err(NotSignedOn::Wait)) {
        Ok(on) => {
            let secret = pages.sessions.begin(on.operator);
            let kept = [(header::SET_COOKIE, kept(&secret))];
            (kept, go_to(&headers, "/now")).into_response()
        }
        Err(why) => form(Some(why), language).into_response(),
    }
}

/// `POST /sign-off`.
pub(super) async fn leave(State(pages): Here, headers: HeaderMap) -> Response {
    pages.sessions.end(secret(&headers));
    let gone = [(header::SET_COOKIE, forgotten())];
    (gone, go_to(&headers, "/sign-on")).into_response()
}

impl Pages {
    async fn check(&self, number: OperatorId, pin: Pin) -> Result<SignedOn, NotSignedOn> {
        let operators = &self.services.operators;
        let on = self.services.today().await.map_err(|_| NotSignedOn::Wait)?;
        let begun = operators.send(BeginSignOn { number, on }).await;
        let checked = begun.map_err(|_| NotSignedOn::Wait)??;
        let verifier = checked.pin.clone();
        let compared = tokio::task::spawn_blocking(move || is_right(&pin, &verifier)).await;
        let ended = EndSignOn {
            checked,
            is_right: compared.unwrap_or(false),
            on,
        };
        let ended = operators.send(ended).await;
        ended.map_err(|_| NotSignedOn::Wait)?
    }
}

fn form(refused: Option<NotSignedOn>, language: Language) -> Markup {
    html! {
        form .plain hx-post="/sign-on" hx-target="#sign-on" autocomplete="off" {
            @if let Some(why) = refused {
                p .notice role="alert" { (in_words(why, language)) }
            }
            label { (said(language, "Number", "工号"))
                input name="number" inputmode="numeric" required maxlength="9" autofocus; }
            label { (said(language, "PIN", "密码"))
                input name="pin" type="password" inputmode="numeric" required maxlength="8"
                    autocomplete="off"; }
            button .key .go type="submit" { (said(language, "Sign on", "登录")) }
        }
    }
}

const fn in_words(why: NotSignedOn, language: Language) -> &'static str {
    match why {
        NotSignedOn::Wrong => said(language, "Number or PIN is wrong", "工号或密码错误"),
        NotSignedOn::Wait => said(language, "Wait a moment, then type it again", "请稍候再试"),
        NotSignedOn::Locked => said(
            language,
            "Too many wrong PINs: a supervisor unlocks you (HUB0062)",
            "密码错误次数过多：请主管解锁（HUB0062）",
        ),
        NotSignedOn::NotActive => said(
            language,
            "You do not work here on this date",
            "您当前不在岗",
        ),
    }
}
