//! The ceiling: a hub that has the streams of a real one and nothing behind them. It approves what
//! it is asked at once, and acknowledges records it does not keep.

use std::{io, pin::Pin};

use command_line::{Exit, Failed, asked_to_stop, say};
use futures::{Stream, StreamExt, stream};
use proto::store::v1::{
    Decision, HubFrame, HubHello, JournalCopyRequest, JournalCopyResponse, LaneFrame,
    PaymentResult, PriceFileRequest, PriceFileResponse, ReplicateRequest, ReplicateResponse,
    hub_frame, lane_frame,
    lane_service_server::{LaneService, LaneServiceServer},
    replicate_request,
};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

/// As many threads as a hub has for its streams.
const SERVICE_THREADS: usize = 2;

/// Options of the hidden command.
#[derive(clap::Args, Clone, Debug)]
pub struct EchoOptions {
    /// Stop when standard input ends
    #[arg(long)]
    stop_on_stdin_eof: bool,
}

/// Echoes on a free port, which it says on standard error, until it is told to stop.
///
/// # Errors
/// No thread or no port can be had.
pub fn run_echo(options: &EchoOptions) -> Result<Exit, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(SERVICE_THREADS)
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime.block_on(async {
        let stop = asked_to_stop(options.stop_on_stdin_eof).map_err(failed)?;
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let connections = TcpIncoming::from(listener).with_nodelay(Some(true));
        say(&format!("listening on {address}"));
        let server = Server::builder()
            .add_service(LaneServiceServer::new(Echo))
            .serve_with_incoming(connections);
        tokio::select! {
            ended = server => ended.map_err(|error| failed(io::Error::other(error))),
            () = stop => Ok(()),
        }
    })?;
    Ok(Exit::Done)
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "handed to map_err, which gives the error away"
)]
fn failed(error: io::Error) -> Failed {
    Failed::new(Exit::Unreachable, error)
}

struct Echo;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What comes in, each answered by what `answer` makes of it; some of it by nothing.
fn echoed<Q, A>(
    inbound: Streaming<Q>,
    answer: impl Fn(Q) -> Option<A> + Send + Sync + 'static,
) -> Response<Answers<A>>
where
    Q: Send + 'static,
    A: Send + 'static,
{
    let answers = inbound.filter_map(move |asked| {
        let answered = asked.map(&answer).transpose();
        async move { answered }
    });
    Response::new(Box::pin(answers))
}

#[tonic::async_trait]
impl LaneService for Echo {
    type SessionStream = Answers<HubFrame>;
    type ReplicateStream = Answers<ReplicateResponse>;
    type JournalCopyStream = Answers<JournalCopyResponse>;
    type PriceFileStream = Answers<PriceFileResponse>;

    async fn session(
        &self,
        request: Request<Streaming<LaneFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        Ok(echoed(request.into_inner(), session_answer))
    }

    async fn replicate(
        &self,
        request: Request<Streaming<ReplicateRequest>>,
    ) -> Result<Response<Self::ReplicateStream>, Status> {
        Ok(echoed(request.into_inner(), replicate_answer))
    }

    async fn journal_copy(
        &self,
        _: Request<JournalCopyRequest>,
    ) -> Result<Response<Self::JournalCopyStream>, Status> {
        Ok(Response::new(Box::pin(stream::empty())))
    }

    async fn price_file(
        &self,
        _: Request<Streaming<PriceFileRequest>>,
    ) -> Result<Response<Self::PriceFileStream>, Status> {
        Ok(Response::new(Box::pin(stream::empty())))
    }
}

fn session_answer(frame: LaneFrame) -> Option<HubFrame> {
    let body = match frame.body? {
        lane_frame::Body::Hello(_) => hub_frame::Body::Hello(hello()),
        lane_frame::Body::Payment(payment) => hub_frame::Body::Result(PaymentResult {
            payment_id: payment.payment_id,
            decision: Some(Decision {
                approved: payment.amount,
                ..Default::default()
            }),
        }),
        lane_frame::Body::Abandon(_)
        | lane_frame::Body::Status(_)
        | lane_frame::Body::OfflineCard(_)
        | lane_frame::Body::OriginalAsked(_)
        | lane_frame::Body::ReturnAsked(_)
        | lane_frame::Body::BasketAsked(_)
        | lane_frame::Body::BasketListAsked(_)
        | lane_frame::Body::PriceConfirmed(_) => return None,
    };
    Some(HubFrame { body: Some(body) })
}

/// Any point of the curve can be sealed to: this is the one that everybody knows.
fn hello() -> HubHello {
    let mut point = [0; 32];
    point[0] = 9;
    HubHello {
        card_sealing_key: point.to_vec().into(),
        card_hash_key: vec![0; 32].into(),
        ..Default::default()
    }
}

fn replicate_answer(request: ReplicateRequest) -> Option<ReplicateResponse> {
    match request.body? {
        replicate_request::Body::Hello(_) => Some(ReplicateResponse::default()),
        replicate_request::Body::Batch(batch) => {
            batch.entries.last().map(|entry| ReplicateResponse {
                durable_sequence: entry.sequence,
                hash: entry.hash.clone(),
            })
        }
    }
}
