//! The hosts of a world: each start is the production start, with ports of this world.

use std::{
    cell::Cell, collections::BTreeMap, error::Error, future, net::SocketAddr, path::Path, rc::Rc,
    sync::Arc, time::Duration,
};

use ::ports::Random;
use acquirer_host::{Accounts, MemoryLedger, Personality, TerminalKeys};
use iso8583::dialect::Dialect;
use journal::{CommitDriver, EngineKind, SimulatedDisk};
use store_hub::{KeyFile, SoftwareKeys};
use turmoil::Sim;

use super::{
    BANK_ADDRESS, HUB_ADDRESS, WorldError, WorldOptions,
    ports::{SeededRandom, VirtualClock, VirtualNetwork},
};
use crate::{
    store::{
        configuration, fault::FaultChoice, folder::RunFolder, inputs::Run, options::Output,
        options::StoreOptions,
    },
    workload::OPENING_WALL_MS,
};

/// A sync of a simulated disk takes between these two, in microseconds.
const SYNC_MIN_US: u64 = 200;
const SYNC_SPREAD_US: u64 = 3_000;

type Outcome = Result<(), Box<dyn Error>>;

/// The files, disks and ledger of a store; they outlive every crash.
pub(super) struct Store {
    seed: u64,
    run: Run,
    disks: BTreeMap<String, SimulatedDisk>,
    ledger: MemoryLedger,
}

fn lay_out_error(error: impl ToString) -> WorldError {
    WorldError::LayOut(error.to_string())
}

impl Store {
    /// Writes the same files that a run of `sim store` has.
    pub(super) fn lay_out(options: WorldOptions, root: &Path) -> Result<Self, WorldError> {
        let WorldOptions {
            seed,
            lanes,
            baskets,
        } = options;
        let options = StoreOptions {
            lanes,
            baskets,
            basket_file: None,
            price_file: None,
            seed,
            faults: FaultChoice(Vec::new()),
            // Unused: the worlds' disks are simulated.
            engine: EngineKind::Sled,
            bank_latency: 15,
            out: Some(root.to_owned()),
            resume: None,
            keep_open: false,
            capture: false,
            output: Output::Text,
        };
        let run = Run::prepare(&options, OPENING_WALL_MS).map_err(lay_out_error)?;
        let hosts = (1..=lanes)
            .map(|lane| format!("lane-{lane}"))
            .chain(["hub".to_owned()]);
        let disks = hosts.map(|host| (host, SimulatedDisk::new())).collect();
        Ok(Self {
            seed,
            run,
            disks,
            ledger: MemoryLedger::default(),
        })
    }

    /// The disk of a crashed host keeps what was synced, and of the rest what `seed` leaves.
    pub(super) fn power_cut(&self, host: &str, seed: u64) {
        if let Some(disk) = self.disks.get(host) {
            disk.crash(seed);
        }
    }

    fn folder(&self) -> &RunFolder {
        &self.run.folder
    }

    /// What every host has of the world: a start counts, so that its randomness is its own.
    fn surroundings(&self, host: &str) -> Surroundings {
        Surroundings {
            seed: self.seed,
            host: host.to_owned(),
            starts: Rc::new(Cell::new(0)),
            disk: self.disks.get(host).cloned().unwrap_or_default(),
        }
    }

    pub(super) fn add_bank(&self, world: &mut Sim<'_>) {
        let around = self.surroundings("bank");
        let host_folder = self.folder().host();
        let ledger = self.ledger.clone();
        world.host("bank", move || {
            let (around, ledger) = (around.started(), ledger.clone());
            let config = bank_config(&host_folder);
            async move {
                let ports = acquirer_host::Ports {
                    network: Arc::new(around.network()),
                    clock: Arc::new(VirtualClock::new()),
                    random: Arc::new(around.random("bank")),
                    ledger: Box::new(ledger),
                };
                acquirer_host::start(config?, ports, |_| {}, future::pending()).await?;
                Ok(())
            }
        });
    }

    pub(super) fn add_hub(&self, world: &mut Sim<'_>) {
        let around = self.surroundings("hub");
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        let text = configuration::hub(&self.run.keys, self.run.record.setting(), any, any);
        let folder = self.folder().hub();
        world.host("hub", move || {
            let around = around.started();
            let (text, folder) = (text.clone(), folder.clone());
            async move { run_hub(&around, &text, &folder).await }
        });
    }

    pub(super) fn add_lanes(&self, world: &mut Sim<'_>) {
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        for terminal in &self.run.keys.terminals {
            let host = format!("lane-{}", terminal.lane);
            let around = self.surroundings(&host);
            let text =
                configuration::lane(terminal, &self.run.keys, self.run.record.setting(), any);
            let folder = self.folder().lane(terminal.lane);
            world.host(host, move || {
                let around = around.started();
                let (text, folder) = (text.clone(), folder.clone());
                async move { run_lane(&around, &text, &folder).await }
            });
        }
    }
}

/// What one host has of the world.
#[derive(Clone)]
struct Surroundings {
    seed: u64,
    host: String,
    starts: Rc<Cell<u64>>,
    disk: SimulatedDisk,
}

impl Surroundings {
    fn started(&self) -> Self {
        self.starts.set(self.starts.get().saturating_add(1));
        self.clone()
    }

    fn network(&self) -> VirtualNetwork {
        VirtualNetwork::new(&self.host)
    }

    fn random(&self, stream: &str) -> SeededRandom {
        SeededRandom::new(
            self.seed,
            &format!("{} {stream}", self.host),
            self.starts.get(),
        )
    }

    /// How long each commit of this host's journal takes.
    fn commit_delays(&self) -> Box<dyn FnMut() -> Duration> {
        let random = self.random("disk");
        Box::new(move || {
            let spread_us = random.next_u64().checked_rem(SYNC_SPREAD_US).unwrap_or(0);
            Duration::from_micros(SYNC_MIN_US.saturating_add(spread_us))
        })
    }
}

fn bank_config(folder: &Path) -> Result<acquirer_host::Config, Box<dyn Error>> {
    Ok(acquirer_host::Config {
        listen: BANK_ADDRESS.to_owned(),
        dialect: Dialect::named("cup-pos")?,
        personality: Personality::load(&folder.join("personality.toml"))?,
        accounts: Accounts::load(&folder.join("accounts.toml"))?,
        terminal_keys: TerminalKeys::load(&folder.join("keys.toml"))?,
    })
}

async fn run_hub(around: &Surroundings, text: &str, folder: &Path) -> Outcome {
    let mut config =
        store_hub::Config::parse(text, folder).map_err(|faults| format!("{faults:?}"))?;
    config.listen_address = HUB_ADDRESS.to_owned();
    config.acquirer.address = BANK_ADDRESS.to_owned();
    config.acquirer.reconciliation_file = None;
    let keys = SoftwareKeys::new(KeyFile::load(&config.keys_file)?)?;
    let ports = store_hub::Ports {
        clock: Arc::new(VirtualClock::new()),
        random: Arc::new(around.random("hub")),
        network: Arc::new(around.network()),
        engine: around.disk.engine(),
        keys: Arc::new(keys),
        commits: CommitDriver::Simulated(around.commit_delays()),
        services: None,
        listening: Box::new(|_| {}),
        shutdown: Box::pin(future::pending()),
    };
    store_hub::start(config, ports).await?;
    Ok(())
}

async fn run_lane(around: &Surroundings, text: &str, folder: &Path) -> Outcome {
    let mut config = lane_agent::Config::parse(text, folder)?;
    config.hub_address = HUB_ADDRESS.to_owned();
    let devices = lane_agent::devices::configured(&config.devices);
    let ports = lane_agent::Ports {
        clock: Arc::new(VirtualClock::new()),
        random: Arc::new(around.random("lane")),
        network: Arc::new(around.network()),
        engine: around.disk.engine(),
        commits: CommitDriver::Simulated(around.commit_delays()),
        devices,
        shutdown: Box::pin(future::pending()),
    };
    lane_agent::start(config, ports).await?;
    Ok(())
}
