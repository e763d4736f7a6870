//! The screens of a lane in a browser: cashier, customer, and beside them a test panel where the
//! lane's devices are simulated.
//!
//! The server holds all state: a page shows what the flow says, and what a person does becomes an
//! order that the flow takes or refuses. No rule about money stands here. Listens on a port of its
//! own, behind a token.

mod basket;
mod cashier;
mod customer;
mod forms;
mod identify;
mod identify_route;
mod keys;
mod live;
mod order_route;
mod orders;
mod pages;
mod panel;
mod pictures;
mod returns;
mod test_panel;

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::Redirect,
    routing::{get, post},
};
use domain::words::Language;
use ports::{Listener, Network, Random};
use tokio::sync::watch;
use tonic::transport;
use web::{Access, Token, TokenError, assets, guard, language_choice, serve};

pub use self::test_panel::PanelError;
use self::{orders::Orders, pages::Pages};
pub(crate) use self::{pages::Lane, test_panel::TestPanel};
use crate::config::ScreensConfig;

/// An order is a key with what was typed before it: never longer.
const ORDER_BYTES_MAX: usize = 2_048;

/// A port that is listened on and not served yet.
pub(crate) struct Screens {
    listener: Listener,
    access: Access,
    run: String,
}

/// Why there are no screens.
#[derive(Debug, thiserror::Error)]
pub enum ScreensError {
    /// The port can't be had.
    #[error("screens.listen {address}: {reason}")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        reason: io::Error,
    },
    /// The secret.
    #[error("screens.token_file: {0}")]
    Token(#[from] TokenError),
    /// The test panel has no cards.
    #[error(transparent)]
    Panel(#[from] PanelError),
}

impl Screens {
    pub(crate) async fn open(
        network: &dyn Network,
        random: &dyn Random,
        config: &ScreensConfig,
    ) -> Result<Self, ScreensError> {
        let listening = network.listen(&config.listen).await;
        let listener = listening.map_err(|reason| ScreensError::Listen {
            address: config.listen.clone(),
            reason,
        })?;
        let token = Token::of_file(&config.token_file, random)?;
        command_line::say(&format!("screens on http://{}/", listener.address));
        Ok(Self {
            listener,
            access: Access {
                token,
                framed_by: config.framed_by.clone(),
                frames: None,
            },
            run: format!("{:016x}", random.next_u64()),
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, lane: Lane) -> Result<(), transport::Error> {
        let pages = Arc::new(Pages {
            orders: Orders::new(lane.flow.clone()),
            lane,
            token: self.access.token.clone(),
            run: self.run,
            customer_language: watch::Sender::new(Language::Chinese),
        });
        let router = guard(router(pages), self.access);
        serve(self.listener, router).await
    }
}

fn router(pages: Arc<Pages>) -> Router {
    let with_panel = pages.lane.panel.is_some();
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::to("/cashier") }))
        .route("/cashier", get(cashier::page))
        .route("/cashier/goods", get(cashier::goods))
        .route("/cashier/live", get(live::cashier))
        .route("/customer", get(customer::page))
        .route("/customer/live", get(live::customer))
        .route("/customer/language", post(customer::turn_language))
        .route("/orders", post(order_route::take))
        .route("/identify", post(identify_route::take))
        .merge(language_choice("/cashier"));
    if with_panel {
        router = router
            .route("/panel", get(panel::page))
            .route("/panel/card/{index}", post(panel::hold_card))
            .route("/panel/printer/{what}", post(panel::touch_printer));
    }
    router
        .layer(DefaultBodyLimit::max(ORDER_BYTES_MAX))
        .with_state(pages)
        .merge(assets())
        .merge(cashier::assets())
}
