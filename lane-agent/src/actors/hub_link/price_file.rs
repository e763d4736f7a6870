//! Prices and store name: fetched when the hub's hello names another version than ours, checked,
//! kept on disk, then used. A bad file is refused, and the one before stays in use.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{limits, money::Currency};
use proto::store::v1 as wire;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tonic::Status;
use tracing::{debug, error, info};

use super::connection::Client;
use crate::{
    actors::backoff::Backoff,
    hub_facts::{HubFacts, Learnt},
};

/// A whole price file, however large, is here in this time, or the stream is given up.
const FETCH_TIMEOUT_MS: u64 = 30_000;
/// 100,000 articles take about 5 MiB.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

pub(super) struct Parts {
    pub(super) client: Client,
    pub(super) hello: watch::Receiver<Option<Arc<wire::HubHello>>>,
    pub(super) facts: watch::Sender<Option<Arc<HubFacts>>>,
    pub(super) file: PathBuf,
    pub(super) currency: Currency,
    pub(super) backoff: Backoff,
}

/// Keeps the lane's facts as the hub says they are, for as long as the lane runs.
pub(super) async fn run(mut parts: Parts) {
    while parts.hello.changed().await.is_ok() {
        let hello = parts.hello.borrow_and_update().clone();
        if let Some(hello) = hello {
            follow(&mut parts, &hello).await;
        }
    }
}

/// Tries until it has what this hello names, or another hello comes.
async fn follow(parts: &mut Parts, hello: &wire::HubHello) {
    loop {
        match learn(parts, hello).await {
            Ok(()) => return parts.backoff.reset(),
            Err(status) => debug!(event = "price file not fetched", why = status.message()),
        }
        let pause = parts.backoff.pause();
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            _ = parts.hello.changed() => return parts.hello.mark_changed(),
        }
    }
}

async fn learn(parts: &mut Parts, hello: &wire::HubHello) -> Result<(), Status> {
    meet(parts, hello);
    let have = parts.facts.borrow().clone();
    let price_file = match &have {
        Some(facts) if facts.learnt.price_file_version == hello.price_file_version => {
            facts.learnt.price_file.clone()
        }
        Some(_) | None => {
            let time_limit = Duration::from_millis(FETCH_TIMEOUT_MS);
            let fetched = timeout(time_limit, fetch(&mut parts.client)).await;
            fetched.map_err(|_| Status::deadline_exceeded("price file too slow"))??
        }
    };
    let learnt = Learnt {
        price_file_version: hello.price_file_version.clone(),
        store_name: hello.merchant_name.clone(),
        tid: hello.tid.clone(),
        mid: hello.mid.clone(),
        hub_history: history_of(hello),
        hub_epoch: hello.hub_epoch,
        price_file,
    };
    if have.is_none_or(|facts| facts.learnt != learnt) {
        take(parts, learnt);
    }
    Ok(())
}

/// Which hub this is comes before its prices: payments are asked of it from now on.
fn meet(parts: &mut Parts, hello: &wire::HubHello) {
    let have = parts.facts.borrow().clone();
    let (history, epoch) = (history_of(hello), hello.hub_epoch);
    let Some(have) = have.filter(|have| have.learnt.hub_history != history) else {
        return;
    };
    let learnt = Learnt {
        hub_history: history,
        hub_epoch: epoch,
        ..have.learnt.clone()
    };
    take(parts, learnt);
}

fn history_of(hello: &wire::HubHello) -> String {
    let history = <[u8; 16]>::try_from(hello.hub_history.as_ref());
    history.map_or_else(
        |_| String::new(),
        |bytes| format!("{:032x}", u128::from_be_bytes(bytes)),
    )
}

/// The whole file, whatever version the hub has by now.
async fn fetch(client: &mut Client) -> Result<String, Status> {
    let request = wire::PriceFileRequest {
        have_version: String::new(),
    };
    let opening = client.price_file(tokio_stream::once(request));
    let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    let opened = timeout(time_limit, opening).await;
    let opened = opened.map_err(|_| Status::deadline_exceeded("no answer"))?;
    let mut chunks = opened?.into_inner();
    let mut file = Vec::new();
    while let Some(part) = chunks.message().await? {
        file.extend_from_slice(&part.chunk);
        if file.len() > FILE_BYTES_MAX {
            return Err(Status::resource_exhausted("price file too large"));
        }
        if part.last {
            return String::from_utf8(file)
                .map_err(|_| Status::invalid_argument("price file is not UTF-8"));
        }
    }
    Err(Status::unavailable("price file cut short"))
}

fn take(parts: &Parts, learnt: Learnt) {
    let facts = match HubFacts::new(learnt, parts.currency) {
        Ok(facts) => facts,
        Err(fault) => return error!(event = "price file refused", %fault),
    };
    if let Err(fault) = facts.keep(&parts.file) {
        error!(event = "price file not kept", %fault);
    }
    info!(event = "facts taken", articles = facts.prices.len());
    parts.facts.send_replace(Some(Arc::new(facts)));
}
