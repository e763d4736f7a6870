//! `lane-agent run`.

use std::{
    io::{self, Read},
    panic,
    path::PathBuf,
    process,
    sync::Arc,
    thread,
};

use clap::Args;
use futures::future::{BoxFuture, FutureExt};
use journal::{CommitDriver, OpenError};
use ports::{BusinessClock, Clock, OsRandom, SystemClock, TcpNetwork};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing::error;
use tracing_subscriber::EnvFilter;

use super::{Outcome, say};
use crate::{
    Ports, StartError,
    config::{ClockConfig, Config},
    devices, start,
};

#[derive(Args)]
pub(super) struct RunArgs {
    /// The lane's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What is logged: error, warn, info, debug, or a filter; else RUST_LOG, else warn
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Stop when standard input ends: so a child ends with its parent, however that ends
    #[arg(long, hide = true)]
    stop_on_stdin_eof: bool,
}

pub(super) fn run(args: RunArgs) -> Outcome {
    let config = match Config::open(&args.config) {
        Ok(config) => config,
        Err(error) => {
            say(&error.to_string());
            return Outcome::Usage;
        }
    };
    if !log_to_stderr(args.log.as_deref()) {
        say("--log is not a filter");
        return Outcome::Usage;
    }
    abort_on_panic();
    match sell(config, args.stop_on_stdin_eof) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            say(&error.to_string());
            outcome_of(&error)
        }
    }
}

fn sell(config: Config, stop_on_stdin_eof: bool) -> Result<(), StartError> {
    let engine = config.journal.engine.open(&config.journal.folder)?;
    let clock = clock(config.clock);
    let devices = devices::configured(&config.devices);
    actix::System::new().block_on(async move {
        let ports = Ports {
            clock,
            random: Arc::new(OsRandom),
            network: Arc::new(TcpNetwork),
            engine,
            commits: CommitDriver::Thread,
            devices,
            shutdown: asked_to_stop(stop_on_stdin_eof),
        };
        start(config, ports).await
    })
}

fn clock(config: ClockConfig) -> Arc<dyn Clock> {
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

/// Resolves on SIGINT, SIGTERM and, if asked, at the end of standard input.
fn asked_to_stop(on_stdin_eof: bool) -> futures::future::LocalBoxFuture<'static, ()> {
    let stdin_ended = if on_stdin_eof {
        stdin_ended()
    } else {
        futures::future::pending().boxed()
    };
    Box::pin(async move {
        let kinds = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        );
        let (Ok(mut interrupt), Ok(mut terminate)) = kinds else {
            return stdin_ended.await;
        };
        tokio::select! {
            biased;
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin_ended => {}
        }
    })
}

/// Reads standard input away on a thread of its own, which doesn't keep the process from ending.
fn stdin_ended() -> BoxFuture<'static, ()> {
    let (tell, ended) = oneshot::channel();
    thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
        // Nobody listens when the lane has stopped already.
        let _ = tell.send(());
    });
    ended.map(|_| ()).boxed()
}

fn log_to_stderr(filter: Option<&str>) -> bool {
    let filter = match filter {
        Some(filter) => EnvFilter::try_new(filter),
        None => Ok(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"))),
    };
    let Ok(filter) = filter else {
        return false;
    };
    // A second lane in the same process logs where the first does.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init();
    true
}

/// Half a machine is worse than none: the service manager starts the lane again, which replays.
fn abort_on_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        before(info);
        error!(event = "panic", "{info}");
        process::abort();
    }));
}

fn outcome_of(error: &StartError) -> Outcome {
    match error {
        StartError::Journal(OpenError::InUse { .. } | OpenError::Engine(_))
        | StartError::Thread(_) => Outcome::Unreachable,
        StartError::Journal(OpenError::OtherEngine { .. })
        | StartError::Device(_)
        | StartError::Address(_) => Outcome::Usage,
        StartError::Journal(_)
        | StartError::Recovery(_)
        | StartError::TakeBack(_)
        | StartError::Stopped(_) => Outcome::AnswerIsNo,
    }
}
