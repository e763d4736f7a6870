//! Lanes' journals come in: replica records and what they mean for the desk, in one commit.
//!
//! Keeps I14: the copy is a prefix of the lane's journal. A record is taken only when it follows
//! the last one held, by sequence and by hash; anything else refuses the whole batch before the
//! desk hears of it. A refusal never stops the hub: what a lane sends is not its own doing.

use actix::{Context, Handler, Message};
use domain::{
    day::Machine,
    desk::{Event, Rejected},
    ids::{LaneEpoch, LaneId},
    limits::REPLICATION_RECORDS_PER_BATCH_MAX,
};
use journal::{Batch, Hash, Head, LogId, RECORD_BYTES_MAX, Record, Ticket};
use proto::store::v1::JournalEntry;

use super::{commit::Commit, payment_desk::PaymentDesk};
use crate::{
    replica::{consequences, log_of, position_key},
    replica_refused::ReplicaRefused,
};

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
    /// Somebody waits for the desk, and so for the disk.
    pub(crate) payments_wait: bool,
    /// What was damaged of the copy is back.
    pub(crate) mended: bool,
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
        check_size(&take.entries)?;
        if let Err(rejected @ Rejected::EpochTooFar { .. }) =
            self.desk.check_epoch(take.lane, take.epoch)
        {
            return Err(ReplicaRefused::Epoch(rejected));
        }
        if self.refuses_new_work() {
            return Err(ReplicaRefused::NoRoom);
        }
        let log = log_of(take.lane, take.epoch);
        let mut head = self.parts.journal.head(log);
        let mut mended = false;
        let mut commit = Commit::default();
        let mut events = Vec::new();
        let first_day = self.parts.desk.first_day;
        for entry in &take.entries {
            if entry.sequence <= head.sequence {
                mended |= self.check_or_mend(log, entry)?;
                continue;
            }
            head = follow(head, entry)?;
            join(&mut commit.batch, log, head, entry);
            let told = consequences(
                take.lane,
                take.epoch,
                first_day,
                (entry.sequence, &entry.record),
            );
            events.extend(told);
        }
        for event in events {
            self.step_into(&mut commit, event);
        }
        let machine = Machine {
            lane: take.lane,
            epoch: take.epoch,
        };
        if self.has_ended(machine, head.sequence) {
            let Machine { lane, epoch } = machine;
            self.step_into(&mut commit, Event::EpochOver { lane, epoch });
        }
        let ticket = self.commit(commit);
        if self.stopped {
            return Err(ReplicaRefused::Stopping);
        }
        Ok(Taken {
            ticket,
            head,
            payments_wait: self.desk.payments_in_flight() > 0,
            mended,
        })
    }

    /// An operator said where the journal of this machine had ended, and all of it is here.
    pub(super) fn has_ended(&self, machine: Machine, held: u64) -> bool {
        let end = self.desk.stated_ends().get(&machine);
        end.is_some_and(|end| *end <= held)
    }

    /// A record that comes again is the same as the one held; where that one is damaged, it takes
    /// its place. True when all that was damaged is back.
    fn check_or_mend(&mut self, log: LogId, entry: &JournalEntry) -> Result<bool, ReplicaRefused> {
        let sequence = entry.sequence;
        let wanted = self.parts.damaged.wanted(log);
        match (self.check_held(log, entry), wanted) {
            (Err(ReplicaRefused::Unreadable { .. }), Some(run)) if run.contains(&sequence) => {
                let records = self.mending.entry(log).or_default();
                records.retain(|record| record.sequence < sequence);
                records.push(Record {
                    sequence,
                    hash: Hash::from_slice(&entry.hash).unwrap_or_default(),
                    bytes: entry.record.to_vec(),
                });
                match sequence == *run.end() {
                    true => self.mend(log),
                    false => Ok(false),
                }
            }
            (checked, _) => checked.map(|()| false),
        }
    }

    /// What the lane sent is believed as far as its hashes tie it to what is sound here.
    fn mend(&mut self, log: LogId) -> Result<bool, ReplicaRefused> {
        let records = self.mending.remove(&log).unwrap_or_default();
        let sequence = records.first().map_or(0, |record| record.sequence);
        match self.parts.journal.put_back(log, &records) {
            Ok(report) => {
                let records = report.records_written;
                tracing::warn!(event = "copy of a lane put back", %log, sequence, records);
                self.parts.damaged.mended(log);
                Ok(true)
            }
            Err(error) => {
                let code = "HUB0043";
                tracing::error!(event = "copy of a lane not put back", code, %log, %error);
                self.parts.damaged.not_mended(log);
                Err(ReplicaRefused::Unreadable { sequence })
            }
        }
    }

    /// A record that is held already, sent again after a break: it must be the same.
    fn check_held(&self, log: LogId, entry: &JournalEntry) -> Result<(), ReplicaRefused> {
        let sequence = entry.sequence;
        let journal = &self.parts.journal;
        if sequence == 0 {
            return Err(ReplicaRefused::Fork { sequence });
        }
        if sequence > journal.durable_head(log).sequence {
            return Err(ReplicaRefused::StillWritten { sequence });
        }
        let held = journal.read(log, sequence, 1);
        let held = held.map_err(|_| ReplicaRefused::Unreadable { sequence })?;
        match held.first() {
            Some(record) if record.hash.0.as_slice() == entry.hash.as_ref() => Ok(()),
            Some(_) => Err(ReplicaRefused::Fork { sequence }),
            None => Err(ReplicaRefused::Unreadable { sequence }),
        }
    }
}

/// A batch that the journal would refuse must never meet the desk: a refusal there ends the hub.
fn check_size(entries: &[JournalEntry]) -> Result<(), ReplicaRefused> {
    let records = entries.len();
    if records > REPLICATION_RECORDS_PER_BATCH_MAX {
        let sequence = entries.first().map_or(0, |entry| entry.sequence);
        return Err(ReplicaRefused::TooMany { sequence, records });
    }
    let too_large = entries
        .iter()
        .find(|entry| entry.record.len() > RECORD_BYTES_MAX);
    too_large.map_or(Ok(()), |entry| {
        Err(ReplicaRefused::TooLarge {
            sequence: entry.sequence,
            bytes: entry.record.len(),
        })
    })
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
