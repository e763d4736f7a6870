//! Lanes' journals come in: replica records and what they mean for the desk, in one commit.

use actix::{Context, Handler, Message};
use domain::ids::{LaneEpoch, LaneId};
use journal::{Batch, Hash, Head, LogId, Ticket};
use proto::store::v1::JournalEntry;

use super::payment_desk::{Commit, PaymentDesk};
use crate::replica::{consequences, log_of, position_key};

/// Consecutive records of a lane's journal, as the lane holds them.
#[derive(Message)]
#[rtype(result = "Result<Taken, ReplicaRefused>")]
pub(crate) struct TakeReplica {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) entries: Vec<JournalEntry>,
}

/// The records are in the journal; durable with the ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) ticket: Ticket,
    pub(crate) head: Head,
}

/// Why records of a lane were not taken. Nothing of the batch was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ReplicaRefused {
    /// They don't follow what is held; the lane starts again from there.
    #[error("record {expected} is next, not {got}")]
    Gap { expected: u64, got: u64 },
    /// The lane's history differs from the copy held here: it must stop (I14).
    #[error("the lane's journal differs from its copy at record {sequence}")]
    Fork { sequence: u64 },
    /// The disk has no room for more; the lane tries again.
    #[error("the hub's disk has no room")]
    NoRoom,
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
}

impl Handler<TakeReplica> for PaymentDesk {
    type Result = Result<Taken, ReplicaRefused>;

    fn handle(&mut self, take: TakeReplica, _: &mut Context<Self>) -> Self::Result {
        self.take_replica(&take)
    }
}

impl PaymentDesk {
    /// The chain is checked before the desk hears of anything: what it steps must be journaled.
    fn take_replica(&mut self, take: &TakeReplica) -> Result<Taken, ReplicaRefused> {
        if self.stopped {
            return Err(ReplicaRefused::Stopping);
        }
        if self.refuses_new_work() {
            return Err(ReplicaRefused::NoRoom);
        }
        let log = log_of(take.lane, take.epoch);
        let mut head = self.parts.journal.head(log);
        let mut commit = Commit::default();
        let mut events = Vec::new();
        let first_day = self.parts.desk.first_day;
        for entry in &take.entries {
            if entry.sequence <= head.sequence {
                self.check_held(log, entry)?;
                continue;
            }
            head = follow(head, entry)?;
            join(&mut commit.batch, log, head, entry);
            let told = consequences(take.lane, take.epoch, first_day, &entry.record);
            events.extend(told);
        }
        for event in events {
            self.step_into(&mut commit, event);
        }
        let ticket = self.commit(commit);
        Ok(Taken { ticket, head })
    }

    /// A record that is held already, sent again after a break: it must be the same.
    fn check_held(&self, log: LogId, entry: &JournalEntry) -> Result<(), ReplicaRefused> {
        let sequence = entry.sequence;
        let held = self
            .parts
            .journal
            .read(log, sequence, 1)
            .unwrap_or_default();
        let same = held
            .first()
            .is_none_or(|record| record.hash.0.as_slice() == entry.hash.as_ref());
        if same {
            Ok(())
        } else {
            Err(ReplicaRefused::Fork { sequence })
        }
    }
}

fn follow(head: Head, entry: &JournalEntry) -> Result<Head, ReplicaRefused> {
    let next = head.extended_by(&entry.record);
    if entry.sequence != next.sequence {
        return Err(ReplicaRefused::Gap {
            expected: next.sequence,
            got: entry.sequence,
        });
    }
    if Hash::from_slice(&entry.hash) != Some(next.hash) {
        return Err(ReplicaRefused::Fork {
            sequence: entry.sequence,
        });
    }
    Ok(next)
}

fn join(batch: &mut Batch, log: LogId, head: Head, entry: &JournalEntry) {
    batch.replica(log, head.sequence, head.hash, entry.record.to_vec());
    batch.put(position_key(log), head.sequence.to_be_bytes());
}
