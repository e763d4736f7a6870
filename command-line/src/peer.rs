//! Asking a hub: how it is reached, and what is said when it isn't.

use std::{future::Future, time::Duration};

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

/// Somebody at an address that should be a store hub.
#[derive(Clone, Debug)]
pub struct Peer {
    address: String,
}

impl Peer {
    /// At `HOST:PORT`.
    ///
    /// # Errors
    /// That is no `HOST:PORT`.
    pub fn at(address: &str) -> Result<Self, Failed> {
        let address = address.trim().to_owned();
        match configuration::is_host_and_port(&address) {
            true => Ok(Self { address }),
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
        let reached = timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.address)).await;
        match reached {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(self.not_there(&error.to_string())),
            Err(_) => return Err(self.not_there("no answer")),
        }
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
            let what = format!(
                "what answers at {address} is no store hub, or its connection broke; give the \
                 address the hub prints when it starts"
            );
            return Failed::new(Exit::Unreachable, what);
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
        let what = format!(
            "nobody answers at {}: {why}; start the hub, or give the address it prints when it \
             starts",
            self.address
        );
        Failed::new(Exit::Unreachable, what)
    }
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
