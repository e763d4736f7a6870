//! The `lane-agent` command line.
//!
//! Exit codes: 0 done and true, 1 done and the answer is no, 2 usage or configuration, 3 a peer or
//! device can't be reached. Data goes to standard output, everything else to standard error.

mod check_config;
mod migrate;
mod repair;
mod run;
mod self_test;
mod status;
mod verify;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde_json::Value;

use crate::config::Config;

/// What a command came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Done,
    AnswerIsNo,
    Usage,
    Unreachable,
}

impl Outcome {
    const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::AnswerIsNo => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }
}

/// The agent on a checkout lane.
#[derive(Parser)]
#[command(name = "lane-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sell, until stopped
    Run(run::RunArgs),
    /// Say everything that is wrong with a configuration
    CheckConfig(ConfigArgs),
    /// Try devices, journal and hub, each pass or fail
    SelfTest(ConfigArgs),
    /// Say how far the lane is; it must not be running
    Status(ConfigArgs),
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
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Runs the command line; the first argument is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with code 0, faults to standard error with 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let outcome = match cli.command {
        Command::Run(args) => run::run(args),
        Command::CheckConfig(args) => check_config::check(&args),
        Command::SelfTest(args) => with_config(&args, self_test::test),
        Command::Status(args) => with_config(&args, status::status),
        Command::Verify(args) => verify::run(&args),
        Command::Repair(args) => with_config(&args, repair::repair),
        Command::Migrate(args) => migrate::run(&args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "lane-agent", &mut io::stdout());
            Outcome::Done
        }
    };
    ExitCode::from(outcome.exit_code())
}

fn with_config(args: &ConfigArgs, act: impl FnOnce(&Config, Output) -> Outcome) -> Outcome {
    match Config::open(&args.config) {
        Ok(config) => act(&config, args.output),
        Err(error) => {
            say(&error.to_string());
            Outcome::Usage
        }
    }
}

/// One answer: lines for people, or one object.
fn answer(output: Output, text: &str, json: &Value) {
    let line = match output {
        Output::Text => text.to_owned(),
        Output::Json => json.to_string(),
    };
    // Standard output may be closed: then nobody wants the answer.
    let _ = writeln!(io::stdout(), "{line}");
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

/// A line for people on standard error.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
