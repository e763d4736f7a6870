//! The hub's checkpoint in the journal: the desk as of one record of the hub's own log, so that a
//! start reads only the records behind it. A cache of the log: whatever is wrong with it, the log
//! alone is enough.

use domain::desk::{Desk, DeskConfig};
use journal::{CheckpointReport, Engine, Journal, VerifyError};
use prost::Message;
use proto::journal::v1::HubCheckpoint;

use crate::recovered::Recovered;

/// Its name in the journal.
pub(crate) const NAME: &str = "desk";

/// The desk, and which hub on which journal it was.
pub(crate) fn encode(desk: &Desk, hub_epoch: u64, history: Option<u128>) -> Vec<u8> {
    let started = proto::journal::v1::HubStarted {
        hub_epoch,
        software_version: String::new(),
        history: history
            .map_or_else(Vec::new, |id| id.to_be_bytes().to_vec())
            .into(),
        keeps_cards: true,
    };
    records::hub::checkpoint_to_proto(&desk.checkpoint(), started).encode_to_vec()
}

/// What was kept last, and the first record behind it. What can't be used is not used: the whole
/// log says the same.
pub(crate) fn read(journal: &Journal, config: &DeskConfig) -> Option<(Recovered, u64)> {
    let kept = match journal.checkpoint(NAME) {
        Ok(kept) => kept?,
        Err(fault) => {
            tracing::warn!(event = "checkpoint not used", %fault);
            return None;
        }
    };
    match decode(&kept.bytes, config) {
        Ok(recovered) => Some((recovered, kept.applied.sequence.saturating_add(1))),
        Err(fault) => {
            tracing::warn!(event = "checkpoint not used", %fault);
            None
        }
    }
}

fn decode(bytes: &[u8], config: &DeskConfig) -> Result<Recovered, records::ConvertError> {
    let kept = HubCheckpoint::decode(bytes)
        .map_err(|error| records::ConvertError::new("checkpoint", error))?;
    let desk = records::hub::checkpoint_from_proto(&kept)?;
    let mut recovered = Recovered::new(Desk::from_checkpoint(config.clone(), desk));
    if let Some(started) = &kept.started {
        recovered.take_start(started);
    }
    Ok(recovered)
}

/// Folds the log up to where the checkpoint was made, and compares both.
///
/// # Errors
/// A record or the checkpoint can't be trusted, or the disk failed.
pub(crate) fn verify(
    engine: &dyn Engine,
    config: DeskConfig,
) -> Result<Option<CheckpointReport>, VerifyError> {
    let fold = |recovered: &mut Recovered, record: &journal::Record| {
        // A record that is none is told by the walk over the records.
        if let Err(fault) = recovered.take(record) {
            tracing::debug!(event = "record not understood", %fault);
        }
    };
    let start = Recovered::new(Desk::new(config));
    let encoded =
        |folded: Recovered, _: &[u8]| encode(&folded.desk, folded.hub_epochs, folded.history);
    // One of another form is not used: the next start folds the whole log and makes its own.
    let is_used = |bytes: &[u8]| {
        HubCheckpoint::decode(bytes).is_ok_and(|kept| records::hub::is_current_form(&kept))
    };
    journal::verify_checkpoint(engine, NAME, is_used, start, fold, encoded)
}
