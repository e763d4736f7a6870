//! A store in a folder: hub and acquirer, each on a thread of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use acquirer_host::{Accounts, MemoryLedger, Personality, TerminalKeys};
use domain::ids::PaymentId;
use iso8583::dialect::Dialect;
use journal::{CommitDriver, SimulatedDisk};
use ports::{BusinessClock, Clock, OsRandom, SystemClock, TcpNetwork};
use proto::{
    journal::v1::{ForwardEndKind, ForwardKind},
    store::v1::{
        CloseDayProgress, CloseDayRequest, PaymentHistory, PaymentQuery, StatusRequest,
        StatusResponse, close_day_progress::Told,
        operations_service_client::OperationsServiceClient,
    },
};
use store_hub::{Config, JournalConfig, KeyFile, Ports, SoftwareKeys, start};
use tempfile::TempDir;
use tokio::{runtime, sync::oneshot, task::LocalSet};
use tonic::transport::Channel;

/// The first date of every store here, and eight o'clock of it in UTC.
pub(crate) const FIRST_DAY: &str = "2026-11-22";
const OPENING_WALL_MS: i64 = 1_795_334_400_000;

pub(crate) const APPROVED_PAN: &str = "6216261000000000018";
pub(crate) const DECLINED_PAN: &str = "6216261000000000026";
pub(crate) const SILENT_PAN: &str = "6216261000000000034";
pub(crate) const PARTIAL_PAN: &str = "6216261000000000042";

const ACCOUNTS: &str = r#"
[[account]]
pan = "6216261000000000018"
balance_minor = 10000000
behaviour = "approve"
pin = "123456"

[[account]]
pan = "6216261000000000026"
balance_minor = 10000000
behaviour = "decline:51"

[[account]]
pan = "6216261000000000034"
balance_minor = 10000000
behaviour = "silent"

[[account]]
pan = "6216261000000000042"
balance_minor = 700
behaviour = "partial"

[[wallet]]
name = "pays"
codes = "13000000"
behaviour = "pays"

[[wallet]]
name = "confirms"
codes = "13000001"
behaviour = "confirms:900"

[[wallet]]
name = "never confirms"
codes = "13000002"
behaviour = "never-confirms"

[[wallet]]
name = "declines"
codes = "28000003"
behaviour = "declines:51"

[[wallet]]
name = "lost"
codes = "13000004"
behaviour = "lost"

[[wallet]]
name = "silent"
codes = "13000005"
behaviour = "silent"

[[wallet]]
name = "late"
codes = "13000006"
behaviour = "late:600"

[[wallet]]
name = "twice"
codes = "13000007"
behaviour = "twice"

[[wallet]]
name = "wrong amount"
codes = "13000008"
behaviour = "wrong-amount"

[[wallet]]
name = "unseen"
codes = "62000009"
behaviour = "unseen"
"#;

pub(crate) const KEYS: &str = r#"
mode = "test"

[[terminal]]
tid = "LANE0001"
tmk = "0123456789ABCDEFFEDCBA9876543210"

[[terminal]]
tid = "LANE0002"
tmk = "0123456789ABCDEFFEDCBA9876543210"

[pin]
bdk = "0123456789ABCDEFFEDCBA9876543210"

[card_sealing]
private_key = "1111111111111111111111111111111111111111111111111111111111111111"

[card_hash]
key = "2222222222222222222222222222222222222222222222222222222222222222"
"#;

/// A clock of the first date, from its opening on, as fast as any other.
/// The same for every hub and lane of these tests: none is set back by a start.
pub(crate) fn opening_clock() -> BusinessClock {
    BusinessClock::new(*OPENED_REAL_MS, OPENING_WALL_MS, 1)
}

static OPENED_REAL_MS: LazyLock<i64> = LazyLock::new(|| SystemClock::new().wall_ms());

/// The same for a command that looks at a stopped hub.
fn clock_section() -> String {
    let now_ms = *OPENED_REAL_MS;
    format!(
        "[clock]\nkind = \"business\"\norigin_real_ms = {now_ms}\n\
         origin_business_ms = {OPENING_WALL_MS}\nspeed = 1\n"
    )
}

/// A thread that runs until it is told to stop, or until its runtime is thrown away.
struct Thread {
    stop: Option<oneshot::Sender<bool>>,
    joined: Option<JoinHandle<()>>,
}

impl Thread {
    /// Clean: what is decided becomes durable. Not clean: everything is dropped where it stands.
    fn stop(&mut self, clean: bool) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(clean);
        }
        if let Some(joined) = self.joined.take() {
            joined.join().unwrap();
        }
    }
}

/// Waits for the end: a journal whose folder is taken away under it ends the process.
impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(true);
        }
        if let Some(joined) = self.joined.take() {
            // A test that fails has said why already.
            let _ = joined.join();
        }
    }
}

pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: MemoryLedger,
    thread: Thread,
}

impl Host {
    pub(crate) fn start(listen: &str, ledger: MemoryLedger) -> Self {
        Self::with_personality(listen, ledger, Personality::default())
    }

    pub(crate) fn with_personality(
        listen: &str,
        ledger: MemoryLedger,
        personality: Personality,
    ) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<bool>();
        let kept = ledger.clone();
        let listen = listen.to_owned();
        let joined = thread::spawn(move || {
            let dialect = Dialect::built_in("cup-pos").unwrap();
            let config = acquirer_host::Config {
                listen,
                dialect: Arc::new(dialect.counting_prefix(personality.length_counts_itself)),
                personality,
                accounts: Accounts::parse(ACCOUNTS).unwrap(),
                terminal_keys: TerminalKeys::test().unwrap(),
            };
            let ports = acquirer_host::Ports {
                network: Arc::new(TcpNetwork),
                clock: Arc::new(opening_clock()),
                random: Arc::new(OsRandom),
                ledger: Box::new(ledger),
            };
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let announce = move |address| tell.send(address).unwrap();
                let shutdown = async {
                    let _ = stopped.await;
                };
                acquirer_host::start(config, ports, announce, shutdown)
                    .await
                    .unwrap();
            });
        });
        Self {
            address: told.recv_timeout(Duration::from_secs(20)).unwrap(),
            ledger: kept,
            thread: Thread {
                stop: Some(stop),
                joined: Some(joined),
            },
        }
    }

    /// The bank is gone; its ledger stays.
    pub(crate) fn stop(mut self) -> (SocketAddr, MemoryLedger) {
        self.thread.stop(true);
        (self.address, self.ledger.clone())
    }

    /// Lines of the ledger that carry this payment.
    pub(crate) fn lines(&self, id: PaymentId) -> Vec<serde_json::Value> {
        let mut lines = self.all_lines();
        lines.retain(|line| line["payment_ref"] == id.to_string());
        lines
    }

    /// Every line of the ledger.
    pub(crate) fn all_lines(&self) -> Vec<serde_json::Value> {
        let bytes = self.ledger.bytes();
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

pub(crate) struct Hub {
    pub(crate) address: SocketAddr,
    thread: Thread,
}

impl Hub {
    fn start(
        config: PathBuf,
        disk: Option<(SimulatedDisk, Duration)>,
        services: Option<runtime::Runtime>,
    ) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<bool>();
        let joined = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let local = LocalSet::new();
            local.block_on(&runtime, async move {
                let config = Config::load(&config).unwrap();
                let keys = SoftwareKeys::new(KeyFile::load(&config.keys_file).unwrap()).unwrap();
                let (engine, commits) = match disk {
                    None => (engine(&config.journal), CommitDriver::Thread),
                    Some((disk, delay)) => (
                        disk.engine(),
                        CommitDriver::Simulated(Box::new(move || delay)),
                    ),
                };
                let (clean, wanted) = oneshot::channel::<()>();
                let ports = Ports {
                    clock: Arc::new(opening_clock()),
                    random: Arc::new(OsRandom),
                    network: Arc::new(TcpNetwork),
                    engine,
                    keys: Arc::new(keys),
                    commits,
                    services: services.as_ref().map(|runtime| runtime.handle().clone()),
                    reports: None,
                    listening: Box::new(move |address| tell.send(address).unwrap()),
                    shutdown: Box::pin(async {
                        let _ = wanted.await;
                    }),
                };
                let hub = start(config, ports);
                tokio::pin!(hub);
                tokio::select! {
                    ended = &mut hub => panic!("the hub ended by itself: {ended:?}"),
                    how = stopped => if how == Ok(false) { return },
                }
                drop(clean);
                hub.await.unwrap();
                if let Some(services) = services {
                    services.shutdown_background();
                }
            });
        });
        // A bench starts on a journal of a million records.
        let address = told.recv_timeout(Duration::from_secs(120));
        Self {
            address: address.expect("the hub did not start"),
            thread: Thread {
                stop: Some(stop),
                joined: Some(joined),
            },
        }
    }

    pub(crate) async fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::connect(format!("http://{}", self.address))
            .await
            .unwrap()
    }

    pub(crate) async fn status(&self) -> StatusResponse {
        let mut operations = self.operations().await;
        operations
            .status(StatusRequest {})
            .await
            .unwrap()
            .into_inner()
    }

    /// Asks for the status until it is as wanted.
    pub(crate) async fn status_until(
        &self,
        what: &str,
        wanted: impl Fn(&StatusResponse) -> bool,
    ) -> StatusResponse {
        for _ in 0..2000 {
            let status = self.status().await;
            if wanted(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}; {:?}", self.status().await);
    }

    pub(crate) async fn signed_on(&self) {
        self.status_until("all terminals signed on", |status| {
            status.terminals.iter().all(|terminal| terminal.signed_on)
        })
        .await;
    }

    pub(crate) async fn history(&self, id: PaymentId) -> Option<PaymentHistory> {
        let query = PaymentQuery {
            payment_id: id.to_string(),
        };
        let history = self.operations().await.payment(query).await;
        history.ok().map(tonic::Response::into_inner)
    }

    pub(crate) async fn history_until(
        &self,
        id: PaymentId,
        what: &str,
        wanted: impl Fn(&PaymentHistory) -> bool,
    ) -> PaymentHistory {
        for _ in 0..2000 {
            if let Some(history) = self.history(id).await
                && wanted(&history)
            {
                return history;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}; {:#?}", self.history(id).await);
    }

    pub(crate) async fn close_day(&self) -> Result<Vec<CloseDayProgress>, tonic::Status> {
        self.close_date("").await
    }

    pub(crate) async fn close_date(
        &self,
        business_date: &str,
    ) -> Result<Vec<CloseDayProgress>, tonic::Status> {
        let mut operations = self.operations().await;
        let request = CloseDayRequest {
            business_date: business_date.to_owned(),
        };
        let mut steps = operations.close_day(request).await?.into_inner();
        let mut told = Vec::new();
        while let Some(step) = steps.message().await? {
            told.push(step);
        }
        Ok(told)
    }

    /// A hub on this configuration, whoever wrote it.
    pub(crate) fn start_on(config: PathBuf) -> Self {
        Self::start(config, None, None)
    }

    /// Stops cleanly.
    pub(crate) fn stop(mut self) {
        self.thread.stop(true);
    }

    /// Everything is dropped where it stands.
    pub(crate) fn crash(mut self) {
        self.thread.stop(false);
    }
}

/// A bank, a store in a folder, and its hub with every terminal signed on.
pub(crate) async fn at_work() -> (Host, Store, Hub) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    (bank, store, hub)
}

/// The committer of a hub before may hold the folder for a moment longer.
pub(crate) fn engine(config: &JournalConfig) -> Box<dyn journal::Engine> {
    for _ in 0..200 {
        if let Ok(engine) = config.engine.open(&config.folder) {
            return engine;
        }
        thread::sleep(Duration::from_millis(20));
    }
    config.engine.open(&config.folder).unwrap()
}

/// A journal in this folder, as a hub that was configured without a word about its engine keeps it.
pub(crate) fn sled_in(folder: &Path) -> JournalConfig {
    JournalConfig {
        engine: journal::EngineKind::Sled,
        folder: folder.to_owned(),
    }
}

/// A folder with a configuration.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
}

impl Store {
    pub(crate) fn new(bank: SocketAddr) -> Self {
        Self::new_in(&std::env::temp_dir(), bank)
    }

    pub(crate) fn new_in(folder: &Path, bank: SocketAddr) -> Self {
        let folder = tempfile::tempdir_in(folder).unwrap();
        let config = include_str!("../../../config/store-hub.example.toml");
        let config = config
            .replace("127.0.0.1:7001", "127.0.0.1:0")
            .replace("127.0.0.1:7201", "127.0.0.1:0")
            .replace("127.0.0.1:7002", &bank.to_string())
            .replace("answer_timeout = \"60s\"", "answer_timeout = \"700ms\"")
            .replace(
                "forward_answer_timeout = \"700ms\"",
                "forward_answer_timeout = \"2s\"",
            )
            .replace("backoff_min = \"1s\"", "backoff_min = \"50ms\"")
            .replace("backoff_max = \"60s\"", "backoff_max = \"200ms\"")
            .replace("[clock]\nkind = \"system\"\n", &clock_section())
            .replace("close_timeout = \"15m\"", "close_timeout = \"500ms\"")
            .replace("late_quiet = \"60s\"", "late_quiet = \"400ms\"");
        let cut = config.find("[[terminal]]\ntid = \"LANE0003\"").unwrap();
        let journal = config.find("[journal]").unwrap();
        let config = format!("{}{}", &config[..cut], &config[journal..]);
        std::fs::write(folder.path().join("store-hub.toml"), config).unwrap();
        std::fs::write(folder.path().join("keys.toml"), KEYS).unwrap();
        let prices = "barcode,name,price_minor,currency,kind\n6900000000014,milk,1250,CNY,piece\n";
        std::fs::write(folder.path().join("prices.csv"), prices).unwrap();
        Self { folder }
    }

    /// The same store, its configuration with this line in place of that one.
    pub(crate) fn with(self, was: &str, is: &str) -> Self {
        let config = std::fs::read_to_string(self.config()).unwrap();
        assert!(config.contains(was), "{was}");
        std::fs::write(self.config(), config.replacen(was, is, 1)).unwrap();
        self
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("store-hub.toml")
    }

    pub(crate) fn start(&self) -> Hub {
        Hub::start(self.config(), None, None)
    }

    /// A hub whose gRPC has threads of its own, as `store-hub run` does it.
    pub(crate) fn start_as_in_production(&self) -> Hub {
        let services = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        Hub::start(self.config(), None, Some(services))
    }

    /// A hub whose journal is in memory, each commit taking so long.
    pub(crate) fn start_on_slow_disk(&self, commit: Duration) -> Hub {
        self.start_on_disk(&SimulatedDisk::new(), commit)
    }

    /// A hub whose journal is on this disk, each commit taking so long.
    pub(crate) fn start_on_disk(&self, disk: &SimulatedDisk, commit: Duration) -> Hub {
        Hub::start(self.config(), Some((disk.clone(), commit)), None)
    }
}

/// Whether a queue entry of it took the payment back.
pub(crate) fn is_reversed(history: &PaymentHistory) -> bool {
    let state = history.state.as_ref().unwrap();
    state.forwards.iter().any(|entry| {
        entry.kind() == ForwardKind::Reversal && entry.end() == ForwardEndKind::Delivered
    })
}

/// Whether this step of a close names the payment as one that lane and hub differ on.
pub(crate) fn tells_difference(step: &CloseDayProgress, payment_id: &str) -> bool {
    matches!(&step.told, Some(Told::Difference(one)) if one.payment_id == payment_id)
}
