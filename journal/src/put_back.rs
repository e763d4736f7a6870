//! Damaged records of a replica, put back from the peer while the journal runs.

use std::ops::RangeInclusive;
use std::sync::PoisonError;

use crate::{
    EngineError, Journal, LogId, ReadError, Record, RepairError, RepairReport, reading, repair_log,
};

impl Journal {
    /// The records behind `from`, and it, of which none can be read: as many in a row, at most
    /// `records_max`. Call it for a record that was found damaged.
    ///
    /// # Errors
    /// The engine failed.
    pub fn broken_run(
        &self,
        log: LogId,
        from: u64,
        records_max: u64,
    ) -> Result<RangeInclusive<u64>, EngineError> {
        let end = self.durable_head(log).sequence;
        let most = from.saturating_add(records_max.saturating_sub(1)).min(end);
        let mut last = from;
        while last < most {
            match reading::one_record(self.engine(), log, last.saturating_add(1)) {
                Ok(_) => break,
                Err(ReadError::Engine(failed)) => return Err(failed),
                Err(ReadError::Record(_) | ReadError::Keyed(_)) => last = last.saturating_add(1),
            }
        }
        Ok(from..=last)
    }

    /// Puts records back as [`repair_log`] does. No commit is written meanwhile: call it seldom,
    /// and with a run that is not long. The head of the log stays where it is.
    ///
    /// # Errors
    /// The copy can't be trusted, or isn't tied to the log; or the engine failed. Nothing was
    /// written.
    pub fn put_back(&self, log: LogId, copy: &[Record]) -> Result<RepairReport, RepairError> {
        let gate = self.shared().gate.write();
        let _writing = gate.unwrap_or_else(PoisonError::into_inner);
        repair_log(self.engine(), log, copy)
    }
}
