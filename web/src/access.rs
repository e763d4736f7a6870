//! Who may open a page, and what a browser may do with it.
//!
//! A page opens to whoever shows the token: once in its address, from then on by a cookie. An order
//! (any method but GET) must carry the form's secret besides, which only our own pages know.
//! Cookies know no ports: the pages of one machine that share a token open together.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;

use crate::{assets::ASSETS, token::Token};

/// The cookie of the token.
const COOKIE: &str = "lanekeeper-token";
/// Where the token stands in an address.
const PARAMETER: &str = "token";
/// What an order carries; a page of others can't set it.
pub(crate) const FORM_HEADER: &str = "x-lanekeeper-form";

/// What lets a browser in.
#[derive(Clone, Debug)]
pub struct Access {
    /// The secret.
    pub token: Token,
    /// An origin whose pages may show ours inside of them, like `http://127.0.0.1:7000`.
    pub framed_by: Option<String>,
    /// Sources that our pages show inside of them, like `http://127.0.0.1:*`.
    pub frames: Option<String>,
}

/// Puts the pages behind the access, with the headers that keep a browser in bounds.
pub fn guard(pages: Router, access: Access) -> Router {
    let policy = policy(&access);
    let access = Arc::new(access);
    pages
        .layer(middleware::from_fn(move |request, next| {
            let access = Arc::clone(&access);
            async move { admit(&access, request, next).await }
        }))
        .layer(middleware::map_response(move |response| {
            let policy = policy.clone();
            async move { bounded(response, policy) }
        }))
}

async fn admit(access: &Access, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(ASSETS) {
        return next.run(request).await;
    }
    if let Some(shown) = shown_in(request.uri()) {
        return match access.token.is(shown) && *request.method() == Method::GET {
            true => let_in(access, request.uri()),
            false => turned_away(),
        };
    }
    let cookie = cookie(request.headers(), COOKIE);
    if !cookie.is_some_and(|shown| access.token.is(shown)) {
        return turned_away();
    }
    let is_order = *request.method() != Method::GET;
    if is_order && !carries_form(request.headers(), &access.token) {
        let what = "this order does not come from a page of ours: load the page again\n";
        return (StatusCode::FORBIDDEN, what).into_response();
    }
    next.run(request).await
}

/// Keeps the token in a cookie and takes it out of the address.
fn let_in(access: &Access, uri: &Uri) -> Response {
    let kept = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict",
        access.token.reveal()
    );
    let rest = uri.query().unwrap_or_default().split('&');
    let rest: Vec<&str> = rest.filter(|pair| parameter(pair).is_none()).collect();
    let to = match rest.join("&") {
        rest if rest.is_empty() => uri.path().to_owned(),
        rest => format!("{}?{rest}", uri.path()),
    };
    let headers = [(header::SET_COOKIE, kept), (header::LOCATION, to)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn turned_away() -> Response {
    let what = "this page opens by its address with the token: \
                ask for it where the program was started\n";
    (StatusCode::UNAUTHORIZED, what).into_response()
}

fn shown_in(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(parameter)
}

fn parameter(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    (name == PARAMETER).then_some(value)
}

fn carries_form(headers: &HeaderMap, token: &Token) -> bool {
    let carried = headers.get(FORM_HEADER);
    carried.is_some_and(|carried| carried.as_bytes().ct_eq(token.form().as_bytes()).into())
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all.filter_map(|value| value.to_str().ok());
    pairs.flat_map(|pairs| pairs.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// Nothing from elsewhere, no script but our files.
fn policy(access: &Access) -> HeaderValue {
    let framed_by = access.framed_by.as_deref().unwrap_or("'none'");
    let frames = access.frames.as_deref().unwrap_or("'none'");
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src {frames}; \
         frame-ancestors {framed_by}"
    );
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

fn bounded(mut response: Response<Body>, policy: HeaderValue) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let unless_said = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(unless_said);
    response
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn token() -> Token {
        Token::new(TOKEN).unwrap()
    }

    async fn ask(request: axum::http::request::Builder) -> Response {
        let pages = Router::new().route("/page", get(|| async { "in" }).post(|| async { "done" }));
        let access = Access {
            token: token(),
            framed_by: None,
            frames: None,
        };
        let request = request.body(Body::empty()).unwrap();
        guard(pages, access).oneshot(request).await.unwrap()
    }

    fn page(uri: &str) -> axum::http::request::Builder {
        Request::builder().uri(uri)
    }

    #[tokio::test]
    async fn a_stranger_sees_nothing_and_the_token_opens_once() {
        assert_eq!(ask(page("/page")).await.status(), StatusCode::UNAUTHORIZED);
        let wrong = ask(page("/page?token=0123456789abcdeF")).await;
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
        let right = ask(page("/page?a=1&token=0123456789abcdef&b=2")).await;
        assert_eq!(right.status(), StatusCode::SEE_OTHER);
        assert_eq!(right.headers()[header::LOCATION], "/page?a=1&b=2");
        let kept = right.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(kept.contains("HttpOnly") && kept.contains("SameSite=Strict"));
        let pair = kept.split(';').next().unwrap();
        let again = ask(page("/page").header(header::COOKIE, pair)).await;
        assert_eq!(again.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn an_order_wants_the_secret_of_our_forms() {
        let order = || {
            let cookie = format!("{COOKIE}={TOKEN}");
            page("/page").method("POST").header(header::COOKIE, cookie)
        };
        assert_eq!(ask(order()).await.status(), StatusCode::FORBIDDEN);
        let foreign = order().header(FORM_HEADER, TOKEN);
        assert_eq!(ask(foreign).await.status(), StatusCode::FORBIDDEN);
        let ours = order().header(FORM_HEADER, token().form());
        assert_eq!(ask(ours).await.status(), StatusCode::OK);
        let by_address = page("/page?token=0123456789abcdef").method("POST");
        assert_eq!(ask(by_address).await.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn every_answer_bounds_the_browser() {
        let answer = ask(page("/page")).await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str();
        let policy = policy.unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    }
}
