//! The hub's pages for those who run the store, in a browser: behind a token, on a port of their
//! own.
//!
//! They show what the hub's services answer, and decide nothing.

mod now;

use std::{io, sync::Arc};

use axum::{Router, extract::State, response::Redirect, routing::get};
use ports::{Listener, Network, Random};
use web::{Access, Token, TokenError, assets, guard, language_choice, serve};

use crate::{config::OfficeConfig, grpc::Services};

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
}

type Here = State<Arc<Pages>>;

/// A port that is listened on and not served yet.
pub(crate) struct Office {
    listener: Listener,
    token: Token,
}

impl Office {
    pub(crate) async fn open(
        network: &dyn Network,
        random: &dyn Random,
        config: &OfficeConfig,
    ) -> Result<Self, OfficeError> {
        let listening = network.listen(&config.listen).await;
        let listener = listening.map_err(|reason| OfficeError::Listen {
            address: config.listen.clone(),
            reason,
        })?;
        let token = Token::of_file(&config.token_file, random)?;
        command_line::say(&format!("office on http://{}/", listener.address));
        Ok(Self { listener, token })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, services: Services) -> Result<(), tonic::transport::Error> {
        let access = Access {
            token: self.token.clone(),
            framed_by: None,
            frames: None,
        };
        let pages = Arc::new(Pages {
            services,
            token: self.token,
        });
        let router = Router::new()
            .route("/", get(|| async { Redirect::to("/now") }))
            .route("/now", get(now::page))
            .route("/now/live", get(now::live))
            .merge(language_choice("/now"))
            .with_state(pages)
            .merge(assets());
        serve(self.listener, guard(router, access)).await
    }
}
