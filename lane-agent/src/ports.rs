//! The world a lane runs in: what differs between production and simulation, and nothing else.

use std::{fmt, sync::Arc};

use futures::future::LocalBoxFuture;
use journal::{CommitDriver, Engine};
use ports::{Clock, Network, Random};

use crate::devices::DeviceSource;

/// Everything a lane reaches the world through.
pub struct Ports {
    /// Business and monotonic clock.
    pub clock: Arc<dyn Clock>,
    /// Payment ids, cryptograms, jitter.
    pub random: Arc<dyn Random>,
    /// The hub.
    pub network: Arc<dyn Network>,
    /// Where the journal is kept.
    pub engine: Box<dyn Engine>,
    /// Who drives commits.
    pub commits: CommitDriver,
    /// Printer, reader, scanner, keys: `devices::configured`, or what a simulation has.
    pub devices: DeviceSource,
    /// The lane stops cleanly when this resolves.
    pub shutdown: LocalBoxFuture<'static, ()>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
