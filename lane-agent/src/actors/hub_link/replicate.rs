//! The lane's journal to the hub: only durable records, in order, from where the hub stands (I14).
//!
//! The hub answers the hello with the last record it holds durably. If that record is not ours, one
//! of the two journals is not this lane's: the hub is shown our record, so that it raises its alarm
//! too, nothing is sent any more, and somebody must look.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::{
    ids::{LaneEpoch, LaneId},
    limits,
};
use journal::{Hash, Head, Journal, LogId, ReadError, Record};
use proto::store::v1::{self as wire, replicate_request::Body};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tracing::{debug, error, info, warn};

use super::connection::Client;
use crate::{actors::backoff::Backoff, hub_facts::HubFacts};

pub(super) struct Parts {
    pub(super) client: Client,
    pub(super) journal: Journal,
    pub(super) lane: LaneId,
    pub(super) epoch: LaneEpoch,
    pub(super) facts: watch::Receiver<Option<Arc<HubFacts>>>,
    /// What the hub has acknowledged: told when it comes back, since it may have lost it.
    pub(super) acknowledged: watch::Sender<Head>,
    pub(super) backoff: Backoff,
}

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the stream broke: {}", .0.message())]
    Broken(Status),
    #[error("the hub closed the stream")]
    Closed,
    #[error("the hub refuses the records: {}", .0.message())]
    Refused(Status),
    #[error("the hub holds another record {sequence} than this lane")]
    Fork { sequence: u64 },
    #[error("the hub says this is not the journal it has a copy of: {}", .0.message())]
    NotTheCopy(Status),
    #[error("the journal can't be read")]
    Journal(#[from] ReadError),
    #[error("the journal was closed")]
    JournalClosed,
}

impl From<Status> for End {
    /// What the hub says of the records themselves, and what only says that the stream is gone.
    fn from(status: Status) -> Self {
        match status.code() {
            Code::DataLoss => Self::NotTheCopy(status),
            Code::OutOfRange | Code::InvalidArgument => Self::Refused(status),
            _ => Self::Broken(status),
        }
    }
}

/// Records sent and not yet acknowledged.
struct Window {
    next: u64,
    batches: VecDeque<u64>,
}

/// Replicates for as long as the lane runs; ends only when it must not go on.
pub(super) async fn run(mut parts: Parts) {
    loop {
        let end = match replicate(&mut parts).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        match end {
            End::Broken(_) | End::Closed => {
                debug!(event = "replication broke", why = %end);
                sleep(parts.backoff.pause()).await;
            }
            End::Refused(_) => {
                warn!(event = "records refused", code = "LANE0007", why = %end);
                sleep(parts.backoff.pause()).await;
            }
            End::Fork { .. } | End::NotTheCopy(_) => {
                return error!(event = "replication stopped", code = "LANE0006", why = %end);
            }
            End::Journal(_) | End::JournalClosed => {
                return error!(event = "replication stopped", why = %end);
            }
        }
    }
}

async fn replicate(parts: &mut Parts) -> Result<std::convert::Infallible, End> {
    let (outbound, requests) = mpsc::channel(limits::REPLICATION_BATCHES_IN_FLIGHT_MAX + 1);
    let hello = Body::Hello(wire::ReplicateHello {
        lane: u32::from(parts.lane.0),
        epoch: parts.epoch.0,
        journal: Some(head_to_proto(parts.journal.durable_head(LogId::OWN))),
        acknowledged: Some(head_to_proto(*parts.acknowledged.borrow())),
        hub_history: hub_history(&parts.facts).into(),
    });
    put(&outbound, hello).await?;
    let mut answers = open(parts, requests).await?;
    let first = next(&mut answers).await?;
    if let Err(end) = check(&parts.journal, first.durable_sequence, &first.hash) {
        return Err(show(&parts.journal, &outbound, &mut answers, end).await);
    }
    info!(
        event = "replication attached",
        from = first.durable_sequence
    );
    let mut window = Window {
        next: first.durable_sequence.saturating_add(1),
        batches: VecDeque::new(),
    };
    let mut durable = parts.journal.subscribe();
    loop {
        durable.borrow_and_update();
        send_what_fits(&parts.journal, &outbound, &mut window).await?;
        let room = window.batches.len() < limits::REPLICATION_BATCHES_IN_FLIGHT_MAX;
        tokio::select! {
            biased;
            answer = answers.message() => {
                let answer = answer?.ok_or(End::Closed)?;
                check(&parts.journal, answer.durable_sequence, &answer.hash)?;
                parts.backoff.reset();
                window.acknowledge(answer.durable_sequence);
                parts.acknowledge(&answer);
            }
            changed = durable.changed(), if room => {
                changed.map_err(|_| End::JournalClosed)?;
            }
        }
    }
}

impl Parts {
    fn acknowledge(&self, answer: &wire::ReplicateResponse) {
        let sequence = answer.durable_sequence;
        let hash = Hash::from_slice(&answer.hash).unwrap_or_default();
        self.acknowledged.send_if_modified(|known| {
            let is_more = sequence > known.sequence;
            if is_more {
                *known = Head { sequence, hash };
            }
            is_more
        });
    }
}

fn hub_history(facts: &watch::Receiver<Option<Arc<HubFacts>>>) -> Vec<u8> {
    let facts = facts.borrow();
    let known = facts.as_ref().map(|facts| facts.hub_history());
    known.unwrap_or_default()
}

async fn open(
    parts: &mut Parts,
    requests: mpsc::Receiver<wire::ReplicateRequest>,
) -> Result<Streaming<wire::ReplicateResponse>, End> {
    let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    let opening = parts.client.replicate(ReceiverStream::new(requests));
    match timeout(time_limit, opening).await {
        Ok(opened) => Ok(opened?.into_inner()),
        Err(_) => Err(End::Closed),
    }
}

async fn next(
    answers: &mut Streaming<wire::ReplicateResponse>,
) -> Result<wire::ReplicateResponse, End> {
    let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    match timeout(time_limit, answers.message()).await {
        Ok(answer) => answer?.ok_or(End::Closed),
        Err(_) => Err(End::Closed),
    }
}

/// What the hub holds must be ours, up to its last record (I14).
pub(super) fn check(journal: &Journal, sequence: u64, hash: &[u8]) -> Result<(), End> {
    if sequence == 0 {
        return Ok(());
    }
    let ours = journal.read(LogId::OWN, sequence, 1)?;
    let theirs = Hash::from_slice(hash);
    match ours.first() {
        Some(record) if record.sequence == sequence && Some(record.hash) == theirs => Ok(()),
        Some(_) | None => Err(End::Fork { sequence }),
    }
}

/// The hub sees our record at the place where the two differ, and refuses it: it must not learn of
/// a fork from silence.
async fn show(
    journal: &Journal,
    outbound: &mpsc::Sender<wire::ReplicateRequest>,
    answers: &mut Streaming<wire::ReplicateResponse>,
    end: End,
) -> End {
    let End::Fork { sequence } = end else {
        return end;
    };
    let ours = match journal.read(LogId::OWN, sequence, 1) {
        Ok(ours) => ours,
        Err(unreadable) => return unreadable.into(),
    };
    let entries = ours.into_iter().map(entry).collect();
    let shown = put(outbound, Body::Batch(wire::JournalBatch { entries })).await;
    match shown {
        Ok(()) => match next(answers).await {
            Err(why @ (End::NotTheCopy(_) | End::Fork { .. })) => why,
            // It is a fork all the same.
            Ok(_) | Err(_) => End::Fork { sequence },
        },
        Err(_) => End::Fork { sequence },
    }
}

async fn send_what_fits(
    journal: &Journal,
    outbound: &mpsc::Sender<wire::ReplicateRequest>,
    window: &mut Window,
) -> Result<(), End> {
    while window.batches.len() < limits::REPLICATION_BATCHES_IN_FLIGHT_MAX {
        let most = limits::REPLICATION_RECORDS_PER_BATCH_MAX;
        let records = journal.read(LogId::OWN, window.next, most)?;
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(());
        };
        let entries = records.into_iter().map(entry).collect();
        put(outbound, Body::Batch(wire::JournalBatch { entries })).await?;
        window.next = last.saturating_add(1);
        window.batches.push_back(last);
    }
    Ok(())
}

impl Window {
    fn acknowledge(&mut self, durable_sequence: u64) {
        while self
            .batches
            .pop_front_if(|last| *last <= durable_sequence)
            .is_some()
        {}
    }
}

async fn put(outbound: &mpsc::Sender<wire::ReplicateRequest>, body: Body) -> Result<(), End> {
    let request = wire::ReplicateRequest { body: Some(body) };
    outbound.send(request).await.map_err(|_| End::Closed)
}

/// Where this lane's journal ends, as the hub is told.
pub(super) fn head_to_proto(head: Head) -> wire::JournalHead {
    let hash = match head.sequence {
        0 => Vec::new(),
        _ => head.hash.0.to_vec(),
    };
    wire::JournalHead {
        sequence: head.sequence,
        hash: hash.into(),
    }
}

/// As the hub told it.
pub(super) fn head_from_proto(head: &wire::JournalHead) -> Head {
    Head {
        sequence: head.sequence,
        hash: Hash::from_slice(&head.hash).unwrap_or_default(),
    }
}

fn entry(record: Record) -> wire::JournalEntry {
    wire::JournalEntry {
        sequence: record.sequence,
        hash: record.hash.0.to_vec().into(),
        record: record.bytes.into(),
    }
}
