//! A whole host, from its configuration and ports to its end. `run` and the simulation both start
//! it here.

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc};

use futures::StreamExt;
use iso8583::dialect::Dialect;
use ports::{Clock, Listener, Network, Random};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::{
    accounts::Accounts,
    connection,
    host::Host,
    ledger::{Committer, LedgerError, LedgerLine, LedgerStore, read_back},
    personality::Personality,
    terminal_keys::TerminalKeys,
};

/// Connections served at a time; more are closed as they come.
const CONNECTIONS_MAX: usize = 1024;

pub(crate) type LedgerLines = [LedgerLine];

/// What a host is.
#[derive(Debug)]
pub struct Config {
    /// `host:port`; port 0 takes any free one.
    pub listen: String,
    /// The message format.
    pub dialect: Arc<Dialect>,
    /// Its manners.
    pub personality: Personality,
    /// The accounts it knows.
    pub accounts: Accounts,
    /// The terminals it serves.
    pub terminal_keys: TerminalKeys,
}

/// What a host reaches the world through.
pub struct Ports {
    /// Listens.
    pub network: Arc<dyn Network>,
    /// Dates answers and ledger lines.
    pub clock: Arc<dyn Clock>,
    /// Working keys, and the seed of a personality without one.
    pub random: Arc<dyn Random>,
    /// Keeps what was done.
    pub ledger: Box<dyn LedgerStore>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}

/// Why a host didn't start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        reason: io::Error,
    },
    /// The ledger can't be read back.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A line could not be made durable; nothing was answered after it.
    #[error("ledger can't be written: {0}")]
    LedgerLost(io::Error),
}

/// Runs a host until `shutdown` resolves. `announce` is told the address once the host listens.
///
/// # Errors
/// See [`StartError`].
pub async fn start(
    config: Config,
    ports: Ports,
    announce: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let Ports {
        network,
        clock,
        random,
        mut ledger,
    } = ports;
    let lines = recover(&mut *ledger)?;
    let listener = listen(&*network, &config.listen).await?;
    announce(listener.address);
    info!(event = "listening", address = %listener.address, ledger_lines = lines.len());
    let (committer, durable) = Committer::new(ledger);
    let host = Arc::new(Host::new(config, clock, random, &lines, durable));
    drop(lines);
    tokio::select! {
        biased;
        error = host.keep_ledger(committer) => Err(StartError::LedgerLost(error)),
        () = shutdown => Ok(()),
        () = accept(&host, listener) => Ok(()),
    }
}

/// Reads the ledger back, and cuts a last line that was never finished.
fn recover(ledger: &mut dyn LedgerStore) -> Result<Vec<LedgerLine>, LedgerError> {
    let bytes = ledger.read().map_err(LedgerError::Io)?;
    let read = read_back(&bytes)?;
    if read.torn_bytes > 0 {
        warn!(
            event = "torn ledger line cut",
            bytes = read.torn_bytes,
            line = read.lines.len() + 1
        );
        let length = u64::try_from(read.whole_bytes).unwrap_or(u64::MAX);
        ledger.cut(length).map_err(LedgerError::Io)?;
    }
    Ok(read.lines)
}

async fn listen(network: &dyn Network, address: &str) -> Result<Listener, StartError> {
    network
        .listen(address)
        .await
        .map_err(|reason| StartError::Listen {
            address: address.to_owned(),
            reason,
        })
}

async fn accept(host: &Arc<Host>, mut listener: Listener) {
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = served.join_next(), if !served.is_empty() => {}
            accepted = listener.connections.next() => match accepted {
                Some(Ok(_)) if served.len() >= CONNECTIONS_MAX => {
                    warn!(event = "connection refused", connections = served.len());
                }
                Some(Ok(connection)) => {
                    served.spawn(connection::serve(Arc::clone(host), connection));
                }
                Some(Err(error)) => warn!(event = "connection not accepted", error = %error),
                None => return,
            },
        }
    }
}
