//! The examples of the repository, filled in: what `init` of hub and lane writes.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The configuration of a lane, which tests parse.
const LANE: &str = include_str!("../../config/lane.example.toml");
/// Three customers, for the scripted cashier.
pub const CASHIER_SCRIPT: &str = include_str!("../../config/first-shop/script.jsonl");

/// What sets one lane apart from the example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneExample<'a> {
    /// From 1.
    pub lane: u16,
    /// As the hub names it.
    pub store_id: &'a str,
    /// Where the hub listens.
    pub hub: &'a str,
    /// Where metrics and health are served.
    pub metrics: &'a str,
    /// Where its screens are served.
    pub screens: &'a str,
}

impl LaneExample<'_> {
    /// The example in the lane's own folder.
    #[must_use]
    pub fn text(self) -> String {
        // The lane's address first: the hub's may be the example's of the lane.
        LANE.replace("lane-1/", "")
            .replace("\nlane = 1\n", &format!("\nlane = {}\n", self.lane))
            .replace("\"0001\"", &format!("\"{}\"", self.store_id))
            .replace("127.0.0.1:7011", self.metrics)
            .replace("127.0.0.1:7202", self.screens)
            .replace("127.0.0.1:7001", self.hub)
    }
}

/// Writes a file that is not there yet; what was there before stays.
///
/// # Errors
/// The system's.
pub fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut open = OpenOptions::new();
    open.write(true).create_new(true).mode(mode);
    open.open(path)?.write_all(text.as_bytes())
}
