//! Start-up is recovery: the hub's own log is read from its checkpoint on, or from its first
//! record, and there is no other start.

use domain::{
    desk::{Desk, DeskConfig, Event},
    ids::{LaneEpoch, LaneId, Mid, Tid},
};
use journal::{Journal, LogId};

use crate::{
    checkpoint,
    recovered::{Recovered, RecoveryError},
    replica::{self, lane_log},
};

/// What is replayed, and for whom.
pub(crate) struct Replay<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) desk: DeskConfig,
    pub(crate) terminals: &'a [(Tid, Mid, LaneId)],
    /// Where to begin.
    pub(crate) from: ReplayFrom,
}

/// Where a replay of the own log begins. Both lead to the same desk; `verify` compares them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReplayFrom {
    /// Behind the checkpoint, if there is one that can be used.
    Checkpoint,
    /// At the first record, whatever was kept.
    FirstRecord,
}

/// Replays the hub's own log, then looks for replica records without consequences.
pub(crate) fn replay(parts: &Replay<'_>) -> Result<Recovered, RecoveryError> {
    let kept = match parts.from {
        ReplayFrom::Checkpoint => checkpoint::read(parts.journal, &parts.desk),
        ReplayFrom::FirstRecord => None,
    };
    let new = || Recovered::new(Desk::new(parts.desk.clone()));
    let mut recovered = kept.unwrap_or_else(new);
    let first = recovered.first_unseen();
    let journal = parts.journal;
    journal.replay(LogId::OWN, first, |record| recovered.take(record))?;
    for (tid, mid, lane) in parts.terminals {
        let configured = Event::TerminalConfigured {
            tid: tid.clone(),
            mid: mid.clone(),
            lane: *lane,
        };
        // Configuration writes nothing: it is told anew at each start.
        recovered
            .desk
            .step(domain::time::Now::default(), 0, configured)?;
    }
    for log in parts.journal.logs() {
        if let Some(whose) = lane_log(log) {
            look_over(&mut recovered, parts, log, whose)?;
        }
    }
    Ok(recovered)
}

/// The consequences of a replica record stand in the commit of the record itself; the position
/// up to which they were drawn lies beside it. A log that came in by another way (a repair)
/// has records beyond that position.
fn look_over(
    recovered: &mut Recovered,
    parts: &Replay<'_>,
    log: LogId,
    (lane, epoch): (LaneId, LaneEpoch),
) -> Result<(), RecoveryError> {
    let position = parts.journal.get(replica::position_key(log))?;
    let position = position
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u64::from_be_bytes);
    if position >= parts.journal.durable_head(log).sequence {
        return Ok(());
    }
    let first_day = parts.desk.first_day;
    let journal = parts.journal;
    journal.replay(log, position.saturating_add(1), |record| {
        recovered.overlooked.extend(replica::consequences(
            lane,
            epoch,
            first_day,
            (record.sequence, &record.bytes),
        ));
        Ok::<(), RecoveryError>(())
    })
}

/// Epochs of lanes whose logs are held.
pub(crate) fn lane_logs(logs: &[LogId]) -> impl Iterator<Item = (LogId, LaneId, LaneEpoch)> + '_ {
    logs.iter()
        .filter_map(|log| lane_log(*log).map(|(lane, epoch)| (*log, lane, epoch)))
}
