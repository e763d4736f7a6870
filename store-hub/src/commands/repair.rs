//! `repair`: records of a lane's log that are damaged or missing here, put back from a copy of that
//! lane's own journal; the hub must not be running.
//!
//! The copy is believed only as far as its hash chain ties it to what the hub knows of that log.
//! The hub's own log has no second holder: what is damaged in it comes back from a backup only.

use std::{ops::RangeInclusive, path::PathBuf};

use clap::Args;
use domain::ids::{LaneEpoch, LaneId};
use journal::{
    Engine, EngineKind, LogId, OpenError, Survey, logs_found, records_of, repair_log, state_value,
    survey_log, verify_engine,
};
use serde_json::{Value, json};

use super::{
    Asked, Failed, NO, Outcome, Output, UNREACHABLE, USAGE, load, print, print_json,
    stopped::open_code,
};
use crate::{
    config::Config,
    replica::{lane_log, log_of, position_key},
};

/// Where the records come from.
#[derive(Args)]
pub(super) struct Copy {
    /// The lane whose log is repaired; without it, only what is broken is named
    #[arg(long, value_name = "N", requires = "from")]
    lane: Option<u16>,
    /// The machine of the lane; without it the newest one
    #[arg(long, value_name = "N", requires = "lane")]
    epoch: Option<u32>,
    /// A copy of that lane's journal folder
    #[arg(long, value_name = "FOLDER", requires = "lane")]
    from: Option<PathBuf>,
}

type Run = RangeInclusive<u64>;

pub(super) fn repair(asked: &Asked, copy: &Copy) -> Outcome {
    let config = load(&asked.config)?;
    let engine = open(&config, copy)?;
    let repaired = match (copy.lane, &copy.from) {
        (Some(lane), Some(from)) => {
            let log = log_to_repair(engine.as_ref(), LaneId(lane), copy.epoch)?;
            let peer = open_copy(from)?;
            mend(engine.as_ref(), log, peer.as_ref())?
        }
        (Some(_), None) | (None, _) => Vec::new(),
    };
    check_others(engine.as_ref())?;
    verify_engine(engine.as_ref()).map_err(|error| Failed::new(NO, error))?;
    show(asked.output, &repaired)
}

/// Whoever only wants to know what is broken changes no byte.
fn open(config: &Config, copy: &Copy) -> Result<Box<dyn Engine>, Failed> {
    let (engine, folder) = (config.journal.engine, &config.journal.folder);
    let opened = match copy.lane {
        Some(_) => engine.open_to_repair(folder),
        None => engine.open_to_verify(folder),
    };
    opened.map_err(|error| Failed::new(open_code(&error), format!("the journal: {error}")))
}

fn open_copy(folder: &std::path::Path) -> Result<Box<dyn Engine>, Failed> {
    let opened = match EngineKind::of_folder(folder) {
        Some(kind) => kind.open_to_verify(folder),
        None => Err(OpenError::NoJournal {
            folder: folder.to_owned(),
        }),
    };
    opened.map_err(|error| Failed::new(open_code(&error), format!("the copy: {error}")))
}

/// The log of the lane's machine that was asked for, or of its newest one.
fn log_to_repair(engine: &dyn Engine, lane: LaneId, epoch: Option<u32>) -> Result<LogId, Failed> {
    if let Some(epoch) = epoch {
        return Ok(log_of(lane, LaneEpoch(epoch)));
    }
    let logs = logs_found(engine).map_err(|error| Failed::new(UNREACHABLE, error))?;
    let of_lane = |log: &LogId| lane_log(*log).is_some_and(|(of, _)| of == lane);
    logs.into_iter()
        .rfind(of_lane)
        .ok_or_else(|| Failed::new(USAGE, format!("no log of {lane} is here: say its --epoch")))
}

/// Puts back what is broken, run by run.
fn mend(engine: &dyn Engine, log: LogId, peer: &dyn Engine) -> Result<Vec<Run>, Failed> {
    let no = |what: String| Failed::new(NO, what);
    let survey = surveyed(engine, log)?;
    for run in &survey.broken {
        let (from, to) = (run.start(), run.end());
        let copy = records_of(peer, LogId::OWN, run.clone())
            .map_err(|error| no(format!("records {from} to {to}: the copy: {error}")))?;
        let mended = repair_log(engine, log, &copy);
        mended.map_err(|error| no(format!("records {from} to {to}: {error}")))?;
    }
    Ok(survey.broken)
}

/// A lane's log reaches at least as far as its consequences were drawn.
fn surveyed(engine: &dyn Engine, log: LogId) -> Result<Survey, Failed> {
    let drawn = state_value(engine, &position_key(log)).ok().flatten();
    let drawn = drawn.and_then(|bytes| bytes.try_into().ok());
    let known = drawn.map_or(0, u64::from_be_bytes);
    survey_log(engine, log, known).map_err(|error| Failed::new(UNREACHABLE, error))
}

/// What nobody has repaired: named, with what to do.
fn check_others(engine: &dyn Engine) -> Outcome {
    let mut logs = logs_found(engine).map_err(|error| Failed::new(UNREACHABLE, error))?;
    if !logs.contains(&LogId::OWN) {
        logs.insert(0, LogId::OWN);
    }
    let mut broken = Vec::new();
    for log in logs {
        let survey = surveyed(engine, log)?;
        broken.extend(survey.broken.iter().map(|run| remedy(log, run)));
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Failed::new(NO, broken.join("\n"))),
    }
}

fn remedy(log: LogId, run: &Run) -> String {
    let (from, to) = (run.start(), run.end());
    match lane_log(log) {
        Some((lane, epoch)) => format!(
            "{lane} epoch {}: records {from} to {to} are broken: `store-hub repair --lane {} \
             --epoch {} --from FOLDER` with a copy of that lane's journal folder",
            epoch.0, lane.0, epoch.0
        ),
        None => format!(
            "the hub's own log: records {from} to {to} are broken, and nobody else holds it: put \
             the newest backup of the journal folder in its place"
        ),
    }
}

fn show(output: Output, repaired: &[Run]) -> Outcome {
    match output {
        Output::Text => {
            let lines = repaired.iter().map(|run| {
                let (from, to) = (run.start(), run.end());
                format!("records {from} to {to}: put back\n")
            });
            print(&(lines.collect::<String>() + "every log is sound\n"))
        }
        Output::Json => print_json(&json!({"sound": true, "repaired": as_json(repaired)})),
    }
}

fn as_json(repaired: &[Run]) -> Vec<Value> {
    let runs = repaired.iter();
    runs.map(|run| json!({"from": run.start(), "to": run.end()}))
        .collect()
}
