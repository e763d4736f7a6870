//! Byte streams to and from peers.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, lookup_host},
};

/// What a connection has to be able to do.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for T {}

/// One connection, of whatever network.
pub struct Io {
    connection: Box<dyn Duplex>,
    peer: Option<SocketAddr>,
}

impl Io {
    /// Wraps a connection.
    pub fn new(connection: impl Duplex) -> Self {
        Self {
            connection: Box::new(connection),
            peer: None,
        }
    }

    /// Wraps a connection that came from this address.
    pub fn from_peer(connection: impl Duplex, peer: SocketAddr) -> Self {
        Self {
            peer: Some(peer),
            ..Self::new(connection)
        }
    }

    /// Where it came from, if it came.
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Io")
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection).poll_read(context, buffer)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection).poll_shutdown(context)
    }
}

/// A bound listening socket: where it listens, and the connections that come.
pub struct Listener {
    /// The address it got; of interest when port 0 was asked for.
    pub address: SocketAddr,
    /// Connections as they come. An error is one failed accept, not the end.
    pub connections: BoxStream<'static, io::Result<Io>>,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", self.address)
    }
}

/// Connects and listens.
pub trait Network: Send + Sync + 'static {
    /// Opens a connection to `host:port`. The caller puts a time-out around it.
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>>;

    /// Listens on `host:port`; port 0 takes any free one.
    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>>;
}

/// TCP of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpNetwork;

impl Network for TcpNetwork {
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>> {
        let address = address.to_owned();
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Io::new(stream))
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>> {
        let address = address.to_owned();
        Box::pin(async move {
            let resolved = lookup_host(&address).await?.next().ok_or_else(|| {
                io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address")
            })?;
            let listener = TcpListener::bind(resolved).await?;
            let address = listener.local_addr()?;
            let connections = stream::unfold(listener, |listener| async move {
                let accepted = accept(&listener).await;
                Some((accepted, listener))
            });
            Ok(Listener {
                address,
                connections: connections.boxed(),
            })
        })
    }
}

async fn accept(listener: &TcpListener) -> io::Result<Io> {
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(Io::from_peer(stream, peer))
}
