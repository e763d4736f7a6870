//! `lane-agent run`.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use command_line::{abort_on_panic, asked_to_stop, clock};
use journal::CommitDriver;
use ports::{OsRandom, TcpNetwork};

use super::{Exit, Failed, Outcome, open_code};
use crate::{PinCheck, Ports, StartError, config::Config, devices, start};

#[derive(Args)]
pub(super) struct RunArgs {
    /// The lane's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Stop when standard input ends: so a child ends with its parent, however that ends
    #[arg(long, hide = true)]
    stop_on_stdin_eof: bool,
}

pub(super) fn run(args: &RunArgs) -> Outcome {
    let config = Config::load(&args.config).map_err(|error| Failed::new(Exit::Usage, error))?;
    abort_on_panic("lane-agent");
    sell(config, args.stop_on_stdin_eof)
}

fn sell(config: Config, stop_on_stdin_eof: bool) -> Outcome {
    let engine = config.journal.engine.open(&config.journal.folder);
    let engine = engine.map_err(|error| failed(&error.into()))?;
    let clock = clock(config.clock);
    let devices = devices::configured(&config.devices);
    actix::System::new().block_on(async move {
        let shutdown = asked_to_stop(stop_on_stdin_eof)
            .map_err(|error| Failed::new(Exit::Unreachable, error))?;
        let ports = Ports {
            clock,
            random: Arc::new(OsRandom),
            network: Arc::new(TcpNetwork),
            engine,
            commits: CommitDriver::Thread,
            devices,
            pins: PinCheck::Thread,
            shutdown,
        };
        start(config, ports).await.map_err(|error| failed(&error))
    })
}

fn failed(error: &StartError) -> Failed {
    let exit = match error {
        StartError::Journal(error) => open_code(error),
        StartError::Device(_)
        | StartError::Address(_)
        | StartError::Listen { .. }
        | StartError::Screens(_) => Exit::Usage,
        StartError::Thread(_) => Exit::Unreachable,
        StartError::Recovery(_) | StartError::TakeBack(_) | StartError::Stopped(_) => Exit::No,
    };
    Failed::new(exit, error)
}
