//! Whom a command asks: the hub at the address that was given, else the one that runs on this
//! configuration, else the journal of a hub that does not run.

use std::{fs, future::Future};

use command_line::Peer;
use configuration::FileError;
use ports::StoreZone;
use proto::store::v1::{
    StoreRequest, StoreResponse, operations_service_client::OperationsServiceClient,
};
use tonic::{Code, Response, Status, transport::Channel};

use super::{Asked, Failed, UNREACHABLE, USAGE, view::Reader};
use crate::config::Config;

pub(super) type Client = OperationsServiceClient<Channel>;

/// A hub that runs.
pub(super) struct Hub {
    pub(super) client: Client,
    peer: Peer,
}

/// Who answers.
pub(super) enum Source {
    Running(Hub),
    Stopped(Box<Config>),
}

impl Hub {
    async fn at(address: &str) -> Result<Self, Failed> {
        let peer = Peer::at(address)?;
        let client = Client::new(peer.connect().await?);
        Ok(Self { client, peer })
    }

    /// Puts a question, and waits for its answer.
    pub(super) async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&mut Client) -> Result<Response<T>, Status>,
    ) -> Result<T, Failed> {
        self.peer.ask(question(&mut self.client)).await
    }

    /// The zone in which this store's people write and read moments. A hub from before it could be
    /// asked has none but UTC.
    pub(super) async fn zone(&mut self) -> Result<StoreZone, Failed> {
        let store = self.ask(async |hub| match hub.store(StoreRequest {}).await {
            Err(status) if status.code() == Code::Unimplemented => {
                Ok(Response::new(StoreResponse::default()))
            }
            answered => answered,
        });
        match store.await?.time_zone.as_str() {
            "" => Ok(StoreZone::utc()),
            name => StoreZone::named(name)
                .map_err(|fault| Failed::new(USAGE, format!("the hub's time zone: {fault}"))),
        }
    }

    /// What an error status of a stream means.
    pub(super) fn said(&self, status: &Status) -> Failed {
        self.peer.said(status)
    }
}

impl Hub {
    /// Who reads what it answers.
    pub(super) async fn reader(&mut self, asked: &Asked) -> Result<Reader, Failed> {
        Ok(Reader {
            zone: self.zone().await?,
            language: asked.language.into(),
        })
    }
}

impl Source {
    /// Who reads what it answers.
    pub(super) async fn reader(&mut self, asked: &Asked) -> Result<Reader, Failed> {
        Ok(Reader {
            zone: self.zone().await?,
            language: asked.language.into(),
        })
    }

    /// See [`Hub::zone`]; a stopped hub's stands in its configuration.
    pub(super) async fn zone(&mut self) -> Result<StoreZone, Failed> {
        match self {
            Self::Running(hub) => hub.zone().await,
            Self::Stopped(config) => Ok(config.store.time_zone.clone()),
        }
    }
}

/// With `--address` no configuration is read.
pub(super) async fn source(asked: &Asked) -> Result<Source, Failed> {
    if let Some(address) = &asked.address {
        return Ok(Source::Running(Hub::at(address).await?));
    }
    let config = Config::load(&asked.config).map_err(|error| with_hint(&error))?;
    for address in addresses(&config) {
        if let Ok(hub) = Hub::at(&address).await {
            return Ok(Source::Running(hub));
        }
    }
    Ok(Source::Stopped(Box::new(config)))
}

/// Only a running hub writes.
pub(super) async fn running(asked: &Asked) -> Result<Hub, Failed> {
    match source(asked).await? {
        Source::Running(hub) => Ok(hub),
        Source::Stopped(_) => {
            let what = "no hub is running on this configuration: start it with `store-hub run`";
            Err(Failed::new(UNREACHABLE, what))
        }
    }
}

/// The address a running hub left, and the one it would listen on.
fn addresses(config: &Config) -> impl Iterator<Item = String> {
    let left = fs::read_to_string(&config.address_file).ok();
    let configured = config.listen_address.clone();
    let fixed = (!configured.ends_with(":0")).then_some(configured);
    left.into_iter().chain(fixed)
}

/// Somebody who only asks may not have the file at all.
fn with_hint(error: &FileError) -> Failed {
    let what = match error {
        FileError::Unreadable { .. } => {
            format!("{error}; say --config FILE, or --address HOST:PORT of a running hub")
        }
        FileError::Faults { .. } => error.to_string(),
    };
    Failed::new(USAGE, what)
}

pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(USAGE, error))?
        .block_on(work)
}
