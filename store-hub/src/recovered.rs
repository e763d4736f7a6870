//! What the hub's own log tells, record by record, and why it can't be told.

use domain::desk::{Desk, DeskPart, Event, Rejected};
use journal::{ReadError, Record};
use proto::journal::v1::{HubStarted, hub_record::Body};
use records::{ConvertError, hub::KeptDesk};

use crate::card_vault::VaultError;

/// Why a hub can't start on its journal.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A record can't be trusted, or the disk failed.
    #[error("the journal can't be read: {0}")]
    Read(#[from] ReadError),
    /// A record says what no record can say.
    #[error("record {sequence} of the hub's log can't be understood: {source}")]
    Record {
        /// Which.
        sequence: u64,
        /// Why.
        source: ConvertError,
    },
    /// The configuration contradicts itself.
    #[error("the desk refuses its configuration: {0}")]
    Configuration(#[from] Rejected),
    /// The side table can't be read.
    #[error("held cards: {0}")]
    Vault(String),
}

impl From<VaultError> for RecoveryError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error.to_string())
    }
}

/// What the journal told.
pub(crate) struct Recovered {
    pub(crate) desk: Desk,
    /// The last epoch of a hub on this journal.
    pub(crate) hub_epochs: u64,
    /// Which journal this is; `None` in one that is new.
    pub(crate) history: Option<u128>,
    /// Consequences of replica records that were not drawn when the records came in.
    pub(crate) overlooked: Vec<Event>,
    /// The last record in the checkpoint that was begun with; 0 without one.
    pub(crate) kept_at: u64,
    /// Which records each part of that checkpoint has seen.
    kept: Option<KeptDesk>,
}

impl Recovered {
    pub(crate) const fn new(desk: Desk) -> Self {
        Self {
            desk,
            hub_epochs: 0,
            history: None,
            overlooked: Vec::new(),
            kept_at: 0,
            kept: None,
        }
    }

    /// Begun with a checkpoint.
    pub(crate) fn behind(desk: Desk, kept: KeptDesk) -> Self {
        Self {
            kept_at: kept.told(DeskPart::Desk),
            kept: Some(kept),
            ..Self::new(desk)
        }
    }

    /// The first record that some part has not seen.
    pub(crate) fn first_unseen(&self) -> u64 {
        self.kept.as_ref().map_or(1, KeptDesk::first_unseen)
    }

    /// Which hub wrote what follows, and on which journal.
    pub(crate) fn take_start(&mut self, started: &HubStarted) {
        self.hub_epochs = self.hub_epochs.max(started.hub_epoch);
        let history = <[u8; 16]>::try_from(started.history.as_ref());
        self.history = history.ok().map(u128::from_be_bytes).or(self.history);
    }

    pub(crate) fn take(&mut self, record: &Record) -> Result<(), RecoveryError> {
        let understood = |source| RecoveryError::Record {
            sequence: record.sequence,
            source,
        };
        let decoded = records::hub::decode(&record.bytes).map_err(understood)?;
        if let Some(Body::Started(started)) = &decoded.body {
            self.take_start(started);
        }
        if let Some(desk_record) = records::hub::desk_record(&decoded).map_err(understood)? {
            let kept = self.kept.as_ref();
            let told = |part| kept.map_or(0, |kept| kept.told(part));
            let takes = |part| record.sequence > told(part);
            self.desk.replay_into(&desk_record, takes);
        }
        Ok(())
    }
}
