//! The link between the store and the bank, as a TCP relay. The relay can be cut, can lose an
//! answer and can delay one. So hub and host stay as they are and talk over real sockets.
//!
//! It decides which messages get through. It never changes one.

mod answer;
mod cable;
mod capture;
pub(crate) mod heading;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex as WriteMutex, Notify, watch},
    task::JoinHandle,
};

pub use answer::Approval;
pub use cable::Cable;
pub use capture::Capture;

use capture::Direction;

/// Length prefix of a frame.
const PREFIX_BYTES: usize = 2;

/// One relay with its controls. Dropping it ends it.
#[derive(Debug)]
pub struct AcquirerLink {
    address: SocketAddr,
    up: watch::Sender<bool>,
    answers: Arc<Answers>,
    accepting: JoinHandle<()>,
}

/// Shared by all connections of the line.
#[derive(Debug, Default)]
struct Answers {
    orders: Mutex<Orders>,
    /// Something that was kept back may go on.
    released: Notify,
}

/// What is to happen to answers, and what has happened.
#[derive(Debug, Default)]
struct Orders {
    /// For the next approval; the one after it passes.
    next_approval: Fate,
    swallowed: Vec<Approval>,
    held: Option<Held>,
    /// Kept back and then let go on, oldest first.
    delayed: Vec<Approval>,
}

/// An approval that is kept back.
#[derive(Debug)]
struct Held {
    approval: Approval,
    frame: Vec<u8>,
    may_go: bool,
}

/// What every connection of a line needs.
#[derive(Clone)]
struct Carriage {
    host: SocketAddr,
    answers: Arc<Answers>,
    capture: Option<Arc<Capture>>,
}

/// What happens to one message of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Passes,
    IsSwallowed,
    IsHeld,
}

impl AcquirerLink {
    /// A line to the host at `host`, listening on a free port of the loopback. With a capture
    /// every message is written down, too.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn open(host: SocketAddr, capture: Option<Capture>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (up, is_up) = watch::channel(true);
        let answers: Arc<Answers> = Arc::default();
        let carriage = Carriage {
            host,
            answers: Arc::clone(&answers),
            capture: capture.map(Arc::new),
        };
        let serve = move |hub, up| {
            tokio::spawn(relay(hub, carriage.clone(), up));
        };
        let accepting = tokio::spawn(accept(listener, is_up, serve));
        Ok(Self {
            address,
            up,
            answers,
            accepting,
        })
    }

    /// Where the hub connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes what is open and refuses what comes, until [`AcquirerLink::mend`].
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Takes connections again.
    pub fn mend(&self) {
        self.up.send_replace(true);
    }

    /// The next approved sale never reaches the hub.
    pub fn swallow_next_approval(&self) {
        self.answers.orders().next_approval = Fate::IsSwallowed;
    }

    /// The next approved sale is kept back until [`AcquirerLink::release`].
    pub fn hold_next_approval(&self) {
        self.answers.orders().next_approval = Fate::IsHeld;
    }

    /// The approval that is kept back now.
    #[must_use]
    pub fn held(&self) -> Option<Approval> {
        let orders = self.answers.orders();
        orders.held.as_ref().map(|held| held.approval.clone())
    }

    /// What is kept back reaches the hub now, on the connection there is, or on the next one.
    pub fn release(&self) {
        if let Some(held) = &mut self.answers.orders().held {
            held.may_go = true;
        }
        self.answers.released.notify_one();
    }

    /// What is kept back never reaches the hub; what was to be kept back or lost is not.
    pub fn drop_held(&self) {
        let mut orders = self.answers.orders();
        orders.next_approval = Fate::Passes;
        if let Some(held) = orders.held.take() {
            orders.swallowed.push(held.approval);
        }
    }

    /// The approvals that never reached the hub, oldest first.
    #[must_use]
    pub fn swallowed(&self) -> Vec<Approval> {
        self.answers.orders().swallowed.clone()
    }

    /// The approvals that were kept back and then reached the hub, oldest first.
    #[must_use]
    pub fn delayed(&self) -> Vec<Approval> {
        self.answers.orders().delayed.clone()
    }
}

impl Answers {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AcquirerLink {
    fn drop(&mut self) {
        self.accepting.abort();
        self.up.send_replace(false);
    }
}

impl Orders {
    fn judge(&mut self, frame: &[u8]) -> Fate {
        let payload = frame.get(PREFIX_BYTES..).unwrap_or_default();
        let approval = match self.next_approval {
            Fate::Passes => None,
            Fate::IsSwallowed | Fate::IsHeld => answer::approved_sale(payload),
        };
        let Some(approval) = approval else {
            return Fate::Passes;
        };
        let fate = std::mem::take(&mut self.next_approval);
        match fate {
            Fate::Passes => {}
            Fate::IsSwallowed => self.swallowed.push(approval),
            Fate::IsHeld => {
                self.held = Some(Held {
                    approval,
                    frame: frame.to_vec(),
                    may_go: false,
                });
            }
        }
        fate
    }

    /// The frame that was kept back, once it may go on.
    fn let_go(&mut self) -> Option<Vec<u8>> {
        let held = self.held.take_if(|held| held.may_go)?;
        self.delayed.push(held.approval);
        Some(held.frame)
    }
}

/// Takes connections while the line is up. While it is cut the port stays ours, bound and not
/// listening, so that a connect is refused and nobody else can take the port.
async fn accept(
    mut listener: TcpListener,
    mut up: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, watch::Receiver<bool>),
) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    loop {
        let accepted = tokio::select! {
            biased;
            _ = up.wait_for(|up| !up) => None,
            accepted = listener.accept() => Some(accepted),
        };
        match accepted {
            Some(Ok((caller, _))) => serve(caller, up.clone()),
            Some(Err(_)) => {}
            None => {
                drop(listener);
                let Ok(held) = hold(address) else { return };
                // The line itself is gone.
                if up.wait_for(|up| *up).await.is_err() {
                    return;
                }
                match held.listen(64) {
                    Ok(again) => listener = again,
                    Err(_) => return,
                }
            }
        }
    }
}

fn hold(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Carries one connection until either side closes it or the line is cut.
async fn relay(hub: TcpStream, carriage: Carriage, mut up: watch::Receiver<bool>) {
    let Ok(bank) = TcpStream::connect(carriage.host).await else {
        return;
    };
    // Without it small messages wait for acknowledgements, tens of milliseconds each.
    if hub
        .set_nodelay(true)
        .and_then(|()| bank.set_nodelay(true))
        .is_err()
    {
        return;
    }
    let (hub_reads, hub_writes) = hub.into_split();
    let (bank_reads, bank_writes) = bank.into_split();
    let hub_writes = WriteMutex::new(hub_writes);
    tokio::select! {
        biased;
        _ = up.wait_for(|up| !up) => {}
        _ = carry_requests(hub_reads, bank_writes, carriage.capture.as_deref()) => {}
        _ = carry_answers(bank_reads, &hub_writes, &carriage) => {}
        _ = carry_late(&hub_writes, &carriage.answers) => {}
    }
}

/// Message by message only where they are written down: otherwise bytes pass as they come.
async fn carry_requests(
    mut hub: OwnedReadHalf,
    mut bank: OwnedWriteHalf,
    capture: Option<&Capture>,
) -> io::Result<()> {
    let Some(capture) = capture else {
        return copy(&mut hub, &mut bank).await.map(drop);
    };
    loop {
        let frame = read_frame(&mut hub).await?;
        capture.note(Direction::ToHost, true, &frame)?;
        bank.write_all(&frame).await?;
    }
}

/// A message with the two bytes that say how long it is.
async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = from.read_u16().await?;
    let mut frame = vec![0; usize::from(length) + PREFIX_BYTES];
    let (prefix, payload) = frame.split_at_mut(PREFIX_BYTES);
    prefix.copy_from_slice(&length.to_be_bytes());
    from.read_exact(payload).await?;
    Ok(frame)
}

async fn carry_answers(
    mut bank: OwnedReadHalf,
    hub: &WriteMutex<OwnedWriteHalf>,
    carriage: &Carriage,
) -> io::Result<()> {
    loop {
        let frame = read_frame(&mut bank).await?;
        let fate = carriage.answers.orders().judge(&frame);
        if let Some(capture) = &carriage.capture {
            capture.note(Direction::FromHost, fate == Fate::Passes, &frame)?;
        }
        match fate {
            Fate::Passes => hub.lock().await.write_all(&frame).await?,
            Fate::IsSwallowed | Fate::IsHeld => {}
        }
    }
}

/// Brings the hub what was kept back, once it may go on.
async fn carry_late(hub: &WriteMutex<OwnedWriteHalf>, answers: &Answers) -> io::Result<()> {
    loop {
        let late = answers.orders().let_go();
        match late {
            Some(frame) => hub.lock().await.write_all(&frame).await?,
            None => answers.released.notified().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bank() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn framed(payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap();
        [&length.to_be_bytes()[..], payload].concat()
    }

    #[tokio::test]
    async fn bytes_pass_both_ways() {
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, None).await.unwrap();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        hub.write_all(b"ask").await.unwrap();
        let mut asked = [0; 3];
        host.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"ask");
        let frame = framed(b"no message of the dialect");
        host.write_all(&frame).await.unwrap();
        let mut answered = vec![0; frame.len()];
        hub.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, frame);
    }

    #[tokio::test]
    async fn a_cut_line_closes_refuses_and_comes_back_on_the_same_port() {
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, None).await.unwrap();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let _host = listener.accept().await.unwrap();
        line.cut();
        let mut byte = [0];
        let read = hub.read(&mut byte).await;
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
        // The listener closes in a task of its own; a connection that slips in is closed, too.
        while let Ok(mut slipped) = TcpStream::connect(line.address()).await {
            assert!(matches!(slipped.read(&mut byte).await, Ok(0) | Err(_)));
        }
        line.mend();
        let again = loop {
            match TcpStream::connect(line.address()).await {
                Ok(stream) => break stream,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        listener.accept().await.unwrap();
        drop(again);
    }

    #[tokio::test]
    async fn a_capture_holds_what_passed_and_what_did_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("line.jsonl");
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, Some(Capture::open(&path).unwrap()));
        let line = line.await.unwrap();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        line.swallow_next_approval();
        let (request, lost, answer) = (
            framed(b"request"),
            framed(&answer::tests::sale_answer(42, "00")),
            framed(b"answer"),
        );
        hub.write_all(&request).await.unwrap();
        let mut seen = vec![0; request.len()];
        host.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, request);
        host.write_all(&[&lost[..], &answer].concat())
            .await
            .unwrap();
        let mut seen = vec![0; answer.len()];
        hub.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, answer);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (&line["direction"], &line["passed"], &line["hex"]))
            .map(|(way, passed, hex)| {
                (way.as_str().unwrap(), passed == true, hex.as_str().unwrap())
            })
            .collect();
        let hex = [&request, &lost, &answer].map(|frame| iso8583::hex::encode(frame));
        assert_eq!(
            told,
            [
                ("to-host", true, hex[0].as_str()),
                ("from-host", false, &hex[1]),
                ("from-host", true, &hex[2]),
            ]
        );
    }

    #[tokio::test]
    async fn one_approval_is_lost_and_the_next_passes() {
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, None).await.unwrap();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        line.swallow_next_approval();
        let declined = answer::tests::sale_answer(41, "51");
        let first = answer::tests::sale_answer(42, "00");
        let second = answer::tests::sale_answer(43, "00");
        for payload in [&declined, &first, &second] {
            host.write_all(&framed(payload)).await.unwrap();
        }
        for payload in [&declined, &second] {
            let mut answered = vec![0; payload.len() + 2];
            hub.read_exact(&mut answered).await.unwrap();
            assert_eq!(answered, framed(payload));
        }
        let swallowed = line.swallowed();
        assert_eq!(swallowed.len(), 1);
        assert_eq!(swallowed[0].stan, 42);
        assert_eq!(swallowed[0].tid, "LANE0001");
    }

    #[tokio::test]
    async fn an_approval_that_is_kept_back_arrives_late_and_the_next_overtakes_it() {
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, None).await.unwrap();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        line.hold_next_approval();
        let first = answer::tests::sale_answer(42, "00");
        let second = answer::tests::sale_answer(43, "00");
        for payload in [&first, &second] {
            host.write_all(&framed(payload)).await.unwrap();
        }
        let mut answered = vec![0; second.len() + 2];
        hub.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, framed(&second));
        assert_eq!(line.held().unwrap().stan, 42);
        line.release();
        hub.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, framed(&first));
        assert_eq!(line.held(), None);
        assert_eq!(line.delayed()[0].stan, 42);
    }

    #[tokio::test]
    async fn an_approval_kept_back_over_a_broken_connection_arrives_on_the_next() {
        let (listener, address) = bank().await;
        let line = AcquirerLink::open(address, None).await.unwrap();
        let hub = TcpStream::connect(line.address()).await.unwrap();
        let (mut host, _) = listener.accept().await.unwrap();
        line.hold_next_approval();
        let late = framed(&answer::tests::sale_answer(42, "00"));
        host.write_all(&late).await.unwrap();
        while line.held().is_none() {
            tokio::task::yield_now().await;
        }
        drop(hub);
        let mut byte = [0];
        assert_eq!(host.read(&mut byte).await.unwrap(), 0);
        line.release();
        let mut hub = TcpStream::connect(line.address()).await.unwrap();
        let mut answered = vec![0; late.len()];
        hub.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, late);
    }
}
