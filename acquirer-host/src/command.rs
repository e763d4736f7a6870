//! The program: its options, its clocks and signals, its exit codes.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use command_line::{
    Exit, Failed, LogOptions, Outcome, abort_on_panic, asked_to_stop, clock, completions, say,
};
use iso8583::dialect::Dialect;
use ports::{OsRandom, TcpNetwork};
use tokio::runtime;

use crate::{
    accounts::Accounts,
    ledger::{FileLedger, LedgerStore, MemoryLedger},
    personality::Personality,
    start::{Config, Ports, StartError, start},
    terminal_keys::TerminalKeys,
};

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
    #[command(flatten)]
    log: LogOptions,
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
    match command_line::parsed::<Options>(args) {
        Ok(options) => command_line::ended("acquirer-host", &options.log, || execute(&options)),
        Err(code) => code,
    }
}

fn execute(options: &Options) -> Outcome {
    match options.command {
        Some(Command::Completions { shell }) => completions::<Options>("acquirer-host", shell),
        None => serve(options),
    }
}

fn usage(error: impl ToString) -> Failed {
    Failed::new(Exit::Usage, error.to_string())
}

fn serve(options: &Options) -> Outcome {
    let config = configure(options)?;
    let ports = ports(options, &config.personality)?;
    abort_on_panic("acquirer-host");
    // One thread: while it syncs the ledger, messages gather in the sockets, and the next sync is
    // for all of them.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(usage)?;
    let ended = runtime.block_on(async {
        let shutdown = asked_to_stop(options.stop_on_stdin_eof).map_err(usage)?;
        Ok(start(config, ports, announce, shutdown).await)
    })?;
    ended.map_err(|error| {
        let exit = match &error {
            StartError::Listen { .. } | StartError::Ledger(_) => Exit::Usage,
            StartError::LedgerLost(_) => Exit::Unreachable,
        };
        Failed::new(exit, error)
    })
}

fn configure(options: &Options) -> Result<Config, Failed> {
    let personality = match &options.personality {
        Some(path) => Personality::load(path).map_err(usage)?,
        None => Personality::default(),
    };
    let dialect = Dialect::built_in(&options.dialect).map_err(usage)?;
    let dialect = match personality.length_counts_itself {
        true => dialect.counting_prefix(true),
        false => dialect,
    };
    Ok(Config {
        listen: options.listen.clone(),
        dialect: Arc::new(dialect),
        personality,
        accounts: match &options.accounts {
            Some(path) => Accounts::load(path).map_err(usage)?,
            None => Accounts::default(),
        },
        terminal_keys: match &options.keys {
            Some(path) => TerminalKeys::load(path).map_err(usage)?,
            None => TerminalKeys::test().map_err(usage)?,
        },
    })
}

fn ports(options: &Options, personality: &Personality) -> Result<Ports, Failed> {
    let ledger: Box<dyn LedgerStore> = match &options.ledger {
        Some(path) => Box::new(
            FileLedger::open(path)
                .map_err(|error| usage(format!("can't open ledger {}: {error}", path.display())))?,
        ),
        None => Box::new(MemoryLedger::default()),
    };
    Ok(Ports {
        network: Arc::new(TcpNetwork),
        clock: clock(personality.clock),
        random: Arc::new(OsRandom),
        ledger,
    })
}

fn announce(address: SocketAddr) {
    say(&format!("listening on {address}"));
}
