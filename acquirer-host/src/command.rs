//! The program: its options, its clocks and signals, its exit codes.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use iso8583::dialect::Dialect;
use ports::{BusinessClock, Clock, OsRandom, SystemClock, TcpNetwork};
use tokio::{runtime, signal::unix, sync::oneshot};
use tracing::error;
use tracing_subscriber::EnvFilter;

use crate::{
    accounts::Accounts,
    ledger::{FileLedger, LedgerStore, MemoryLedger},
    personality::Personality,
    start::{Config, Ports, StartError, start},
    terminal_keys::TerminalKeys,
};

const USAGE: u8 = 2;
const UNREACHABLE: u8 = 3;

/// The bank's side of card payments, simulated, for anybody's terminal.
#[derive(Parser)]
#[command(
    name = "acquirer-host",
    version,
    args_conflicts_with_subcommands = true
)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Address to listen on; port 0 takes any free one and prints it on stderr
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Message format: a built-in name
    #[arg(long, default_value = "cup-pos")]
    dialect: String,
    /// How the host behaves (TOML); without it prompt and reliable
    #[arg(long, value_name = "FILE")]
    personality: Option<PathBuf>,
    /// The accounts it knows (TOML); without it none
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Terminals and their master keys (TOML); without it any terminal under the test key
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Durable record of what was done; without it nothing outlives the process
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// What to log on stderr: error, warn, info, debug, trace, or a filter; without it RUST_LOG,
    /// else warn
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// Shut down when standard input ends, as it does when the parent dies
    #[arg(long, hide = true)]
    stop_on_stdin_eof: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// The program. Takes the arguments with the program's name first; prints data on stdout, all else
/// on stderr. Exit codes: 0 done, 2 usage or configuration, 3 the ledger or the network is gone.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let options = match Options::try_parse_from(args) {
        Ok(options) => options,
        Err(error) => {
            // Nobody to tell when even this fails.
            let _unprinted = error.print();
            return if error.use_stderr() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    if let Some(Command::Completions { shell }) = options.command {
        clap_complete::generate(
            shell,
            &mut Options::command(),
            "acquirer-host",
            &mut io::stdout(),
        );
        return ExitCode::SUCCESS;
    }
    start_log(options.log.as_deref());
    abort_on_panic();
    match serve(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say(&format!("acquirer-host: {}", fault.text));
            ExitCode::from(fault.code)
        }
    }
}

/// A fault as the user is told of it.
struct Fault {
    text: String,
    code: u8,
}

impl Fault {
    fn usage(error: impl ToString) -> Self {
        Self {
            text: error.to_string(),
            code: USAGE,
        }
    }
}

fn serve(options: &Options) -> Result<(), Fault> {
    let config = configure(options)?;
    let ports = ports(options, &config.personality)?;
    // One thread: while it syncs the ledger, messages gather in the sockets, and the next sync is
    // for all of them.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::usage)?;
    let stop_on_stdin_eof = options.stop_on_stdin_eof;
    let ended = runtime.block_on(async {
        let shutdown = shutdown(stop_on_stdin_eof).map_err(Fault::usage)?;
        Ok(start(config, ports, announce, shutdown).await)
    })?;
    ended.map_err(|error| Fault {
        code: match &error {
            StartError::Listen { .. } | StartError::Ledger(_) => USAGE,
            StartError::LedgerLost(_) => UNREACHABLE,
        },
        text: error.to_string(),
    })
}

fn configure(options: &Options) -> Result<Config, Fault> {
    let personality = match &options.personality {
        Some(path) => Personality::load(path).map_err(Fault::usage)?,
        None => Personality::default(),
    };
    let dialect = Dialect::built_in(&options.dialect).map_err(Fault::usage)?;
    let dialect = match personality.length_counts_itself {
        true => dialect.counting_prefix(true),
        false => dialect,
    };
    Ok(Config {
        listen: options.listen.clone(),
        dialect: Arc::new(dialect),
        personality,
        accounts: match &options.accounts {
            Some(path) => Accounts::load(path).map_err(Fault::usage)?,
            None => Accounts::default(),
        },
        terminal_keys: match &options.keys {
            Some(path) => TerminalKeys::load(path),
            None => TerminalKeys::test(),
        }
        .map_err(Fault::usage)?,
    })
}

fn ports(options: &Options, personality: &Personality) -> Result<Ports, Fault> {
    let clock: Arc<dyn Clock> = match personality.clock {
        Some(day) => Arc::new(BusinessClock::new(
            day.origin_real_ms,
            day.origin_business_ms,
            day.speed,
        )),
        None => Arc::new(SystemClock::new()),
    };
    let ledger: Box<dyn LedgerStore> = match &options.ledger {
        Some(path) => Box::new(FileLedger::open(path).map_err(|error| {
            Fault::usage(format!("can't open ledger {}: {error}", path.display()))
        })?),
        None => Box::new(MemoryLedger::default()),
    };
    Ok(Ports {
        network: Arc::new(TcpNetwork),
        clock,
        random: Arc::new(OsRandom),
        ledger,
    })
}

fn announce(address: SocketAddr) {
    say(&format!("listening on {address}"));
}

fn say(text: &str) {
    // Nobody to tell when standard error is closed.
    let _unprinted = writeln!(io::stderr(), "{text}");
}

/// Resolves at SIGINT, at SIGTERM, or, where wanted, when standard input ends.
fn shutdown(stop_on_stdin_eof: bool) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let (sender, stdin_ended) = oneshot::channel();
    if stop_on_stdin_eof {
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || drain_stdin(sender))?;
    }
    Ok(async move {
        tokio::select! {
            biased;
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            Ok(()) = stdin_ended, if stop_on_stdin_eof => {}
        }
    })
}

fn drain_stdin(sender: oneshot::Sender<()>) {
    let mut ignored = [0; 256];
    while matches!(io::stdin().read(&mut ignored), Ok(count) if count > 0) {}
    // The host is already going when nobody listens.
    let _already_going = sender.send(());
}

fn start_log(filter: Option<&str>) {
    let from_environment = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let filter = filter.or(from_environment.as_deref()).unwrap_or("warn");
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second program in the same process, as in a test, keeps the first one's log.
    let _already_there = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init();
}

/// A panic ends the process: half a host would go on answering from a state nobody knows.
fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(event = "panic", place);
        say(&format!("acquirer-host: panic at {place}"));
        std::process::abort();
    }));
}
