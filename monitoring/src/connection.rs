//! A connection of whatever network, as tonic wants it.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use ports::Io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// The address at the other end, where the network knows one; a request carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RemoteAddress(pub Option<SocketAddr>);

/// A newtype, since tonic asks for a trait of its own.
#[derive(Debug)]
pub struct Accepted(Io);

impl Accepted {
    /// Over this connection.
    #[must_use]
    pub const fn new(io: Io) -> Self {
        Self(io)
    }
}

impl Connected for Accepted {
    type ConnectInfo = RemoteAddress;

    fn connect_info(&self) -> RemoteAddress {
        RemoteAddress(self.0.peer())
    }
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
