//! A printer for tests: it takes bytes as an ESC/POS printer does, from a buffer, line by line, and
//! answers at once what is asked at once. It reads GB18030 and knows nothing of the encoder.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
};

use encoding_rs::GB18030;
use futures::future::{LocalBoxFuture, ready};
use ports::Io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    task::spawn_local,
};

use crate::devices::line::Line;

/// What it can answer.
#[derive(Clone, Copy)]
pub(super) enum Answers {
    Nothing,
    Status,
    StatusAndDone,
}

/// The printer. Tests pull its strings.
pub(super) struct FakePrinter {
    pub(super) answers: Cell<Answers>,
    /// Lines that still fit on the roll.
    pub(super) paper: Cell<usize>,
    pub(super) cover_open: Cell<bool>,
    pub(super) drawer_high: Cell<bool>,
    pub(super) power: Cell<bool>,
    /// After so many bytes more the power fails.
    pub(super) power_fails_after: Cell<Option<usize>>,
    /// Papers that were cut; the last one is still in it.
    pub(super) papers: RefCell<Vec<String>>,
    /// `true`: at once, `false`: in its turn.
    pub(super) pulses: RefCell<Vec<bool>>,
    buffer: RefCell<Vec<u8>>,
    changed: Notify,
}

impl FakePrinter {
    pub(super) fn new(answers: Answers) -> Rc<Self> {
        Rc::new(Self {
            answers: Cell::new(answers),
            paper: Cell::new(1_000),
            cover_open: Cell::new(false),
            drawer_high: Cell::new(false),
            power: Cell::new(true),
            power_fails_after: Cell::new(None),
            papers: RefCell::new(vec![String::new()]),
            pulses: RefCell::default(),
            buffer: RefCell::default(),
            changed: Notify::new(),
        })
    }

    /// A person does something about it.
    pub(super) fn change(&self, what: impl FnOnce(&Self)) {
        what(self);
        self.changed.notify_waiters();
    }

    /// What was printed, without what is only a cut.
    pub(super) fn papers(&self) -> Vec<String> {
        let papers = self.papers.borrow();
        let written = papers.iter().filter(|paper| !paper.trim().is_empty());
        written.cloned().collect()
    }

    /// Whether nothing waits in its buffer.
    pub(super) fn is_idle(&self) -> bool {
        self.buffer.borrow().is_empty()
    }

    fn prints(&self) -> bool {
        self.paper.get() > 0 && !self.cover_open.get() && self.power.get()
    }

    pub(super) async fn serve(self: Rc<Self>, mut io: Io) {
        let mut bytes = [0; 64];
        loop {
            let read = tokio::select! {
                read = io.read(&mut bytes) => read,
                () = self.changed.notified() => {
                    if !self.power.get() {
                        return;
                    }
                    let answer = self.work();
                    if io.write_all(&answer).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Ok(count) = read else { return };
            if count == 0 {
                return;
            }
            let mut answer = self.take(&bytes[..count]);
            if !self.power.get() {
                return;
            }
            answer.extend(self.work());
            if io.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    /// Takes in what came; answers what is asked at once.
    fn take(&self, bytes: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        for byte in bytes {
            if let Some(left) = self.power_fails_after.get() {
                if left == 0 {
                    self.power.set(false);
                    self.power_fails_after.set(None);
                    self.buffer.borrow_mut().clear();
                    self.papers.borrow_mut().push(String::new());
                    return answer;
                }
                self.power_fails_after.set(Some(left - 1));
            }
            self.buffer.borrow_mut().push(*byte);
            answer.extend(self.at_once());
        }
        answer
    }

    /// What ends the buffer now and is not to wait its turn.
    fn at_once(&self) -> Option<u8> {
        let mut buffer = self.buffer.borrow_mut();
        let length = buffer.len();
        let answer = match buffer.as_slice() {
            [.., 0x10, 0x04, number @ 1..=4] => Some(self.status(*number)),
            _ => None,
        };
        if answer.is_some() {
            buffer.truncate(length - 3);
            return answer.filter(|_| !matches!(self.answers.get(), Answers::Nothing));
        }
        if buffer.ends_with(&[0x10, 0x14, 1, 0, 1]) {
            buffer.truncate(length - 5);
            self.pulses.borrow_mut().push(true);
        } else if buffer.ends_with(&[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8]) {
            buffer.clear();
        }
        None
    }

    fn status(&self, number: u8) -> u8 {
        let bit = |so: bool, bits: u8| if so { bits } else { 0 };
        let empty = self.paper.get() == 0;
        0x12 | match number {
            1 => bit(!self.prints(), 1 << 3) | bit(self.drawer_high.get(), 1 << 2),
            2 => bit(self.cover_open.get(), 1 << 2) | bit(empty, 1 << 5),
            4 => bit(empty, 0b110_0000),
            _ => 0,
        }
    }

    /// Works off the buffer as far as there is paper. Answers what was asked in its turn.
    fn work(&self) -> Vec<u8> {
        let mut answer = Vec::new();
        while self.prints() {
            let mut buffer = self.buffer.borrow_mut();
            let Some(length) = command(&buffer) else {
                break;
            };
            let one: Vec<u8> = buffer.drain(..length).collect();
            drop(buffer);
            match one.as_slice() {
                [0x1d, b'V', ..] => self.papers.borrow_mut().push(String::new()),
                [0x1d, b'r', ..] => {
                    if matches!(self.answers.get(), Answers::StatusAndDone) {
                        answer.push(0);
                    }
                }
                [0x1b, b'p', ..] => self.pulses.borrow_mut().push(false),
                [0x1b | 0x1c, ..] => {}
                text => self.print(text),
            }
        }
        answer
    }

    fn print(&self, text: &[u8]) {
        let (text, _, broken) = GB18030.decode(text);
        assert!(!broken, "{text}");
        self.papers.borrow_mut().last_mut().unwrap().push_str(&text);
        self.paper.set(self.paper.get() - 1);
    }
}

/// The length of the first whole command or line of text.
fn command(buffer: &[u8]) -> Option<usize> {
    let length = match buffer {
        [] | [0x10 | 0x1b | 0x1c | 0x1d] => return None,
        [0x1b, b'@', ..] | [0x1c, b'&' | b'.', ..] => 2,
        [0x1b, b'a' | b'E' | b'd', ..] | [0x1d, b'r', ..] => 3,
        [0x1d, b'V', ..] => 4,
        [0x1b, b'p', ..] => 5,
        [0x10, ..] => return None,
        text => text.iter().position(|byte| *byte == b'\n')? + 1,
    };
    (buffer.len() >= length).then_some(length)
}

/// What hangs the driver on it: each opening is a new plug.
pub(super) struct FakeLine(pub(super) Rc<FakePrinter>);

impl Line for FakeLine {
    fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>> {
        if !self.0.power.get() {
            return Box::pin(ready(Err(io::Error::other("unplugged"))));
        }
        let (ours, theirs) = tokio::io::duplex(512);
        spawn_local(Rc::clone(&self.0).serve(Io::new(theirs)));
        Box::pin(ready(Ok(Io::new(ours))))
    }

    fn name(&self) -> String {
        "fake".to_owned()
    }
}
