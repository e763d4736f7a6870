//! One open line to a printer: what it has been found to answer, and each question with its time
//! limit.

use std::{
    io::{self, ErrorKind},
    time::Duration,
};

use domain::limits;
use futures::FutureExt as _;
use ports::Io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    commands,
    status::{Answers, is_done, is_status},
};

/// Bytes read at once: a printer says one at a time.
const ANSWER_BYTES: usize = 64;

/// An open line.
pub(super) struct Link {
    io: Io,
    /// Whether it answers `DLE EOT`; found when the line is opened.
    pub(super) two_way: bool,
    /// Whether it answers `GS r`; `None`: not tried yet, it was not ready.
    pub(super) confirms: Option<bool>,
    /// The last answer to `GS r` that nobody has looked at.
    pub(super) done: Option<u8>,
    /// Which line it is: another one after it was lost.
    pub(super) number: u64,
}

impl Link {
    /// Finds out what the printer answers.
    pub(super) async fn greet(io: Io, number: u64) -> io::Result<Self> {
        let mut link = Self {
            io,
            two_way: true,
            confirms: None,
            done: None,
            number,
        };
        link.two_way = link.ask(&commands::ask_status(1)).await?.is_some();
        Ok(link)
    }

    /// Sends, within the time that a printer may keep its line busy.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let time_limit = Duration::from_millis(limits::PRINTER_STALL_MS);
        let sent = async {
            self.io.write_all(bytes).await?;
            self.io.flush().await
        };
        let late = |_| io::Error::new(ErrorKind::TimedOut, "it takes no more bytes");
        timeout(time_limit, sent).await.map_err(late)?
    }

    /// How it is; `None`: it did not say, or not all of it.
    pub(super) async fn status(&mut self) -> io::Result<Option<Answers>> {
        let mut answers = [0; 4];
        for (answer, number) in answers.iter_mut().zip(1..) {
            match self.ask(&commands::ask_status(number)).await? {
                Some(byte) => *answer = byte,
                None => return Ok(None),
            }
        }
        Ok(Some(Answers(answers)))
    }

    /// Asks whether all that was sent is on paper, and waits a moment for the answer.
    pub(super) async fn ask_whether_done(&mut self) -> io::Result<()> {
        self.done = None;
        self.send(commands::ask_whether_done()).await
    }

    /// Waits a moment for the answer to `GS r`.
    pub(super) async fn hear_whether_done(&mut self) -> io::Result<Option<u8>> {
        if self.done.is_none() {
            self.hear(is_done).await?;
        }
        Ok(self.done.take())
    }

    /// Notices that the other side has closed, though nobody asks it anything.
    pub(super) fn is_closed(&mut self) -> bool {
        self.read_now().is_err()
    }

    /// What came too late for an earlier question answers none.
    async fn ask(&mut self, question: &[u8]) -> io::Result<Option<u8>> {
        self.read_now()?;
        self.send(question).await?;
        self.hear(is_status).await
    }

    /// Takes in what has come.
    fn read_now(&mut self) -> io::Result<()> {
        let mut bytes = [0; ANSWER_BYTES];
        while let Some(read) = self.io.read(&mut bytes).now_or_never() {
            let heard = heard(&bytes, read?)?;
            self.file(&heard);
        }
        Ok(())
    }

    /// The first byte that is wanted, if it comes in time. Answers to `GS r` are kept.
    async fn hear(&mut self, wanted: impl Fn(u8) -> bool) -> io::Result<Option<u8>> {
        let time_limit = Duration::from_millis(limits::PRINTER_ANSWER_MS);
        let heard = async {
            loop {
                let mut bytes = [0; ANSWER_BYTES];
                let count = self.io.read(&mut bytes).await?;
                let bytes = heard(&bytes, count)?;
                self.file(&bytes);
                if let Some(byte) = bytes.iter().find(|byte| wanted(**byte)) {
                    return Ok(Some(*byte));
                }
            }
        };
        timeout(time_limit, heard).await.unwrap_or(Ok(None))
    }

    fn file(&mut self, bytes: &[u8]) {
        if let Some(byte) = bytes.iter().rev().find(|byte| is_done(**byte)) {
            self.done = Some(*byte);
        }
    }
}

fn heard(bytes: &[u8], count: usize) -> io::Result<Vec<u8>> {
    match bytes.get(..count) {
        Some([]) | None => Err(io::Error::new(ErrorKind::UnexpectedEof, "it was closed")),
        Some(bytes) => Ok(bytes.to_vec()),
    }
}
