//! turmoil's network behind the gate of a host. Every write leaves its length and a fingerprint in
//! the trace: the smallest difference between two runs shows at the first byte it changes.

use std::{
    future, io,
    net::{IpAddr, Ipv4Addr},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use ports::{Io, Listener, Network};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

use super::{
    gate::{Gate, Life, Pass},
    trace,
    wire_watch::{Frames, WireWatch},
};

/// The network between the hosts of one simulation.
#[derive(Clone)]
pub(super) struct VirtualNetwork {
    host: String,
    gate: Gate,
    watch: Option<Arc<WireWatch>>,
}

impl VirtualNetwork {
    /// As seen from `host`, behind its gate. What it writes to where the watch looks is checked.
    pub(super) fn new(host: &str, gate: Gate, watch: Option<Arc<WireWatch>>) -> Self {
        Self {
            host: host.to_owned(),
            gate,
            watch,
        }
    }

    /// For somebody who is no program of the store and never stops.
    pub(super) fn ungated(host: &str) -> Self {
        Self::new(host, Gate::new(host, Life::default()), None)
    }
}

impl Network for VirtualNetwork {
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>> {
        let (network, address) = (self.clone(), address.to_owned());
        Box::pin(async move {
            let Self { host, gate, watch } = network;
            let connecting = TcpStream::connect(address.as_str());
            let connected = match gate.call("connect") {
                Pass::Returns => connecting.await,
                Pass::IsLast => {
                    // Its first packet leaves; whether one comes back nobody learns.
                    drop(futures::poll!(pin!(connecting)));
                    future::pending().await
                }
                Pass::Never => future::pending().await,
            };
            if gate.is_dead() {
                return future::pending().await;
            }
            match &connected {
                Ok(_) => trace::line(&format!("{host} connect {address}")),
                Err(error) => trace::line(&format!("{host} connect {address} {:?}", error.kind())),
            }
            let watched = watch.filter(|watch| watch.looks_at(&address));
            Ok(Io::new(Gated {
                inner: connected?,
                name: format!("{host}>{address}"),
                gate,
                writing: false,
                frames: watched.map(Frames::new),
            }))
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>> {
        let (network, address) = (self.clone(), address.to_owned());
        Box::pin(async move {
            let port = address
                .rsplit(':')
                .next()
                .and_then(|port| port.parse::<u16>().ok());
            let port = port.ok_or(io::ErrorKind::InvalidInput)?;
            let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let listener = TcpListener::bind((any, port)).await?;
            let address = listener.local_addr()?;
            let connections = stream::unfold((listener, network), |(listener, network)| async {
                let accepted = network.accept(&listener).await;
                Some((accepted, (listener, network)))
            });
            Ok(Listener {
                address,
                connections: connections.boxed(),
            })
        })
    }
}

impl VirtualNetwork {
    async fn accept(&self, listener: &TcpListener) -> io::Result<Io> {
        let accepted = listener.accept().await;
        match self.gate.call("accept") {
            Pass::Returns => {}
            Pass::IsLast | Pass::Never => future::pending().await,
        }
        let (inner, peer) = accepted?;
        trace::line(&format!("{} accept", self.host));
        let connection = Gated {
            inner,
            name: format!("{}<{}", self.host, peer.port()),
            gate: self.gate.clone(),
            writing: false,
            frames: None,
        };
        Ok(Io::from_peer(connection, peer))
    }
}

/// A connection behind a gate.
struct Gated {
    inner: TcpStream,
    name: String,
    gate: Gate,
    /// A write has passed the gate, and waits for the network.
    writing: bool,
    /// What is written goes through here first, if anybody watches it.
    frames: Option<Frames>,
}

impl Gated {
    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        self.writing = false;
        let sent = bytes.get(..written).unwrap_or(bytes);
        let print = fingerprint(sent);
        trace::line(&format!("{} {written} bytes {print:016x}", self.name));
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for Gated {
    /// A read counts when bytes are there for it: one that waits has done nothing.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.gate.is_dead() {
            return Poll::Pending;
        }
        let read = ready!(Pin::new(&mut self.inner).poll_read(context, buffer));
        match self.gate.call("read") {
            Pass::Returns => Poll::Ready(read),
            Pass::IsLast | Pass::Never => Poll::Pending,
        }
    }
}

impl AsyncWrite for Gated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let pass = match self.writing {
            true if self.gate.is_dead() => Pass::Never,
            true => Pass::Returns,
            false => self.gate.call("write"),
        };
        if pass == Pass::Never {
            return Poll::Pending;
        }
        if let (false, Some(frames)) = (self.writing, &mut self.frames) {
            frames.leave(bytes);
        }
        self.writing = true;
        let written = self.write(context, bytes);
        match pass {
            Pass::Returns => written,
            Pass::IsLast | Pass::Never => Poll::Pending,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.gate.is_dead() {
            true => Poll::Pending,
            false => Pin::new(&mut self.inner).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let pass = self.gate.call("shutdown");
        if pass == Pass::Never {
            return Poll::Pending;
        }
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        match pass {
            Pass::Returns => shut,
            Pass::IsLast | Pass::Never => Poll::Pending,
        }
    }
}

/// FNV-1a, 64 bits: to tell two traces apart, not to withstand anybody.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
