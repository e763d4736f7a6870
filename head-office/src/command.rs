//! The program: its commands, their output, their exit codes.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use command_line::{Exit, Failed, LogOptions, Outcome, Output, completions, print, print_json};
use domain::time::BusinessDate;
use serde_json::json;

use crate::{
    lake::Lake,
    pull::{StoreResult, Wanted, pull},
    stores::Stores,
};

/// Pulls the days of all stores, and says which are missing.
#[derive(Parser)]
#[command(name = "head-office", version)]
struct Options {
    #[command(flatten)]
    log: LogOptions,
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

fn date(text: &str) -> Result<BusinessDate, String> {
    BusinessDate::parse(text).map_err(|error| error.to_string())
}

/// Runs the program with these arguments, the program's own name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match command_line::parsed::<Options>(args) {
        Ok(Options { log, command }) => {
            command_line::ended("head-office", &log, || execute(&command))
        }
        Err(code) => code,
    }
}

fn execute(command: &Command) -> Outcome {
    match command {
        Command::Pull(pull) => pull_days(pull),
        Command::Completions { shell } => completions::<Options>("head-office", *shell),
    }
}

fn pull_days(options: &Pull) -> Outcome {
    let usage = |error: &dyn std::fmt::Display| Failed::new(Exit::Usage, error);
    let stores = Stores::load(&options.stores).map_err(|error| usage(&error))?;
    let lake = Lake::open(&options.lake).map_err(|error| usage(&error))?;
    let wanted = match (options.date, options.since) {
        (Some(date), _) => Wanted::Day(date),
        (None, Some(since)) => Wanted::Since(since),
        (None, None) => Wanted::All,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| usage(&error))?;
    let results = runtime.block_on(pull(&stores, &lake, wanted));
    let completeness = completeness(&results);
    match options.output {
        Output::Text => print(&text(&results, &completeness))?,
        Output::Json => print_json(&json!({
            "lake": options.lake.display().to_string(),
            "stores": results,
            "completeness": completeness,
        }))?,
    }
    match exit(&results) {
        Exit::Done => Ok(()),
        exit => Err(Failed::new(exit, completeness)),
    }
}

/// No store at all could be reached: nothing is known. Else the answer is no as soon as one is
/// missing or incomplete.
fn exit(results: &[StoreResult]) -> Exit {
    if results.iter().all(|result| !result.answered) {
        Exit::Unreachable
    } else if results.iter().all(StoreResult::is_complete) {
        Exit::Done
    } else {
        Exit::No
    }
}

/// The line that every answer of head office carries.
fn completeness(results: &[StoreResult]) -> String {
    let of = |state: &str| -> Vec<&str> {
        let matching = results.iter().filter(|result| result.state == state);
        matching.map(|result| result.store.as_str()).collect()
    };
    let mut line = format!("{} of {} stores sealed", of("sealed").len(), results.len());
    let nothing_newer = of("nothing newer").len();
    if nothing_newer > 0 {
        line.push_str(&format!("; {nothing_newer} with nothing newer"));
    }
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
