//! `migrate`: the journal of a stopped hub moves to the other engine.

use domain::{sale::civil_date, time::LocalMs};
use journal::{EngineKind, MoveError, MoveReport, MoveStep, migrate_folder};
use ports::{Clock, SystemClock};
use serde_json::json;

use super::{
    Asked, Failed, NO, Outcome, Output, UNREACHABLE, load, print, print_json, stopped::open_code,
};
use crate::config::Config;

pub(super) fn migrate(asked: &Asked, to: EngineKind) -> Outcome {
    let config = load(&asked.config)?;
    let folder = &config.journal.folder;
    let moved = migrate_folder(folder, to, &today(&config), &mut tell);
    let moved = moved.map_err(|error| failed(&error))?;
    let configured = config.journal.engine == to;
    let text = format!("{}{}", in_words(&moved, to), what_next(configured, to));
    match asked.output {
        Output::Text => print(&text),
        Output::Json => print_json(&as_json(&moved, to, configured)),
    }
}

/// The day that the old journal's name ends with, on the store's wall.
fn today(config: &Config) -> String {
    let now_ms = SystemClock::new().wall_ms();
    let now = LocalMs(config.store.time_zone.local_ms(now_ms));
    civil_date(now).map_or_else(|| "undated".to_owned(), |date| date.to_string())
}

fn tell(step: MoveStep) {
    command_line::say(&format!("store-hub: {step}"));
}

fn failed(error: &MoveError) -> Failed {
    let code = match error {
        MoveError::Open(error) => open_code(error),
        MoveError::Migrate(_) | MoveError::Moved(_) => NO,
        MoveError::NoExchange { .. } | MoveError::Files(_) => UNREACHABLE,
    };
    Failed::new(code, super::with_sources(error))
}

fn in_words(moved: &MoveReport, to: EngineKind) -> String {
    match moved {
        MoveReport::Moved { from, copied, kept } => {
            let records: u64 = copied.verified.logs.iter().map(|log| log.records).sum();
            let (keys, kept) = (copied.keys, kept.display());
            format!("{records} records, {keys} keys: the same in {to} as in {from}; old: {kept}\n")
        }
        MoveReport::Finished { kept, .. } => {
            let kept = kept.display();
            format!("the journal was moved to {to} before; old: {kept}\n")
        }
        MoveReport::AlreadyThere => format!("the journal is one of {to} already\n"),
    }
}

fn what_next(configured: bool, to: EngineKind) -> String {
    match configured {
        true => String::new(),
        false => format!(
            "now say engine = \"{to}\" in [journal] of the configuration: until then the hub does \
             not start\n"
        ),
    }
}

fn as_json(moved: &MoveReport, to: EngineKind, configured: bool) -> serde_json::Value {
    let (from, kept, records, keys) = match moved {
        MoveReport::Moved { from, copied, kept } => {
            let records: u64 = copied.verified.logs.iter().map(|log| log.records).sum();
            (
                Some(from.name()),
                Some(kept),
                Some(records),
                Some(copied.keys),
            )
        }
        MoveReport::Finished { from, kept } => (Some(from.name()), Some(kept), None, None),
        MoveReport::AlreadyThere => (None, None, None, None),
    };
    json!({
        "moved": from.is_some(),
        "from": from,
        "to": to.name(),
        "records": records,
        "keys": keys,
        "kept": kept,
        "configured": configured,
    })
}
