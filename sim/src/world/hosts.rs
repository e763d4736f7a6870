//! The hosts of a world: each start is the production start, with ports of this world.

use std::{
    cell::Cell, collections::BTreeMap, error::Error, future, net::SocketAddr, path::Path, rc::Rc,
    sync::Arc, time::Duration,
};

use ::ports::Random;
use acquirer_host::{Accounts, MemoryLedger, Personality, TerminalKeys};
use command_line::Output;
use iso8583::dialect::Dialect;
use journal::{CommitDriver, DiskFault, Engine, EngineKind, SimulatedDisk};
use lane_agent::PinCheck;
use store_hub::{KeyFile, SoftwareKeys};
use turmoil::Sim;

use super::{
    BANK_ADDRESS, HUB_ADDRESS, Host, Mutation, Trouble, WorldError, WorldOptions,
    clock::{Skew, TimeLapse, VirtualClock},
    devices,
    disk::GatedEngine,
    gate::{Gate, Life},
    network::VirtualNetwork,
    random::SeededRandom,
    wire_watch::WireWatch,
};
use crate::{
    oracle::{self, Findings, Journals, Logs, Owner, Unread},
    store::{
        configuration::{self, HubPlaces},
        fault::FaultChoice,
        folder::RunFolder,
        inputs::Run,
        options::StoreOptions,
    },
    workload::OPENING_WALL_MS,
};

/// A sync of a simulated disk takes between these two, in microseconds.
const SYNC_MIN_US: u64 = 200;
const SYNC_SPREAD_US: u64 = 3_000;

/// A comparison of a PIN takes between these two, in milliseconds.
const PIN_MIN_MS: u64 = 30;
const PIN_SPREAD_MS: u64 = 200;

type Outcome = Result<(), Box<dyn Error>>;

/// The files, machines and ledger of a store; they outlive every crash.
pub(super) struct Store {
    options: WorldOptions,
    run: Run,
    machines: BTreeMap<Host, Machine>,
    ledger: MemoryLedger,
    life: Life,
    time_lapse: TimeLapse,
    watch: Arc<WireWatch>,
}

/// What of a host outlives its crashes.
#[derive(Clone)]
pub(super) struct Machine {
    pub(super) disk: SimulatedDisk,
    pub(super) gate: Gate,
    pub(super) skew: Skew,
}

impl Machine {
    fn new(host: Host, life: &Life) -> Self {
        Self {
            disk: SimulatedDisk::new(),
            gate: Gate::new(&host.to_string(), life.clone()),
            skew: Skew::default(),
        }
    }
}

fn lay_out_error(error: impl ToString) -> WorldError {
    WorldError::LayOut(error.to_string())
}

impl Store {
    /// Writes the same files that a run of `sim store` has.
    pub(super) fn lay_out(options: WorldOptions, root: &Path) -> Result<Self, WorldError> {
        let store = StoreOptions {
            lanes: options.lanes,
            days: options.days(),
            baskets: options.baskets,
            basket_file: None,
            price_file: None,
            seed: options.seed,
            faults: FaultChoice(Vec::new()),
            // Unused: the worlds' disks are simulated.
            engine: EngineKind::Sled,
            bank_latency: 15,
            bank_personality: None,
            out: Some(root.to_owned()),
            resume: None,
            by_hand: false,
            keep_open: false,
            capture: false,
            output: Output::Text,
        };
        let mut run = Run::prepare(&store, OPENING_WALL_MS).map_err(lay_out_error)?;
        // Nobody stops a lane in order here, and nobody gives the hub new prices.
        run.record.lanes_to_rest = 0;
        run.record.prices_change = false;
        // Where a host is stopped, who sells when the date turns is chance.
        run.record.resumed = matches!(options.trouble, Trouble::Payment { stop: Some(_), .. });
        run.record.write(&run.folder).map_err(lay_out_error)?;
        let life = match options.days() {
            1 => Life::default(),
            // What is counted then is the turn of the date: its course says when it is near.
            _ => Life::not_yet(),
        };
        let hosts = (1..=options.lanes).map(Host::Lane).chain([Host::Hub]);
        let machines: BTreeMap<_, _> = hosts
            .map(|host| (host, Machine::new(host, &life)))
            .collect();
        if let Some(Mutation::SyncForgotten(host)) = options.mutation {
            let machine = machines
                .get(&host)
                .ok_or_else(|| lay_out_error("no such host"))?;
            machine.disk.set_fault(Some(DiskFault::SyncForgotten));
        }
        let disk = machines.get(&Host::Hub).map(|hub| hub.disk.clone());
        let watch = WireWatch::new(BANK_ADDRESS, disk.unwrap_or_default());
        Ok(Self {
            options,
            run,
            machines,
            ledger: MemoryLedger::default(),
            life,
            time_lapse: TimeLapse::of_day(options.day_ms),
            watch: Arc::new(watch),
        })
    }

    /// How business time passes.
    pub(super) fn time_lapse(&self) -> &TimeLapse {
        &self.time_lapse
    }

    /// What the payment's course is told by.
    pub(super) fn life(&self) -> &Life {
        &self.life
    }

    pub(super) fn machine(&self, host: Host) -> Option<&Machine> {
        self.machines.get(&host)
    }

    pub(super) fn machines(&self) -> impl Iterator<Item = (Host, &Machine)> {
        self.machines.iter().map(|(host, machine)| (*host, machine))
    }

    /// The disk of a crashed host keeps what was synced, and of the rest what `seed` leaves.
    pub(super) fn power_cut(&self, host: Host, seed: u64) {
        if let Some(machine) = self.machines.get(&host) {
            machine.disk.crash(seed);
        }
    }

    /// What the oracle says of the day, once it is over.
    pub(super) fn examine(&self) -> Result<Findings, WorldError> {
        let folder = self.folder();
        folder
            .write(&folder.ledger(), self.ledger.bytes())
            .map_err(lay_out_error)?;
        let watched = self.watch.verdict();
        Ok(oracle::examine_with(folder, self, &[], watched))
    }

    fn folder(&self) -> &RunFolder {
        &self.run.folder
    }

    /// What every host has of the world: a start counts, so that its randomness is its own.
    fn surroundings(&self, host: &str, machine: &Machine) -> Surroundings {
        Surroundings {
            seed: self.options.seed,
            time_lapse: self.time_lapse.clone(),
            mono_jumps: self.options.mutation == Some(Mutation::MonoJumps),
            host: host.to_owned(),
            starts: Rc::new(Cell::new(0)),
            machine: machine.clone(),
            watch: Arc::clone(&self.watch),
        }
    }

    pub(super) fn add_bank(&self, world: &mut Sim<'_>) {
        let gate = Gate::new("bank", Life::default());
        let machine = Machine {
            disk: SimulatedDisk::new(),
            gate,
            skew: Skew::default(),
        };
        let around = self.surroundings("bank", &machine);
        let host_folder = self.folder().host();
        let ledger = self.ledger.clone();
        world.host("bank", move || {
            let (around, ledger) = (around.started(), ledger.clone());
            let config = bank_config(&host_folder);
            async move {
                let ports = acquirer_host::Ports {
                    network: Arc::new(around.network()),
                    clock: Arc::new(around.clock()),
                    random: Arc::new(around.random("bank")),
                    ledger: Box::new(ledger),
                };
                acquirer_host::start(config?, ports, |_| {}, future::pending()).await?;
                Ok(())
            }
        });
    }

    pub(super) fn add_hub(&self, world: &mut Sim<'_>) {
        let Some(machine) = self.machines.get(&Host::Hub) else {
            return;
        };
        let around = self.surroundings("hub", machine);
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        let places = HubPlaces {
            listen: any,
            line: any,
            office: None,
        };
        let text = configuration::hub(&self.run.keys, self.run.record.setting(), places);
        let folder = self.folder().hub();
        world.host("hub", move || {
            let around = around.started();
            let (text, folder) = (text.clone(), folder.clone());
            async move {
                around
                    .unless_dead(run_hub(&around, &text, &folder).await)
                    .await
            }
        });
    }

    pub(super) fn add_lanes(&self, world: &mut Sim<'_>) {
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        for terminal in &self.run.keys.terminals {
            let host = Host::Lane(terminal.lane);
            let Some(machine) = self.machines.get(&host) else {
                continue;
            };
            let host = host.to_string();
            let around = self.surroundings(&host, machine);
            let setting = self.run.record.setting();
            let text = configuration::lane(terminal, &self.run.keys, setting, any, None);
            let folder = self.folder().lane(terminal.lane);
            world.host(host, move || {
                let around = around.started();
                let (text, folder) = (text.clone(), folder.clone());
                async move {
                    around
                        .unless_dead(run_lane(&around, &text, &folder).await)
                        .await
                }
            });
        }
    }
}

/// What one host has of the world.
#[derive(Clone)]
struct Surroundings {
    seed: u64,
    time_lapse: TimeLapse,
    mono_jumps: bool,
    host: String,
    starts: Rc<Cell<u64>>,
    machine: Machine,
    watch: Arc<WireWatch>,
}

impl Journals for Store {
    fn read(&self, owner: Owner) -> Result<Logs, Unread> {
        let host = match owner {
            Owner::Hub => Host::Hub,
            Owner::Lane(lane) => Host::Lane(lane),
        };
        let machine = self.machines.get(&host).ok_or("no such host")?;
        Logs::behind(machine.disk.durable().engine())
    }

    fn has(&self, lane: u16) -> bool {
        self.machines.contains_key(&Host::Lane(lane))
    }
}

impl Surroundings {
    fn started(&self) -> Self {
        self.starts.set(self.starts.get().saturating_add(1));
        self.clone()
    }

    /// A host that has stopped does not end either: its crash comes after the tick.
    async fn unless_dead(&self, ended: Outcome) -> Outcome {
        match self.machine.gate.is_dead() {
            true => future::pending().await,
            false => ended,
        }
    }

    fn network(&self) -> VirtualNetwork {
        let watch = Some(Arc::clone(&self.watch));
        VirtualNetwork::new(&self.host, self.machine.gate.clone(), watch)
    }

    fn clock(&self) -> VirtualClock {
        let clock = VirtualClock::new(self.time_lapse.clone(), self.machine.skew.clone());
        clock.with_mono_jumps(self.mono_jumps)
    }

    fn engine(&self) -> Box<dyn Engine> {
        Box::new(GatedEngine {
            inner: self.machine.disk.engine(),
            gate: self.machine.gate.clone(),
        })
    }

    fn random(&self, stream: &str) -> SeededRandom {
        SeededRandom::new(
            self.seed,
            &format!("{} {stream}", self.host),
            self.starts.get(),
        )
    }

    /// How long each comparison of a PIN takes.
    fn pin_delays(&self) -> Box<dyn Fn() -> Duration> {
        let random = self.random("pins");
        Box::new(move || {
            let spread_ms = random.next_u64().checked_rem(PIN_SPREAD_MS).unwrap_or(0);
            Duration::from_millis(PIN_MIN_MS.saturating_add(spread_ms))
        })
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
        clock: Arc::new(around.clock()),
        random: Arc::new(around.random("hub")),
        network: Arc::new(around.network()),
        engine: around.engine(),
        keys: Arc::new(keys),
        commits: CommitDriver::Simulated(around.commit_delays()),
        services: None,
        reports: None,
        listening: Box::new(|_| {}),
        shutdown: Box::pin(future::pending()),
    };
    store_hub::start(config, ports).await?;
    Ok(())
}

async fn run_lane(around: &Surroundings, text: &str, folder: &Path) -> Outcome {
    let mut config =
        lane_agent::Config::parse(text, folder).map_err(|faults| format!("{faults:?}"))?;
    config.hub_address = HUB_ADDRESS.to_owned();
    let configured = lane_agent::devices::configured(&config.devices);
    let people = VirtualClock::new(around.time_lapse.clone(), Skew::default());
    let gate = around.machine.gate.clone();
    let devices = devices::gated(configured, gate, Arc::new(people));
    let ports = lane_agent::Ports {
        clock: Arc::new(around.clock()),
        random: Arc::new(around.random("lane")),
        network: Arc::new(around.network()),
        engine: around.engine(),
        commits: CommitDriver::Simulated(around.commit_delays()),
        devices,
        pins: PinCheck::Simulated(around.pin_delays()),
        shutdown: Box::pin(future::pending()),
    };
    lane_agent::start(config, ports).await?;
    Ok(())
}
