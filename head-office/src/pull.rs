//! All stores at once, each with its own time: one slow or dead store delays nobody, and the result
//! says which stores are missing or incomplete.

use domain::time::BusinessDate;
use futures::{StreamExt, stream};
use proto::store::v1::Day;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    lake::Lake,
    progress::Progress,
    store_client::{Landed, StoreClient, StoreError},
    stores::{StoreEntry, Stores},
};

/// Which days to pull.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// This one: a store that has not sealed it is incomplete.
    Day(BusinessDate),
    /// All from this one on.
    Since(BusinessDate),
    /// All.
    All,
}

/// What became of one store.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct StoreResult {
    pub(crate) store: String,
    /// sealed, nothing newer, incomplete, missing
    pub(crate) state: &'static str,
    /// A hub answered at all.
    #[serde(skip)]
    pub(crate) answered: bool,
    /// Days that are here now, each whole.
    pub(crate) days: Vec<String>,
    pub(crate) files_landed: u32,
    pub(crate) files_there_before: u32,
    pub(crate) bytes: u64,
    /// Why it is not sealed.
    pub(crate) why: String,
}

impl StoreResult {
    fn new(store: &StoreEntry) -> Self {
        Self {
            store: store.id.clone(),
            state: "sealed",
            answered: false,
            days: Vec::new(),
            files_landed: 0,
            files_there_before: 0,
            bytes: 0,
            why: String::new(),
        }
    }

    /// Everything asked for is here.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.state, "sealed" | "nothing newer")
    }
}

/// Pulls from every store; the results are in the order of the list.
pub(crate) async fn pull(stores: &Stores, lake: &Lake, wanted: Wanted) -> Vec<StoreResult> {
    let progress = Progress::of(stores.stores.len());
    let pulls = stores.stores.iter().map(|store| {
        let progress = &progress;
        async move {
            let mut result = StoreResult::new(store);
            let work = pull_store(store, lake, wanted, &mut result);
            let ended = timeout(stores.timeout, work).await;
            let ended = ended.unwrap_or(Err(StoreError::TooSlow(stores.timeout)));
            if let Err(error) = ended {
                result.answered |= error.is_an_answer();
                tracing::warn!(event = "store not pulled", store = store.id, %error);
                result.state = if result.days.is_empty() {
                    "missing"
                } else {
                    "incomplete"
                };
                result.why = error.to_string();
            }
            progress.step();
            result
        }
    });
    let results = stream::iter(pulls)
        .buffered(stores.parallel)
        .collect()
        .await;
    progress.end();
    results
}

async fn pull_store(
    store: &StoreEntry,
    lake: &Lake,
    wanted: Wanted,
    result: &mut StoreResult,
) -> Result<(), StoreError> {
    let mut client = StoreClient::connect(store).await?;
    let since = match wanted {
        Wanted::Day(date) | Wanted::Since(date) => Some(date.to_string()),
        Wanted::All => None,
    };
    let days = client.days(since.as_deref()).await?;
    result.answered = true;
    let days: Vec<&Day> = days.iter().filter(|day| is_wanted(day, wanted)).collect();
    for day in &days {
        if day.sealed {
            pull_day(&mut client, lake, day, result).await?;
        }
    }
    if result.days.is_empty() {
        match wanted {
            Wanted::Day(date) => note_missing(date, !days.is_empty(), result),
            Wanted::Since(date) => note_nothing_since(&mut client, date, result).await?,
            Wanted::All => note_never(result),
        }
    }
    Ok(())
}

/// The date comes from the store and names a folder.
fn is_wanted(day: &Day, wanted: Wanted) -> bool {
    let Ok(date) = BusinessDate::parse(&day.business_date) else {
        return false;
    };
    match wanted {
        Wanted::Day(wanted) => date == wanted,
        Wanted::Since(_) | Wanted::All => true,
    }
}

/// A running day is no fault when days are asked for in general; asked for by name, it is.
fn note_missing(date: BusinessDate, is_running: bool, result: &mut StoreResult) {
    (result.state, result.why) = match is_running {
        true => ("incomplete", format!("{date} is not closed yet")),
        false => ("missing", format!("has no {date}")),
    };
}

/// Nothing newer is there: that is all there is to pull, if the store ever sealed a day.
async fn note_nothing_since(
    client: &mut StoreClient,
    date: BusinessDate,
    result: &mut StoreResult,
) -> Result<(), StoreError> {
    let days = client.days(None).await?;
    let sealed = days.iter().filter(|day| day.sealed);
    match sealed.map(|day| day.business_date.as_str()).max() {
        Some(newest) => {
            result.state = "nothing newer";
            result.why = format!("has sealed nothing since {date}; its newest day is {newest}");
        }
        None => note_never(result),
    }
    Ok(())
}

fn note_never(result: &mut StoreResult) {
    result.state = "missing";
    "has not sealed a day yet".clone_into(&mut result.why);
}

/// The manifest lands last: where it is, everything it names is.
async fn pull_day(
    client: &mut StoreClient,
    lake: &Lake,
    day: &Day,
    result: &mut StoreResult,
) -> Result<(), StoreError> {
    let (manifest, others): (Vec<_>, Vec<_>) = day
        .files
        .iter()
        .partition(|file| file.name == "manifest.json");
    for file in others.into_iter().chain(manifest) {
        match client.file(lake, day, file).await? {
            Landed::New => {
                result.files_landed = result.files_landed.saturating_add(1);
                result.bytes = result.bytes.saturating_add(file.size_bytes);
            }
            Landed::Before => {
                result.files_there_before = result.files_there_before.saturating_add(1);
            }
        }
    }
    result.days.push(day.business_date.clone());
    Ok(())
}
