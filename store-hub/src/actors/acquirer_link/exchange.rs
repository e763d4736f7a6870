//! One connection for each exchange: connect, one message, its answer, close. Terminals run in
//! parallel, each on a connection of its own, so that a close takes nobody else's answer with it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use domain::{desk::Event, ids::Tid, limits::CONNECT_TIMEOUT_MS};
use futures::stream::{FuturesUnordered, StreamExt};
use iso8583::frame::{FrameReader, FrameTimeouts};
use ports::Io;
use tokio::{
    io::{ReadHalf, split},
    sync::watch,
    time::{Duration, Instant, sleep, sleep_until, timeout},
};

use super::{
    HubStops, Link, LinkCommand,
    kept::PARTIAL_FRAME_TIMEOUT,
    reach::{Ended, Reach},
    reached, sleep_till,
    talk::Talk,
    written::{NotWritten, write_counted},
};
use crate::acquirer::FromBank;

impl Link {
    /// Ends with the hub.
    pub(super) async fn exchanges(&mut self) -> HubStops {
        let (down, is_down) = watch::channel(!self.reach.borrow().is_up());
        let mut open = FuturesUnordered::new();
        if let Some(held) = self.held.take() {
            open.push(self.exchange(held, is_down.clone()).run());
        }
        let try_now = Arc::clone(&self.talk.parts.try_now);
        let changed = Rc::clone(&self.changed);
        let mut probe = self.connecting();
        loop {
            let is_up = self.reach.borrow().is_up();
            down.send_replace(!is_up);
            let notice = self.reach.borrow().next_notice();
            let step = tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    None => Err(HubStops),
                    Some(command) if !is_up => self.talk.not_sent(&command).await,
                    Some(command) => {
                        open.push(self.exchange(command, is_down.clone()).run());
                        Ok(())
                    }
                },
                Some(ended) = open.next(), if !open.is_empty() => ended,
                () = sleep_till(notice) => self.notice().await,
                () = changed.notified() => Ok(()),
                () = try_now.notified() => {
                    self.reach.borrow_mut().try_now();
                    probe = self.connecting();
                    Ok(())
                }
                connected = &mut probe, if !is_up => {
                    let step = self.probed(connected).await;
                    probe = self.connecting();
                    step
                }
            };
            if let Err(gone) = step {
                return gone;
            }
        }
    }

    /// Only whether the bank can be reached was asked; the connection is not used.
    async fn probed(&self, connected: Result<Io, String>) -> Result<(), HubStops> {
        match connected {
            Ok(_) => self.connected().await,
            Err(reason) => {
                self.reach.borrow_mut().failed(Instant::now(), &reason);
                Ok(())
            }
        }
    }

    fn exchange(&self, command: LinkCommand, is_down: watch::Receiver<bool>) -> Exchange {
        Exchange {
            talk: Rc::clone(&self.talk),
            reach: Rc::clone(&self.reach),
            command,
            is_down,
        }
    }
}

/// One message and its answer.
struct Exchange {
    talk: Rc<Talk>,
    reach: Rc<RefCell<Reach>>,
    command: LinkCommand,
    is_down: watch::Receiver<bool>,
}

impl Exchange {
    async fn run(mut self) -> Result<(), HubStops> {
        let Some((tid, frame)) = self.talk.encode(&self.command) else {
            return self.talk.not_sent(&self.command).await;
        };
        let number = self.talk.begin(&tid);
        let mut tries = 0_u32;
        loop {
            let Some(io) = self.connect(tries).await else {
                return self.talk.not_sent(&self.command).await;
            };
            self.reach.borrow_mut().opened();
            let (read, mut write) = split(io);
            let since = Instant::now();
            let ended = match write_counted(&mut write, &frame).await {
                Ok(()) => {
                    self.talk.stopwatch.sent(&self.command, since);
                    Some(self.answer(&tid, number, read).await)
                }
                Err(NotWritten { bytes_left: 0 }) => {
                    self.lost("the bank takes no bytes", 0);
                    None
                }
                Err(NotWritten { .. }) => {
                    self.lost("the bank took a part of a message", 0);
                    Some(self.talk.broke(&self.command, false).await)
                }
            };
            self.reach.borrow_mut().closed();
            if let Some(ended) = ended {
                return ended;
            }
            tries = tries.saturating_add(1);
        }
    }

    /// After so many tries; nothing once the line is down.
    async fn connect(&mut self, mut tries: u32) -> Option<Io> {
        self.reach.borrow_mut().begins_to_connect(Instant::now());
        loop {
            let random = self.talk.parts.random.next_u64();
            let pause = self.reach.borrow().pause(tries, random);
            let connect = self.talk.parts.network.connect(&self.talk.parts.address);
            let attempt = async move {
                sleep(pause).await;
                reached(timeout(Duration::from_millis(CONNECT_TIMEOUT_MS), connect).await)
            };
            let connected = tokio::select! {
                biased;
                _ = self.is_down.wait_for(|down| *down) => return None,
                connected = attempt => connected,
            };
            match connected {
                Ok(io) => return Some(io),
                Err(reason) => self.reach.borrow_mut().failed(Instant::now(), &reason),
            }
            tries = tries.saturating_add(1);
        }
    }

    /// Reads until the answer has come, the host closes, or nobody can wait any longer: a late
    /// answer is read while the connection is there, and means nothing any more.
    async fn answer(&self, tid: &Tid, number: u64, read: ReadHalf<Io>) -> Result<(), HubStops> {
        let timeouts = FrameTimeouts {
            idle: None,
            partial: PARTIAL_FRAME_TIMEOUT,
        };
        let framing = self.talk.parts.dialect.framing();
        let mut frames = FrameReader::new(read, framing, timeouts);
        let given_up = Instant::now() + self.given_up_after();
        let mut answers = 0_u64;
        loop {
            let reason = tokio::select! {
                biased;
                frame = frames.next() => match frame {
                    Ok(Some(frame)) => {
                        answers = answers.saturating_add(1);
                        self.reach.borrow_mut().heard(Instant::now());
                        if self.frame(tid, frame).await? {
                            return Ok(());
                        }
                        continue;
                    }
                    Ok(None) => "the bank closed without an answer".to_owned(),
                    Err(error) => error.to_string(),
                },
                () = sleep_until(given_up) => return self.overdue().await,
            };
            self.lost(&reason, answers);
            if self.talk.is_newest(tid, number) {
                return self.talk.broke(&self.command, true).await;
            }
            return Ok(());
        }
    }

    /// The desk gives up a message by itself; what it was told after that it ignores.
    fn given_up_after(&self) -> Duration {
        match self.command {
            LinkCommand::SignOn { .. } => self.talk.parts.sign_on_timeout,
            LinkCommand::Send { .. } => self.talk.parts.answer_timeout.saturating_mul(2),
        }
    }

    async fn overdue(&self) -> Result<(), HubStops> {
        self.talk.stopwatch.gave_up(&self.command);
        match &self.command {
            LinkCommand::SignOn { tid, .. } => {
                let tid = tid.clone();
                self.talk.tell(Event::SignOnFailed { tid }).await
            }
            LinkCommand::Send { .. } => Ok(()),
        }
    }

    fn lost(&self, reason: &str, answers: u64) {
        let ended = Ended {
            reason,
            answers,
            since_answer: Duration::ZERO,
            by_peer: true,
        };
        self.reach.borrow_mut().lost(Instant::now(), ended);
    }

    /// True: that was the answer.
    async fn frame(&self, tid: &Tid, frame: &[u8]) -> Result<bool, HubStops> {
        match self.talk.read(frame) {
            Some(FromBank::Echo) | None => Ok(false),
            Some(FromBank::Answer(answer)) => {
                let is_it = match &self.command {
                    LinkCommand::Send { outgoing, .. } => {
                        let binding = outgoing.binding();
                        binding.tid == answer.tid && binding.stan == answer.stan
                    }
                    LinkCommand::SignOn { .. } => false,
                };
                self.talk.stopwatch.answered(&answer);
                self.talk.tell(Event::Answered(answer)).await?;
                Ok(is_it)
            }
            Some(FromBank::SignOn {
                tid: of,
                code,
                batch,
                keys,
            }) => {
                let asked = matches!(self.command, LinkCommand::SignOn { .. });
                if !asked || of != *tid {
                    tracing::warn!(event = "sign-on answer nobody waits for", tid = %of);
                    return Ok(false);
                }
                self.talk.stopwatch.signed_on(&of);
                let event = self.talk.signed_on(of, code, batch, &keys);
                self.talk.tell(event).await?;
                Ok(true)
            }
        }
    }
}
