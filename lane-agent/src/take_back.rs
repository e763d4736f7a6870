//! Before a lane sells: what the hub holds of its journal and it does not is taken back.
//!
//! A journal that is empty, or shorter than the hub's copy, is a card that was replaced or an old
//! image of one. Whoever sold on from it would give receipt numbers out twice (I12). So an empty
//! journal waits for the hub's word before anything is sold; one that has records asks the hub
//! once, and sells on without an answer. Where the hub knows of more than it holds, only a new
//! epoch helps: nothing is sold.

use std::{sync::Arc, time::Duration};

use domain::{limits, sale::CheckoutConfig};
use journal::{AppendError, Batch, Closed, Head, Journal, LogId, ReadError, Record};
use ports::{Network, Random};
use tokio::time::sleep;
use tonic::Code;
use tracing::{info, warn};

use crate::{
    actors::{Backoff, HubClient, hub_client},
    hub_copy::{self, CopyError, Held, NO_RECORDS, Run},
};

/// In the side table from the first record that is taken back to the last: a lane that is killed
/// between is as one whose journal is empty.
const UNDER_WAY: &[u8] = b"taking-back";

/// Why a lane must not sell from its journal.
#[derive(Debug, thiserror::Error)]
pub enum TakeBackError {
    /// The hub has heard of records that nobody holds.
    #[error(
        "LANE0041: the journal ends at record {own} and the hub's copy at {held}, but this lane \
         once said that it had {known}: receipt numbers would be given out twice; give the lane \
         the next epoch"
    )]
    Lost {
        /// Where the journal ends.
        own: u64,
        /// Where the hub's copy of it ends.
        held: u64,
        /// What the hub has heard of.
        known: u64,
    },
    /// The journal is empty and so is the copy of a hub that this lane has never met, though it has
    /// met another.
    #[error(
        "LANE0041: the journal is empty and the hub is another one than this lane knew: what was \
         sold before is not known; give the lane the next epoch"
    )]
    BothLost,
    /// What the hub holds does not hold together.
    #[error(
        "LANE0041: the hub's copy of this lane's journal can't be taken back: {0}; give the lane \
         the next epoch"
    )]
    BadCopy(String),
    /// The hub's address can't be used.
    #[error("hub.address: {0}")]
    Address(#[from] tonic::transport::Error),
    /// The journal can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal takes nothing.
    #[error("the journal takes no record back: {0}")]
    Append(AppendError),
    /// The journal was closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// What is needed to ask the hub.
pub(crate) struct Parts<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) lane: CheckoutConfig,
    pub(crate) hub_address: &'a str,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) random: Arc<dyn Random>,
    /// Which journal the hub had that this lane met last; empty: it has met none.
    pub(crate) hub_history: Vec<u8>,
}

/// What one question to the hub came to.
enum Asked {
    Whole,
    NoAnswer(String),
}

/// Resolves once the lane may sell from its journal.
///
/// # Errors
/// It must not: see [`TakeBackError`].
pub(crate) async fn take_back(parts: Parts<'_>) -> Result<(), TakeBackError> {
    let mut hub = hub_client(parts.hub_address, Arc::clone(&parts.network))?;
    let mut backoff = Backoff::new(Arc::clone(&parts.random));
    let mut told = false;
    loop {
        let needs_an_answer = parts.needs_an_answer()?;
        match parts.ask(&mut hub).await? {
            Asked::Whole => return Ok(()),
            Asked::NoAnswer(why) if !needs_an_answer => {
                info!(event = "hub not asked for records", why);
                return Ok(());
            }
            Asked::NoAnswer(why) => {
                if !told {
                    warn!(
                        event = "journal is empty, waiting for the hub",
                        code = "LANE0040",
                        hub = parts.hub_address,
                        why
                    );
                }
                told = true;
                sleep(backoff.pause()).await;
            }
        }
    }
}

impl Parts<'_> {
    fn own(&self) -> Head {
        self.journal.durable_head(LogId::OWN)
    }

    fn needs_an_answer(&self) -> Result<bool, ReadError> {
        Ok(self.own().sequence == 0 || self.journal.get_side(UNDER_WAY)?.is_some())
    }

    async fn ask(&self, hub: &mut HubClient) -> Result<Asked, TakeBackError> {
        match self.ask_and_take(hub).await {
            Ok(()) => Ok(Asked::Whole),
            Err(Stop::Copy(error)) => match error {
                CopyError::Hub(status) if status.code() == Code::DataLoss => {
                    self.without_the_copy(status.message())
                }
                CopyError::Hub(_) | CopyError::Silent => Ok(Asked::NoAnswer(error.to_string())),
            },
            Err(Stop::Fatal(error)) => Err(error),
        }
    }

    /// The hub can't read its copy. A journal that has records goes on from them.
    fn without_the_copy(&self, why: &str) -> Result<Asked, TakeBackError> {
        match self.needs_an_answer()? {
            true => Err(TakeBackError::BadCopy(why.to_owned())),
            false => Ok(Asked::NoAnswer(why.to_owned())),
        }
    }

    async fn ask_and_take(&self, hub: &mut HubClient) -> Result<(), Stop> {
        let held = self.copy(hub, NO_RECORDS).await?;
        let own = self.own();
        self.check(&held, own)?;
        if held.sequence <= own.sequence {
            return Ok(self.done().await?);
        }
        // Our last one too: what is taken back has to follow it.
        let copy = self.copy(hub, own.sequence.max(1)..=held.sequence).await?;
        if !follows(own, &copy.records) {
            info!(event = "hub holds another journal", own = own.sequence);
            return Ok(());
        }
        let missing = copy.records.into_iter();
        let missing = missing.filter(|record| record.sequence > own.sequence);
        self.take(missing.collect()).await?;
        warn!(
            event = "journal taken back from the hub",
            code = "LANE0040",
            from = own.sequence.saturating_add(1),
            to = held.sequence
        );
        Ok(())
    }

    async fn copy(&self, hub: &mut HubClient, run: Run) -> Result<Held, CopyError> {
        let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
        hub_copy::ask(hub, self.lane, run, time_limit).await
    }

    /// Nobody knows of a record that neither this journal nor the copy holds.
    fn check(&self, held: &Held, own: Head) -> Result<(), TakeBackError> {
        let (own, held_sequence, known) = (own.sequence, held.sequence, held.known_sequence);
        if known > own.max(held_sequence) {
            return Err(TakeBackError::Lost {
                own,
                held: held_sequence,
                known,
            });
        }
        let met_another = !self.hub_history.is_empty()
            && !held.hub_history.is_empty()
            && self.hub_history != held.hub_history;
        match own == 0 && held_sequence == 0 && met_another {
            true => Err(TakeBackError::BothLost),
            false => Ok(()),
        }
    }

    async fn take(&self, records: Vec<Record>) -> Result<(), TakeBackError> {
        let most = limits::REPLICATION_RECORDS_PER_BATCH_MAX;
        for some in records.chunks(most) {
            let mut batch = Batch::new();
            for record in some {
                let bytes = record.bytes.clone();
                batch.replica(LogId::OWN, record.sequence, record.hash, bytes);
            }
            batch.put_side(UNDER_WAY, []);
            self.append(batch).await?;
        }
        self.done().await
    }

    /// The journal reaches as far as the copy.
    async fn done(&self) -> Result<(), TakeBackError> {
        if self.journal.get_side(UNDER_WAY)?.is_none() {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.delete_side(UNDER_WAY);
        self.append(batch).await
    }

    async fn append(&self, batch: Batch) -> Result<(), TakeBackError> {
        let ticket = self.journal.append(batch).map_err(|error| match error {
            AppendError::ReplicaGap { .. } | AppendError::ReplicaFork { .. } => {
                TakeBackError::BadCopy(error.to_string())
            }
            other => TakeBackError::Append(other),
        })?;
        Ok(self.journal.wait(ticket).await?)
    }
}

/// The copy goes on where our journal ends.
fn follows(own: Head, copy: &[Record]) -> bool {
    own.sequence == 0 || copy.first().is_some_and(|record| record.head() == own)
}

enum Stop {
    Copy(CopyError),
    Fatal(TakeBackError),
}

impl From<CopyError> for Stop {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl From<TakeBackError> for Stop {
    fn from(error: TakeBackError) -> Self {
        Self::Fatal(error)
    }
}
