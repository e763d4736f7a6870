//! The `lane-agent` command line.
//!
//! Exit codes: 0 done and true, 1 done and the answer is no, 2 usage or configuration, 3 a peer or
//! device can't be reached. Data goes to standard output, everything else to standard error.

mod check_config;
mod init;
mod migrate;
mod repair;
mod run;
mod self_test;
mod status;
mod verify;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use command_line::{
    Exit, Failed, LogOptions, Outcome, Output, completions, print, print_json, say, with_sources,
};
use journal::OpenError;
use serde_json::Value;

use crate::config::Config;

/// The agent on a checkout lane.
#[derive(Parser)]
#[command(name = "lane-agent", version)]
struct Options {
    #[command(flatten)]
    log: LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sell, until stopped
    Run(run::RunArgs),
    /// Write the folder of a lane for a hub that is there: configuration, test keys, a script
    Init(init::Init),
    /// Say everything that is wrong with a configuration
    CheckConfig(ConfigArgs),
    /// Try devices, journal and hub, each pass or fail
    SelfTest(ConfigArgs),
    /// Say how the lane is: a running one by its address, a stopped one by its configuration
    Status(status::StatusArgs),
    /// Walk the journal: checksums, hash chain, sales, receipt numbers
    Verify(verify::VerifyArgs),
    /// Put damaged or missing records back from the hub's copy; the lane must not be running
    Repair(ConfigArgs),
    /// Move the journal to the other engine; the lane must not be running
    Migrate(migrate::MigrateArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args)]
struct ConfigArgs {
    /// The lane's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How to print data
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
}

/// Runs the program with these arguments, the program's own name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match command_line::parsed::<Options>(args) {
        Ok(Options { log, command }) => {
            command_line::ended("lane-agent", &log, || execute(command))
        }
        Err(code) => code,
    }
}

fn execute(command: Command) -> Outcome {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Init(options) => init::init(&options),
        Command::CheckConfig(args) => check_config::check(&args),
        Command::SelfTest(args) => self_test::test(&load(&args)?, args.output),
        Command::Status(args) => status::status(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Repair(args) => repair::repair(&load(&args)?, args.output),
        Command::Migrate(args) => migrate::run(&args),
        Command::Completions { shell } => completions::<Options>("lane-agent", shell),
    }
}

fn load(args: &ConfigArgs) -> Result<Config, Failed> {
    Config::load(&args.config).map_err(|error| Failed::new(Exit::Usage, error))
}

/// One answer: lines for people, or one object.
fn answer(output: Output, text: &str, json: &Value) -> Outcome {
    match output {
        Output::Text => print(&format!("{text}\n")),
        Output::Json => print_json(json),
    }
}

/// The exit code of a journal that can't be opened; the same for a hub's.
const fn open_code(error: &OpenError) -> Exit {
    match error {
        OpenError::InUse { .. } | OpenError::NoJournal { .. } | OpenError::OtherEngine { .. } => {
            Exit::Usage
        }
        OpenError::Blobs { .. }
        | OpenError::Emptied { .. }
        | OpenError::FilesLost { .. }
        | OpenError::NotAJournal
        | OpenError::Witness(_)
        | OpenError::Damaged(_) => Exit::No,
        OpenError::Engine(_) => Exit::Unreachable,
    }
}
