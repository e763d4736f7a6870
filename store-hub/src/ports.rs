//! The ports of a hub: the clock, the network, the disk and the keys. Production and simulation
//! differ in these, and in nothing else.

use std::{fmt, net::SocketAddr, sync::Arc};

use actix::ArbiterHandle;
use futures::future::LocalBoxFuture;
use journal::{CommitDriver, Engine};
use ports::{Clock, Network, Random};
use tokio::runtime::Handle;

use crate::keys::KeyStore;

/// Everything outside that a hub uses.
pub struct Ports {
    /// Wall and monotonic clock.
    pub clock: Arc<dyn Clock>,
    /// Ids, nonces, jitter.
    pub random: Arc<dyn Random>,
    /// Lanes in, the bank out.
    pub network: Arc<dyn Network>,
    /// Where the journal is kept.
    pub engine: Box<dyn Engine>,
    /// Where keys live.
    pub keys: Arc<dyn KeyStore>,
    /// Who drives commits.
    pub commits: CommitDriver,
    /// Where the tasks of the gRPC server run; `None`: on the current runtime.
    pub services: Option<Handle>,
    /// Where reports are made and dates archived, so that no payment waits for it; `None`: where
    /// the other actors run.
    pub reports: Option<ArbiterHandle>,
    /// Told once, with the address the hub listens on.
    pub listening: Box<dyn FnOnce(SocketAddr)>,
    /// The hub stops cleanly when this resolves.
    pub shutdown: LocalBoxFuture<'static, ()>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
