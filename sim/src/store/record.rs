//! `run.json`: how a run was asked for, how it went, and the hash of the manifest of its files.

use std::{fs, io, path::Path};

use domain::time::BusinessDate;
use journal::EngineKind;
use serde::{Deserialize, Serialize};

use crate::{
    acquirer_link::Approval,
    store::{
        business_day::BusinessDay, configuration::Setting, folder::RunFolder, summary::Summary,
    },
};

/// The form of a run's record from which on its lanes mark the ends of their days.
const FIRST_FORM_WITH_FRAMES: u32 = 2;

/// What is kept of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// Of this form.
    pub version: u32,
    /// What the day was drawn from.
    pub seed: u64,
    /// How many lanes.
    pub lanes: u16,
    /// Categories that had no price in any file.
    pub priced_by_rule: Vec<String>,
    /// The clock of the day.
    pub day: BusinessDay,
    /// What keeps the journals, by its name in configuration files.
    #[serde(default = "first_engine", with = "engine_name")]
    pub engine: EngineKind,
    /// Whether `host/line.jsonl` holds the messages between hub and bank.
    #[serde(default)]
    pub captured: bool,
    /// Business days that it lives.
    #[serde(default = "one_day")]
    pub days: u16,
    /// Lanes that rest in the evening of each day but the last.
    #[serde(default)]
    pub lanes_to_rest: usize,
    /// Whether each of its days has prices of its own.
    #[serde(default)]
    pub prices_change: bool,
    /// The date that people sold on by hand; `None`: a script sold.
    #[serde(default)]
    pub by_hand: Option<String>,
    /// Whether it was interrupted and gone on with: who was selling at a turn of the date is
    /// chance then.
    #[serde(default)]
    pub resumed: bool,
    /// Approvals that never reached the hub.
    pub lost: Vec<Approval>,
    /// SHA-256 of `manifest.json`; `None` until the run is finished.
    pub manifest_sha256: Option<String>,
    /// How it went; `None` until the run is finished.
    pub summary: Option<Summary>,
}

/// Runs of before there was a choice.
fn first_engine() -> EngineKind {
    EngineKind::Sled
}

/// Runs of before there were several.
const fn one_day() -> u16 {
    1
}

/// An engine as its name.
mod engine_name {
    use journal::EngineKind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(kind: &EngineKind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<EngineKind, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(D::Error::custom)
    }
}

/// Why a folder is no run.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no `run.json`, or it can't be read.
    #[error("{folder} holds no run: {source}")]
    Missing {
        /// The folder.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is not one.
    #[error("{folder}/run.json is damaged: {source}")]
    Damaged {
        /// The folder.
        folder: String,
        /// Where and how.
        source: serde_json::Error,
    },
    /// The run was interrupted, and nothing can be said of it yet.
    #[error(
        "the run in {folder} was never finished; `sim store --resume {folder}` goes on with it"
    )]
    Unfinished {
        /// The folder.
        folder: String,
    },
    /// The run is over.
    #[error("the run in {folder} is finished; there is nothing to go on with")]
    Finished {
        /// The folder.
        folder: String,
    },
}

impl RunRecord {
    /// The form in which runs are written today.
    pub const FORM: u32 = FIRST_FORM_WITH_FRAMES;

    /// Clock and engine, for the configuration of the programs.
    #[must_use]
    pub fn setting(&self) -> Setting {
        Setting {
            day: self.day,
            engine: self.engine,
            begins_on: self
                .by_hand
                .as_deref()
                .and_then(|date| BusinessDate::parse(date).ok()),
        }
    }

    /// Whether its lanes mark the ends of their days; a run of several days is nothing without.
    #[must_use]
    pub const fn has_frames(&self) -> bool {
        self.version >= FIRST_FORM_WITH_FRAMES || self.days > 1
    }

    /// Writes it into the run's folder.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, folder: &RunFolder) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(folder.run_json(), text + "\n")
    }

    /// Reads the record of the run in this folder.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn read(root: &Path) -> Result<Self, RecordError> {
        let folder = || root.display().to_string();
        let text = fs::read_to_string(RunFolder::at(root).run_json()).map_err(|source| {
            RecordError::Missing {
                folder: folder(),
                source,
            }
        })?;
        serde_json::from_str(&text).map_err(|source| RecordError::Damaged {
            folder: folder(),
            source,
        })
    }
}
