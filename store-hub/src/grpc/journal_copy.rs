//! What the hub holds of a lane's journal, given back to a lane that lost records of it.
//!
//! Only durable records, each checked against its chain while it is read; the lane checks them
//! again, against its own. Nothing of another lane's journal is given to a lane, nor of the hub's,
//! and nothing at all while the lane is at work on another connection.

use std::pin::Pin;

use domain::{
    ids::LaneEpoch,
    limits::{JOURNAL_COPY_RECORDS_MAX, REPLICATION_RECORDS_PER_BATCH_MAX},
};
use futures::{Stream, StreamExt, stream};
use journal::{Journal, LogId, Record};
use proto::store::v1::{JournalCopyRequest, JournalCopyResponse, JournalEntry};
use tonic::Status;

use super::{Services, lane_id, replicate_stream::replica_status, stopping};
use crate::{actors::copy_asked::AskForCopy, connection::Connection, replica::log_of};

pub(super) type Copies = Pin<Box<dyn Stream<Item = Result<JournalCopyResponse, Status>> + Send>>;

/// What is still to be read.
struct Rest {
    journal: Journal,
    log: LogId,
    next: u64,
    last: u64,
    durable_sequence: u64,
}

impl Services {
    /// How far the copy reaches, then the records asked for, as far as they are held.
    pub(super) async fn copy_of_journal(
        &self,
        request: &JournalCopyRequest,
        connection: Connection,
    ) -> Result<Copies, Status> {
        let (lane, epoch) = (lane_id(request.lane)?, LaneEpoch(request.epoch));
        let log = log_of(lane, epoch);
        let (from, to) = (request.from_sequence, request.to_sequence);
        if from > to || to.saturating_sub(from) >= JOURNAL_COPY_RECORDS_MAX {
            let most = JOURNAL_COPY_RECORDS_MAX;
            let what = format!("ask for 1 to {most} records, the first one first");
            return Err(Status::invalid_argument(what));
        }
        let asked = AskForCopy {
            lane,
            epoch,
            connection,
        };
        let known = self.lanes.send(asked).await.map_err(stopping)?;
        let known_sequence = known.map_err(|refused| replica_status(&refused))?;
        let history = self.look(|desk| desk.history).await?;
        let durable_sequence = self.journal.durable_head(log).sequence;
        let first = JournalCopyResponse {
            durable_sequence,
            entries: Vec::new(),
            known_sequence,
            hub_history: history.to_be_bytes().to_vec().into(),
        };
        let rest = Rest {
            journal: self.journal.clone(),
            log,
            next: from.max(1),
            last: to.min(durable_sequence),
            durable_sequence,
        };
        let records = stream::unfold(Some(rest), |rest| async move { rest?.step() });
        Ok(Box::pin(stream::iter([Ok(first)]).chain(records)))
    }
}

type Step = (Result<JournalCopyResponse, Status>, Option<Rest>);

impl Rest {
    fn step(mut self) -> Option<Step> {
        if self.next > self.last {
            return None;
        }
        let left = self.last.saturating_sub(self.next).saturating_add(1);
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let most = most.min(REPLICATION_RECORDS_PER_BATCH_MAX);
        let records = match self.journal.read(self.log, self.next, most) {
            Ok(records) => records,
            Err(damaged) => return Some((Err(Status::data_loss(damaged.to_string())), None)),
        };
        self.next = records.last()?.sequence.saturating_add(1);
        let response = JournalCopyResponse {
            durable_sequence: self.durable_sequence,
            entries: records.into_iter().map(entry).collect(),
            ..Default::default()
        };
        Some((Ok(response), Some(self)))
    }
}

fn entry(record: Record) -> JournalEntry {
    JournalEntry {
        sequence: record.sequence,
        hash: record.hash.0.to_vec().into(),
        record: record.bytes.into(),
    }
}
