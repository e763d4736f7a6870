//! The processes of a store: bank, line, hub, lanes. Started in that order, stopped in the other.
//! One that is killed is started again where it was, whoever killed it; one that ends by itself has
//! failed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use command_line::LogFormat;

use crate::{
    acquirer_link::{AcquirerLink, Cable, Capture},
    store::{
        configuration::{self, HubPlaces, LaneByHand, Setting},
        folder::{FolderError, RunFolder},
        process::{Process, ProcessError, Program, Pulse},
        progress::note,
    },
    workload::keys::{StoreKeys, Terminal},
};

/// All that runs in a store day.
#[derive(Debug)]
pub struct Fleet {
    /// The relay between hub and bank.
    pub acquirer_link: AcquirerLink,
    /// Where the hub listens.
    pub hub_address: SocketAddr,
    /// Where the hub's pages are, where people sell by hand.
    pub office: Option<SocketAddr>,
    /// Where a lane's screens listen, by lane, where people sell by hand.
    pub screens: BTreeMap<u16, SocketAddr>,
    /// Between lanes and hub, by lane, where a lane may be cut off.
    cables: BTreeMap<u16, Cable>,
    /// In the order started.
    seats: Vec<Seat>,
}

/// Which of the store's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The bank's side.
    Host,
    /// The store hub.
    Hub,
    /// A lane, from 1.
    Lane(u16),
}

/// A program and its process, if it has one now.
#[derive(Debug)]
struct Seat {
    part: Part,
    /// Starts it on the address it had.
    program: Program,
    process: Option<Process>,
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
    /// Clock and engine.
    pub setting: Setting,
    /// Whether the messages between hub and bank are written down.
    pub capture: bool,
    /// Whether each lane reaches the hub over a cable that can be pulled out.
    pub cables: bool,
    /// How the programs write their logs.
    pub log_format: LogFormat,
    /// The origin of the start page, where people sell by hand.
    pub start_page: Option<&'a str>,
}

impl Setup<'_> {
    /// A program whose log lies with the others'.
    fn program(
        &self,
        name: &'static str,
        called: String,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Program {
        let logged = ["--log-format", self.log_format.name()].map(OsString::from);
        Program {
            name,
            log: self.folder.logs().join(format!("{called}.log")),
            called,
            arguments: arguments.into_iter().chain(logged).collect(),
        }
    }
}

impl Fleet {
    /// Starts the store and waits until bank and hub listen.
    ///
    /// # Errors
    /// A program that doesn't start; what was started ends with this.
    pub async fn start(setup: Setup<'_>) -> Result<Self, FleetError> {
        let mut host = Process::start(host_program(setup, ANY_PORT)).await?;
        let host_address = host.listening().await?;
        let acquirer_link = open_acquirer_link(setup, host_address)
            .await
            .map_err(FleetError::NoLine)?;
        let hub = start_hub(setup, acquirer_link.address()).await?;
        let (hub_address, office) = (hub.address, hub.office);
        let mut seats = vec![
            Seat {
                part: Part::Host,
                program: host_program(setup, host_address),
                process: Some(host),
            },
            hub.seat,
        ];
        let (mut cables, mut lane_screens) = (BTreeMap::new(), BTreeMap::new());
        for terminal in &setup.keys.terminals {
            let mut at_hub = hub_address;
            if setup.cables {
                let cable = Cable::open(hub_address).await.map_err(FleetError::NoLine)?;
                at_hub = cable.address();
                cables.insert(terminal.lane, cable);
            }
            let (seat, screens) = start_lane(setup, terminal, at_hub).await?;
            seats.push(seat);
            lane_screens.extend(screens.map(|screens| (terminal.lane, screens)));
        }
        Ok(Self {
            acquirer_link,
            hub_address,
            office,
            screens: lane_screens,
            cables,
            seats,
        })
    }

    /// Cuts a lane off from its hub, until [`Fleet::connect_lane`].
    pub fn cut_lane_off(&self, lane: u16) {
        if let Some(cable) = self.cables.get(&lane) {
            cable.pull_out();
        }
    }

    /// Lets a lane reach its hub again.
    pub fn connect_lane(&self, lane: u16) {
        if let Some(cable) = self.cables.get(&lane) {
            cable.put_in();
        }
    }

    /// Starts again what somebody has killed, and says whether there was any. What is down by
    /// [`Fleet::kill`] stays down.
    ///
    /// # Errors
    /// A program that has ended in another way, with the end of its log, or doesn't start.
    pub async fn tend(&mut self) -> Result<bool, FleetError> {
        let mut tended = false;
        for seat in &mut self.seats {
            let Some(process) = &mut seat.process else {
                continue;
            };
            match process.look().await? {
                Pulse::Runs => {}
                Pulse::WasKilled => {
                    let called = &seat.program.called;
                    note(&format!("{called} was killed; starting it again"));
                    seat.start().await?;
                    tended = true;
                }
            }
        }
        Ok(tended)
    }

    /// Kills a program, without a warning; it stays down until [`Fleet::start_again`].
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill(&mut self, part: Part) -> Result<(), FleetError> {
        for seat in self.seats.iter_mut().filter(|seat| seat.part == part) {
            if let Some(process) = seat.process.take() {
                process.kill_now().await?;
            }
        }
        Ok(())
    }

    /// Stops a program as in the evening, in order; it stays down until [`Fleet::start_again`].
    ///
    /// # Errors
    /// It doesn't end well.
    pub async fn rest(&mut self, part: Part) -> Result<(), FleetError> {
        for seat in self.seats.iter_mut().filter(|seat| seat.part == part) {
            if let Some(process) = seat.process.take() {
                process.stop().await?;
            }
        }
        Ok(())
    }

    /// Starts a program that was killed or stopped, on the address it had, and waits until it
    /// listens.
    ///
    /// # Errors
    /// It doesn't start.
    pub async fn start_again(&mut self, part: Part) -> Result<(), FleetError> {
        for seat in self.seats.iter_mut().filter(|seat| seat.part == part) {
            seat.start().await?;
        }
        Ok(())
    }

    /// The same for one that may run.
    ///
    /// # Errors
    /// It doesn't start.
    pub async fn start_again_if_away(&mut self, part: Part) -> Result<(), FleetError> {
        match self.is_away(part) {
            true => self.start_again(part).await,
            false => Ok(()),
        }
    }

    /// Whether a program was killed and not started again.
    #[must_use]
    pub fn is_away(&self, part: Part) -> bool {
        let mut seats = self.seats.iter();
        seats.any(|seat| seat.part == part && seat.process.is_none())
    }

    /// Stops the lanes, then the hub, then the bank, each once the one before has ended.
    ///
    /// # Errors
    /// The first program that didn't end well; the others are stopped all the same.
    pub async fn stop(self) -> Result<(), FleetError> {
        let mut result = Ok(());
        let (lanes, servers): (Vec<_>, Vec<_>) = self
            .seats
            .into_iter()
            .partition(|seat| matches!(seat.part, Part::Lane(_)));
        let in_order = lanes.into_iter().chain(servers.into_iter().rev());
        for process in in_order.filter_map(|seat| seat.process) {
            let stopped = process.stop().await;
            result = result.and(stopped);
        }
        Ok(result?)
    }
}

async fn open_acquirer_link(setup: Setup<'_>, host: SocketAddr) -> io::Result<AcquirerLink> {
    let capture = match setup.capture {
        true => Some(Capture::open(&setup.folder.capture())?),
        false => None,
    };
    AcquirerLink::open(host, capture).await
}

impl Seat {
    async fn start(&mut self) -> Result<(), ProcessError> {
        let mut process = Process::start(self.program.clone()).await?;
        match self.part {
            Part::Host | Part::Hub => drop(process.listening().await?),
            // It listens to nobody: it calls the hub.
            Part::Lane(_) => {}
        }
        self.process = Some(process);
        Ok(())
    }
}

/// The system chooses.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Starts the hub on a free port, and writes that port into its configuration: whoever asks it
/// something later, or starts it again, finds it there. So with its pages, where it has any.
async fn start_hub(setup: Setup<'_>, line: SocketAddr) -> Result<StartedHub, FleetError> {
    let Setup {
        folder,
        keys,
        setting,
        ..
    } = setup;
    let by_hand = setup.start_page.is_some();
    let path = folder.hub().join("store-hub.toml");
    let mut places = HubPlaces {
        listen: ANY_PORT,
        line,
        office: by_hand.then_some(ANY_PORT),
    };
    folder.write(&path, configuration::hub(keys, setting, places))?;
    let program = run_program(setup, "store-hub", "store-hub".to_owned(), path.clone());
    let mut hub = Process::start(program.clone()).await?;
    places.listen = hub.listening().await?;
    if by_hand {
        places.office = Some(hub.screens().await?);
    }
    folder.write(&path, configuration::hub(keys, setting, places))?;
    Ok(StartedHub {
        address: places.listen,
        office: places.office,
        seat: Seat {
            part: Part::Hub,
            program,
            process: Some(hub),
        },
    })
}

struct StartedHub {
    seat: Seat,
    address: SocketAddr,
    office: Option<SocketAddr>,
}

/// Starts a lane. Where people sell, its screens get a free port, and keep it: a browser that is
/// open finds them there again.
async fn start_lane(
    setup: Setup<'_>,
    terminal: &Terminal,
    at_hub: SocketAddr,
) -> Result<(Seat, Option<SocketAddr>), FleetError> {
    let lane = terminal.lane;
    let path = setup.folder.lane(lane).join("lane.toml");
    let configured = |screens: SocketAddr| {
        let by_hand = setup.start_page.map(|start_page| LaneByHand {
            screens,
            start_page,
        });
        configuration::lane(terminal, setup.keys, setup.setting, at_hub, by_hand)
    };
    setup.folder.write(&path, configured(ANY_PORT))?;
    let called = format!("lane-{lane}");
    let program = run_program(setup, "lane-agent", called, path.clone());
    let mut process = Process::start(program.clone()).await?;
    let mut screens = None;
    if setup.start_page.is_some() {
        let address = process.screens().await?;
        setup.folder.write(&path, configured(address))?;
        screens = Some(address);
    }
    let seat = Seat {
        part: Part::Lane(lane),
        program,
        process: Some(process),
    };
    Ok((seat, screens))
}

fn host_program(setup: Setup<'_>, address: SocketAddr) -> Program {
    let host = setup.folder.host();
    let file = |option: &str, name: &str| [OsString::from(option), host.join(name).into()];
    let address = address.to_string();
    let listen = ["--listen", &address, "--dialect", "cup-pos"].map(OsString::from);
    let files = [
        file("--accounts", "accounts.toml"),
        file("--ledger", "ledger.jsonl"),
        file("--keys", "keys.toml"),
        file("--personality", "personality.toml"),
    ];
    let arguments = listen.into_iter().chain(files.into_iter().flatten());
    setup.program("acquirer-host", "acquirer-host".to_owned(), arguments)
}

fn run_program(
    setup: Setup<'_>,
    name: &'static str,
    called: String,
    configuration: PathBuf,
) -> Program {
    let arguments: [OsString; 3] = ["run".into(), "--config".into(), configuration.into()];
    setup.program(name, called, arguments)
}
