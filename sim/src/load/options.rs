//! What a load can be asked for.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use command_line::Output;
use journal::EngineKind;

use super::LoadError;

/// Options of `sim load`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "It refuses a disk in memory, counts the bank's ledger against what the lanes \
                  were told, and has the journal verified.\n\nExit codes: 0 measured and right, 1 \
                  the ledger or the journal is not right or the load broke off, 2 usage or no disk \
                  to measure on, 3 a program could not be reached."
)]
pub struct LoadOptions {
    /// How many lanes pay, each one payment after the other
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub lanes: u16,
    /// How long the hub is under load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub seconds: u16,
    /// What keeps the hub's journal: sled or redb
    #[arg(long, default_value = "sled", value_name = "ENGINE")]
    pub engine: EngineKind,
    /// Each payment's sale is closed, too: its records and its receipt reach the hub
    #[arg(long)]
    pub full_life: bool,
    /// Payments a second, all lanes together, instead of as many as there can be
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Measure growth instead: so many business days one after another, the hub started again after
    /// each
    #[arg(
        long,
        value_name = "N",
        requires = "payments_per_day",
        conflicts_with_all = ["seconds", "rate", "full_life"],
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    pub days: Option<u16>,
    /// Payments of each of those days, with their sales
    #[arg(long, value_name = "M", requires = "days", value_parser = at_least_one)]
    pub payments_per_day: Option<usize>,
    /// Pay on beside summaries and the close of each of those days, and tell what that costs
    #[arg(long, requires = "days")]
    pub beside: bool,
    /// Where the run lies, and stays; without it in a folder under out/ that is removed
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// No lane can be granted a lease: what a desk costs whose offline caps are used up
    #[arg(long, hide = true)]
    pub without_leases: bool,
    /// How the result is written on standard output
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("a day without payments says nothing".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err(format!("'{text}' is not a number of payments")),
    }
}

/// Which of the two is measured.
pub(super) enum Form {
    Speed(SpeedForm),
    Growth(GrowthForm),
}

/// How much a hub carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpeedForm {
    pub(super) lanes: u16,
    pub(super) seconds: u16,
    pub(super) engine: EngineKind,
    pub(super) full_life: bool,
    /// Between two payments of one lane, where a pace is kept.
    pub(super) pace: Option<Duration>,
    pub(super) without_leases: bool,
}

/// What a hub costs on a later day.
#[derive(Clone, Copy, Debug)]
pub(super) struct GrowthForm {
    pub(super) lanes: u16,
    pub(super) engine: EngineKind,
    pub(super) days: u16,
    pub(super) payments_per_day: usize,
    /// Whether lanes pay beside summaries and the close.
    pub(super) beside: bool,
}

impl LoadOptions {
    pub(super) fn form(&self) -> Result<Form, LoadError> {
        let (lanes, engine) = (self.lanes, self.engine);
        match (self.days, self.payments_per_day) {
            (Some(days), Some(payments_per_day)) => Ok(Form::Growth(GrowthForm {
                lanes,
                engine,
                days,
                payments_per_day,
                beside: self.beside,
            })),
            (None, None) => Ok(Form::Speed(SpeedForm {
                lanes,
                seconds: self.seconds,
                engine,
                full_life: self.full_life,
                pace: self
                    .rate
                    .map(|rate| Duration::from_secs(1) * u32::from(lanes) / rate),
                without_leases: self.without_leases,
            })),
            (Some(_), None) | (None, Some(_)) => Err(LoadError::Usage(
                "--days and --payments-per-day go together".to_owned(),
            )),
        }
    }
}
