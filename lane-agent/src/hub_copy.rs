//! What the hub holds of this lane's journal, asked for and received.

use std::{ops::RangeInclusive, time::Duration};

use domain::{limits, sale::CheckoutConfig};
use journal::{Hash, Record};
use proto::store::v1::{JournalCopyRequest, JournalCopyResponse, JournalEntry};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::actors::HubClient;

/// Consecutive records, the first and the last.
pub(crate) type Run = RangeInclusive<u64>;

/// Only how far the copy reaches.
pub(crate) const NO_RECORDS: Run = 0..=0;

/// The hub did not give it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// It says nothing.
    #[error("the hub does not answer")]
    Silent,
    /// It says no.
    #[error("the hub: {}", .0.message())]
    Hub(#[from] Status),
}

/// What the hub holds.
#[derive(Default)]
pub(crate) struct Held {
    /// Its last record.
    pub(crate) sequence: u64,
    /// The last record that the hub has heard of.
    pub(crate) known_sequence: u64,
    /// Which journal the hub writes.
    pub(crate) hub_history: Vec<u8>,
    /// What was asked for of it.
    pub(crate) records: Vec<Record>,
}

/// Asks for a run of records. A hub that says nothing for as long as `time_limit` is given up. Long
/// runs are asked for in parts: the hub gives no more at once.
pub(crate) async fn ask(
    hub: &mut HubClient,
    lane: CheckoutConfig,
    run: Run,
    time_limit: Duration,
) -> Result<Held, CopyError> {
    let mut held = Held::default();
    let (mut from, to) = run.into_inner();
    loop {
        let most = limits::JOURNAL_COPY_RECORDS_MAX.saturating_sub(1);
        let last = to.min(from.saturating_add(most));
        let request = JournalCopyRequest {
            lane: u32::from(lane.lane.0),
            epoch: lane.epoch.0,
            from_sequence: from,
            to_sequence: last,
        };
        receive(hub, request, time_limit, &mut held).await?;
        let received = held.records.last().map_or(0, |record| record.sequence);
        if last >= to || received < last {
            return Ok(held);
        }
        from = last.saturating_add(1);
    }
}

async fn receive(
    hub: &mut HubClient,
    request: JournalCopyRequest,
    time_limit: Duration,
    held: &mut Held,
) -> Result<(), CopyError> {
    let asked = timeout(time_limit, hub.journal_copy(request)).await;
    let mut copy = asked.map_err(|_| CopyError::Silent)??.into_inner();
    while let Some(response) = next(&mut copy, time_limit).await? {
        held.sequence = response.durable_sequence;
        held.known_sequence = held.known_sequence.max(response.known_sequence);
        if !response.hub_history.is_empty() {
            held.hub_history = response.hub_history.to_vec();
        }
        for entry in response.entries {
            held.records.push(record(entry)?);
        }
    }
    Ok(())
}

async fn next(
    copy: &mut Streaming<JournalCopyResponse>,
    time_limit: Duration,
) -> Result<Option<JournalCopyResponse>, CopyError> {
    let answer = timeout(time_limit, copy.message()).await;
    Ok(answer.map_err(|_| CopyError::Silent)??)
}

fn record(entry: JournalEntry) -> Result<Record, Status> {
    let hash = Hash::from_slice(&entry.hash);
    Ok(Record {
        sequence: entry.sequence,
        hash: hash.ok_or_else(|| Status::data_loss("a hash must have 32 bytes"))?,
        bytes: entry.record.to_vec(),
    })
}
