//! Looks through the copies of lanes' journals after the start, a little at a time: nobody waits
//! for it, and a damaged copy is told before somebody needs it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context};
use journal::{Journal, LogId, ReadError};
use ports::Clock;

use crate::{
    damaged_copies::DamagedCopies,
    recovery::lane_logs,
    replica::{DAMAGED_RUN_MAX, lane_log},
};

/// How often it looks, and at how many records: a pause of about a millisecond for everybody else
/// on this thread.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const RECORDS_PER_LOOK: usize = 128;

/// The actor.
pub(crate) struct CopyCheck {
    journal: Journal,
    clock: Arc<dyn Clock>,
    damaged: DamagedCopies,
    /// Logs to be looked through, each with its next record.
    left: VecDeque<(LogId, u64)>,
    /// Logs with a damaged record: gone on with once it is put back.
    waiting: Vec<(LogId, u64)>,
}

impl CopyCheck {
    pub(crate) fn new(journal: Journal, clock: Arc<dyn Clock>, damaged: DamagedCopies) -> Self {
        let logs = journal.logs();
        let left = lane_logs(&logs).map(|(log, _, _)| (log, 1)).collect();
        Self {
            journal,
            clock,
            damaged,
            left,
            waiting: Vec::new(),
        }
    }

    fn look(&mut self) {
        let damaged = &self.damaged;
        let put_back = self.waiting.extract_if(.., |(log, _)| !damaged.knows(*log));
        self.left.extend(put_back);
        let Some((log, next)) = self.left.pop_front() else {
            return;
        };
        match self.journal.read(log, next, RECORDS_PER_LOOK) {
            Ok(records) => {
                if let Some(last) = records.last() {
                    let next = last.sequence.saturating_add(1);
                    self.left.push_front((log, next));
                }
            }
            Err(ReadError::Record(damage)) => {
                self.found(log, damage.sequence);
                self.waiting.push((log, damage.sequence.max(1)));
            }
            Err(error) => tracing::error!(event = "copy of a lane not checked", %log, %error),
        }
    }

    fn found(&self, log: LogId, sequence: u64) {
        let run = match self.journal.broken_run(log, sequence, DAMAGED_RUN_MAX) {
            Ok(run) => run,
            Err(error) => {
                return tracing::error!(event = "copy of a lane not checked", %log, %error);
            }
        };
        let (from, to) = (*run.start(), *run.end());
        let is_new = self.damaged.found(log, run, self.clock.wall_ms());
        if let Some((lane, epoch)) = lane_log(log)
            && is_new
        {
            tracing::error!(
                event = "copy of a lane is damaged", code = "HUB0043", %lane, epoch = epoch.0,
                from, to
            );
        }
    }
}

impl Actor for CopyCheck {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(LOOK_EVERY, |actor, _| actor.look());
    }
}
