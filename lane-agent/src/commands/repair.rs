//! `lane-agent repair`: records of the lane's journal that are damaged or missing, put back from
//! the hub's copy; the lane must not be running.
//!
//! Nothing of the copy is believed but what its hash chain ties to what the lane still has. A copy
//! that leads elsewhere is a fork: nothing is written, and somebody must look.

use std::{sync::Arc, time::Duration};

use journal::{
    Engine, EngineError, LogId, OpenError, RepairError, Survey, VerifyError, repair_log,
    survey_log, verify_engine,
};
use ports::TcpNetwork;
use serde_json::json;

use super::{Exit, Outcome, Output, answer, open_code, say, with_sources};
use crate::{
    actors::hub_client,
    config::Config,
    hub_copy::{self, CopyError, Held, NO_RECORDS, Run},
};

/// A hub that says nothing for so long is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Why the journal was not repaired.
#[derive(Debug, thiserror::Error)]
enum RepairFailed {
    #[error("the journal can't be opened")]
    Open(#[from] OpenError),
    #[error("the journal can't be read")]
    Engine(#[from] EngineError),
    #[error("hub.address: {0}")]
    Address(#[from] tonic::transport::Error),
    #[error(transparent)]
    Hub(#[from] CopyError),
    #[error("records {from} to {to} are broken, and the hub holds the lane's journal up to {held}")]
    NotHeld { from: u64, to: u64, held: u64 },
    #[error("records {from} to {to}")]
    Refused {
        from: u64,
        to: u64,
        #[source]
        source: RepairError,
    },
    #[error("there is more that is broken")]
    More(#[source] VerifyError),
}

pub(super) fn repair(config: &Config, output: Output) -> Outcome {
    let survey = mend(config)
        .map_err(|failed| super::Failed::new(exit_of(&failed), with_sources(&failed)))?;
    tell(&survey, output)
}

fn mend(config: &Config) -> Result<Survey, RepairFailed> {
    let engine = config
        .journal
        .engine
        .open_to_repair(&config.journal.folder)?;
    let held = ask(config, NO_RECORDS)?.sequence;
    let survey = survey_log(engine.as_ref(), LogId::OWN, held)?;
    for run in &survey.broken {
        mend_run(config, engine.as_ref(), run)?;
    }
    verify_engine(engine.as_ref()).map_err(RepairFailed::More)?;
    Ok(survey)
}

/// One run, whole: a part of it could be tied to nothing.
fn mend_run(config: &Config, engine: &dyn Engine, run: &Run) -> Result<(), RepairFailed> {
    let (from, to) = (*run.start(), *run.end());
    let copy = ask(config, run.clone())?;
    if copy.records.last().map(|record| record.sequence) != Some(to) {
        let held = copy.sequence;
        return Err(RepairFailed::NotHeld { from, to, held });
    }
    say(&format!(
        "records {from} to {to}: broken; putting them back"
    ));
    let mended = repair_log(engine, LogId::OWN, &copy.records);
    mended.map_err(|source| RepairFailed::Refused { from, to, source })?;
    Ok(())
}

/// Asks the hub for a run of records, or how far its copy reaches.
fn ask(config: &Config, run: Run) -> Result<Held, RepairFailed> {
    actix::System::new().block_on(async {
        let mut hub = hub_client(&config.hub_address, Arc::new(TcpNetwork))?;
        let held = hub_copy::ask(&mut hub, config.checkout, run, ANSWER_TIMEOUT).await;
        Ok(held?)
    })
}

fn tell(survey: &Survey, output: Output) -> Outcome {
    let runs = survey.broken.iter();
    let lines: Vec<String> = runs
        .clone()
        .map(|run| format!("records {} to {}: put back\n", run.start(), run.end()))
        .collect();
    let text = format!("{}{} records: sound", lines.concat(), survey.end);
    let repaired: Vec<_> = runs
        .map(|run| json!({"from": run.start(), "to": run.end()}))
        .collect();
    let json = json!({ "sound": true, "records": survey.end, "repaired": repaired });
    answer(output, &text, &json)
}

fn exit_of(failed: &RepairFailed) -> Exit {
    match failed {
        RepairFailed::Open(error) => open_code(error),
        RepairFailed::Address(_) => Exit::Usage,
        RepairFailed::Hub(_) | RepairFailed::Engine(_) => Exit::Unreachable,
        RepairFailed::NotHeld { .. } | RepairFailed::Refused { .. } | RepairFailed::More(_) => {
            Exit::No
        }
    }
}
