//! `run`: the hub in production.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix::Arbiter;
use command_line::{abort_on_panic, asked_to_stop, clock, say};
use journal::CommitDriver;
use ports::{OsRandom, TcpNetwork};

use super::{Failed, NO, Outcome, Run, USAGE, check_config, load, stopped::open_code};
use crate::{
    config::Config,
    keys::{KeyFile, KeyStore, SoftwareKeys},
    operators::OperatorsError,
    ports::Ports,
    start::{StartError, start},
};

/// Threads that serve gRPC; the actors have the main thread.
const SERVICE_THREADS: usize = 2;

pub(super) fn run(options: &Run) -> Outcome {
    let config = load(&options.config)?;
    check_config::of_files(&config).outcome()?;
    if options.check_config {
        return Ok(());
    }
    abort_on_panic("store-hub");
    let keys = keys(&config)?;
    if keys.is_software() {
        tracing::warn!(
            event = "software key store",
            what = "for tests and simulation only"
        );
    }
    let services = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(SERVICE_THREADS)
        .thread_name("grpc")
        .enable_all()
        .build()
        .map_err(|error| Failed::new(USAGE, error))?;
    let handle = services.handle().clone();
    let watch_stdin = options.stop_on_stdin_eof;
    let left = Arc::new(AtomicBool::new(false));
    let has_left = Arc::clone(&left);
    let address_file = config.address_file.clone();
    let ended = actix::System::new().block_on(async move {
        let engine = engine(&config)?;
        let reports = Arbiter::new();
        let leave_at = config.address_file.clone();
        let ports = Ports {
            clock: clock(config.clock),
            random: Arc::new(OsRandom),
            network: Arc::new(TcpNetwork),
            engine,
            keys,
            commits: CommitDriver::Thread,
            services: Some(handle),
            reports: Some(reports.handle()),
            listening: Box::new(move |address| {
                has_left.store(true, Ordering::Relaxed);
                tell_address(address, &leave_at);
            }),
            shutdown: asked_to_stop(watch_stdin).map_err(|error| Failed::new(USAGE, error))?,
        };
        start(config, ports).await.map_err(|error| failed(&error))
    });
    services.shutdown_background();
    if left.load(Ordering::Relaxed) {
        // Somebody may have removed it: then it is gone as it should be.
        let _ = fs::remove_file(address_file);
    }
    ended
}

fn failed(error: &StartError) -> Failed {
    let exit = match error {
        StartError::Journal(error) => open_code(error),
        StartError::Committer(_)
        | StartError::Prices(_)
        | StartError::HotList(_)
        | StartError::Dialect(_)
        | StartError::Listen { .. }
        | StartError::Office(_)
        | StartError::Operators(OperatorsError::File { .. }) => USAGE,
        StartError::Operators(OperatorsError::Journal(_))
        | StartError::Recovery(_)
        | StartError::Server(_)
        | StartError::Fatal(_) => NO,
    };
    Failed::new(exit, error)
}

/// The keys of a file that has been checked.
fn keys(config: &Config) -> Result<Arc<dyn KeyStore>, Failed> {
    let file = KeyFile::load(&config.keys_file).map_err(|error| Failed::new(USAGE, error))?;
    let keys = SoftwareKeys::new(file).map_err(|error| Failed::new(USAGE, error))?;
    Ok(Arc::new(keys))
}

fn engine(config: &Config) -> Result<Box<dyn journal::Engine>, Failed> {
    let folder = &config.journal.folder;
    let engine = config.journal.engine.open(folder);
    engine.map_err(|error| {
        let folder = folder.display();
        Failed::new(
            open_code(&error),
            format!("journal folder {folder}: {error}"),
        )
    })
}

/// The promised line for whoever started us, and the address for commands on this machine.
fn tell_address(address: SocketAddr, file: &Path) {
    say(&format!("listening on {address}"));
    if let Err(error) = fs::write(file, format!("{address}\n")) {
        tracing::warn!(event = "address not left for operators", %error);
    }
}
