//! Every message that passes between hub and bank, as it is: for a check by other people's
//! libraries that hub and bank are not wrong alike. Card numbers stand in it in clear; it is off
//! unless asked for, and meant for made-up cards only.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

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
    at_ms: u128,
    direction: Direction,
    /// Whether it got through.
    passed: bool,
    /// From the length prefix on.
    hex: &'a str,
}

/// The file of captured messages.
#[derive(Debug)]
pub struct Capture(Mutex<File>);

impl Capture {
    /// Goes on writing at the file's end.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(file)))
    }

    pub(super) fn note(&self, direction: Direction, passed: bool, frame: &[u8]) -> io::Result<()> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH);
        let captured = Captured {
            at_ms: at.map_or(0, |since| since.as_millis()),
            direction,
            passed,
            hex: &iso8583::hex::encode(frame),
        };
        let line = serde_json::to_string(&captured)? + "\n";
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}
