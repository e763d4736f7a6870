//! The program: its commands, their output, their exit codes.

mod ask;
mod epoch;
mod init;
mod leases;
mod link;
mod migrate;
mod payment;
mod repair;
mod serve;
mod stopped;
mod trouble_view;
mod verify;
mod views;

use std::{ffi::OsString, fmt::Display, io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use journal::EngineKind;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigError};

/// The answer is no: a check failed, an invariant broke.
const NO: u8 = 1;
/// Usage or configuration.
const USAGE: u8 = 2;
/// A peer or device could not be reached.
const UNREACHABLE: u8 = 3;
/// Refused by a rule or a right.
const REFUSED: u8 = 4;

/// The store hub: link to the bank, queue, settlement, reports.
#[derive(Parser)]
#[command(name = "store-hub", version)]
struct Options {
    /// What to log on stderr: error, warn, info, debug, trace, or a filter; without it RUST_LOG,
    /// else warn
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the hub until SIGINT or SIGTERM
    Run(Run),
    /// Writes an example configuration with test keys into a folder
    Init {
        /// The folder; must not hold a configuration yet
        folder: PathBuf,
        /// How many lanes
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=999))]
        lanes: u16,
    },
    /// Names everything that is wrong with a configuration
    CheckConfig(Asked),
    /// The store in a few lines
    Status(Asked),
    /// Lanes: connected or not, and how much of their journals is here
    Lanes {
        #[command(flatten)]
        asked: Asked,
        #[command(subcommand)]
        action: Option<LaneAction>,
    },
    /// One payment from receipt to bank
    Payment {
        /// 32 hex digits, as on the receipt
        id: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Payments whose end is not known yet, each with its owner
    Unresolved(Asked),
    /// Queue entries that somebody must look at
    DeadLetters {
        #[command(flatten)]
        asked: Asked,
        /// Those of the running day that somebody has resolved, too
        #[arg(long)]
        all: bool,
        #[command(subcommand)]
        action: Option<DeadLetterAction>,
    },
    /// What lanes may approve alone: every lease, open or ended
    Leases {
        #[command(flatten)]
        asked: Asked,
        #[command(subcommand)]
        action: Option<leases::LeaseAction>,
    },
    /// The acquirer link: up or down, since when and why
    Link {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        how: link::Try,
    },
    /// Closes the business day: queue, compare, settle, report
    CloseDay {
        #[command(flatten)]
        asked: Asked,
        /// The day, YYYY-MM-DD; without it the running one, or the last if nothing was sold since
        #[arg(long)]
        date: Option<String>,
    },
    /// Walks the journal: checksums, hash chains, records, accounts
    Verify {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        depth: verify::Depth,
    },
    /// Puts damaged or missing records of a lane's log back; the hub must not be running
    Repair {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        copy: repair::Copy,
    },
    /// Moves the journal to the other engine; the hub must not be running
    Migrate {
        #[command(flatten)]
        asked: Asked,
        /// The engine to move it to: sled or redb
        #[arg(long, value_name = "ENGINE")]
        to: EngineKind,
    },
    /// Shell completions on stdout
    Completions {
        /// For which shell
        shell: Shell,
    },
}

#[derive(Args)]
struct Run {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only name what is wrong with the configuration
    #[arg(long)]
    check_config: bool,
    /// Stop cleanly when standard input ends
    #[arg(long, hide = true)]
    stop_on_stdin_eof: bool,
}

#[derive(Args)]
struct Asked {
    /// The configuration file (TOML)
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        default_value = "store-hub.toml"
    )]
    config: PathBuf,
    /// Ask the hub at this address instead of the one that runs on this configuration
    #[arg(long, value_name = "HOST:PORT", global = true)]
    address: Option<String>,
    /// How to print data
    #[arg(long, value_enum, global = true, default_value = "text")]
    output: Output,
}

#[derive(Subcommand)]
enum LaneAction {
    /// Lets an older machine speak for a lane again: journaled, with who and why
    TakeBackEpoch(epoch::TakeBackEpoch),
}

#[derive(Subcommand)]
enum DeadLetterAction {
    /// Resolves one: journaled, with who bears what
    Resolve {
        /// Number of the queue entry
        forward_id: u64,
        /// How
        #[arg(long = "as", value_enum)]
        how: Resolve,
        /// A reference or a reason; required but for retry
        #[arg(long, default_value = "")]
        note: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Resolve {
    Retry,
    SettledByHand,
    WrittenOff,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// A command that did not succeed: what to say on stderr, and the exit code.
struct Failed {
    code: u8,
    what: String,
}

impl Failed {
    fn new(code: u8, what: impl Display) -> Self {
        Self {
            code,
            what: what.to_string(),
        }
    }
}

type Outcome = Result<(), Failed>;

/// Runs the program with these arguments, the program's own name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let options = match Options::try_parse_from(args) {
        Ok(options) => options,
        Err(error) => {
            // A closed stdout leaves nothing to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    if let Err(failed) = log_to_stderr(options.log.as_deref()).and_then(|()| execute(options)) {
        let mut stderr = std::io::stderr().lock();
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(stderr, "store-hub: {}", failed.what);
        return ExitCode::from(failed.code);
    }
    ExitCode::SUCCESS
}

fn log_to_stderr(level: Option<&str>) -> Outcome {
    let filter = match level {
        Some(level) => EnvFilter::try_new(level).map_err(|error| Failed::new(USAGE, error))?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    if subscriber.try_init().is_err() {
        tracing::debug!(event = "logging is set up already");
    }
    Ok(())
}

fn execute(options: Options) -> Outcome {
    match options.command {
        Command::Run(run) => serve::run(&run),
        Command::Init { folder, lanes } => init::init(&folder, lanes),
        Command::CheckConfig(asked) => check_config(&asked),
        Command::Status(asked) => ask::status(&asked),
        Command::Lanes {
            asked,
            action: None,
        } => ask::lanes(&asked),
        Command::Lanes {
            asked,
            action: Some(LaneAction::TakeBackEpoch(order)),
        } => epoch::take_back(&asked, order),
        Command::Payment { id, asked } => payment::payment(&id, &asked),
        Command::Unresolved(asked) => ask::unresolved(&asked),
        Command::DeadLetters {
            asked,
            all,
            action: None,
        } => ask::dead_letters(&asked, all),
        Command::DeadLetters {
            asked,
            all: _,
            action:
                Some(DeadLetterAction::Resolve {
                    forward_id,
                    how,
                    note,
                }),
        } => ask::resolve(&asked, forward_id, how, note),
        Command::Leases { asked, action } => leases::leases(&asked, action),
        Command::Link { asked, how } => link::link(&asked, &how),
        Command::CloseDay { asked, date } => ask::close_day(&asked, date),
        Command::Verify { asked, depth } => verify::verify(&asked, depth),
        Command::Repair { asked, copy } => repair::repair(&asked, &copy),
        Command::Migrate { asked, to } => migrate::migrate(&asked, to),
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "store-hub", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes data to stdout; a reader that has gone away is no fault.
fn print(text: &str) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failed::new(UNREACHABLE, error)),
    }
}

/// Prints one object.
fn print_json(value: &serde_json::Value) -> Outcome {
    print(&format!("{value:#}\n"))
}

fn load(path: &std::path::Path) -> Result<Config, Failed> {
    Config::load(path).map_err(|error| Failed::new(USAGE, with_source(&error)))
}

/// An error with all that led to it.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

fn with_source(error: &ConfigError) -> String {
    match error {
        ConfigError::Unreadable { source, .. } => format!("{error}: {source}"),
        ConfigError::Faults(_) => format!("the configuration is wrong:\n{error}"),
    }
}

fn check_config(asked: &Asked) -> Outcome {
    let config = load(&asked.config)?;
    serve::check_files(&config)?;
    match asked.output {
        Output::Text => print("the configuration is right\n"),
        Output::Json => print_json(&serde_json::json!({"valid": true})),
    }
}
