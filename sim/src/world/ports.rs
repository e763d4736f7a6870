//! The simulated forms of `ports`: virtual clock, seeded randomness, turmoil's network. Everything
//! a host does to the world passes here and leaves a line in the trace.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use futures::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use ports::{Clock, Io, Listener, Network, Random};
use rand::{RngCore, SeedableRng, rngs::SmallRng};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{DAY_MS, trace};
use crate::workload::{CLOSING_WALL_MS, OPENING_WALL_MS};

/// How much faster business time passes than virtual time.
#[allow(clippy::cast_possible_wrap, reason = "a constant of 60,000")]
const SPEED: i64 = (CLOSING_WALL_MS - OPENING_WALL_MS) / DAY_MS as i64;

/// Virtual time: the wall starts at a fixed moment, the monotonic clock with its host.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    started: Instant,
}

impl VirtualClock {
    /// Of a host that starts now.
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for VirtualClock {
    /// The business day passes in `DAY_MS` of virtual time.
    fn wall_ms(&self) -> i64 {
        let passed = turmoil::sim_elapsed().unwrap_or_default().as_millis();
        let passed_ms = i64::try_from(passed).unwrap_or(i64::MAX);
        OPENING_WALL_MS.saturating_add(passed_ms.saturating_mul(SPEED))
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Random bytes from the run's seed, the host's name and how often it has started.
#[derive(Debug)]
pub(crate) struct SeededRandom(Mutex<SmallRng>);

impl SeededRandom {
    /// A stream of its own for the `incarnation`th start of `host`.
    pub(crate) fn new(seed: u64, host: &str, incarnation: u64) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        for byte in host.bytes().chain(incarnation.to_be_bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(Mutex::new(SmallRng::seed_from_u64(state)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

/// The network between the hosts of one simulation.
#[derive(Clone, Debug)]
pub(crate) struct VirtualNetwork {
    host: String,
}

impl VirtualNetwork {
    /// As seen from `host`.
    pub(crate) fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
        }
    }
}

impl Network for VirtualNetwork {
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>> {
        let (host, address) = (self.host.clone(), address.to_owned());
        Box::pin(async move {
            let connected = turmoil::net::TcpStream::connect(address.as_str()).await;
            match &connected {
                Ok(_) => trace::line(&format!("{host} connect {address}")),
                Err(error) => trace::line(&format!("{host} connect {address} {:?}", error.kind())),
            }
            Ok(Io::new(Traced {
                inner: connected?,
                name: format!("{host}>{address}"),
            }))
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>> {
        let (host, address) = (self.host.clone(), address.to_owned());
        Box::pin(async move {
            let port = address
                .rsplit(':')
                .next()
                .and_then(|port| port.parse::<u16>().ok());
            let port = port.ok_or(io::ErrorKind::InvalidInput)?;
            let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let listener = turmoil::net::TcpListener::bind((any, port)).await?;
            let address = listener.local_addr()?;
            let connections = stream::unfold((listener, host), |(listener, host)| async move {
                let accepted = listener.accept().await.map(|(inner, peer)| {
                    trace::line(&format!("{host} accept"));
                    let name = format!("{host}<{}", peer.port());
                    Io::new(Traced { inner, name })
                });
                Some((accepted, (listener, host)))
            });
            Ok(Listener {
                address,
                connections: connections.boxed(),
            })
        })
    }
}

/// A connection whose every write leaves its length and a fingerprint in the trace: the smallest
/// difference between two runs shows at the first byte it changes.
struct Traced {
    inner: turmoil::net::TcpStream,
    name: String,
}

impl AsyncRead for Traced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Traced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        let sent = bytes.get(..written).unwrap_or(bytes);
        trace::line(&format!(
            "{} {written} bytes {:016x}",
            self.name,
            fingerprint(sent)
        ));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// FNV-1a, 64 bits: to tell two traces apart, not to withstand anybody.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
