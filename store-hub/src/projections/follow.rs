//! The books follow the journal, log by log, a slice at a time.

use domain::{
    day::Machine,
    ids::{LaneEpoch, LaneId},
};
use journal::{Head, Journal, LogId, ReadError, Record};
use prost::Message;
use proto::journal::v1::LaneRecord;

use super::{
    LedgerError,
    books::Books,
    dates,
    stall::{Stall, StallReason},
};
use crate::replica::lane_log;

/// A lane's record, if this hub knows what it says: its kind, too.
pub(crate) fn understood(bytes: &[u8]) -> Option<LaneRecord> {
    let record = LaneRecord::decode(bytes).ok()?;
    record.body.is_some().then_some(record)
}

impl Books {
    /// Reads on, at most `records_max` in all; true when all are read to their end.
    pub(crate) fn catch_up(
        &mut self,
        journal: &Journal,
        records_max: usize,
    ) -> Result<bool, LedgerError> {
        if self.kept.is_lost() {
            self.begin_anew();
        }
        let mut left = records_max;
        for log in journal.logs() {
            let read = match lane_log(log) {
                None => self.read_own(journal, log, left)?,
                Some(machine) => self.read_lane(journal, log, machine, left)?,
            };
            self.unkept = self.unkept.saturating_add(read);
            left = left.saturating_sub(read);
            if left == 0 {
                return Ok(false);
            }
        }
        // What could not be read of what was kept is made again first.
        Ok(!self.kept.is_lost())
    }

    fn next(&self, log: LogId) -> u64 {
        let read = self.positions.get(&log).map_or(0, |head| head.sequence);
        read.saturating_add(1)
    }

    /// The hub's own records are its own doing: one that can't be understood ends everything.
    fn read_own(
        &mut self,
        journal: &Journal,
        log: LogId,
        records_max: usize,
    ) -> Result<usize, LedgerError> {
        let records = journal.read(log, self.next(log), records_max)?;
        for record in &records {
            let sequence = record.sequence;
            let none = |_| LedgerError::Record { log, sequence };
            let decoded = records::hub::decode(&record.bytes).map_err(none)?;
            if let Some(told) = records::hub::desk_record(&decoded).map_err(none)? {
                self.take_hub(sequence, &told);
            }
            self.positions.insert(log, head_of(record));
        }
        Ok(records.len())
    }

    /// What a lane sent costs that lane alone. A damaged copy is looked at again each time.
    fn read_lane(
        &mut self,
        journal: &Journal,
        log: LogId,
        machine: (LaneId, LaneEpoch),
        records_max: usize,
    ) -> Result<usize, LedgerError> {
        let not_understood = |stall: &Stall| stall.why == StallReason::NotUnderstood;
        if self.stalled.get(&log).is_some_and(not_understood) {
            return Ok(0);
        }
        let next = self.next(log);
        let (records, damage) = match journal.read(log, next, records_max) {
            Ok(records) => (records, None),
            Err(ReadError::Record(damage)) => {
                let sound = damage.sequence.saturating_sub(next);
                let sound = usize::try_from(sound).unwrap_or(usize::MAX);
                let records = journal.read(log, next, records_max.min(sound));
                // A record before it may be damaged as well: then none can be read.
                (records.unwrap_or_default(), Some(damage))
            }
            Err(failed) => return Err(failed.into()),
        };
        if damage.is_none() {
            self.stalled.remove(&log);
        }
        for record in &records {
            if !self.take_record(log, machine, record) {
                self.stall(log, machine, record.sequence, StallReason::NotUnderstood);
                return Ok(records.len());
            }
        }
        if let Some(damage) = damage
            && records.len() < records_max
        {
            let why = StallReason::Damaged(damage.what);
            self.stall(log, machine, damage.sequence, why);
        }
        Ok(records.len())
    }

    /// False when it can't be understood: nothing of it is counted.
    fn take_record(
        &mut self,
        log: LogId,
        (lane, epoch): (LaneId, LaneEpoch),
        record: &Record,
    ) -> bool {
        let machine = Machine { lane, epoch };
        let sequence = record.sequence;
        let decoded = understood(&record.bytes);
        let told = decoded.as_ref().map(records::lane::checkout_record);
        let told = told.and_then(Result::ok);
        let counted = told.filter(|told| {
            let told = told.as_ref();
            told.is_none_or(|told| self.take_lane(log, machine, sequence, told))
        });
        // Of one that is not counted the days know that it is there.
        let seen = decoded.as_ref().zip(counted.as_ref());
        let seen = seen.map(|(record, told)| (record, told.as_ref().map(|told| &told.fact)));
        let fact = dates::lane_fact(machine, sequence, seen);
        self.days.take(&fact);
        if counted.is_some() {
            self.positions.insert(log, head_of(record));
        }
        counted.is_some()
    }

    fn stall(
        &mut self,
        log: LogId,
        (lane, epoch): (LaneId, LaneEpoch),
        sequence: u64,
        why: StallReason,
    ) {
        let stall = Stall { sequence, why };
        if self.stalled.get(&log) == Some(&stall) {
            return;
        }
        tracing::error!(
            event = "lane not counted from here on", code = stall.code(), %lane,
            epoch = epoch.0, sequence, %why
        );
        self.stalled.insert(log, stall);
    }

    /// Lanes whose journals can't be read to their end, each with where that is. Such a lane is not
    /// complete, whatever it said.
    pub(crate) fn stalled(&self) -> impl Iterator<Item = ((LaneId, LaneEpoch), &Stall)> {
        let stalled = self.stalled.iter();
        stalled.filter_map(|(log, stall)| Some((lane_log(*log)?, stall)))
    }
}

const fn head_of(record: &Record) -> Head {
    Head {
        sequence: record.sequence,
        hash: record.hash,
    }
}
