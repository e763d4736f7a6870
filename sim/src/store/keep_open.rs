//! Opens the store of a finished run again, so that somebody can look around in it.
//!
//! It is opened in a copy: the run itself stays as it was sealed.

use std::{io, path::Path};

use command_line::LogFormat;
use command_line::StopSignals;

use crate::{
    oracle::{OPEN_COPY, copy_folder},
    store::{
        fleet::{Fleet, FleetError, Setup},
        folder::RunFolder,
        progress::note,
        record::{RecordError, RunRecord},
    },
    workload::keys::StoreKeys,
};

/// Folders of a run that its programs work in.
const WORKED_IN: [&str; 5] = ["hub", "host", "lanes", "receipts", "report"];

/// Why the store isn't open.
#[derive(Debug, thiserror::Error)]
pub enum KeepOpenError {
    /// The run's record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The copy.
    #[error("no copy can be made: {0}")]
    NoCopy(#[from] io::Error),
    /// The programs.
    #[error(transparent)]
    Fleet(#[from] FleetError),
}

/// Runs the store until somebody ends it.
///
/// # Errors
/// The copy can't be made, or a program doesn't start or dies.
pub async fn keep_open(root: &Path, log_format: LogFormat) -> Result<(), KeepOpenError> {
    let record = RunRecord::read(root)?;
    let mut interrupt = StopSignals::listen()?;
    let copy = root.join(OPEN_COPY);
    for name in WORKED_IN {
        copy_folder(&root.join(name), &copy.join(name))?;
    }
    let folder = RunFolder::at(&copy);
    let keys = StoreKeys::draw(record.seed, record.lanes);
    std::fs::create_dir_all(folder.logs())?;
    let setup = Setup {
        folder: &folder,
        keys: &keys,
        setting: record.setting(),
        capture: false,
        cables: false,
        log_format,
        start_page: None,
    };
    let mut fleet = Fleet::start(setup).await?;
    let (address, copy) = (fleet.hub_address, copy.display());
    note(&format!(
        "the hub listens on {address}; it runs in {copy}; Ctrl-C ends it"
    ));
    let ended = tokio::select! {
        biased;
        () = interrupt.wait() => Ok(()),
        died = until_one_dies(&mut fleet) => Err(died),
    };
    fleet.stop().await?;
    Ok(ended?)
}

async fn until_one_dies(fleet: &mut Fleet) -> FleetError {
    loop {
        if let Err(died) = fleet.tend().await {
            return died;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}
