//! Start-up is recovery: the hub's own log is read from its checkpoint on, or from its first
//! record, and there is no other start.

use domain::{
    desk::{Desk, DeskConfig, Event, Rejected},
    ids::{LaneEpoch, LaneId, Mid, Tid},
};
use journal::{Journal, LogId, ReadError, Record};
use proto::journal::v1::{HubStarted, hub_record::Body};
use records::ConvertError;

use crate::{
    card_vault::VaultError,
    checkpoint,
    replica::{self, lane_log},
};

/// Records taken from the journal at once.
pub(crate) const READ_RECORDS_MAX: usize = 1024;

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
}

/// Replays the hub's own log, then looks for replica records without consequences.
pub(crate) fn replay(parts: &Replay<'_>) -> Result<Recovered, RecoveryError> {
    let kept = match parts.from {
        ReplayFrom::Checkpoint => checkpoint::read(parts.journal, &parts.desk),
        ReplayFrom::FirstRecord => None,
    };
    let new = || (Recovered::new(Desk::new(parts.desk.clone())), 1);
    let (mut recovered, first) = kept.unwrap_or_else(new);
    recovered.kept_at = first.saturating_sub(1);
    each_record(parts, LogId::OWN, first, |record| recovered.take(record))?;
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
            recovered.look_over(parts, log, whose)?;
        }
    }
    Ok(recovered)
}

impl Recovered {
    pub(crate) const fn new(desk: Desk) -> Self {
        Self {
            desk,
            hub_epochs: 0,
            history: None,
            overlooked: Vec::new(),
            kept_at: 0,
        }
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
            self.desk.replay(&desk_record);
        }
        Ok(())
    }

    /// The consequences of a replica record stand in the commit of the record itself; the position
    /// up to which they were drawn lies beside it. A log that came in by another way (a repair)
    /// has records beyond that position.
    fn look_over(
        &mut self,
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
        each_record(parts, log, position.saturating_add(1), |record| {
            self.overlooked
                .extend(replica::consequences(lane, epoch, first_day, &record.bytes));
            Ok(())
        })
    }
}

fn each_record(
    parts: &Replay<'_>,
    log: LogId,
    from: u64,
    mut take: impl FnMut(&Record) -> Result<(), RecoveryError>,
) -> Result<(), RecoveryError> {
    let mut next = from;
    loop {
        let records = parts.journal.read(log, next, READ_RECORDS_MAX)?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        next = last.sequence.saturating_add(1);
        for record in &records {
            take(record)?;
        }
    }
}

/// Epochs of lanes whose logs are held.
pub(crate) fn lane_logs(logs: &[LogId]) -> impl Iterator<Item = (LogId, LaneId, LaneEpoch)> + '_ {
    logs.iter()
        .filter_map(|log| lane_log(*log).map(|(lane, epoch)| (*log, lane, epoch)))
}
