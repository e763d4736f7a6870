//! A lane's journal, batch by batch. Acknowledges only what is durable here.
//!
//! One batch of a lane is on its way to the disk at a time: a catch-up of any length takes one
//! place in a commit, whatever else is in it, and rests between two while a payment is in flight.
//! What the lane sends meanwhile waits in the stream's window.

use std::time::Duration;

use domain::{
    ids::{LaneEpoch, LaneId},
    limits::{REPLICATION_RECORDS_PER_BATCH_MAX, REPLICATION_REST_MS},
};
use journal::{Head, LogId, Record};
use proto::store::v1::{
    JournalEntry, ReplicateHello, ReplicateRequest, ReplicateResponse, replicate_request,
};
use tokio::{sync::mpsc, time::sleep};
use tonic::{Status, Streaming};

use super::{Services, lane_id, stopping};
use crate::{
    actors::{
        lane_memory::history_of,
        lanes::{ReplicaBegins, ReplicaInOrder, ReplicaNotTaken},
        previous_hub::CompareCopy,
        replication::{TakeReplica, Taken},
    },
    connection::Connection,
    replica::{check_claim, head_from_proto, log_of},
    replica_refused::ReplicaRefused,
};

/// Acknowledgements waiting for a lane that does not read them.
pub(super) const ACKNOWLEDGEMENTS_MAX: usize = 16;

pub(super) type Acknowledge = mpsc::Sender<Result<ReplicateResponse, Status>>;

/// A lane's hello on this stream: who it is, and where its journal ends.
pub(super) struct Greeting {
    lane: LaneId,
    epoch: LaneEpoch,
    journal: Option<Head>,
    /// What a hub has acknowledged of it, and which journal that hub had.
    acknowledged: Option<Head>,
    history: Option<u128>,
    connection: Connection,
}

pub(super) async fn greeting(
    inbound: &mut Streaming<ReplicateRequest>,
    connection: Connection,
) -> Result<Greeting, Status> {
    let first = inbound.message().await?;
    let Some(replicate_request::Body::Hello(hello)) = first.and_then(|request| request.body) else {
        return Err(Status::invalid_argument(
            "the first message must be a hello",
        ));
    };
    let ReplicateHello {
        lane,
        epoch,
        journal,
        acknowledged,
        hub_history,
    } = hello;
    let lane = lane_id(lane)?;
    let bad_hash = |_| Status::invalid_argument("the hash of the journal has 32 bytes");
    let journal = head_from_proto(journal.as_ref()).map_err(bad_hash)?;
    let acknowledged = head_from_proto(acknowledged.as_ref()).map_err(bad_hash)?;
    Ok(Greeting {
        lane,
        epoch: LaneEpoch(epoch),
        journal,
        acknowledged,
        history: history_of(&hub_history),
        connection,
    })
}

fn response(head: Head) -> ReplicateResponse {
    let hash = if head.sequence == 0 {
        Vec::new()
    } else {
        head.hash.0.to_vec()
    };
    ReplicateResponse {
        durable_sequence: head.sequence,
        hash: hash.into(),
    }
}

/// Ends with the stream.
pub(super) async fn run(
    services: &Services,
    who: &Greeting,
    mut inbound: Streaming<ReplicateRequest>,
    acknowledge: &Acknowledge,
) -> Result<(), Status> {
    let gone = |_| Status::cancelled("the lane is gone");
    let head = services.where_to_go_on(who).await?;
    acknowledge.send(Ok(response(head))).await.map_err(gone)?;
    let mut in_order = false;
    while let Some(request) = services.next(who, &head, &mut inbound).await? {
        let Some(replicate_request::Body::Batch(batch)) = request.body else {
            return Err(Status::invalid_argument("a batch is expected"));
        };
        let is_full = batch.entries.len() >= REPLICATION_RECORDS_PER_BATCH_MAX;
        let taken = services.take(who, batch.entries).await?;
        services
            .journal
            .wait(taken.ticket)
            .await
            .map_err(stopping)?;
        if !in_order && taken.head.sequence > head.sequence {
            in_order = true;
            services.in_order(who).await?;
        }
        let acknowledged = Ok(response(taken.head));
        acknowledge.send(acknowledged).await.map_err(gone)?;
        if taken.mended {
            return Err(Status::unavailable(
                "the copy is whole again: go on from its end",
            ));
        }
        if is_full && taken.payments_wait {
            sleep(Duration::from_millis(REPLICATION_REST_MS)).await;
        }
    }
    Ok(())
}

impl Services {
    /// The next request of the lane. A copy that is found damaged meanwhile ends the stream: the
    /// next one begins where it is damaged.
    async fn next(
        &self,
        who: &Greeting,
        begun: &Head,
        inbound: &mut Streaming<ReplicateRequest>,
    ) -> Result<Option<ReplicateRequest>, Status> {
        let log = log_of(who.lane, who.epoch);
        let mut changes = self.damaged.changes();
        loop {
            let wanted = self.damaged.wanted(log);
            if wanted.is_some_and(|run| *run.start() != begun.sequence.saturating_add(1)) {
                return Err(Status::unavailable("the copy is damaged: send it again"));
            }
            tokio::select! {
                biased;
                request = inbound.message() => return request,
                changed = changes.changed() => changed.map_err(stopping)?,
            }
        }
    }

    async fn where_to_go_on(&self, who: &Greeting) -> Result<Head, Status> {
        let journal = &self.journal;
        // What another stream of this lane has just appended is waited for.
        journal.wait(journal.last()).await.map_err(stopping)?;
        let log = log_of(who.lane, who.epoch);
        match check_claim(journal, log, who.journal) {
            Ok(()) => {}
            // The lane has it, and is asked for it below.
            Err(ReplicaRefused::Unreadable { .. }) if self.damaged.wanted(log).is_some() => {}
            Err(refused) => return Err(self.refuse(who, refused).await),
        }
        let (lane, epoch, connection) = (who.lane, who.epoch, who.connection);
        if let Some(history) = who.history {
            let acknowledged = who.acknowledged;
            let compare = CompareCopy {
                lane,
                epoch,
                history,
                acknowledged,
            };
            self.desk.send(compare).await.map_err(stopping)?;
        }
        if who.journal.is_some() {
            let told = ReplicaBegins { lane, connection };
            self.lanes.send(told).await.map_err(stopping)?;
        }
        Ok(self
            .before_damage(log)
            .unwrap_or_else(|| journal.durable_head(log)))
    }

    /// The last sound record before what is damaged of a copy: the lane goes on from there.
    fn before_damage(&self, log: LogId) -> Option<Head> {
        let wanted = self.damaged.wanted(log)?;
        let before = wanted.start().checked_sub(1)?;
        match before {
            0 => Some(Head::default()),
            before => {
                let records = self.journal.read(log, before, 1).ok()?;
                records.first().map(Record::head)
            }
        }
    }

    async fn take(&self, who: &Greeting, entries: Vec<JournalEntry>) -> Result<Taken, Status> {
        let take = TakeReplica {
            lane: who.lane,
            epoch: who.epoch,
            entries,
        };
        match self.desk.send(take).await.map_err(stopping)? {
            Ok(taken) => Ok(taken),
            Err(refused) => Err(self.refuse(who, refused).await),
        }
    }

    async fn refuse(&self, who: &Greeting, refused: ReplicaRefused) -> Status {
        let status = replica_status(&refused);
        let told = ReplicaNotTaken {
            lane: who.lane,
            epoch: who.epoch,
            connection: who.connection,
            claimed: who.journal,
            refused,
        };
        // A directory that is gone: the hub is stopping.
        let _ = self.lanes.send(told).await;
        status
    }

    async fn in_order(&self, who: &Greeting) -> Result<(), Status> {
        let told = ReplicaInOrder {
            lane: who.lane,
            epoch: who.epoch,
            connection: who.connection,
        };
        self.lanes.send(told).await.map_err(stopping)
    }
}

/// The one place where a refusal becomes a gRPC status. `DATA_LOSS` tells the lane to stop.
pub(super) fn replica_status(refused: &ReplicaRefused) -> Status {
    let text = match refused.code() {
        Some(code) => format!("{code}: {refused}"),
        None => refused.to_string(),
    };
    match refused {
        ReplicaRefused::Gap { .. } => Status::out_of_range(text),
        ReplicaRefused::TooMany { .. } | ReplicaRefused::TooLarge { .. } => {
            Status::invalid_argument(text)
        }
        ReplicaRefused::Fork { .. } | ReplicaRefused::Behind { .. } => Status::data_loss(text),
        ReplicaRefused::StillWritten { .. } => Status::aborted(text),
        ReplicaRefused::Unreadable { .. } => Status::internal(text),
        ReplicaRefused::Epoch(_) => Status::failed_precondition(format!("HUB0041: {text}")),
        ReplicaRefused::NoRoom | ReplicaRefused::AtWork(_) | ReplicaRefused::Stopping => {
            Status::unavailable(text)
        }
    }
}
