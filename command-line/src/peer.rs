//! Asking a hub or a lane: how it is reached, and what is said when it isn't.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tonic::{
    Code, Response, Status,
    transport::{Channel, Endpoint},
};

use crate::{Exit, Failed};

/// A connection that isn't there after so long is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Something that accepts connections and doesn't speak HTTP/2 is given up after these two.
const PING_EVERY: Duration = Duration::from_secs(2);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// A question that is not answered for so long is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A page may have so many bytes: the metrics of a hub with 64 lanes are a good 70 KiB.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What should be at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    StoreHub,
    Lane,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::StoreHub => "store hub",
            Self::Lane => "lane",
        }
    }
}

/// Somebody at an address that should be a store hub, or a lane.
#[derive(Clone, Debug)]
pub struct Peer {
    address: String,
    kind: Kind,
}

impl Peer {
    /// A store hub at `HOST:PORT`.
    ///
    /// # Errors
    /// That is no `HOST:PORT`.
    pub fn at(address: &str) -> Result<Self, Failed> {
        Self::of_kind(Kind::StoreHub, address)
    }

    /// A lane whose port for metrics and health is `HOST:PORT`.
    ///
    /// # Errors
    /// That is no `HOST:PORT`.
    pub fn lane_at(address: &str) -> Result<Self, Failed> {
        Self::of_kind(Kind::Lane, address)
    }

    fn of_kind(kind: Kind, address: &str) -> Result<Self, Failed> {
        let address = address.trim().to_owned();
        match configuration::is_host_and_port(&address) {
            true => Ok(Self { address, kind }),
            false => {
                let what = format!("\"{address}\" is not HOST:PORT, as in 127.0.0.1:7001");
                Err(Failed::new(Exit::Usage, what))
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A channel to it. That somebody listens there is seen at once; who, with the first answer.
    ///
    /// # Errors
    /// Nobody listens, with what to do.
    pub async fn connect(&self) -> Result<Channel, Failed> {
        self.reach().await?;
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))
            .map_err(|error| Failed::new(Exit::Usage, format!("{}: {error}", self.address)))?;
        endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(true)
            .connect()
            .await
            .map_err(|_| self.not_there("the connection broke"))
    }

    async fn reach(&self) -> Result<TcpStream, Failed> {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.address)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(self.not_there(&error.to_string())),
            Err(_) => Err(self.not_there("no answer")),
        }
    }

    /// What stands on one of its pages, whatever the status: a page of health says no with words.
    ///
    /// # Errors
    /// Nobody listens, or what answers has no such page.
    pub async fn page(&self, path: &str) -> Result<String, Failed> {
        let stream = self.reach().await?;
        match timeout(ANSWER_TIMEOUT, page_on(stream, &self.address, path)).await {
            Ok(Some(page)) => Ok(page),
            Ok(None) | Err(_) => Err(self.is_another()),
        }
    }

    /// What answers is not what was asked for.
    #[must_use]
    pub fn is_another(&self) -> Failed {
        let (address, kind) = (&self.address, self.kind.name());
        let what = format!(
            "what answers at {address} is no {kind}, or its connection broke; give the address \
             the {kind} prints when it starts"
        );
        Failed::new(Exit::Unreachable, what)
    }

    /// Waits for an answer, not for ever.
    ///
    /// # Errors
    /// There is none, or it is no.
    pub async fn ask<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Failed> {
        match timeout(ANSWER_TIMEOUT, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.said(&status)),
            Err(_) => {
                let after = ANSWER_TIMEOUT.as_secs();
                let what = format!("{} did not answer within {after} s", self.address);
                Err(Failed::new(Exit::Unreachable, what))
            }
        }
    }

    /// What an error status means to a person.
    #[must_use]
    pub fn said(&self, status: &Status) -> Failed {
        let address = &self.address;
        if std::error::Error::source(status).is_some() {
            return self.is_another();
        }
        match status.code() {
            Code::Unimplemented => {
                let what = format!(
                    "what answers at {address} does not know this question: it is another \
                     program, or a hub of another version"
                );
                Failed::new(Exit::Unreachable, what)
            }
            _ => answered(status),
        }
    }

    fn not_there(&self, why: &str) -> Failed {
        let (address, kind) = (&self.address, self.kind.name());
        let what = format!(
            "nobody answers at {address}: {why}; start the {kind}, or give the address it prints \
             when it starts"
        );
        Failed::new(Exit::Unreachable, what)
    }
}

/// The text of a page; `None` when what answers does not speak HTTP/1, or says too much.
async fn page_on(stream: TcpStream, host: &str, path: &str) -> Option<String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(path).header(HOST, host);
    let request = request.body(Empty::<Bytes>::new()).ok()?;
    let asked = async {
        let answer = sender.send_request(request).await.ok()?;
        let body = Limited::new(answer.into_body(), PAGE_BYTES_MAX);
        let bytes = body.collect().await.ok()?.to_bytes();
        // The connection ends with whoever asks on it.
        drop(sender);
        String::from_utf8(bytes.to_vec()).ok()
    };
    let (page, _ended) = tokio::join!(asked, connection);
    page
}

/// The one place where a status that a hub answered becomes an exit code.
#[must_use]
pub fn answered(status: &Status) -> Failed {
    let exit = match status.code() {
        Code::Ok => Exit::Done,
        Code::NotFound | Code::DataLoss => Exit::No,
        Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
        Code::FailedPrecondition
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::AlreadyExists
        | Code::Aborted
        | Code::ResourceExhausted => Exit::Refused,
        Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable => Exit::Unreachable,
    };
    Failed::new(exit, status.message())
}
