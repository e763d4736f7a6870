//! The program: its commands, their output, their exit codes.

use std::{ffi::OsString, fmt::Display, io::Write, path::PathBuf, process::ExitCode};

use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use domain::time::BusinessDate;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::{
    lake::Lake,
    pull::{StoreResult, Wanted, pull},
    stores::Stores,
};

/// The answer is no: a store is missing or incomplete.
const NO: u8 = 1;
/// Usage or configuration.
const USAGE: u8 = 2;

/// Pulls the days of all stores, and says which are missing.
#[derive(Parser)]
#[command(name = "head-office", version)]
struct Options {
    /// What to log on stderr: error, warn, info, debug, trace, or a filter; without it RUST_LOG,
    /// else error
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings the sealed days of all stores into a folder, each file once and checked
    Pull(Pull),
    /// Shell completions on stdout
    Completions {
        /// For which shell
        shell: Shell,
    },
}

#[derive(Args)]
#[command(group(ArgGroup::new("days").args(["date", "since"])))]
struct Pull {
    /// The list of stores (TOML)
    #[arg(long, value_name = "FILE")]
    stores: PathBuf,
    /// The folder that days land in
    #[arg(long, value_name = "DIR")]
    lake: PathBuf,
    /// This day alone, YYYY-MM-DD; a store that has not closed it is incomplete
    #[arg(long, value_parser = date)]
    date: Option<BusinessDate>,
    /// This day and those after it, YYYY-MM-DD
    #[arg(long, value_parser = date)]
    since: Option<BusinessDate>,
    /// How to print the result
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn date(text: &str) -> Result<BusinessDate, String> {
    BusinessDate::parse(text).map_err(|error| error.to_string())
}

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
    if let Err(failed) = execute(options) {
        let mut stderr = std::io::stderr().lock();
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(stderr, "head-office: {}", failed.what);
        return ExitCode::from(failed.code);
    }
    ExitCode::SUCCESS
}

fn execute(options: Options) -> Result<(), Failed> {
    log_to_stderr(options.log.as_deref())?;
    match options.command {
        Command::Pull(pull) => pull_days(&pull),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Options::command(), "head-office", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn log_to_stderr(level: Option<&str>) -> Result<(), Failed> {
    let filter = match level {
        Some(level) => EnvFilter::try_new(level).map_err(|error| Failed::new(USAGE, error))?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error")),
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

fn pull_days(options: &Pull) -> Result<(), Failed> {
    let stores = Stores::load(&options.stores).map_err(|error| Failed::new(USAGE, error))?;
    let lake = Lake::open(&options.lake).map_err(|error| Failed::new(USAGE, error))?;
    let wanted = match (options.date, options.since) {
        (Some(date), _) => Wanted::Day(date),
        (None, Some(since)) => Wanted::Since(since),
        (None, None) => Wanted::All,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(USAGE, error))?;
    let results = runtime.block_on(pull(&stores, &lake, wanted));
    let completeness = completeness(&results);
    match options.output {
        Output::Text => print(&text(&results, &completeness))?,
        Output::Json => print(&format!(
            "{:#}\n",
            json!({
                "lake": options.lake.display().to_string(),
                "stores": results,
                "completeness": completeness,
            })
        ))?,
    }
    if results.iter().all(StoreResult::is_sealed) {
        Ok(())
    } else {
        Err(Failed::new(NO, completeness))
    }
}

/// The line that every answer of head office carries.
fn completeness(results: &[StoreResult]) -> String {
    let of = |state: &str| -> Vec<&str> {
        let matching = results.iter().filter(|result| result.state == state);
        matching.map(|result| result.store.as_str()).collect()
    };
    let mut line = format!("{} of {} stores sealed", of("sealed").len(), results.len());
    for state in ["incomplete", "missing"] {
        let stores = of(state);
        if !stores.is_empty() {
            line.push_str(&format!(
                "; {} {state}: {}",
                stores.len(),
                stores.join(", ")
            ));
        }
    }
    line
}

fn text(results: &[StoreResult], completeness: &str) -> String {
    let mut text = String::new();
    for result in results {
        let days = if result.days.is_empty() {
            "no day".to_owned()
        } else {
            result.days.join(", ")
        };
        text.push_str(&format!(
            "{}  {}  {days}  {} files landed, {} there before",
            result.store, result.state, result.files_landed, result.files_there_before
        ));
        if !result.why.is_empty() {
            text.push_str(&format!("  ({})", result.why));
        }
        text.push('\n');
    }
    text.push_str(completeness);
    text.push('\n');
    text
}

fn print(text: &str) -> Result<(), Failed> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failed::new(NO, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
