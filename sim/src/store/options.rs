//! What a run of the store can be asked for.

use std::path::PathBuf;

use clap::Args;
use command_line::Output;
use journal::EngineKind;

use crate::{store::fault::FaultChoice, workload::days::Calendar};

/// Options of `sim store`.
#[derive(Args, Clone, Debug)]
pub struct StoreOptions {
    /// How many checkout lanes sell
    #[arg(long, default_value_t = 4, default_value_if("by_hand", "true", "2"),
        value_parser = clap::value_parser!(u16).range(1..=99))]
    pub lanes: u16,
    /// How many business days one after another: each but the first begins while lanes sell
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=31))]
    pub days: u16,
    /// How many baskets are sold on all days together, from the start of the file; all, if it has
    /// fewer
    #[arg(long, default_value_t = 400, value_parser = at_least_one)]
    pub baskets: usize,
    /// Baskets to sell, one a line, names separated by commas [default: 9,835 real ones]
    #[arg(long, value_name = "FILE")]
    pub basket_file: Option<PathBuf>,
    /// Prices that stand before the built-in ones: barcode,name,price_minor,currency,kind; by hand
    /// in their place
    #[arg(long, value_name = "FILE")]
    pub price_file: Option<PathBuf>,
    /// Decides who buys what, and how it is paid; the same seed draws the same day
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What goes wrong: all, none, or names with commas (lost-answer, late-answer, lane-kill,
    /// hub-kill, bank-line; with several days lane-away, close-kill, empty-card, too); each must
    /// show its effect
    #[arg(long, default_value = "all", value_name = "LIST", value_parser = FaultChoice::parse)]
    pub faults: FaultChoice,
    /// What keeps the journals: sled or redb
    #[arg(long, default_value_t = EngineKind::Sled)]
    pub engine: EngineKind,
    /// How long the bank takes for an answer at most, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(3..=2_000))]
    pub bank_latency: u64,
    /// Keys that are added to the bank's personality (acquirer-host), as in
    /// `close_from_time = "12:00"`
    #[arg(long, value_name = "FILE")]
    pub bank_personality: Option<PathBuf>,
    /// An empty or new folder for everything the run writes [default: out/store-NNNN, the first
    /// free number under the current folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on with a run that was interrupted, in its folder; its own options hold
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = [
            "out", "lanes", "days", "baskets", "basket_file", "price_file", "seed", "capture",
            "bank_latency", "bank_personality", "engine"
        ]
    )]
    pub resume: Option<PathBuf>,
    /// Sell yourself, in a browser: bank, hub and lanes are open, and no script plays anybody. Says
    /// the address of a start page, and checks the books at the end (Ctrl-C)
    #[arg(
        long,
        conflicts_with_all = [
            "resume", "days", "baskets", "basket_file", "faults", "keep_open", "capture",
            "bank_personality"
        ]
    )]
    pub by_hand: bool,
    /// Once the day is closed and examined, start the store again and keep it until Ctrl-C
    #[arg(long)]
    pub keep_open: bool,
    /// Keep every message between hub and bank, card numbers and all, in host/line.jsonl: for
    /// tests with other people's libraries only
    #[arg(long, hide = true)]
    pub capture: bool,
    /// How the result is written on standard output
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

impl StoreOptions {
    /// Days and lanes.
    #[must_use]
    pub const fn calendar(&self) -> Calendar {
        Calendar {
            lanes: self.lanes,
            days: self.days,
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("there is nothing to sell without a basket".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("not a whole number".to_owned()),
    }
}
