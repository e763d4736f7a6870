//! Which connection a lane's streams came on: what a machine shows is held against it alone, since
//! whoever it says it is, nothing proves it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use monitoring::RemoteAddress;
use tonic::Extensions;

/// One connection to the hub, by the address at its other end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Connection(pub(crate) Option<SocketAddr>);

impl Connection {
    /// The connection that a request came on.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let address = extensions.get::<RemoteAddress>();
        Self(address.and_then(|address| address.0))
    }

    /// The machine at its other end, as far as an address tells.
    pub(crate) fn machine(self) -> Option<IpAddr> {
        self.0.map(|address| address.ip())
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(formatter),
            None => formatter.write_str("an unknown address"),
        }
    }
}
