//! One connection, kept, with many terminals on it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    desk::Event,
    ids::{Stan, Tid},
};
use iso8583::frame::{FrameReader, FrameTimeouts};
use ports::Io;
use tokio::{
    io::{ReadHalf, WriteHalf, split},
    time::{Instant, sleep_until},
};

use super::{
    HubStops, Link, LinkCommand,
    reach::Ended,
    sleep_till,
    written::{NotWritten, write_counted},
};
use crate::acquirer::FromBank;

/// A frame that stops in the middle for so long: the connection is dead.
pub(super) const PARTIAL_FRAME_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest wait for the answer to an echo.
const ECHO_TIMEOUT_MAX: Duration = Duration::from_secs(10);

/// How a connection ended, by whom.
struct Broken {
    reason: String,
    by_peer: bool,
}

impl Broken {
    const fn by_peer(reason: String) -> Self {
        Self {
            reason,
            by_peer: true,
        }
    }

    fn by_us(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            by_peer: false,
        }
    }
}

impl Link {
    /// Connection after connection, until the host turns out to close each after its answer: other
    /// terminals would lose theirs with it.
    pub(super) async fn kept(&mut self) -> Result<(), HubStops> {
        loop {
            let io = self.reconnect().await?;
            self.reach.borrow_mut().opened();
            self.connected().await?;
            if self.live(io).await? {
                return Ok(());
            }
        }
    }

    /// Until a connect succeeds. What is commanded meanwhile waits for it, and comes back as not
    /// sent once the line is down.
    async fn reconnect(&mut self) -> Result<Io, HubStops> {
        let try_now = Arc::clone(&self.talk.parts.try_now);
        let mut attempt = self.connecting();
        self.reach.borrow_mut().begins_to_connect(Instant::now());
        loop {
            let is_up = self.reach.borrow().is_up();
            let notice = self.reach.borrow().next_notice();
            if !is_up && let Some(held) = self.held.take() {
                self.talk.not_sent(&held).await?;
            }
            tokio::select! {
                biased;
                command = self.commands.recv(), if !is_up => {
                    self.talk.not_sent(&command.ok_or(HubStops)?).await?;
                }
                () = sleep_till(notice) => self.notice().await?,
                () = try_now.notified() => {
                    self.reach.borrow_mut().try_now();
                    attempt = self.connecting();
                }
                connected = &mut attempt => match connected {
                    Ok(io) => return Ok(io),
                    Err(reason) => {
                        self.reach.borrow_mut().failed(Instant::now(), &reason);
                        attempt = self.connecting();
                    }
                },
            }
        }
    }

    /// One connection to its end. True: the host closes after each answer.
    async fn live(&mut self, io: Io) -> Result<bool, HubStops> {
        let (read, write) = split(io);
        let mut connection = Connection::new(write);
        let ended = self.serve(read, &mut connection).await?;
        for (tid, sent) in &connection.outstanding {
            self.talk.stopwatch.broke(tid);
            let (tid, stan) = (tid.clone(), sent.stan);
            let in_full = sent.in_full;
            let event = Event::SentThenBroke { tid, stan, in_full };
            self.talk.tell(event).await?;
        }
        for tid in connection.signing_on.into_keys() {
            self.talk.stopwatch.broke(&tid);
            self.talk.tell(Event::SignOnFailed { tid }).await?;
        }
        let now = Instant::now();
        let ended = Ended {
            reason: &ended.reason,
            answers: connection.answers,
            since_answer: now - connection.last_heard,
            by_peer: ended.by_peer,
        };
        let mut reach = self.reach.borrow_mut();
        reach.lost(now, ended);
        reach.closed();
        Ok(reach.closes_after_answer(now, ended))
    }

    async fn serve(
        &mut self,
        read: ReadHalf<Io>,
        connection: &mut Connection,
    ) -> Result<Broken, HubStops> {
        let timeouts = FrameTimeouts {
            idle: None,
            partial: PARTIAL_FRAME_TIMEOUT,
        };
        let mut frames = FrameReader::new(read, self.talk.parts.dialect.framing(), timeouts);
        if let Some(held) = self.held.take()
            && let Some(broken) = self.command(connection, held).await?
        {
            return Ok(broken);
        }
        loop {
            let alarm = connection.next_alarm(self.talk.parts.echo_every);
            let broken = tokio::select! {
                // What came first: a message written behind a close would be in doubt.
                biased;
                frame = frames.next() => match frame {
                    Ok(Some(frame)) => {
                        let now = Instant::now();
                        connection.hear(now);
                        self.reach.borrow_mut().heard(now);
                        self.frame(connection, frame).await?;
                        None
                    }
                    Ok(None) => Some(Broken::by_peer("the bank closed the connection".to_owned())),
                    Err(error) => Some(Broken::by_peer(error.to_string())),
                },
                command = self.commands.recv() => {
                    self.command(connection, command.ok_or(HubStops)?).await?
                }
                () = sleep_until(alarm) => self.alarm(connection).await?,
            };
            if let Some(broken) = broken {
                return Ok(broken);
            }
        }
    }

    /// Something when the connection broke over it.
    async fn command(
        &mut self,
        connection: &mut Connection,
        command: LinkCommand,
    ) -> Result<Option<Broken>, HubStops> {
        let Some((tid, frame)) = self.talk.encode(&command) else {
            self.talk.not_sent(&command).await?;
            return Ok(None);
        };
        let since = Instant::now();
        let written = write_counted(&mut connection.write, &frame).await;
        if let Err(NotWritten { bytes_left: 0 }) = written {
            self.held = Some(command);
            return Ok(Some(Broken::by_us("the bank takes no bytes")));
        }
        self.talk.stopwatch.sent(&command, since);
        let in_full = written.is_ok();
        match &command {
            LinkCommand::Send { outgoing, .. } => {
                let stan = outgoing.binding().stan;
                connection.outstanding.insert(tid, Sent { stan, in_full });
            }
            LinkCommand::SignOn { .. } => {
                let deadline = Instant::now() + self.talk.parts.sign_on_timeout;
                connection.signing_on.insert(tid, deadline);
            }
        }
        Ok((!in_full).then(|| Broken::by_us("the bank took a part of a message")))
    }

    async fn frame(&mut self, connection: &mut Connection, frame: &[u8]) -> Result<(), HubStops> {
        match self.talk.read(frame) {
            Some(FromBank::Echo) | None => Ok(()),
            Some(FromBank::Answer(answer)) => {
                let sent = connection.outstanding.get(&answer.tid);
                if sent.is_some_and(|sent| sent.stan == answer.stan) {
                    connection.outstanding.remove(&answer.tid);
                }
                self.talk.stopwatch.answered(&answer);
                self.talk.tell(Event::Answered(answer)).await
            }
            Some(FromBank::SignOn {
                tid,
                code,
                batch,
                keys,
            }) => {
                if connection.signing_on.remove(&tid).is_none() {
                    tracing::warn!(event = "sign-on answer nobody waits for", %tid);
                    return Ok(());
                }
                self.talk.stopwatch.signed_on(&tid);
                let event = self.talk.signed_on(tid, code, batch, &keys);
                self.talk.tell(event).await
            }
        }
    }

    /// A sign-on is overdue, an echo is due, or its answer is overdue: then the connection is dead.
    async fn alarm(&mut self, connection: &mut Connection) -> Result<Option<Broken>, HubStops> {
        let now = Instant::now();
        for tid in connection.overdue_sign_ons(now) {
            self.talk.stopwatch.gave_up_sign_on(&tid);
            self.talk.tell(Event::SignOnFailed { tid }).await?;
        }
        let echo_deadline = connection.echo_deadline;
        if echo_deadline.is_some_and(|deadline| deadline <= now) {
            return Ok(Some(Broken::by_us("the bank does not answer an echo")));
        }
        let echo_every = self.talk.parts.echo_every;
        let idle = connection.last_heard + echo_every <= now;
        if !idle || echo_deadline.is_some() {
            return Ok(None);
        }
        let Some(frame) = self.talk.echo() else {
            return Ok(None);
        };
        connection.echo_deadline = Some(now + echo_every.min(ECHO_TIMEOUT_MAX));
        let written = write_counted(&mut connection.write, &frame).await;
        Ok(written
            .is_err()
            .then(|| Broken::by_us("the bank takes no bytes")))
    }
}

/// A message that is not answered.
struct Sent {
    stan: Stan,
    in_full: bool,
}

/// One connection while it lives.
struct Connection {
    write: WriteHalf<Io>,
    /// The last message of each terminal that is not answered.
    outstanding: BTreeMap<Tid, Sent>,
    signing_on: BTreeMap<Tid, Instant>,
    /// Frames that came.
    answers: u64,
    last_heard: Instant,
    echo_deadline: Option<Instant>,
}

impl Connection {
    fn new(write: WriteHalf<Io>) -> Self {
        Self {
            write,
            outstanding: BTreeMap::new(),
            signing_on: BTreeMap::new(),
            answers: 0,
            last_heard: Instant::now(),
            echo_deadline: None,
        }
    }

    fn hear(&mut self, now: Instant) {
        self.answers = self.answers.saturating_add(1);
        self.last_heard = now;
        self.echo_deadline = None;
    }

    fn next_alarm(&self, echo_every: Duration) -> Instant {
        let echo = self.echo_deadline.unwrap_or(self.last_heard + echo_every);
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
}
