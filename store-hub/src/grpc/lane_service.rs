//! The three streams of a lane.

use std::pin::Pin;

use actix::Addr;
use domain::{desk::Rejected, limits::LANE_STREAM_FRAMES_MAX};
use futures::Stream;
use proto::store::v1::{
    HubFrame, JournalCopyRequest, LaneFrame, LaneHello, PriceFileRequest, PriceFileResponse,
    ReplicateRequest, ReplicateResponse, lane_frame, lane_service_server::LaneService,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Services,
    journal_copy::Copies,
    replicate_stream::{self, ACKNOWLEDGEMENTS_MAX},
    stopping,
};
use crate::{
    actors::{
        greeting::AttachRefused,
        lane_outlet::EndSession,
        lane_session::{FromLane, LaneSession, SessionEnd},
        lanes::Attach,
    },
    connection::Connection,
};

pub(super) type Frames<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

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
        let connection = Connection::of(request.extensions());
        let mut inbound = request.into_inner();
        let hello = session_hello(&mut inbound).await?;
        let (outbound, frames) = mpsc::channel(LANE_STREAM_FRAMES_MAX);
        let attach = Attach {
            hello,
            connection,
            outbound,
        };
        let attached = self.lanes.send(attach).await;
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
        let connection = Connection::of(request.extensions());
        let mut inbound = request.into_inner();
        let who = replicate_stream::greeting(&mut inbound, connection).await?;
        let (acknowledge, acknowledgements) = mpsc::channel(ACKNOWLEDGEMENTS_MAX);
        let services = self.clone();
        tokio::spawn(async move {
            let worked = replicate_stream::run(&services, &who, inbound, &acknowledge).await;
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
        let connection = Connection::of(request.extensions());
        let asked = request.into_inner();
        let copies = self.copy_of_journal(&asked, connection).await;
        copies.map(Response::new)
    }

    async fn price_file(
        &self,
        request: Request<Streaming<PriceFileRequest>>,
    ) -> Result<Response<Self::PriceFileStream>, Status> {
        Ok(Response::new(self.price_files(request.into_inner())))
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
    let text = refused.to_string();
    match refused {
        AttachRefused::BadHello(what) => Status::invalid_argument(what),
        AttachRefused::Rejected(rejected @ Rejected::Fenced { .. }) => {
            Status::failed_precondition(rejected.to_string())
        }
        AttachRefused::Rejected(rejected @ Rejected::EpochTooFar { .. }) => {
            Status::failed_precondition(format!("HUB0041: {rejected}"))
        }
        AttachRefused::Rejected(rejected) => Status::internal(rejected.to_string()),
        AttachRefused::Forked(refused) => {
            let code = refused.code().unwrap_or_default();
            Status::failed_precondition(format!("{code}: {refused}"))
        }
        AttachRefused::AtWork(..) => Status::unavailable(text),
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
                Ok(Err(SessionEnd::Closed)) | Err(_) => {
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
