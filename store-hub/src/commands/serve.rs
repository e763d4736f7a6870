//! `run`: the hub in production.

use std::{
    fs,
    io::Read,
    net::SocketAddr,
    path::Path,
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use futures::future::LocalBoxFuture;
use journal::CommitDriver;
use ports::{BusinessClock, Clock, OsRandom, SystemClock, TcpNetwork};
use tokio::{signal::unix, sync::oneshot};

use super::{Failed, NO, Outcome, Run, USAGE, load};
use crate::{
    config::{ClockConfig, Config},
    hot_list_file,
    keys::{KeyFile, KeyStore, SoftwareKeys},
    ports::Ports,
    prices::PriceFile,
    start::{StartError, start},
};

/// Threads that serve gRPC; the actors have the main thread.
const SERVICE_THREADS: usize = 2;

pub(super) fn run(options: &Run) -> Outcome {
    let config = load(&options.config)?;
    if options.check_config {
        return check_files(&config);
    }
    abort_on_panic();
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
        let leave_at = config.address_file.clone();
        let ports = Ports {
            clock: clock(config.clock),
            random: Arc::new(OsRandom),
            network: Arc::new(TcpNetwork),
            engine,
            keys,
            commits: CommitDriver::Thread,
            services: Some(handle),
            listening: Box::new(move |address| {
                has_left.store(true, Ordering::Relaxed);
                tell_address(address, &leave_at);
            }),
            shutdown: shutdown(watch_stdin)?,
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
    let code = match error {
        StartError::Journal(_)
        | StartError::Committer(_)
        | StartError::Prices(_)
        | StartError::HotList(_)
        | StartError::Dialect(_)
        | StartError::Listen { .. } => USAGE,
        StartError::Recovery(_) | StartError::Server(_) | StartError::Fatal(_) => NO,
    };
    Failed::new(code, error)
}

/// Everything the configuration points at, but the journal: it may be in use.
pub(super) fn check_files(config: &Config) -> Outcome {
    keys(config)?;
    if let Some(file) = &config.offline.hot_list_file {
        hot_list_file::load(file).map_err(|error| Failed::new(USAGE, error))?;
    }
    PriceFile::load(&config.prices_file)
        .map(|_| ())
        .map_err(|error| Failed::new(USAGE, error))
}

/// A terminal without a master key could never sign on: told before anything starts.
fn keys(config: &Config) -> Result<Arc<dyn KeyStore>, Failed> {
    let usage = |error: &dyn std::fmt::Display| Failed::new(USAGE, error);
    let file = KeyFile::load(&config.keys_file).map_err(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let path = config.keys_file.display();
        usage(&format!("{path}: {error} {}", source.unwrap_or_default()).trim_end())
    })?;
    let keys = SoftwareKeys::new(file).map_err(|error| usage(&error))?;
    let known: Vec<_> = keys.terminals().collect();
    for terminal in &config.terminals {
        if !known.contains(&&terminal.tid) {
            let path = config.keys_file.display();
            return Err(usage(&format!("{path}: no tmk for {}", terminal.tid)));
        }
    }
    Ok(Arc::new(keys))
}

fn engine(config: &Config) -> Result<Box<dyn journal::Engine>, Failed> {
    let folder = &config.journal.folder;
    let engine = config.journal.engine.open(folder);
    engine.map_err(|error| {
        let folder = folder.display();
        Failed::new(USAGE, format!("journal folder {folder}: {error}"))
    })
}

pub(super) fn clock(config: ClockConfig) -> Arc<dyn Clock> {
    match config {
        ClockConfig::System => Arc::new(SystemClock::new()),
        ClockConfig::Business {
            origin_real_ms,
            origin_business_ms,
            speed,
        } => Arc::new(BusinessClock::new(
            origin_real_ms,
            origin_business_ms,
            speed,
        )),
    }
}

#[allow(
    clippy::print_stderr,
    reason = "the promised line for whoever started us"
)]
fn tell_address(address: SocketAddr, file: &Path) {
    eprintln!("listening on {address}");
    if let Err(error) = fs::write(file, format!("{address}\n")) {
        tracing::warn!(event = "address not left for operators", %error);
    }
}

/// SIGINT, SIGTERM, or the end of standard input where that was asked for.
fn shutdown(watch_stdin: bool) -> Result<LocalBoxFuture<'static, ()>, Failed> {
    let signal = |kind| unix::signal(kind).map_err(|error| Failed::new(USAGE, error));
    let mut interrupt = signal(unix::SignalKind::interrupt())?;
    let mut terminate = signal(unix::SignalKind::terminate())?;
    let (ended, end_of_input) = oneshot::channel::<()>();
    if watch_stdin {
        thread::spawn(move || {
            // An unreadable standard input is as good as ended.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            drop(ended);
        });
    } else {
        std::mem::forget(ended);
    }
    Ok(Box::pin(async move {
        tokio::select! {
            biased;
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = end_of_input => {}
        }
    }))
}

/// A panic ends the process: the service manager starts it again, and start-up replays.
fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(event = "panic", %panic);
        process::abort();
    }));
}
