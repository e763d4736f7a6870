//! What a page shows, sent again whenever it changes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use domain::sale::Screen;
use futures::{Stream, StreamExt, stream};
use maud::Markup;
use tokio_stream::wrappers::{IntervalStream, WatchStream};

use super::{
    cashier, customer,
    pages::{Here, Pages, asked},
};

/// A line that says nothing, so that a connection that has died is noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

type Live = Result<Event, Infallible>;

/// `GET /cashier/live`.
pub(super) async fn cashier(
    State(pages): Here,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Live>> {
    let language = asked(&headers);
    Sse::new(whenever_it_changes(pages, move |pages, screen| {
        cashier::live(pages, screen, language)
    }))
}

/// `GET /customer/live`.
pub(super) async fn customer(State(pages): Here) -> Sse<impl Stream<Item = Live>> {
    Sse::new(whenever_it_changes(pages, |pages, screen| {
        let language = *pages.customer_language.borrow();
        customer::live(pages, screen, language)
    }))
}

fn whenever_it_changes(
    pages: Arc<Pages>,
    shown: impl Fn(&Pages, Option<&Screen>) -> Markup + Send + 'static,
) -> impl Stream<Item = Live> + Send + 'static {
    let lane = &pages.lane;
    let changes = stream::select_all([
        WatchStream::new(lane.screens.clone()).map(|_| ()).boxed(),
        WatchStream::from_changes(lane.hub_up.clone())
            .map(|_| ())
            .boxed(),
        WatchStream::from_changes(lane.asking.clone())
            .map(|_| ())
            .boxed(),
        WatchStream::from_changes(lane.progress.clone())
            .map(|_| ())
            .boxed(),
        WatchStream::from_changes(lane.printer.clone())
            .map(|_| ())
            .boxed(),
        WatchStream::from_changes(lane.facts.clone())
            .map(|_| ())
            .boxed(),
        WatchStream::from_changes(pages.customer_language.subscribe())
            .map(|_| ())
            .boxed(),
    ]);
    let mut last = String::new();
    let contents = changes.filter_map(move |()| {
        let screen = pages.lane.screens.borrow().clone();
        let now = shown(&pages, screen.as_ref()).into_string();
        let changed = (now != last).then(|| Ok(Event::default().data(&now)));
        last = now;
        async { changed }
    });
    let signs = IntervalStream::new(tokio::time::interval(SIGN_OF_LIFE));
    let signs = signs.map(|_| Ok(Event::default().comment("")));
    stream::select(contents, signs)
}
