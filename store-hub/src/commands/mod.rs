//! The program: its commands, their output, their exit codes.

mod ask;
mod check_config;
mod day;
mod epoch;
mod find;
mod hub;
mod init;
mod leases;
mod link;
mod migrate;
mod operators;
mod payment;
mod prices;
mod repair;
mod returns;
mod serve;
mod stopped;
mod trouble_view;
mod verify;
mod view;
mod views;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use command_line::{
    Exit, Failed, LogOptions, Outcome, Output, completions, print, print_json, with_sources,
};
use domain::words::Language;
use journal::EngineKind;

use crate::config::Config;

const NO: Exit = Exit::No;
const USAGE: Exit = Exit::Usage;
const UNREACHABLE: Exit = Exit::Unreachable;

/// The store hub: link to the bank, queue, settlement, reports.
#[derive(Parser)]
#[command(name = "store-hub", version)]
struct Options {
    #[command(flatten)]
    log: LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the hub until SIGINT or SIGTERM
    Run(Run),
    /// Writes a first shop that runs as it is: hub, bank, lanes, ten articles, test keys
    Init(init::Init),
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
        /// 32 hex digits, as on the receipt; the first few do where no other begins so
        id: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Sales and payments by receipt, amount, time, last four digits of the card, lane
    Find {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        wanted: find::Wanted,
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
    /// What is owed to cards for goods that came back
    Owed(Asked),
    /// Returns that are reserved and not known to be closed
    Returns {
        #[command(flatten)]
        asked: Asked,
        #[command(subcommand)]
        action: Option<returns::ReturnAction>,
    },
    /// The acquirer link: up or down, since when and why
    Link {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        how: link::Try,
    },
    /// The price versions of the store, and who sells by which
    Prices {
        #[command(flatten)]
        asked: Asked,
        #[command(subcommand)]
        action: prices::PriceAction,
    },
    /// Who works in the store: seen, added, changed, ended, given a PIN
    Operators {
        #[command(flatten)]
        asked: Asked,
        #[command(subcommand)]
        action: operators::OperatorAction,
    },
    /// Closes the business day: queue, compare, settle, report
    CloseDay {
        #[command(flatten)]
        asked: Asked,
        /// The day, YYYY-MM-DD; without it the running one, or the last if nothing was done since
        #[arg(long)]
        date: Option<String>,
    },
    /// Settles every batch with the bank in mid-day; the business day goes on
    Settle(Asked),
    /// Moves a store forward to a date, while nothing was done under the running one
    OpenDay {
        #[command(flatten)]
        asked: Asked,
        /// The date, YYYY-MM-DD
        #[arg(long)]
        date: String,
    },
    /// Says where the journal of a lane's machine that is gone had ended
    StateEpochEnd {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        end: day::EpochEnd,
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
    /// Ask the hub at this address; no configuration is needed then
    #[arg(long, value_name = "HOST:PORT", global = true)]
    address: Option<String>,
    /// How to print data
    #[arg(long, value_enum, global = true, default_value = "text")]
    output: Output,
    /// In which language text is printed; JSON is the same in each
    #[arg(long, value_enum, global = true, default_value = "english")]
    language: Spoken,
}

#[derive(Clone, Copy, ValueEnum)]
enum Spoken {
    English,
    Chinese,
}

impl From<Spoken> for Language {
    fn from(spoken: Spoken) -> Self {
        match spoken {
            Spoken::English => Self::English,
            Spoken::Chinese => Self::Chinese,
        }
    }
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

/// Runs the program with these arguments, the program's own name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match command_line::parsed::<Options>(args) {
        Ok(Options { log, command }) => command_line::ended("store-hub", &log, || execute(command)),
        Err(code) => code,
    }
}

fn execute(command: Command) -> Outcome {
    match command {
        Command::Run(run) => serve::run(&run),
        Command::Init(options) => init::init(&options),
        Command::CheckConfig(asked) => check_config::check(&asked),
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
        Command::Find { asked, wanted } => find::find(&asked, &wanted),
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
        Command::Owed(asked) => returns::owed(&asked),
        Command::Returns { asked, action } => returns::returns(&asked, action),
        Command::CloseDay { asked, date } => day::close(&asked, date),
        Command::Settle(asked) => day::settle(&asked),
        Command::OpenDay { asked, date } => day::open(&asked, date),
        Command::StateEpochEnd { asked, end } => day::state_epoch_end(&asked, end),
        Command::Link { asked, how } => link::link(&asked, &how),
        Command::Prices { asked, action } => prices::prices(&asked, action),
        Command::Operators { asked, action } => operators::operators(&asked, action),
        Command::Verify { asked, depth } => verify::verify(&asked, depth),
        Command::Repair { asked, copy } => repair::repair(&asked, &copy),
        Command::Migrate { asked, to } => migrate::migrate(&asked, to),
        Command::Completions { shell } => completions::<Options>("store-hub", shell),
    }
}

fn load(path: &std::path::Path) -> Result<Config, Failed> {
    Config::load(path).map_err(|error| Failed::new(USAGE, error))
}
