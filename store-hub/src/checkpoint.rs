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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        day::TurnedBy,
        desk::{DayFact, DeskFact, DeskRecord, HubFact, PaymentFact, Timing},
        ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
        money::{Currency, Money},
        risk::StandInPolicy,
        time::{BusinessDate, WallMs},
    };
    use journal::{Batch, LogId, SimulatedDisk};
    use proto::journal::v1::CheckpointPart;

    use super::*;
    use crate::recovery::{self, Replay, ReplayFrom};

    fn config() -> DeskConfig {
        let cny = |minor| Money::new(minor, Currency::CNY);
        DeskConfig {
            first_day: BusinessDate::parse("2026-11-22").unwrap(),
            currency: Currency::CNY,
            policy: StandInPolicy::new(cny(100_000), cny(60_000), cny(50_000)),
            hot_list: Arc::default(),
            timing: Timing {
                answer_timeout_ms: 60_000,
                forward_answer_timeout_ms: 30_000,
                backoff_min_ms: 1_000,
                backoff_max_ms: 8_000,
                reversal_tries_max: 3,
            },
            marker_when_balanced: false,
            wallets: None,
        }
    }

    /// Two lanes, a hub before this one, a date turned, and a payment given up after it.
    fn facts() -> Vec<DeskFact> {
        let ended = BusinessDate::parse("2026-11-22").unwrap();
        let attached = |lane, epoch| HubFact::LaneAttached {
            lane: LaneId(lane),
            epoch: LaneEpoch(epoch),
        };
        vec![
            attached(1, 1).into(),
            HubFact::PreviousHub {
                lane: LaneId(1),
                hub_epoch: 5,
                last_lease: LeaseId(3),
                skipped: None,
            }
            .into(),
            DayFact::Turned {
                ended,
                begins: ended.next(),
                by: TurnedBy::Hand,
            }
            .into(),
            attached(2, 4).into(),
            PaymentFact::Abandoned {
                payment_id: PaymentId(9),
                lane: LaneId(1),
            }
            .into(),
            attached(1, 2).into(),
        ]
    }

    fn batch(fact: DeskFact) -> Batch {
        let mut batch = Batch::new();
        batch.record(records::hub::encode(&DeskRecord {
            at: WallMs(1_795_334_400_000),
            date: config().first_day,
            fact,
        }));
        batch
    }

    /// A journal of all of it, with a checkpoint behind the fourth record that this changed.
    fn disk(change: impl FnOnce(&mut Vec<CheckpointPart>)) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let mut change = Some(change);
        let mut desk = Desk::new(config());
        for (number, fact) in (1..).zip(facts()) {
            let at = WallMs(1_795_334_400_000);
            let date = config().first_day;
            desk.replay(&DeskRecord {
                at,
                date,
                fact: fact.clone(),
            });
            if number == 4 {
                let kept = encode(&desk, 0, None);
                let mut kept = HubCheckpoint::decode(kept.as_slice()).unwrap();
                if let Some(change) = change.take() {
                    change(&mut kept.parts);
                }
                let kept = kept.encode_to_vec();
                let kept = journal.append_with_checkpoint(batch(fact), NAME, LogId::OWN, &kept);
                kept.unwrap();
            } else {
                journal.append(batch(fact)).unwrap();
            }
        }
        while committer.commit_waiting().unwrap() {}
        disk
    }

    fn replayed(disk: &SimulatedDisk, from: ReplayFrom) -> (Desk, u64) {
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        let recovered = recovery::replay(&Replay {
            journal: &journal,
            desk: config(),
            terminals: &[],
            from,
        });
        let recovered = recovered.unwrap();
        let first = recovered.first_unseen();
        (recovered.desk, first)
    }

    #[test]
    fn a_part_of_an_unknown_form_is_rebuilt_and_never_believed() {
        let (whole, _) = replayed(&disk(|_| {}), ReplayFrom::FirstRecord);
        let (kept, first) = replayed(&disk(|_| {}), ReplayFrom::Checkpoint);
        assert_eq!((kept.checkpoint(), first), (whole.checkpoint(), 5));
        for spoiled in DeskPart::ALL {
            let unknown = disk(|parts| {
                let mut parts = parts.iter_mut();
                let part = parts.find(|part| part.name == spoiled.name()).unwrap();
                part.form += 1;
                // Readable, and not what the records say.
                part.state = Vec::new().into();
            });
            let gone = disk(|parts| parts.retain(|part| part.name != spoiled.name()));
            for disk in [unknown, gone] {
                let (rebuilt, first) = replayed(&disk, ReplayFrom::Checkpoint);
                assert_eq!(rebuilt.checkpoint(), whole.checkpoint(), "{spoiled:?}");
                assert_eq!(first, 1, "{spoiled:?}");
                // Left alone, or sound as far as it is used.
                let report = verify(disk.engine().as_ref(), config()).unwrap();
                assert!(report.is_none_or(|report| report.is_same), "{spoiled:?}");
            }
        }
    }
}
