//! The hub's checkpoint in the journal: the desk as of one record of the hub's own log, so that a
//! start reads only the records behind it. A cache of the log, in parts: one that can't be read is
//! rebuilt from the log, and whatever is wrong with it, the log alone is enough.

use domain::desk::{Desk, DeskConfig, DeskPart};
use journal::{CheckpointReport, Engine, Journal, VerifyError};
use prost::Message;
use proto::journal::v1::HubCheckpoint;
use records::ConvertError;

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

/// What was kept last, with where it ends for each of its parts. What can't be used is not used:
/// the whole log says the same.
pub(crate) fn read(journal: &Journal, config: &DeskConfig) -> Option<Recovered> {
    let kept = match journal.checkpoint(NAME) {
        Ok(kept) => kept?,
        Err(fault) => {
            tracing::warn!(event = "checkpoint not used", %fault);
            return None;
        }
    };
    match decode(&kept.bytes, config, kept.applied.sequence) {
        Ok(recovered) => Some(recovered),
        Err(fault) => {
            tracing::warn!(event = "checkpoint not used", %fault);
            None
        }
    }
}

fn decode(bytes: &[u8], config: &DeskConfig, applied: u64) -> Result<Recovered, ConvertError> {
    let from = HubCheckpoint::decode(bytes);
    let from = from.map_err(|error| ConvertError::new("checkpoint", error))?;
    let kept = records::hub::checkpoint_from_proto(&from, applied)?;
    for part in DeskPart::ALL {
        if kept.told(part) == 0 {
            tracing::warn!(
                event = "part of the checkpoint not used",
                part = part.name()
            );
        }
    }
    let desk = Desk::from_checkpoint(config.clone(), kept.checkpoint.clone());
    let mut recovered = Recovered::behind(desk, kept);
    if let Some(started) = &from.started {
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
    let says = |folded: Recovered, stored: &[u8]| {
        let encoded = encode(&folded.desk, folded.hub_epochs, folded.history);
        // A part of an unknown form is not used, and one from before there were parts says the same
        // in other fields.
        match agrees(&encoded, stored) {
            true => stored.to_vec(),
            false => encoded,
        }
    };
    // A desk of another form is not used: the next start folds the whole log and makes its own.
    let is_used = |bytes: &[u8]| {
        let from = HubCheckpoint::decode(bytes);
        from.is_ok_and(|from| records::hub::checkpoint_from_proto(&from, 1).is_ok())
    };
    journal::verify_checkpoint(engine, NAME, is_used, start, fold, says)
}

/// Whether each part that a start would use says what the records add up to.
fn agrees(own: &[u8], stored: &[u8]) -> bool {
    let read = |bytes: &[u8]| {
        let from = HubCheckpoint::decode(bytes).ok()?;
        let kept = records::hub::checkpoint_from_proto(&from, 1).ok()?;
        let started = from.started?;
        Some((kept.checkpoint, (started.hub_epoch, started.history)))
    };
    let (Some((own, own_start)), Some((stored, start))) = (read(own), read(stored)) else {
        return false;
    };
    own_start == start
        && own.desk == stored.desk
        && (stored.machines.is_none() || own.machines == stored.machines)
        && (stored.days.is_none() || own.days == stored.days)
}
