//! A real lane, all of its code, on a simulated disk, over a network that a test can cut.

use std::{
    fs, io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use domain::sale::Screen;
use futures::future::{BoxFuture, LocalBoxFuture};
use journal::CommitDriver;
use journal::{Batch, Journal, LogId, Record, SimulatedDisk};
use lane_agent::{
    Config, PinCheck, Ports,
    devices::{
        self, Device, DeviceClass, DeviceError, DeviceSource, DeviceState, Devices, Key,
        PosKeyboard, Scanner, Stroke,
    },
    start,
};
use ports::{Io, Listener, Network, OsRandom, TcpNetwork};
use prost::Message;
use proto::journal::v1::LaneRecord;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, LocalSet, spawn_local},
};

/// What one connection may still write, and what all of them have written.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    /// The first connections break after so many bytes; the ones after them don't.
    pub(crate) break_after: Vec<u64>,
    written: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

impl Wire {
    pub(crate) fn breaking_after(bytes: &[u64]) -> Self {
        Self {
            break_after: bytes.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Network for Wire {
    fn connect(&self, address: &str) -> BoxFuture<'static, io::Result<Io>> {
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let left = usize::try_from(number)
            .ok()
            .and_then(|number| self.break_after.get(number).copied());
        let connecting = TcpNetwork.connect(address);
        let written = Arc::clone(&self.written);
        Box::pin(async move {
            let inner = connecting.await?;
            Ok(Io::new(Breaking {
                inner,
                left: left.unwrap_or(u64::MAX),
                written,
            }))
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'static, io::Result<Listener>> {
        TcpNetwork.listen(address)
    }
}

struct Breaking {
    inner: Io,
    left: u64,
    written: Arc<AtomicU64>,
}

impl AsyncRead for Breaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Breaking {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let part = &bytes[..bytes.len().min(most)];
        let polled = Pin::new(&mut self.inner).poll_write(context, part);
        if let Poll::Ready(Ok(count)) = &polled {
            let count = u64::try_from(*count).unwrap();
            self.left -= count;
            self.written.fetch_add(count, Ordering::SeqCst);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// A machine of lane 1: its disk outlives it.
pub(crate) struct Machine {
    folder: TempDir,
    pub(crate) disk: SimulatedDisk,
    epoch: u32,
}

/// The keys, the scanner and the screens of a lane.
pub(crate) struct Hands {
    keys: mpsc::Sender<Key>,
    scans: mpsc::Sender<String>,
    screens: watch::Receiver<Option<Screen>>,
}

impl Hands {
    pub(crate) async fn press(&self, key: Key) {
        self.keys.send(key).await.unwrap();
    }

    pub(crate) async fn scan(&self, code: &str) {
        self.scans.send(code.to_owned()).await.unwrap();
    }

    /// The next screen that is as wanted.
    pub(crate) async fn sees(&mut self, wanted: impl Fn(&Screen) -> bool) -> Screen {
        let so = |screen: &Option<Screen>| screen.as_ref().is_some_and(&wanted);
        let waiting = tokio::time::timeout(Duration::from_secs(30), self.screens.wait_for(so));
        let seen = waiting.await.map(|seen| seen.unwrap().clone().unwrap());
        seen.unwrap_or_else(|_| panic!("not seen; the screens say {:?}", self.screens.borrow()))
    }
}

struct Hand<T> {
    class: DeviceClass,
    inputs: mpsc::Receiver<T>,
}

impl<T> Device for Hand<T> {
    fn class(&self) -> DeviceClass {
        self.class
    }

    fn state(&self) -> DeviceState {
        DeviceState::Idle
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        Ok(())
    }

    fn release(&mut self) {}

    fn check_health(&self) -> Result<(), DeviceError> {
        Ok(())
    }
}

impl PosKeyboard for Hand<Key> {
    fn next_stroke(&mut self) -> LocalBoxFuture<'_, Option<Stroke>> {
        Box::pin(async move { self.inputs.recv().await.map(Stroke::Key) })
    }
}

impl Scanner for Hand<String> {
    fn next_scan(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(self.inputs.recv())
    }
}

/// The configured printer and reader; keys and scanner are the test's.
fn by_hand(configured: DeviceSource, give: std::sync::mpsc::Sender<Hands>) -> DeviceSource {
    Box::new(move |wiring| {
        let screens = wiring.screens.clone();
        let devices = configured(wiring)?;
        let (keys, pressed) = mpsc::channel(16);
        let (scans, scanned) = mpsc::channel(16);
        give.send(Hands {
            keys,
            scans,
            screens,
        })
        .unwrap();
        Ok(Devices {
            keyboard: Box::new(Hand {
                class: DeviceClass::PosKeyboard,
                inputs: pressed,
            }),
            scanner: Box::new(Hand {
                class: DeviceClass::Scanner,
                inputs: scanned,
            }),
            people: None,
            ..devices
        })
    })
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}

impl Machine {
    pub(crate) fn new(epoch: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script.jsonl"), "").unwrap();
        Self {
            folder,
            disk: SimulatedDisk::new(),
            epoch,
        }
    }

    /// What a lane without its hub would have written.
    pub(crate) fn has_written(&self, records: &[LaneRecord]) {
        let (journal, mut committer) = Journal::open(self.disk.engine()).unwrap();
        for some in records.chunks(64) {
            let mut batch = Batch::new();
            for record in some {
                batch.record(record.encode_to_vec());
            }
            journal.append(batch).unwrap();
            while committer.commit_waiting().unwrap() {}
        }
    }

    /// Its journal, while it does not run.
    pub(crate) fn records(&self) -> Vec<Record> {
        let (journal, _committer) = Journal::open(self.disk.engine()).unwrap();
        journal.read(LogId::OWN, 1, usize::MAX).unwrap()
    }

    /// Lives until something has come about; then every task of it is gone, as with a process.
    pub(crate) async fn live<T>(
        &self,
        hub: SocketAddr,
        network: Wire,
        until: impl Future<Output = T>,
    ) -> T {
        let local = LocalSet::new();
        local
            .run_until(async {
                let running = self.start(hub, network);
                let seen = until.await;
                running.stop().await;
                seen
            })
            .await
    }

    /// As [`Self::live`], with a person at its keys.
    pub(crate) async fn live_by_hand<T, F: Future<Output = T>>(
        &self,
        hub: SocketAddr,
        until: impl FnOnce(Hands) -> F,
    ) -> T {
        let local = LocalSet::new();
        local
            .run_until(async {
                let (give, hands) = std::sync::mpsc::channel();
                let running =
                    self.start_with(hub, Wire::default(), |configured| by_hand(configured, give));
                let hands = loop {
                    match hands.try_recv() {
                        Ok(hands) => break hands,
                        Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                    }
                };
                let seen = until(hands).await;
                running.stop().await;
                seen
            })
            .await
    }

    /// Where its files lie.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Inside a `LocalSet`.
    fn start(&self, hub: SocketAddr, network: Wire) -> Running {
        self.start_with(hub, network, |configured| configured)
    }

    fn start_with(
        &self,
        hub: SocketAddr,
        network: Wire,
        wired: impl FnOnce(DeviceSource) -> DeviceSource,
    ) -> Running {
        let text = format!(
            r#"
            [lane]
            store_id = "0001"
            lane = 1
            epoch = {}
            currency = "CNY"
            [hub]
            address = "{hub}"
            [journal]
            folder = "journal"
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
            "#,
            self.epoch
        );
        let config = Config::parse(&text, self.folder.path()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let ports = Ports {
            clock: Arc::new(crate::store::opening_clock()),
            random: Arc::new(OsRandom),
            network: Arc::new(network),
            engine: self.disk.engine(),
            commits: CommitDriver::Simulated(Box::new(|| Duration::from_micros(300))),
            devices: wired(devices::configured(&config.devices)),
            pins: PinCheck::Thread,
            shutdown: Box::pin(async move {
                let _ = stopped.await;
            }),
        };
        let task = spawn_local(async move { start(config, ports).await.unwrap() });
        Running { stop, task }
    }
}
