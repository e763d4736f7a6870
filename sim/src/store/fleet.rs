//! The processes of a store: bank, line, hub, lanes. Started in that order, stopped in the other.

use std::{ffi::OsString, io, net::SocketAddr, path::PathBuf};

use crate::{
    line::{Capture, Line},
    store::{
        business_day::BusinessDay,
        configuration,
        folder::{FolderError, RunFolder},
        process::{Process, ProcessError, Program},
    },
    workload::keys::StoreKeys,
};

/// All that runs in a store day.
#[derive(Debug)]
pub struct Fleet {
    /// The relay between hub and bank.
    pub line: Line,
    /// Where the hub listens.
    pub hub_address: SocketAddr,
    host: Process,
    hub: Process,
    lanes: Vec<Process>,
}

/// Why the store doesn't run.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A program didn't start, died, or didn't stop.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A configuration couldn't be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No port for the line.
    #[error("no port for the line to the bank can be had: {0}")]
    NoLine(#[source] io::Error),
}

/// What the programs are started with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Where everything lies.
    pub folder: &'a RunFolder,
    /// Terminals and keys, one terminal a lane.
    pub keys: &'a StoreKeys,
    /// The clock of the day.
    pub day: BusinessDay,
    /// Whether the messages between hub and bank are written down.
    pub capture: bool,
}

impl Fleet {
    /// Starts the store and waits until bank and hub listen.
    ///
    /// # Errors
    /// A program that doesn't start; what was started ends with this.
    pub async fn start(setup: Setup<'_>) -> Result<Self, FleetError> {
        let mut host = Process::start(host_program(setup.folder)).await?;
        let host_address = host.listening().await?;
        let line = open_line(setup, host_address)
            .await
            .map_err(FleetError::NoLine)?;
        let (hub, hub_address) = start_hub(setup, line.address()).await?;
        let mut lanes = Vec::new();
        for terminal in &setup.keys.terminals {
            let text = configuration::lane(terminal, setup.keys, setup.day, hub_address);
            let path = setup.folder.lane(terminal.lane).join("lane.toml");
            setup.folder.write(&path, text)?;
            let called = format!("lane-{}", terminal.lane);
            let program = run_program(setup.folder, "lane-agent", called, path);
            lanes.push(Process::start(program).await?);
        }
        Ok(Self {
            line,
            hub_address,
            host,
            hub,
            lanes,
        })
    }

    /// Fails if one of the programs has ended.
    ///
    /// # Errors
    /// The first one that has, with the end of its log.
    pub async fn check(&mut self) -> Result<(), FleetError> {
        for process in [&mut self.host, &mut self.hub]
            .into_iter()
            .chain(&mut self.lanes)
        {
            process.still_running().await?;
        }
        Ok(())
    }

    /// Stops the lanes, then the hub, then the bank, each once the one before has ended.
    ///
    /// # Errors
    /// The first program that didn't end well; the others are stopped all the same.
    pub async fn stop(self) -> Result<(), FleetError> {
        let mut result = Ok(());
        let in_order = self.lanes.into_iter().chain([self.hub, self.host]);
        for process in in_order {
            let stopped = process.stop().await;
            result = result.and(stopped);
        }
        Ok(result?)
    }
}

async fn open_line(setup: Setup<'_>, host: SocketAddr) -> io::Result<Line> {
    let capture = match setup.capture {
        true => Some(Capture::open(&setup.folder.capture())?),
        false => None,
    };
    Line::open(host, capture).await
}

/// Starts the hub on a free port, and writes that port into its configuration: whoever asks it
/// something later, or starts it again, finds it there.
async fn start_hub(
    setup: Setup<'_>,
    line: SocketAddr,
) -> Result<(Process, SocketAddr), FleetError> {
    let Setup {
        folder, keys, day, ..
    } = setup;
    let path = folder.hub().join("store-hub.toml");
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    folder.write(&path, configuration::hub(keys, day, any_port, line))?;
    let program = run_program(folder, "store-hub", "store-hub".to_owned(), path.clone());
    let mut hub = Process::start(program).await?;
    let address = hub.listening().await?;
    folder.write(&path, configuration::hub(keys, day, address, line))?;
    Ok((hub, address))
}

fn host_program(folder: &RunFolder) -> Program {
    let host = folder.host();
    let file = |option: &str, name: &str| [OsString::from(option), host.join(name).into()];
    let listen = ["--listen", "127.0.0.1:0", "--dialect", "cup-pos"].map(OsString::from);
    let files = [
        file("--accounts", "accounts.toml"),
        file("--ledger", "ledger.jsonl"),
        file("--keys", "keys.toml"),
        file("--personality", "personality.toml"),
    ];
    Program {
        name: "acquirer-host",
        called: "acquirer-host".to_owned(),
        arguments: listen
            .into_iter()
            .chain(files.into_iter().flatten())
            .collect(),
        log: folder.logs().join("acquirer-host.log"),
    }
}

fn run_program(
    folder: &RunFolder,
    name: &'static str,
    called: String,
    configuration: PathBuf,
) -> Program {
    let log = folder.logs().join(format!("{called}.log"));
    Program {
        name,
        called,
        arguments: vec!["run".into(), "--config".into(), configuration.into()],
        log,
    }
}
