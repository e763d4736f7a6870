//! The three streams of a lane.

use std::pin::Pin;

use actix::Addr;
use domain::{
    desk::Rejected,
    ids::{LaneEpoch, LaneId},
    limits::LANE_STREAM_FRAMES_MAX,
};
use futures::{Stream, StreamExt};
use journal::Head;
use proto::store::v1::{
    HubFrame, JournalCopyRequest, LaneFrame, LaneHello, PriceFileRequest, PriceFileResponse,
    ReplicateHello, ReplicateRequest, ReplicateResponse, lane_frame,
    lane_service_server::LaneService, replicate_request,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Services, journal_copy::Copies, price_stream::chunks, stopping};
use crate::{
    actors::{
        lane_session::{EndSession, FromLane, LaneSession, SessionEnd},
        lanes::{Attach, AttachRefused},
        replication::{ReplicaRefused, TakeReplica},
    },
    replica::log_of,
};

type Frames<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Acknowledgements waiting for a lane that does not read them.
const ACKNOWLEDGEMENTS_MAX: usize = 16;

#[tonic::async_trait]
impl LaneService for Services {
    type SessionStream = Frames<HubFrame>;
    type ReplicateStream = Frames<ReplicateResponse>;
    type PriceFileStream = Frames<PriceFileResponse>;
    type JournalCopyStream = Copies;

    async fn session(
        &self,
        request: Request<Streaming<LaneFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let mut inbound = request.into_inner();
        let hello = session_hello(&mut inbound).await?;
        let (outbound, frames) = mpsc::channel(LANE_STREAM_FRAMES_MAX);
        let attached = self.lanes.send(Attach { hello, outbound }).await;
        let session = attached.map_err(stopping)?.map_err(attach_status)?;
        let (ended, end) = mpsc::channel(1);
        tokio::spawn(async move {
            let status = read_session(&session, inbound).await;
            // The stream may be gone already.
            let _ = ended.send(status).await;
            // A session that is gone needs no end.
            let _ = session.send(EndSession).await;
        });
        Ok(Response::new(until_ended(frames, end)))
    }

    async fn replicate(
        &self,
        request: Request<Streaming<ReplicateRequest>>,
    ) -> Result<Response<Self::ReplicateStream>, Status> {
        let mut inbound = request.into_inner();
        let (lane, epoch) = replicate_hello(&mut inbound).await?;
        let (acknowledge, acknowledgements) = mpsc::channel(ACKNOWLEDGEMENTS_MAX);
        let services = self.clone();
        tokio::spawn(async move {
            let worked = services
                .replicate_from(lane, epoch, inbound, &acknowledge)
                .await;
            if let Err(status) = worked {
                // The lane is gone already.
                let _ = acknowledge.send(Err(status)).await;
            }
        });
        let stream = ReceiverStream::new(acknowledgements);
        Ok(Response::new(Box::pin(stream)))
    }

    async fn journal_copy(
        &self,
        request: Request<JournalCopyRequest>,
    ) -> Result<Response<Self::JournalCopyStream>, Status> {
        self.copy_of_journal(&request.into_inner())
            .map(Response::new)
    }

    async fn price_file(
        &self,
        request: Request<Streaming<PriceFileRequest>>,
    ) -> Result<Response<Self::PriceFileStream>, Status> {
        let prices = self.prices.clone();
        let requests = request.into_inner();
        let stream = requests.flat_map(move |request| {
            let responses = match request {
                Ok(request) => chunks(&prices, &request.have_version)
                    .into_iter()
                    .map(Ok)
                    .collect(),
                Err(status) => vec![Err(status)],
            };
            futures::stream::iter(responses)
        });
        Ok(Response::new(Box::pin(stream)))
    }
}

async fn session_hello(inbound: &mut Streaming<LaneFrame>) -> Result<LaneHello, Status> {
    let first = inbound.message().await?;
    match first.and_then(|frame| frame.body) {
        Some(lane_frame::Body::Hello(hello)) => Ok(hello),
        Some(_) | None => Err(Status::invalid_argument("the first frame must be a hello")),
    }
}

fn attach_status(refused: AttachRefused) -> Status {
    match refused {
        AttachRefused::BadHello(what) => Status::invalid_argument(what),
        AttachRefused::Rejected(rejected @ Rejected::Fenced { .. }) => {
            Status::failed_precondition(rejected.to_string())
        }
        AttachRefused::Rejected(rejected) => Status::internal(rejected.to_string()),
        AttachRefused::Stopping => Status::unavailable("the hub is stopping"),
    }
}

/// Frame by frame: the next is read when the last was taken, so a lane can't flood the hub.
async fn read_session(session: &Addr<LaneSession>, mut inbound: Streaming<LaneFrame>) -> Status {
    loop {
        match inbound.message().await {
            Ok(Some(frame)) => match session.send(FromLane(frame)).await {
                Ok(Ok(())) => {}
                Ok(Err(SessionEnd::BadFrame(what))) => return Status::invalid_argument(what),
                Ok(Err(end @ SessionEnd::NoCredit)) => {
                    return Status::resource_exhausted(end.to_string());
                }
                Ok(Err(SessionEnd::Over)) | Err(_) => {
                    return Status::unavailable("the session is over");
                }
            },
            Ok(None) => return Status::ok(""),
            Err(status) => return status,
        }
    }
}

/// The session's frames until the actor drops its end, or a status ends it.
fn until_ended(frames: mpsc::Receiver<HubFrame>, end: mpsc::Receiver<Status>) -> Frames<HubFrame> {
    let stream = futures::stream::unfold(Some((frames, end)), |state| async move {
        let (mut frames, mut end) = state?;
        tokio::select! {
            biased;
            frame = frames.recv() => frame.map(|frame| (Ok(frame), Some((frames, end)))),
            Some(status) = end.recv() => {
                (status.code() != tonic::Code::Ok).then_some((Err(status), None))
            }
        }
    });
    Box::pin(stream)
}

async fn replicate_hello(
    inbound: &mut Streaming<ReplicateRequest>,
) -> Result<(LaneId, LaneEpoch), Status> {
    let first = inbound.message().await?;
    let Some(replicate_request::Body::Hello(ReplicateHello { lane, epoch })) =
        first.and_then(|request| request.body)
    else {
        return Err(Status::invalid_argument(
            "the first message must be a hello",
        ));
    };
    Ok((lane_id(lane)?, LaneEpoch(epoch)))
}

pub(super) fn lane_id(lane: u32) -> Result<LaneId, Status> {
    u16::try_from(lane)
        .ok()
        .filter(|lane| *lane > 0)
        .map(LaneId)
        .ok_or_else(|| Status::invalid_argument("lane must be 1 to 65535"))
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

impl Services {
    /// Acknowledges only what is durable here. The lane may have several batches on the way: what
    /// it sends meanwhile waits in the stream's window.
    async fn replicate_from(
        &self,
        lane: LaneId,
        epoch: LaneEpoch,
        mut inbound: Streaming<ReplicateRequest>,
        acknowledge: &mpsc::Sender<Result<ReplicateResponse, Status>>,
    ) -> Result<(), Status> {
        let gone = |_| Status::cancelled("the lane is gone");
        let journal = &self.journal;
        // What another stream of this lane has just appended is waited for.
        journal.wait(journal.last()).await.map_err(stopping)?;
        let head = journal.durable_head(log_of(lane, epoch));
        acknowledge.send(Ok(response(head))).await.map_err(gone)?;
        while let Some(request) = inbound.message().await? {
            let Some(replicate_request::Body::Batch(batch)) = request.body else {
                return Err(Status::invalid_argument("a batch is expected"));
            };
            let taken = self
                .desk
                .send(TakeReplica {
                    lane,
                    epoch,
                    entries: batch.entries,
                })
                .await
                .map_err(stopping)?
                .map_err(replica_status)?;
            journal.wait(taken.ticket).await.map_err(stopping)?;
            let acknowledged = Ok(response(taken.head));
            acknowledge.send(acknowledged).await.map_err(gone)?;
        }
        Ok(())
    }
}

fn replica_status(refused: ReplicaRefused) -> Status {
    match &refused {
        ReplicaRefused::Gap { .. } => Status::out_of_range(refused.to_string()),
        ReplicaRefused::Fork { .. } => Status::data_loss(refused.to_string()),
        ReplicaRefused::NoRoom | ReplicaRefused::Stopping => {
            Status::unavailable(refused.to_string())
        }
    }
}
