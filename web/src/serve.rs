//! Serving pages on a port of their own, over whatever network.

use axum::Router;
use futures::StreamExt;
use monitoring::Accepted;
use ports::Listener;
use tonic::transport::{self, Server};

/// Serves the pages until it is dropped.
///
/// # Errors
/// The server ends by itself.
pub async fn serve(listener: Listener, pages: Router) -> Result<(), transport::Error> {
    Server::builder()
        .accept_http1(true)
        .add_routes(pages.into())
        .serve_with_incoming(listener.connections.map(|one| one.map(Accepted::new)))
        .await
}
