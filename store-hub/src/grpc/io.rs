//! A connection of whatever network, as tonic wants it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use ports::Io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use crate::connection::Connection;

/// A newtype, since tonic asks for a trait of its own.
#[derive(Debug)]
pub(crate) struct HubIo(Io);

impl HubIo {
    pub(crate) const fn new(io: Io) -> Self {
        Self(io)
    }
}

impl Connected for HubIo {
    type ConnectInfo = Connection;

    fn connect_info(&self) -> Connection {
        Connection(self.0.peer())
    }
}

impl AsyncRead for HubIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for HubIo {
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
