//! `lane-agent migrate`: the journal of a stopped lane moves to the other engine.

use clap::Args;
use domain::{sale::civil_date, time::WallMs};
use journal::{EngineKind, MoveError, MoveReport, migrate_folder};
use ports::{Clock, SystemClock};
use serde_json::json;

use super::{
    ConfigArgs, Exit, Failed, Outcome, Output, answer, load, open_code, say, with_sources,
};
use crate::{config::Config, store_day::StoreDay};

#[derive(Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The engine to move it to: sled or redb
    #[arg(long, value_name = "ENGINE")]
    to: EngineKind,
}

pub(super) fn run(args: &MigrateArgs) -> Outcome {
    migrate(&load(&args.config)?, args.to, args.config.output)
}

fn migrate(config: &Config, to: EngineKind, output: Output) -> Outcome {
    let folder = &config.journal.folder;
    let mut tell = |step: journal::MoveStep| say(&step.to_string());
    let moved = migrate_folder(folder, to, &today(config), &mut tell)
        .map_err(|error| Failed::new(exit_of(&error), with_sources(&error)))?;
    let configured = config.journal.engine == to;
    let text = in_words(&moved, to) + &what_next(configured, to);
    answer(output, &text, &as_json(&moved, to, configured))
}

/// The day that the old journal's name ends with, on the store's wall as the hub last told of it.
fn today(config: &Config) -> String {
    let day = StoreDay::open(&config.store_day_file()).unwrap_or_else(|_| StoreDay::untold());
    let now = day.local(WallMs(SystemClock::new().wall_ms()));
    civil_date(now).map_or_else(|| "undated".to_owned(), |date| date.to_string())
}

const fn exit_of(error: &MoveError) -> Exit {
    match error {
        MoveError::Open(error) => open_code(error),
        MoveError::NoExchange { .. } | MoveError::Files(_) => Exit::Unreachable,
        MoveError::Migrate(_) | MoveError::Moved(_) => Exit::No,
    }
}

fn in_words(moved: &MoveReport, to: EngineKind) -> String {
    match moved {
        MoveReport::Moved { from, copied, kept } => {
            let records: u64 = copied.verified.logs.iter().map(|log| log.records).sum();
            let kept = kept.display();
            format!("{records} records: the same in {to} as in {from}; old: {kept}")
        }
        MoveReport::Finished { kept, .. } => {
            format!(
                "the journal was moved to {to} before; old: {}",
                kept.display()
            )
        }
        MoveReport::AlreadyThere => format!("the journal is one of {to} already"),
    }
}

fn what_next(configured: bool, to: EngineKind) -> String {
    match configured {
        true => String::new(),
        false => format!(
            "\nnow say engine = \"{to}\" in [journal] of the configuration: until then the lane \
             does not start"
        ),
    }
}

fn as_json(moved: &MoveReport, to: EngineKind, configured: bool) -> serde_json::Value {
    let (from, kept, copied) = match moved {
        MoveReport::Moved { from, copied, kept } => (Some(from), Some(kept), Some(copied)),
        MoveReport::Finished { from, kept } => (Some(from), Some(kept), None),
        MoveReport::AlreadyThere => (None, None, None),
    };
    let records = copied.map(|copied| {
        let logs = copied.verified.logs.iter();
        logs.map(|log| log.records).sum::<u64>()
    });
    json!({
        "moved": from.is_some(),
        "from": from.map(|engine| engine.name()),
        "to": to.name(),
        "records": records,
        "keys": copied.map(|copied| copied.keys),
        "kept": kept,
        "configured": configured,
    })
}
