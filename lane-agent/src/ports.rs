//! The ports of a lane: the clock, the network, the disk and the devices. Production and simulation
//! differ in these, and in nothing else.

use std::{fmt, sync::Arc};

use futures::future::LocalBoxFuture;
use journal::{CommitDriver, Engine};
use ports::{Clock, Network, Random};

use crate::{devices::DeviceSource, pin_check::PinCheck};

/// Everything outside that a lane uses.
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
    /// Who compares PINs.
    pub pins: PinCheck,
    /// The lane stops cleanly when this resolves.
    pub shutdown: LocalBoxFuture<'static, ()>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
