//! Bank and hub of a load as processes of their own, and what an operator may ask them.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use command_line::Peer;
use journal::EngineKind;
use proto::store::v1::{
    CloseDayRequest, SettleRequest, StatusRequest, SummaryRequest,
    operations_service_client::OperationsServiceClient, report_service_client::ReportServiceClient,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::{Channel, Endpoint};

use super::{
    LoadError, bank::BankTerminal, configuration, configuration::HubSetting, disk::LoadFolder,
    file_error, journal_entries::StoreClock, lane::LoadCard, ledger, proc_figures::Watched,
};
use crate::{
    store::{
        configuration::{host_keys, hub_keys},
        errand,
        folder::RunFolder,
        process::{Process, Program},
        progress::note,
    },
    workload::{
        card::deal_cards,
        keys::{StoreKeys, Terminal},
    },
};

/// Keys and cards are the same in every load.
const SEED: u64 = 1;
/// As many as a store sees in a day.
const CARDS: usize = 1_000;
/// Sign-ons of hundreds of terminals, on a machine that does other things.
const SIGN_ON_TIMEOUT: Duration = Duration::from_secs(120);
/// Of a day with many payments, however slow.
const ORDER_TIMEOUT: Duration = Duration::from_secs(600);
/// Of a journal of months.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(3_600);
const COMMITS: &str = "lanekeeper_hub_journal_commits_total";

/// What a load works on.
pub(super) struct Rig {
    folder: RunFolder,
    keys: StoreKeys,
    pans: Vec<String>,
    engine: EngineKind,
    without_leases: bool,
    bank: Process,
    bank_address: SocketAddr,
    hub: Process,
    pub(super) hub_address: SocketAddr,
    pub(super) clock: StoreClock,
}

/// How many lanes, and what keeps the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct RigSetting {
    pub(super) lanes: u16,
    pub(super) engine: EngineKind,
    pub(super) without_leases: bool,
}

/// What the bank's ledger and the journal say in the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked {
    pub(super) in_ledger: u64,
    pub(super) verified: bool,
}

impl Rig {
    /// Starts bank and hub, and waits until every terminal has signed on.
    pub(super) async fn start(folder: &LoadFolder, setting: RigSetting) -> Result<Self, LoadError> {
        let folder = folder.files.clone();
        // One terminal more than lanes: it speaks to the bank directly.
        let keys = StoreKeys::draw(SEED, setting.lanes + 1);
        let cards = deal_cards(SEED, 3 * CARDS);
        let pans: Vec<String> = cards.into_iter().map(|card| card.pan).collect();
        let clock = StoreClock::opening_now();
        let host = folder.host();
        folder.write(&host.join("accounts.toml"), configuration::accounts(&pans))?;
        folder.write(&host.join("keys.toml"), host_keys(&keys))?;
        let personality = configuration::personality(clock);
        folder.write(&host.join("personality.toml"), personality)?;
        folder.write(&folder.hub().join("keys.toml"), hub_keys(&keys))?;
        folder.write(&folder.hub().join("prices.csv"), configuration::PRICES)?;
        let mut bank = Process::start(bank_program(&folder)).await?;
        let bank_address = bank.listening().await?;
        let hub_setting = HubSetting {
            terminals: own_terminals(&keys),
            bank: bank_address,
            engine: setting.engine,
            clock,
            without_leases: setting.without_leases,
        };
        let (hub, hub_address) = start_hub(&folder, &hub_setting).await?;
        let rig = Self {
            folder,
            keys,
            pans,
            engine: setting.engine,
            without_leases: setting.without_leases,
            bank,
            bank_address,
            hub,
            hub_address,
            clock,
        };
        rig.signed_on().await?;
        Ok(rig)
    }

    /// Stops the hub in good order, and starts it on another day; how long that took until it
    /// listened.
    pub(super) async fn restart_hub(
        self,
        clock: StoreClock,
    ) -> Result<(Self, Duration), LoadError> {
        self.hub.stop().await?;
        let setting = HubSetting {
            terminals: own_terminals(&self.keys),
            bank: self.bank_address,
            engine: self.engine,
            clock,
            without_leases: self.without_leases,
        };
        let began = Instant::now();
        let (hub, hub_address) = start_hub(&self.folder, &setting).await?;
        let took = began.elapsed();
        let rig = Self {
            hub,
            hub_address,
            clock,
            ..self
        };
        Ok((rig, took))
    }

    /// The cards that the bank knows, as lanes read them.
    pub(super) fn cards(&self) -> Vec<LoadCard> {
        self.pans.iter().map(|pan| LoadCard::new(pan)).collect()
    }

    /// The terminal that is not the hub's, signed on at the bank.
    pub(super) async fn direct_terminal(&self) -> Result<BankTerminal, LoadError> {
        let missing = || LoadError::Bank("it knows no terminal and no card".to_owned());
        let terminal = self.keys.terminals.last().ok_or_else(missing)?;
        let pan = self.pans.first().ok_or_else(missing)?;
        BankTerminal::sign_on(self.bank_address, terminal.clone(), pan.clone()).await
    }

    pub(super) fn watched_hub(&self) -> Result<Watched, LoadError> {
        Watched::new("the hub", self.hub.id())
    }

    pub(super) fn watched_bank(&self) -> Result<Watched, LoadError> {
        Watched::new("the bank", self.bank.id())
    }

    /// Commits since the hub started, as its metrics tell.
    pub(super) async fn commits(&self) -> Result<u64, LoadError> {
        let hub = Peer::at(&self.hub_address.to_string());
        let page = match hub {
            Ok(hub) => hub.page("/metrics").await,
            Err(failed) => Err(failed),
        };
        let page = page.map_err(|failed| LoadError::Unreachable {
            who: "the hub's metrics page",
            why: failed.what,
        })?;
        let line = page.lines().find_map(|line| line.strip_prefix(COMMITS));
        let commits = line.and_then(|rest| rest.trim().parse().ok());
        commits.ok_or_else(|| LoadError::NoFigures {
            called: "the hub".to_owned(),
            why: COMMITS.to_owned(),
        })
    }

    /// Waits until each terminal is signed on at the bank.
    pub(super) async fn signed_on(&self) -> Result<(), LoadError> {
        let mut operations = OperationsServiceClient::new(self.channel().await?);
        let waiting = async {
            loop {
                let status = operations.status(StatusRequest {}).await;
                let status = status.map_err(LoadError::refused("tell its status"))?;
                let terminals = status.into_inner().terminals;
                if terminals.iter().all(|terminal| terminal.signed_on) {
                    return Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = timeout(SIGN_ON_TIMEOUT, waiting).await;
        waited.unwrap_or(Err(LoadError::TooSlow {
            what: "the terminals did not sign on",
            seconds: SIGN_ON_TIMEOUT.as_secs(),
        }))
    }

    /// Settles every batch.
    pub(super) async fn settle(&self) -> Result<(), LoadError> {
        let mut operations = OperationsServiceClient::new(self.channel().await?);
        let refused = LoadError::refused("settle");
        let settled = async {
            let mut steps = operations.settle(SettleRequest {}).await?.into_inner();
            while steps.message().await?.is_some() {}
            Ok(())
        };
        within_order(settled).await.map_err(refused)
    }

    /// Closes a business day; how long that took.
    pub(super) async fn close_day(&self, business_date: String) -> Result<Duration, LoadError> {
        let mut operations = OperationsServiceClient::new(self.channel().await?);
        let began = Instant::now();
        let closed = async {
            let request = CloseDayRequest { business_date };
            let mut steps = operations.close_day(request).await?.into_inner();
            let mut done = false;
            while let Some(step) = steps.message().await? {
                done |= step.done;
            }
            match done {
                true => Ok(began.elapsed()),
                false => Err(tonic::Status::aborted("the close broke off")),
            }
        };
        let closed = within_order(closed).await;
        closed.map_err(LoadError::refused("close the day"))
    }

    /// Asks for a date's summary; the sales in it, and how long the answer took.
    pub(super) async fn summary(
        &self,
        business_date: String,
    ) -> Result<(u64, Duration), LoadError> {
        let mut reports = ReportServiceClient::new(self.channel().await?);
        let began = Instant::now();
        let summary = reports.summary(SummaryRequest { business_date });
        let summary = within_order(summary).await;
        let summary = summary.map_err(LoadError::refused("tell its summary"))?;
        Ok((u64::from(summary.into_inner().sales), began.elapsed()))
    }

    /// Where the journal lies.
    pub(super) fn journal(&self) -> PathBuf {
        self.folder.hub().join("journal")
    }

    /// Stops hub and bank, counts the bank's ledger and has the journal verified.
    pub(super) async fn stop_and_check(self) -> Result<Checked, LoadError> {
        self.hub.stop().await?;
        self.bank.stop().await?;
        let direct = self.keys.terminals.last();
        let direct = direct
            .map(|terminal| terminal.tid.clone())
            .unwrap_or_default();
        let in_ledger = ledger::approved_sales(&self.folder.ledger(), &direct)?;
        note("verifying the hub's journal");
        let config = self.folder.hub().join("store-hub.toml");
        let arguments = ["--config".as_ref(), config.as_os_str()];
        let verified =
            errand::send_within(VERIFY_TIMEOUT, "store-hub", &["verify"], &arguments).await;
        if let Err(error) = &verified {
            note(&error.to_string());
        }
        Ok(Checked {
            in_ledger,
            verified: verified.is_ok(),
        })
    }

    async fn channel(&self) -> Result<Channel, LoadError> {
        let unreachable = |error: tonic::transport::Error| LoadError::Unreachable {
            who: "the hub",
            why: error.to_string(),
        };
        let endpoint = Endpoint::from_shared(format!("http://{}", self.hub_address));
        let endpoint = endpoint.map_err(unreachable)?.tcp_nodelay(true);
        endpoint.connect().await.map_err(unreachable)
    }
}

async fn within_order<T>(
    order: impl Future<Output = Result<T, tonic::Status>>,
) -> Result<T, tonic::Status> {
    let answered = timeout(ORDER_TIMEOUT, order).await;
    answered.unwrap_or_else(|_| Err(tonic::Status::deadline_exceeded("no answer in time")))
}

/// All but the last, which is not the hub's.
fn own_terminals(keys: &StoreKeys) -> &[Terminal] {
    keys.terminals.split_last().map_or(&[], |(_, own)| own)
}

async fn start_hub(
    folder: &RunFolder,
    setting: &HubSetting<'_>,
) -> Result<(Process, SocketAddr), LoadError> {
    let config = folder.hub().join("store-hub.toml");
    folder.write(&config, configuration::hub(setting))?;
    let mut hub = Process::start(Program {
        name: "store-hub",
        called: "store-hub".to_owned(),
        arguments: vec!["run".into(), "--config".into(), config.into()],
        log: folder.logs().join("store-hub.log"),
    })
    .await?;
    let address = hub.listening().await?;
    Ok((hub, address))
}

fn bank_program(folder: &RunFolder) -> Program {
    let host = folder.host();
    let file = |option: &str, name: &str| [OsString::from(option), host.join(name).into()];
    let listen = ["--listen", "127.0.0.1:0", "--dialect", super::bank::DIALECT];
    let files = [
        file("--accounts", "accounts.toml"),
        file("--ledger", "ledger.jsonl"),
        file("--keys", "keys.toml"),
        file("--personality", "personality.toml"),
    ];
    let arguments = listen.map(OsString::from).into_iter();
    Program {
        name: "acquirer-host",
        called: "acquirer-host".to_owned(),
        arguments: arguments.chain(files.into_iter().flatten()).collect(),
        log: folder.logs().join("acquirer-host.log"),
    }
}

/// The echo, as a process of its own, and where it listens.
pub(super) async fn start_echo(folder: &LoadFolder) -> Result<(Process, SocketAddr), LoadError> {
    let mut echo = Process::start(Program {
        name: "sim",
        called: "load-echo".to_owned(),
        arguments: vec!["load-echo".into()],
        log: folder.files.logs().join("load-echo.log"),
    })
    .await?;
    let address = echo.listening().await?;
    Ok((echo, address))
}

/// A file for the floor, on the disk of the journal.
pub(super) fn floor_file(folder: &LoadFolder) -> Result<PathBuf, LoadError> {
    let place = folder.files.root().join("floor");
    folder.files.make(&place).map_err(LoadError::Folder)?;
    let file = place.join("records");
    std::fs::write(&file, b"").map_err(file_error(&file))?;
    Ok(file)
}
