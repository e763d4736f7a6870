//! One HTTP/2 connection to the hub over the network port, made when it is first needed and made
//! again when it broke. Keepalive finds a dead one.

use std::{io, sync::Arc, time::Duration};

use domain::limits;
use hyper_util::rt::TokioIo;
use ports::Network;
use proto::store::v1::lane_service_client::LaneServiceClient;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint, Error};
use tower::service_fn;

pub(crate) type Client = LaneServiceClient<Channel>;

/// A client whose connection opens with its first call.
pub(crate) fn client(address: &str, network: Arc<dyn Network>) -> Result<Client, Error> {
    let connect_timeout = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(connect_timeout)
        .http2_keep_alive_interval(Duration::from_millis(limits::KEEPALIVE_INTERVAL_MS))
        .keep_alive_timeout(Duration::from_millis(limits::KEEPALIVE_TIMEOUT_MS))
        .keep_alive_while_idle(true);
    let address = address.to_owned();
    let connect = service_fn(move |_| {
        let connecting = network.connect(&address);
        async move {
            match timeout(connect_timeout, connecting).await {
                Ok(connected) => connected.map(TokioIo::new),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        }
    });
    Ok(LaneServiceClient::new(
        endpoint.connect_with_connector_lazy(connect),
    ))
}
