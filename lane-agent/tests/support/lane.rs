//! A lane in a temporary folder, on a simulated disk that survives its kill.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::barcode::check_digit;
use journal::{CommitDriver, Journal, LogId, Record, SimulatedDisk};
use lane_agent::{Config, PinCheck, Ports, devices, start};
use ports::{Clock, Network, OsRandom, SystemClock, TcpNetwork};
use prost::Message;
use proto::{
    journal::v1::{LaneRecord, lane_record::Body},
    store::v1::JournalEntry,
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle, task::spawn_local};

pub const PRICES: &str = "barcode,name,price_minor,currency,kind\n\
    6900000000014,whole milk,1250,CNY,piece\n\
    6900000000021,yogurt,300,CNY,piece\n\
    2100001,beef,0,CNY,price-embedded\n";

pub struct Lane {
    pub folder: TempDir,
    pub disk: SimulatedDisk,
    clock: Arc<dyn Clock>,
    commit: Duration,
    network: Arc<dyn Network>,
}

/// A business clock that a test sets; the other one runs as always.
#[derive(Debug)]
pub struct HandClock {
    wall_ms: AtomicI64,
    skipped_ms: AtomicU64,
    running: SystemClock,
}

impl HandClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            wall_ms: AtomicI64::new(0),
            skipped_ms: AtomicU64::new(0),
            running: SystemClock::new(),
        })
    }

    /// Customers of later orders come now.
    pub fn set(&self, wall_ms: i64) {
        self.wall_ms.store(wall_ms, Ordering::SeqCst);
    }
}

impl HandClock {
    /// So much time goes by at once, whatever the business clock shows.
    pub fn skip(&self, ms: u64) {
        self.skipped_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn wall_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn mono_ms(&self) -> u64 {
        self.running.mono_ms() + self.skipped_ms.load(Ordering::SeqCst)
    }
}

pub struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}

/// The 13 digits of a code whose last digit is left out.
pub fn barcode(body: &str) -> String {
    format!("{body}{}", check_digit(body).unwrap())
}

fn order(name: &str, items: &[String], tenders: &[&str]) -> String {
    let tenders = tenders.join(",");
    format!(r#"{{"order":"{name}","arrive_wall_ms":0,"items":{items:?},"tenders":[{tenders}]}}"#)
}

/// 12.50 and a label of 12.99, for notes.
pub fn cash_order(name: &str) -> String {
    let items = [barcode("690000000001"), barcode("210000101299")];
    order(name, &items, &[r#"{"kind":"cash","give":"round-up"}"#])
}

/// One whole milk by a credit card without PIN, which may be approved without the bank.
pub fn offline_order(name: &str) -> String {
    let card = concat!(
        r#"{"kind":"card","pan":"6216261000000000018","expiry":"3012","card_sequence":"001","#,
        r#""entry":"contactless","pin":null,"service_code":"201","funding":"credit"}"#
    );
    let cash = r#"{"kind":"cash","give":"exact"}"#;
    // Comes when the test's clock says so.
    order(name, &[barcode("690000000001")], &[card, cash]).replace(":0,", ":1000,")
}

/// 12.50 by a chip card with PIN; cash when that fails.
pub fn card_order(name: &str) -> String {
    let card = concat!(
        r#"{"kind":"card","pan":"6216261000000000018","expiry":"3012","card_sequence":"001","#,
        r#""entry":"chip","pin":"1234","service_code":"201","funding":"debit"}"#
    );
    let cash = r#"{"kind":"cash","give":"exact"}"#;
    order(name, &[barcode("690000000001")], &[card, cash])
}

impl Lane {
    pub fn new(script: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script.jsonl"), script.join("\n")).unwrap();
        Self {
            folder,
            disk: SimulatedDisk::new(),
            clock: Arc::new(SystemClock::new()),
            commit: Duration::from_micros(300),
            network: Arc::new(TcpNetwork),
        }
    }

    pub fn with_network(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// Its disk takes so long for a commit.
    pub fn with_commits_of(self, commit: Duration) -> Self {
        Self { commit, ..self }
    }

    pub fn with_clock(self, clock: Arc<HandClock>) -> Self {
        Self { clock, ..self }
    }

    /// Waits until a record that is so is durable on the lane's own disk, whoever hears of it.
    pub async fn until_written(&self, so: impl Fn(&Body) -> bool) {
        for _ in 0..6_000 {
            let (journal, _committer) = Journal::open(self.disk.durable().engine()).unwrap();
            let records = journal.read(LogId::OWN, 1, 1_000).unwrap();
            let body = |record: &Record| LaneRecord::decode(&*record.bytes).unwrap().body;
            if records.iter().filter_map(body).any(|body| so(&body)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not written in time");
    }

    /// Waits until this receipt is out.
    pub async fn until_receipt(&self, name: &str) {
        for _ in 0..6_000 {
            if self.receipts().iter().any(|one| one == name) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} is not out, only {:?}", self.receipts());
    }

    pub fn config_text(hub: SocketAddr) -> String {
        format!(
            r#"
            [lane]
            store_id = "0001"
            lane = 1
            epoch = 1
            currency = "CNY"
            [hub]
            address = "{hub}"
            [journal]
            folder = "journal"
            [timeouts]
            result = "2s"
            hub_grace = "1s"
            [devices.cashier]
            driver = "scripted"
            script = "script.jsonl"
            [devices.printer]
            driver = "file"
            folder = "receipts"
            [devices.reader]
            driver = "scripted"
            [devices.pin_pad]
            driver = "scripted"
            initial_key = "6AC292FAA1315B4D858AB3A3D7D5933A"
            key_serial_number = "FFFF9876543210E00000"
            "#
        )
    }

    pub fn config(&self, hub: SocketAddr) -> Config {
        let text = Self::config_text(hub).replace("6900000000014", &barcode("690000000001"));
        Config::parse(&text, self.folder.path()).unwrap()
    }

    /// Inside a `LocalSet`.
    pub fn start(&self, hub: SocketAddr) -> Running {
        self.start_with(self.config(hub))
    }

    /// The same, but it waits for the result of a payment longer than any test lasts.
    pub fn start_that_waits(&self, hub: SocketAddr) -> Running {
        let text = Self::config_text(hub).replace("6900000000014", &barcode("690000000001"));
        let text = text.replace(r#"result = "2s""#, r#"result = "600s""#);
        assert!(text.contains("600s"));
        self.start_with(Config::parse(&text, self.folder.path()).unwrap())
    }

    pub fn start_with(&self, config: Config) -> Running {
        let (stop, stopped) = oneshot::channel();
        let commit = self.commit;
        let ports = Ports {
            clock: Arc::clone(&self.clock),
            random: Arc::new(OsRandom),
            network: Arc::clone(&self.network),
            engine: self.disk.engine(),
            commits: CommitDriver::Simulated(Box::new(move || commit)),
            devices: devices::configured(&config.devices),
            pins: PinCheck::Thread,
            shutdown: Box::pin(async move {
                let _ = stopped.await;
            }),
        };
        let task = spawn_local(async move { start(config, ports).await.unwrap() });
        Running { stop, task }
    }

    pub fn receipts(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("receipts")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// What it kept of the store's day.
    pub fn store_day(&self) -> String {
        let config = self.config(([127, 0, 0, 1], 1).into());
        fs::read_to_string(config.store_day_file()).unwrap()
    }

    pub fn receipt(&self, name: &str) -> Vec<u8> {
        let path: PathBuf = self.folder.path().join("receipts").join(name);
        fs::read(path).unwrap()
    }
}

/// Customers of this order come when the test's clock shows so much.
pub fn at(order: &str, arrive_wall_ms: i64) -> String {
    order.replace(
        r#""arrive_wall_ms":0"#,
        &format!(r#""arrive_wall_ms":{arrive_wall_ms}"#),
    )
}

/// Every record of the lane, as the hub holds it.
pub fn records(held: &[JournalEntry]) -> Vec<LaneRecord> {
    let decoded = held.iter();
    decoded
        .map(|entry| LaneRecord::decode(entry.record.clone()).unwrap())
        .collect()
}

/// What the lane wrote, as the hub holds it.
pub fn bodies(records: &[JournalEntry]) -> Vec<Body> {
    let records = self::records(records).into_iter();
    records.map(|record| record.body.unwrap()).collect()
}
