//! One store's hub, as head office talks to it.

use std::time::Duration;

use domain::limits::CONNECT_TIMEOUT_MS;
use proto::store::v1::{
    Day, DayFile, ListDaysRequest, PullDayRequest, report_service_client::ReportServiceClient,
};
use tonic::transport::{Channel, Endpoint};

use crate::{
    lake::{Lake, LakeError},
    stores::StoreEntry,
};

/// Why a store could not be pulled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Nobody answers.
    #[error("can't be reached: {0}")]
    Unreachable(String),
    /// The call failed.
    #[error("{}", .0.message())]
    Call(tonic::Status),
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

impl From<tonic::Status> for StoreError {
    fn from(status: tonic::Status) -> Self {
        Self::Call(status)
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
    id: String,
}

impl StoreClient {
    pub(crate) async fn connect(store: &StoreEntry) -> Result<Self, StoreError> {
        let unreachable =
            |error: tonic::transport::Error| StoreError::Unreachable(in_words(&error));
        let endpoint =
            Endpoint::from_shared(format!("http://{}", store.address)).map_err(unreachable)?;
        let channel = endpoint
            .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
            .connect()
            .await
            .map_err(unreachable)?;
        Ok(Self {
            client: ReportServiceClient::new(channel),
            id: store.id.clone(),
        })
    }

    /// Days from a date on, oldest first; all of them without one.
    pub(crate) async fn days(&mut self, since: Option<&str>) -> Result<Vec<Day>, StoreError> {
        let request = ListDaysRequest {
            since_date: since.unwrap_or_default().to_owned(),
        };
        let listed = self.client.list_days(request).await?.into_inner();
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
        let mut chunks = self.client.pull_day(request).await?.into_inner();
        while let Some(chunk) = chunks.message().await? {
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

fn in_words(error: &tonic::transport::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
