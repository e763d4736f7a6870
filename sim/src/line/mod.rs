//! The line between the store and the bank: a TCP relay that can be cut and can lose an answer, so
//! that hub and host stay as they are and talk over real sockets.
//!
//! It decides what gets through, never what is in it: a message passes byte for byte or not at all.

mod answer;
mod capture;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

pub use answer::Approval;
pub use capture::Capture;

use capture::Direction;

/// One relay with its controls. Dropping it ends it.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    up: watch::Sender<bool>,
    orders: Arc<Mutex<Orders>>,
    accepting: JoinHandle<()>,
}

/// What is to happen to answers, and what has happened.
#[derive(Debug, Default)]
struct Orders {
    swallow_next_approval: bool,
    swallowed: Vec<Approval>,
}

/// What every connection of a line needs.
#[derive(Clone)]
struct Carriage {
    host: SocketAddr,
    orders: Arc<Mutex<Orders>>,
    capture: Option<Arc<Capture>>,
}

/// What happens to one message of the host.
enum Fate {
    Passes,
    IsSwallowed,
}

impl Line {
    /// A line to the host at `host`, listening on a free port of the loopback. With a capture
    /// every message is written down, too.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn open(host: SocketAddr, capture: Option<Capture>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (up, is_up) = watch::channel(true);
        let orders = Arc::default();
        let carriage = Carriage {
            host,
            orders: Arc::clone(&orders),
            capture: capture.map(Arc::new),
        };
        let accepting = tokio::spawn(accept(listener, carriage, is_up));
        Ok(Self {
            address,
            up,
            orders,
            accepting,
        })
    }

    /// Where the hub connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes what is open and refuses what comes, until [`Line::mend`].
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Takes connections again.
    pub fn mend(&self) {
        self.up.send_replace(true);
    }

    /// The next approved sale never reaches the hub.
    pub fn swallow_next_approval(&self) {
        self.orders().swallow_next_approval = true;
    }

    /// The approvals that never reached the hub, oldest first.
    #[must_use]
    pub fn swallowed(&self) -> Vec<Approval> {
        self.orders().swallowed.clone()
    }

    fn orders(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
        self.up.send_replace(false);
    }
}

impl Orders {
    fn judge(&mut self, payload: &[u8]) -> Fate {
        if !self.swallow_next_approval {
            return Fate::Passes;
        }
        match answer::approved_sale(payload) {
            Some(approval) => {
                self.swallow_next_approval = false;
                self.swallowed.push(approval);
                Fate::IsSwallowed
            }
            None => Fate::Passes,
        }
    }
}

/// Takes connections while the line is up. While it is cut the port stays ours, bound and not
/// listening, so that a connect is refused and nobody else can take the port.
async fn accept(mut listener: TcpListener, carriage: Carriage, mut up: watch::Receiver<bool>) {
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
            Some(Ok((hub, _))) => {
                tokio::spawn(relay(hub, carriage.clone(), up.clone()));
            }
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
    tokio::select! {
        biased;
        _ = up.wait_for(|up| !up) => {}
        _ = carry_requests(hub_reads, bank_writes, carriage.capture.as_deref()) => {}
        _ = carry_answers(bank_reads, hub_writes, &carriage) => {}
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
    let mut frame = vec![0; usize::from(length) + 2];
    let (prefix, payload) = frame.split_at_mut(2);
    prefix.copy_from_slice(&length.to_be_bytes());
    from.read_exact(payload).await?;
    Ok(frame)
}

async fn carry_answers(
    mut bank: OwnedReadHalf,
    mut hub: OwnedWriteHalf,
    carriage: &Carriage,
) -> io::Result<()> {
    loop {
        let frame = read_frame(&mut bank).await?;
        let fate = carriage
            .orders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .judge(frame.get(2..).unwrap_or_default());
        let passes = matches!(fate, Fate::Passes);
        if let Some(capture) = &carriage.capture {
            capture.note(Direction::FromHost, passes, &frame)?;
        }
        if passes {
            hub.write_all(&frame).await?;
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
        let line = Line::open(address, None).await.unwrap();
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
        let line = Line::open(address, None).await.unwrap();
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
        let line = Line::open(address, Some(Capture::open(&path).unwrap()));
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
        let line = Line::open(address, None).await.unwrap();
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
}
