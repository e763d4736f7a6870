//! Every message that passes between hub and bank, as it is: for a check by other people's
//! libraries that hub and bank are not wrong alike. Card numbers stand in it in clear; it is off
//! unless asked for, and meant for made-up cards only.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use ports::{Clock, SystemClock};
use serde::Serialize;

/// Which way a message went.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Direction {
    /// From the hub.
    ToHost,
    /// From the bank.
    FromHost,
}

#[derive(Serialize)]
struct Captured<'a> {
    at_ms: i64,
    direction: Direction,
    /// Whether it got through.
    passed: bool,
    /// From the length prefix on.
    hex: &'a str,
}

/// The file of captured messages.
#[derive(Debug)]
pub struct Capture {
    file: Mutex<File>,
    clock: SystemClock,
}

impl Capture {
    /// Goes on writing at the file's end.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            file: Mutex::new(file),
            clock: SystemClock::new(),
        })
    }

    pub(super) fn note(&self, direction: Direction, passed: bool, frame: &[u8]) -> io::Result<()> {
        let captured = Captured {
            at_ms: self.clock.wall_ms(),
            direction,
            passed,
            hex: &iso8583::hex::encode(frame),
        };
        let line = serde_json::to_string(&captured)? + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}
