//! `sim store`: a store day on this machine with real processes.
//!
//! The programs are the production ones, as processes of their own over loopback; what is simulated
//! is the customers, the bank, the clock's speed, and the misfortunes.

pub mod business_day;
mod closing;
pub mod conductor;
pub mod configuration;
pub mod errand;
pub mod fault;
pub mod fleet;
pub mod folder;
pub mod head_office;
pub mod inputs;
pub mod keep_open;
pub mod options;
pub mod process;
mod program;
pub mod progress;
pub mod record;
pub mod summary;
pub mod trade;
pub mod watch;
pub mod watchdog;

use std::{io, path::Path};

use command_line::{Exit, LogFormat};
use ports::{Clock, SystemClock};

use crate::oracle::{examine, seal};

use fleet::FleetError;
use inputs::{InputError, Run};
use keep_open::KeepOpenError;
use options::StoreOptions;
use process::ProcessError;
use summary::{RunFacts, Summary};
use trade::{TradeError, trade};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something the user can put right.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The day didn't come to its end.
    #[error("{source}; what there is of the run is in {folder}")]
    Trade {
        /// Why.
        source: TradeError,
        /// Where the run lies.
        folder: String,
    },
    /// The run's files can't be sealed.
    #[error("the run's folder {folder}: {source}")]
    NotSealed {
        /// Which.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// The store can't be opened again after the run.
    #[error("the store of {folder} can't be kept open: {source}")]
    NotOpen {
        /// The run's folder.
        folder: String,
        /// Why.
        source: KeepOpenError,
    },
    /// No runtime.
    #[error("no event loop can be had: {0}")]
    NoRuntime(#[source] io::Error),
}

impl StoreError {
    /// Usage for what the user can put right, unreachable for a program that isn't there, no for
    /// the rest.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(_) => Exit::Usage,
            Self::Trade { source, .. } => match source {
                TradeError::Fleet(FleetError::Process(
                    ProcessError::NotStarted { .. } | ProcessError::NotListening { .. },
                ))
                | TradeError::Fleet(FleetError::NoLine(_))
                | TradeError::HubSilent(_) => Exit::Unreachable,
                TradeError::Fleet(FleetError::Process(
                    ProcessError::Ended { .. }
                    | ProcessError::NotKilled { .. }
                    | ProcessError::NotStopped { .. },
                ))
                | TradeError::Fleet(FleetError::Folder(_))
                | TradeError::NoSignals(_)
                | TradeError::Interrupted { .. }
                | TradeError::StandsStill { .. }
                | TradeError::NotClosed(_)
                | TradeError::NoReport(_)
                | TradeError::NewPrices(_)
                | TradeError::Pull(_) => Exit::No,
            },
            Self::NotSealed { .. } | Self::NotOpen { .. } | Self::NoRuntime(_) => Exit::No,
        }
    }
}

/// Prepares, trades, examines and seals a run. Its programs write their logs in this form, too.
///
/// # Errors
/// The run can't be prepared, or doesn't come to its end. A run that ends badly is a summary.
pub fn run(options: &StoreOptions, log_format: LogFormat) -> Result<Summary, StoreError> {
    let clock = SystemClock::new();
    let mut run = match &options.resume {
        Some(folder) => Run::resume(folder, clock.wall_ms())?,
        None => Run::prepare(options, clock.wall_ms())?,
    };
    run.log_format = log_format;
    let runtime = runtime()?;
    let folder = run.folder.root().display().to_string();
    let traded = runtime
        .block_on(trade(&run))
        .map_err(|source| StoreError::Trade {
            source,
            folder: folder.clone(),
        })?;
    run.record.lost = traded.lost;
    progress::note("examining every payment");
    let findings = examine(&run.folder, &run.record.lost);
    let mut faults = traded.faults;
    for fault in &mut faults {
        fault.confirm(&findings.figures);
    }
    let facts = RunFacts {
        lanes: run.record.lanes,
        items: run.visits.iter().map(|visit| visit.items.len()).sum(),
        faults,
        priced_by_rule: run.record.priced_by_rule.clone(),
        wall_ms: clock.mono_ms(),
        out: folder.clone(),
    };
    let summary = Summary::new(facts, findings);
    let not_sealed = |source| StoreError::NotSealed {
        folder: folder.clone(),
        source,
    };
    run.record.manifest_sha256 = Some(seal(&run.folder).map_err(not_sealed)?);
    run.record.summary = Some(summary.clone());
    run.record.write(&run.folder).map_err(not_sealed)?;
    Ok(summary)
}

/// Starts the store of a finished run again, in a copy, and keeps it until somebody ends it.
///
/// # Errors
/// The copy can't be made, or a program doesn't start or dies.
pub fn keep_open(summary: &Summary, log_format: LogFormat) -> Result<(), StoreError> {
    let runtime = runtime()?;
    let opened = keep_open::keep_open(Path::new(&summary.out), log_format);
    runtime
        .block_on(opened)
        .map_err(|source| StoreError::NotOpen {
            folder: summary.out.clone(),
            source,
        })
}

fn runtime() -> Result<tokio::runtime::Runtime, StoreError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StoreError::NoRuntime)
}
