//! The acquirer link: one TCP connection, many terminals on it.
//!
//! Tells the desk when the line is up or down, what was not sent (no byte left), what broke after
//! a byte may have left, and what was answered. What to send, and when an answer is overdue, the
//! desk decides. A sign-on is sent when the desk asks for one, never otherwise.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use actix::{Actor, Addr, AsyncContext, Context, WrapFuture};
use domain::{
    desk::{Binding, Event, Outgoing},
    ids::{BatchNumber, Mid, Stan, Tid},
    limits::CONNECT_TIMEOUT_MS,
    response_code::ResponseCode,
};
use iso8583::{
    dialect::Dialect,
    frame::{FrameReader, FrameTimeouts},
    message::Message,
};
use ports::{Io, Network, Random};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::payment_desk::{Happened, PaymentDesk};
use crate::{
    acquirer::{self, FromBank},
    card_vault::CardForMessage,
    keys::KeyStore,
};

/// A frame that the peer takes no byte of for so long: the line is dead.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// A frame that stops in the middle for so long: the line is dead.
const PARTIAL_FRAME_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest wait for the answer to an echo.
const ECHO_TIMEOUT_MAX: Duration = Duration::from_secs(10);

/// What the desk tells the link. It never waits for it.
#[derive(Debug)]
pub(crate) enum LinkCommand {
    /// Send this message; at most one a TID is outstanding.
    Send {
        outgoing: Outgoing,
        card: Box<CardForMessage>,
    },
    /// Sign this terminal on.
    SignOn {
        tid: Tid,
        batch: Option<BatchNumber>,
    },
}

/// What a link is made of.
#[derive(Clone)]
pub(crate) struct LinkParts {
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) address: String,
    pub(crate) terminals: Vec<(Tid, Mid)>,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
    pub(crate) echo_every: Duration,
    pub(crate) sign_on_timeout: Duration,
}

/// The actor: owns the loop that owns the connection.
pub(crate) struct AcquirerLink {
    pub(crate) parts: LinkParts,
    pub(crate) commands: Option<mpsc::Receiver<LinkCommand>>,
}

impl Actor for AcquirerLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(commands) = self.commands.take() else {
            return;
        };
        let link = Link {
            parts: self.parts.clone(),
            commands,
            next_stan: Stan::FIRST,
        };
        ctx.spawn(link.run().into_actor(self));
    }
}

/// The hub is stopping: the desk is gone, or nobody commands any more.
struct HubStops;

/// How a connection was.
struct ConnectionEnd {
    /// Whether the bank said anything on it.
    heard: bool,
}

struct Link {
    parts: LinkParts,
    commands: mpsc::Receiver<LinkCommand>,
    /// Of network messages alone; the desk's messages carry the desk's.
    next_stan: Stan,
}

impl Link {
    async fn run(mut self) {
        let mut tries = 0;
        loop {
            match self.connect(tries).await {
                Ok(Some(io)) => match self.live(io).await {
                    // A peer that takes connections and never speaks is as good as none.
                    Ok(ConnectionEnd { heard }) if heard => tries = 1,
                    Ok(ConnectionEnd { .. }) => tries = u32::saturating_add(tries, 1),
                    Err(HubStops) => return,
                },
                Ok(None) => tries = u32::saturating_add(tries, 1),
                Err(HubStops) => return,
            }
        }
    }

    /// One try, after its pause. What is commanded meanwhile comes back as not sent.
    async fn connect(&mut self, tries: u32) -> Result<Option<Io>, HubStops> {
        let pause = self.pause(tries);
        let connecting = self.parts.network.connect(&self.parts.address);
        let attempt = async move {
            sleep(pause).await;
            timeout(Duration::from_millis(CONNECT_TIMEOUT_MS), connecting).await
        };
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    let command = command.ok_or(HubStops)?;
                    self.not_sent(&command).await?;
                }
                connected = &mut attempt => return Ok(match connected {
                    Ok(Ok(io)) => Some(io),
                    Ok(Err(error)) => {
                        tracing::debug!(event = "bank unreachable", %error, tries);
                        None
                    }
                    Err(_) => None,
                }),
            }
        }
    }

    /// Nothing before the first try; then doubling, half of it random.
    fn pause(&self, tries: u32) -> Duration {
        if tries == 0 {
            return Duration::ZERO;
        }
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
        let full = self
            .parts
            .backoff_min
            .saturating_mul(factor)
            .min(self.parts.backoff_max);
        let half_ms = u64::try_from(full.as_millis() / 2)
            .unwrap_or(u64::MAX)
            .max(1);
        let jitter_ms = self.parts.random.next_u64() % half_ms;
        Duration::from_millis(half_ms.saturating_add(jitter_ms))
    }

    /// The line is up until it breaks.
    async fn live(&mut self, io: Io) -> Result<ConnectionEnd, HubStops> {
        let (read, write) = split(io);
        let mut connection = Connection::new(write);
        self.tell(Event::AcquirerLink { up: true }).await?;
        tracing::info!(event = "bank line up");
        let ended = self.serve(read, &mut connection).await;
        tracing::info!(event = "bank line down");
        self.tell(Event::AcquirerLink { up: false }).await?;
        for (tid, stan) in connection.outstanding {
            self.tell(Event::SentThenBroke { tid, stan }).await?;
        }
        for (tid, _) in connection.signing_on {
            self.tell(Event::SignOnFailed { tid }).await?;
        }
        ended.map(|()| ConnectionEnd {
            heard: connection.heard,
        })
    }

    async fn serve(
        &mut self,
        read: ReadHalf<Io>,
        connection: &mut Connection,
    ) -> Result<(), HubStops> {
        let timeouts = FrameTimeouts {
            idle: None,
            partial: PARTIAL_FRAME_TIMEOUT,
        };
        let mut frames = FrameReader::new(read, self.parts.dialect.framing(), timeouts);
        loop {
            let alarm = connection.next_alarm(&self.parts);
            let still_up = tokio::select! {
                biased;
                command = self.commands.recv() => {
                    let command = command.ok_or(HubStops)?;
                    self.command(connection, command).await?
                }
                frame = frames.next() => match frame {
                    Ok(Some(frame)) => {
                        connection.hear();
                        self.frame(connection, frame).await?;
                        true
                    }
                    Ok(None) => false,
                    Err(error) => {
                        tracing::debug!(event = "bank line broke", %error);
                        false
                    }
                },
                () = sleep_until(alarm) => self.alarm(connection).await?,
            };
            if !still_up {
                return Ok(());
            }
        }
    }

    async fn tell(&self, event: Event) -> Result<(), HubStops> {
        match self.parts.desk.send(Happened(event)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(rejected)) => {
                tracing::warn!(event = "desk rejected an event", %rejected);
                Ok(())
            }
            Err(_) => Err(HubStops),
        }
    }

    async fn not_sent(&self, command: &LinkCommand) -> Result<(), HubStops> {
        let event = match command {
            LinkCommand::Send { outgoing, .. } => {
                let Binding { tid, stan, .. } = outgoing.binding().clone();
                Event::NotSent { tid, stan }
            }
            LinkCommand::SignOn { tid, .. } => Event::SignOnFailed { tid: tid.clone() },
        };
        self.tell(event).await
    }

    /// False when the line broke over it.
    async fn command(
        &mut self,
        connection: &mut Connection,
        command: LinkCommand,
    ) -> Result<bool, HubStops> {
        let Some((tid, frame)) = self.encode(&command) else {
            self.not_sent(&command).await?;
            return Ok(true);
        };
        let written = connection.write(&frame).await;
        match (&command, written) {
            (LinkCommand::Send { outgoing, .. }, Ok(())) => {
                let stan = outgoing.binding().stan;
                connection.outstanding.insert(tid, stan);
                Ok(true)
            }
            (LinkCommand::SignOn { .. }, Ok(())) => {
                let deadline = Instant::now() + self.parts.sign_on_timeout;
                connection.signing_on.insert(tid, deadline);
                Ok(true)
            }
            (_, Err(NotWritten { bytes_left: 0 })) => {
                self.not_sent(&command).await?;
                Ok(false)
            }
            (LinkCommand::Send { outgoing, .. }, Err(NotWritten { .. })) => {
                let stan = outgoing.binding().stan;
                connection.outstanding.insert(tid, stan);
                Ok(false)
            }
            (LinkCommand::SignOn { .. }, Err(NotWritten { .. })) => {
                self.not_sent(&command).await?;
                Ok(false)
            }
        }
    }

    /// The frame with its length prefix, or nothing where the message can't be built: then it was
    /// never sent, and somebody must look why.
    fn encode(&mut self, command: &LinkCommand) -> Option<(Tid, Vec<u8>)> {
        let keys = self.parts.keys.as_ref();
        let (tid, message) = match command {
            LinkCommand::Send { outgoing, card } => {
                let tid = outgoing.binding().tid.clone();
                let built = acquirer::message(outgoing, card, &self.parts.dialect, keys);
                (tid, built.map_err(|error| error.to_string()))
            }
            LinkCommand::SignOn { tid, batch } => {
                let stan = self.take_stan();
                let message = self
                    .mid(tid)
                    .map(|mid| acquirer::sign_on(tid, mid, stan, *batch));
                (
                    tid.clone(),
                    message.ok_or_else(|| "unknown terminal".to_owned()),
                )
            }
        };
        match message.and_then(|message| self.seal(&tid, &message)) {
            Ok(frame) => Some((tid, frame)),
            Err(error) => {
                tracing::error!(event = "message not built", code = "HUB0010", %tid, error);
                None
            }
        }
    }

    fn seal(&self, tid: &Tid, message: &Message) -> Result<Vec<u8>, String> {
        let mut frame = Vec::new();
        self.parts
            .keys
            .encode(tid, &self.parts.dialect, message, &mut frame)
            .map_err(|error| error.to_string())?;
        Ok(frame)
    }

    fn mid(&self, tid: &Tid) -> Option<&Mid> {
        let mut terminals = self.parts.terminals.iter();
        terminals.find_map(|(known, mid)| (known == tid).then_some(mid))
    }

    fn take_stan(&mut self) -> Stan {
        let stan = self.next_stan;
        self.next_stan = stan.next();
        stan
    }

    async fn frame(&mut self, connection: &mut Connection, frame: &[u8]) -> Result<(), HubStops> {
        let read = acquirer::read(frame, &self.parts.dialect, self.parts.keys.as_ref());
        match read {
            Ok(FromBank::Echo) => Ok(()),
            Ok(FromBank::Answer(answer)) => {
                if connection.outstanding.get(&answer.tid) == Some(&answer.stan) {
                    connection.outstanding.remove(&answer.tid);
                }
                self.tell(Event::Answered(answer)).await
            }
            Ok(FromBank::SignOn {
                tid,
                code,
                batch,
                keys,
            }) => {
                if connection.signing_on.remove(&tid).is_none() {
                    tracing::warn!(event = "sign-on answer nobody waits for", %tid);
                    return Ok(());
                }
                let event = self.signed_on(tid, code, batch, &keys);
                self.tell(event).await
            }
            Err(error) => {
                tracing::warn!(event = "bank frame not understood", %error);
                Ok(())
            }
        }
    }

    fn signed_on(
        &self,
        tid: Tid,
        code: ResponseCode,
        batch: Option<BatchNumber>,
        keys: &[u8],
    ) -> Event {
        let Some(batch) = batch.filter(|_| code == ResponseCode::APPROVED) else {
            tracing::warn!(event = "sign-on refused", %tid, %code);
            return Event::SignOnFailed { tid };
        };
        match self.parts.keys.accept_working_keys(&tid, keys) {
            Ok(()) => Event::SignedOn { tid, batch },
            Err(error) => {
                tracing::error!(event = "working keys refused", %tid, %error);
                Event::SignOnFailed { tid }
            }
        }
    }

    /// A sign-on is overdue, an echo is due, or its answer is overdue: then the line is dead.
    async fn alarm(&mut self, connection: &mut Connection) -> Result<bool, HubStops> {
        let now = Instant::now();
        for tid in connection.overdue_sign_ons(now) {
            self.tell(Event::SignOnFailed { tid }).await?;
        }
        if connection
            .echo_deadline
            .is_some_and(|deadline| deadline <= now)
        {
            tracing::warn!(event = "bank does not answer an echo");
            return Ok(false);
        }
        let idle = connection.last_heard + self.parts.echo_every <= now;
        if idle && connection.echo_deadline.is_none() {
            return Ok(self.echo(connection, now).await);
        }
        Ok(true)
    }

    async fn echo(&mut self, connection: &mut Connection, now: Instant) -> bool {
        let stan = self.take_stan();
        let Some((tid, mid)) = self.parts.terminals.first() else {
            return true;
        };
        let Ok(frame) = self.seal(tid, &acquirer::echo(tid, mid, stan)) else {
            return true;
        };
        let time_limit = self.parts.echo_every.min(ECHO_TIMEOUT_MAX);
        connection.echo_deadline = Some(now + time_limit);
        connection.write(&frame).await.is_ok()
    }
}

/// A write failed after so many bytes had left.
struct NotWritten {
    bytes_left: usize,
}

/// One connection while it lives.
struct Connection {
    write: WriteHalf<Io>,
    /// The last message of each terminal that is not answered.
    outstanding: BTreeMap<Tid, Stan>,
    signing_on: BTreeMap<Tid, Instant>,
    heard: bool,
    last_heard: Instant,
    echo_deadline: Option<Instant>,
}

impl Connection {
    fn new(write: WriteHalf<Io>) -> Self {
        Self {
            write,
            outstanding: BTreeMap::new(),
            signing_on: BTreeMap::new(),
            heard: false,
            last_heard: Instant::now(),
            echo_deadline: None,
        }
    }

    fn hear(&mut self) {
        self.heard = true;
        self.last_heard = Instant::now();
        self.echo_deadline = None;
    }

    fn next_alarm(&self, parts: &LinkParts) -> Instant {
        let echo = self
            .echo_deadline
            .unwrap_or(self.last_heard + parts.echo_every);
        self.signing_on.values().copied().fold(echo, std::cmp::min)
    }

    fn overdue_sign_ons(&mut self, now: Instant) -> Vec<Tid> {
        let overdue: Vec<Tid> = self
            .signing_on
            .iter()
            .filter(|(_, deadline)| **deadline <= now)
            .map(|(tid, _)| tid.clone())
            .collect();
        for tid in &overdue {
            self.signing_on.remove(tid);
        }
        overdue
    }

    async fn write(&mut self, frame: &[u8]) -> Result<(), NotWritten> {
        write_counted(&mut self.write, frame).await
    }
}

/// Writes a frame and knows how many bytes of it left when it could not be written whole: nought
/// means that the bank can't have seen it.
async fn write_counted(
    stream: &mut (impl AsyncWrite + Unpin),
    frame: &[u8],
) -> Result<(), NotWritten> {
    let mut bytes_left = 0;
    while let Some(rest) = frame.get(bytes_left..).filter(|rest| !rest.is_empty()) {
        let written: io::Result<usize> = timeout(WRITE_TIMEOUT, stream.write(rest))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match written {
            Ok(count) if count > 0 => bytes_left = bytes_left.saturating_add(count),
            Ok(_) | Err(_) => return Err(NotWritten { bytes_left }),
        }
    }
    match timeout(WRITE_TIMEOUT, stream.flush()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(NotWritten { bytes_left }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[tokio::test]
    async fn a_closed_peer_took_no_byte_and_a_half_read_frame_took_some() {
        let (mut ours, theirs) = duplex(4);
        drop(theirs);
        let failed = write_counted(&mut ours, b"frame").await.unwrap_err();
        assert_eq!(failed.bytes_left, 0);

        let (mut ours, theirs) = duplex(4);
        let writing = tokio::spawn(async move { write_counted(&mut ours, b"frame").await });
        tokio::task::yield_now().await;
        drop(theirs);
        let failed = writing.await.unwrap().unwrap_err();
        assert_eq!(failed.bytes_left, 4);
    }
}
