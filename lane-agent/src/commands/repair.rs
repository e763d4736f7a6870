//! `lane-agent repair`: records of the lane's journal that are damaged or missing, put back from
//! the hub's copy; the lane must not be running.
//!
//! Nothing of the copy is believed but what its hash chain ties to what the lane still has. A copy
//! that leads elsewhere is a fork: nothing is written, and somebody must look.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use domain::limits;
use journal::{
    Engine, EngineError, Hash, LogId, OpenError, Record, RepairError, Survey, VerifyError,
    repair_log, survey_log, verify_engine,
};
use ports::TcpNetwork;
use proto::store::v1::{JournalCopyRequest, JournalCopyResponse, JournalEntry};
use serde_json::json;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::{Exit, Outcome, Output, answer, open_code, say, with_sources};
use crate::{actors::hub_client, config::Config};

/// A hub that says nothing for so long is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

type Run = RangeInclusive<u64>;

/// Why the journal was not repaired.
#[derive(Debug, thiserror::Error)]
enum RepairFailed {
    #[error("the journal can't be opened")]
    Open(#[from] OpenError),
    #[error("the journal can't be read")]
    Engine(#[from] EngineError),
    #[error("hub.address: {0}")]
    Address(#[from] tonic::transport::Error),
    #[error("the hub does not answer")]
    Silent,
    #[error("the hub: {}", .0.message())]
    Hub(#[from] Status),
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

/// What the hub holds.
struct Held {
    sequence: u64,
    records: Vec<Record>,
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
        .open_to_verify(&config.journal.folder)?;
    let held = ask(config, 0..=0)?.sequence;
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
    let mut held = Held {
        sequence: 0,
        records: Vec::new(),
    };
    // Long runs are asked for in parts; the hub gives no more at once.
    let (mut from, to) = (*run.start(), *run.end());
    loop {
        let most = limits::JOURNAL_COPY_RECORDS_MAX - 1;
        let part = from..=to.min(from.saturating_add(most));
        actix::System::new().block_on(receive(config, &part, &mut held))?;
        if *part.end() >= to
            || held
                .records
                .last()
                .is_none_or(|last| last.sequence < *part.end())
        {
            return Ok(held);
        }
        from = part.end().saturating_add(1);
    }
}

async fn receive(config: &Config, run: &Run, held: &mut Held) -> Result<(), RepairFailed> {
    let mut hub = hub_client(&config.hub_address, Arc::new(TcpNetwork))?;
    let request = JournalCopyRequest {
        lane: u32::from(config.checkout.lane.0),
        epoch: config.checkout.epoch.0,
        from_sequence: *run.start(),
        to_sequence: *run.end(),
    };
    let asked = timeout(ANSWER_TIMEOUT, hub.journal_copy(request)).await;
    let mut copy = asked.map_err(|_| RepairFailed::Silent)??.into_inner();
    while let Some(response) = next(&mut copy).await? {
        held.sequence = response.durable_sequence;
        for entry in response.entries {
            held.records.push(record(entry)?);
        }
    }
    Ok(())
}

async fn next(
    copy: &mut Streaming<JournalCopyResponse>,
) -> Result<Option<JournalCopyResponse>, RepairFailed> {
    let answer = timeout(ANSWER_TIMEOUT, copy.message()).await;
    Ok(answer.map_err(|_| RepairFailed::Silent)??)
}

fn record(entry: JournalEntry) -> Result<Record, Status> {
    let hash = Hash::from_slice(&entry.hash);
    Ok(Record {
        sequence: entry.sequence,
        hash: hash.ok_or_else(|| Status::data_loss("a hash must have 32 bytes"))?,
        bytes: entry.record.to_vec(),
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
        RepairFailed::Hub(status) => command_line::answered(status).exit,
        RepairFailed::Engine(_) | RepairFailed::Silent => Exit::Unreachable,
        RepairFailed::NotHeld { .. } | RepairFailed::Refused { .. } | RepairFailed::More(_) => {
            Exit::No
        }
    }
}
