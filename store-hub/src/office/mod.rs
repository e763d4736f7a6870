//! The hub's pages for those who run the store, in a browser: behind a token, on a port of their
//! own; once the store has operators, behind number and PIN as well.
//!
//! They show what the hub's services answer, and decide nothing. What they order is done by the
//! same calls as a command's.

mod closing;
mod day;
mod find;
mod frame;
mod now;
mod operators;
mod payment;
mod reports;
mod reprint;
mod sealed_day;
mod sessions;
mod sign_on;
mod tables;
mod typed;
mod visitor;
mod work;

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::State,
    response::Redirect,
    routing::{get, post},
};
use ports::{Listener, Network, Random};
use web::{Access, Token, TokenError, assets, guard, language_choice, serve};

use crate::{config::OfficeConfig, grpc::Services};

use closing::Closing;
use sessions::Sessions;

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The port can't be had.
    #[error("office.listen {address}: {reason}")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        reason: io::Error,
    },
    /// The secret.
    #[error("office.token_file: {0}")]
    Token(#[from] TokenError),
}

/// What every page has at hand.
struct Pages {
    services: Services,
    token: Token,
    sessions: Sessions,
    closing: Closing,
}

type Here = State<Arc<Pages>>;

/// A port that is listened on and not served yet.
pub(crate) struct Office {
    listener: Listener,
    token: Token,
    random: Arc<dyn Random>,
}

impl Office {
    pub(crate) async fn open(
        network: &dyn Network,
        random: Arc<dyn Random>,
        config: &OfficeConfig,
    ) -> Result<Self, OfficeError> {
        let listening = network.listen(&config.listen).await;
        let listener = listening.map_err(|reason| OfficeError::Listen {
            address: config.listen.clone(),
            reason,
        })?;
        let token = Token::of_file(&config.token_file, random.as_ref())?;
        command_line::say(&format!("office on http://{}/", listener.address));
        Ok(Self {
            listener,
            token,
            random,
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, services: Services) -> Result<(), tonic::transport::Error> {
        let access = Access {
            token: self.token.clone(),
            framed_by: None,
            frames: None,
        };
        let pages = Arc::new(Pages {
            sessions: Sessions::new(self.random, Arc::clone(&services.clock)),
            services,
            token: self.token,
            closing: Closing::default(),
        });
        serve(self.listener, guard(routes(pages), access)).await
    }
}

fn routes(pages: Arc<Pages>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/now") }))
        .route("/sign-on", get(sign_on::page).post(sign_on::take))
        .route("/sign-off", post(sign_on::leave))
        .route("/now", get(now::page))
        .route("/now/live", get(now::live))
        .route("/find", get(find::page))
        .route("/receipts/{number}", get(find::receipt))
        .route("/receipts/{number}/reprint", post(reprint::order))
        .route("/payments/{id}", get(payment::page))
        .route("/day", get(day::page))
        .route("/day/live", get(day::live))
        .route("/day/close", post(day::close))
        .route("/day/{date}/{version}", get(sealed_day::page))
        .route("/day/{date}/{version}/day.json", get(sealed_day::json))
        .route("/work", get(work::page))
        .route("/reports", get(reports::page))
        .route("/reports/{date}/day.json", get(reports::json))
        .route("/reports/{date}/{table}", get(reports::csv))
        .route("/operators", get(operators::page))
        .route("/operators/add", post(operators::add))
        .route("/operators/{number}", get(operators::one))
        .route("/operators/{number}/change", post(operators::change))
        .route("/operators/{number}/end", post(operators::end))
        .route("/operators/{number}/pin", post(operators::set_pin))
        .route("/operators/{number}/unlock", post(operators::unlock))
        .merge(language_choice("/now"))
        .with_state(pages)
        .merge(assets())
}
