//! One store's hub, as head office talks to it.

use std::time::Duration;

use command_line::{Exit, Failed, Peer};
use proto::store::v1::{
    Day, DayFile, ListDaysRequest, PullDayRequest, report_service_client::ReportServiceClient,
};
use tonic::transport::Channel;

use crate::{
    lake::{Lake, LakeError},
    stores::StoreEntry,
};

/// Why a store could not be pulled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Nobody answers, something that is no hub does, or the hub says no.
    #[error("{}", .0.what)]
    Failed(Failed),
    /// The hub calls itself otherwise: the list of stores is wrong.
    #[error("calls itself store {0}")]
    OtherStore(String),
    /// A file's content is not what the manifest says.
    #[error("{0} does not match its SHA-256")]
    WrongContent(String),
    /// A chunk came for another offset than asked.
    #[error("{0} came out of order")]
    OutOfOrder(String),
    /// The disk here.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Its time is up.
    #[error("took longer than {0:?}")]
    TooSlow(Duration),
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl StoreError {
    /// Whether a hub said something at all.
    pub(crate) fn is_an_answer(&self) -> bool {
        match self {
            Self::Failed(failed) => failed.exit != Exit::Unreachable,
            Self::OtherStore(_) | Self::WrongContent(_) | Self::OutOfOrder(_) => true,
            Self::Lake(_) | Self::TooSlow(_) => false,
        }
    }
}

/// What landing a file came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Landed {
    /// It came now.
    New,
    /// It was there already.
    Before,
}

pub(crate) struct StoreClient {
    client: ReportServiceClient<Channel>,
    peer: Peer,
    id: String,
}

impl StoreClient {
    pub(crate) async fn connect(store: &StoreEntry) -> Result<Self, StoreError> {
        let peer = Peer::at(&store.address)?;
        Ok(Self {
            client: ReportServiceClient::new(peer.connect().await?),
            peer,
            id: store.id.clone(),
        })
    }

    /// Days from a date on, oldest first; all of them without one.
    pub(crate) async fn days(&mut self, since: Option<&str>) -> Result<Vec<Day>, StoreError> {
        let request = ListDaysRequest {
            since_date: since.unwrap_or_default().to_owned(),
        };
        let listed = self.peer.ask(self.client.list_days(request)).await?;
        if listed.store_id != self.id {
            return Err(StoreError::OtherStore(listed.store_id));
        }
        Ok(listed.days)
    }

    /// Brings one file of a sealed day; goes on where an earlier try ended.
    pub(crate) async fn file(
        &mut self,
        lake: &Lake,
        day: &Day,
        file: &DayFile,
    ) -> Result<Landed, StoreError> {
        let landing = lake.landing(&day.business_date, &self.id, day.version, &file.name)?;
        if landing.is_landed(&file.sha256) {
            return Ok(Landed::Before);
        }
        let mut offset_bytes = landing.resume_at(file.size_bytes);
        let request = PullDayRequest {
            business_date: day.business_date.clone(),
            version: day.version,
            file: file.name.clone(),
            offset_bytes,
        };
        let mut partial = landing.open(offset_bytes)?;
        let mut chunks = self.peer.ask(self.client.pull_day(request)).await?;
        let broken = |status: tonic::Status| StoreError::from(self.peer.said(&status));
        while let Some(chunk) = chunks.message().await.map_err(broken)? {
            if chunk.offset_bytes != offset_bytes {
                return Err(StoreError::OutOfOrder(file.name.clone()));
            }
            landing.write(&mut partial, &chunk.chunk)?;
            let length = u64::try_from(chunk.chunk.len()).unwrap_or(u64::MAX);
            offset_bytes = offset_bytes.saturating_add(length);
            if offset_bytes > file.size_bytes {
                break;
            }
        }
        if landing.land(partial, &file.sha256)? {
            Ok(Landed::New)
        } else {
            Err(StoreError::WrongContent(file.name.clone()))
        }
    }
}
