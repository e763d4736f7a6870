//! Prices, store name and terminal: what the hub says of them, kept on disk, then used.
//!
//! The hub names price versions, each with the moment from which it sells. A version is fetched,
//! checked and kept at once, confirmed, and sells from its moment on by this lane's clock, with the
//! hub or without it. A version that this lane can't sell by is refused with the reason, and the
//! one before stays in use. Nothing here touches a sale that is open: the flow takes the version
//! that sells when it opens the next one.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use actix::Addr;
use domain::{
    limits,
    prices::{PriceBook, PriceSchedule},
    time::WallMs,
};
use ports::Clock;
use proto::store::v1 as wire;
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tonic::{Code, Status};
use tracing::{debug, error, info, warn};

use super::{Confirm, HubLink, connection::Client};
use crate::{
    actors::backoff::Backoff,
    hub_facts::{self, HubFacts, Learnt},
    price_shelf::{PriceShelf, ShelfError},
};

/// A whole price file, however large, is here in this time, or the stream is given up.
const FETCH_TIMEOUT_MS: u64 = 30_000;
/// How often a version that waits is looked at.
const LOOK_MS: u64 = 250;

pub(super) struct Parts {
    pub(super) client: Client,
    pub(super) link: Addr<HubLink>,
    pub(super) hello: watch::Receiver<Option<Arc<wire::HubHello>>>,
    pub(super) notices: mpsc::Receiver<wire::PriceNotice>,
    pub(super) facts: watch::Sender<Option<Arc<HubFacts>>>,
    /// What an earlier run kept.
    pub(super) learnt: Learnt,
    pub(super) schedule: PriceSchedule,
    pub(super) shelf: PriceShelf,
    /// Version of the sale that is open: its file stays.
    pub(super) in_sale: watch::Receiver<String>,
    pub(super) file: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) backoff: Backoff,
}

/// What is known of prices, and what was refused of it.
struct Prices {
    parts: Parts,
    /// As it lies on the disk.
    kept: Option<Learnt>,
    /// The file that was taken last, until it sells: it need not be read again.
    taken: Option<(String, Arc<PriceBook>)>,
    /// Why a version is not used; asked for again after the next hello.
    refused: BTreeMap<String, String>,
}

/// Keeps the lane's facts as the hub says they are, for as long as the lane runs.
pub(super) async fn run(parts: Parts) {
    let mut prices = Prices {
        parts,
        kept: None,
        taken: None,
        refused: BTreeMap::new(),
    };
    prices.pass();
    loop {
        let wanted = prices.wanted();
        let heard = match wanted {
            Some(version) => prices.fetch(version).await,
            None => prices.hear().await,
        };
        match heard {
            WaitEnd::Hello => prices.greeted().await,
            WaitEnd::Notice(notice) => prices.told(&notice).await,
            WaitEnd::Nothing => {}
            WaitEnd::Over => return,
        }
        if prices.pass() {
            prices.confirm_selling().await;
        }
    }
}

/// What ended a wait.
enum WaitEnd {
    Hello,
    Notice(wire::PriceNotice),
    Nothing,
    /// The lane stops.
    Over,
}

impl Prices {
    fn now(&self) -> WallMs {
        WallMs(self.parts.clock.wall_ms())
    }

    /// A version whose file is needed, while the hub has said hello.
    fn wanted(&self) -> Option<String> {
        self.parts.hello.borrow().as_ref()?;
        let mut missing = self.parts.schedule.missing();
        let wanted = missing.find(|known| !self.refused.contains_key(&known.version));
        wanted.map(|known| known.version.clone())
    }

    async fn hear(&mut self) -> WaitEnd {
        let waits = self.parts.schedule.waiting().next().is_some();
        let look = async {
            match waits {
                true => sleep(Duration::from_millis(LOOK_MS)).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            hello = self.parts.hello.changed() => hello.map_or(WaitEnd::Over, |()| WaitEnd::Hello),
            notice = self.parts.notices.recv() => notice.map_or(WaitEnd::Over, WaitEnd::Notice),
            () = look => WaitEnd::Nothing,
        }
    }

    /// Another version may become due, and another hello come, while a file is on its way.
    async fn fetch(&mut self, version: String) -> WaitEnd {
        let mut client = self.parts.client.clone();
        let time_limit = Duration::from_millis(FETCH_TIMEOUT_MS);
        let named = version.clone();
        let fetching = async move { timeout(time_limit, fetch(&mut client, &named)).await };
        tokio::pin!(fetching);
        let fetched = loop {
            tokio::select! {
                biased;
                fetched = &mut fetching => break fetched,
                heard = self.hear() => match heard {
                    WaitEnd::Nothing => {
                        if self.pass() {
                            self.confirm_selling().await;
                        }
                    }
                    WaitEnd::Hello | WaitEnd::Notice(_) | WaitEnd::Over => return heard,
                },
            }
        };
        let slow = |_| Err(Status::deadline_exceeded("price file too slow"));
        match fetched.unwrap_or_else(slow) {
            Ok(file) => {
                self.parts.backoff.reset();
                self.take(&version, &file).await;
                WaitEnd::Nothing
            }
            Err(status) if status.code() == Code::NotFound => {
                self.refuse(&version, status.message()).await;
                WaitEnd::Nothing
            }
            Err(status) => {
                debug!(event = "price file not fetched", why = status.message());
                let pause = self.parts.backoff.pause();
                tokio::select! {
                    biased;
                    heard = self.hear() => heard,
                    () = sleep(pause) => WaitEnd::Nothing,
                }
            }
        }
    }

    /// Checked, then durable, then confirmed.
    async fn take(&mut self, version: &str, file: &[u8]) {
        match self.parts.shelf.take(version, file) {
            Ok(book) => {
                info!(event = "price file taken", version, articles = book.len());
                self.parts.schedule.set_usable(version, true);
                self.keep();
                match self.parts.schedule.get(version).map(|known| known.begun) {
                    Some(false) => self.confirm(version).await,
                    // What sells already is confirmed when it does. A later one is read again
                    // then: a lane has no memory for two.
                    Some(true) => self.taken = Some((version.to_owned(), book)),
                    None => {}
                }
            }
            Err(fault) => {
                error!(event = "price file refused", code = "LANE0030", version, %fault);
                self.refuse(version, &fault.to_string()).await;
                if matches!(fault, ShelfError::Io(_)) {
                    // A disk may have room again: what is wrong with a file stays wrong.
                    sleep(self.parts.backoff.pause()).await;
                    self.refused.remove(version);
                }
            }
        }
    }

    async fn refuse(&mut self, version: &str, because: &str) {
        self.refused.insert(version.to_owned(), shortened(because));
        self.confirm(version).await;
    }

    /// Which hub this is comes before its prices: payments are asked of it from now on.
    async fn greeted(&mut self) {
        let Some(hello) = self.parts.hello.borrow_and_update().clone() else {
            return;
        };
        let history = history_of(&hello);
        if history != self.parts.learnt.hub_history {
            // What waits was named by a hub that is gone.
            self.parts.schedule.keep_waiting(|_| false);
        }
        self.parts.learnt = Learnt {
            store_name: hello.merchant_name.clone(),
            merchant_name: hello.company_name.clone(),
            address: hello.store_address.clone(),
            tax_number: hello.tax_number.clone(),
            tid: hello.tid.clone(),
            mid: hello.mid.clone(),
            hub_history: history,
            hub_epoch: hello.hub_epoch,
            ..self.parts.learnt.clone()
        };
        self.refused.clear();
        // Its moment follows in a notice: until then that of what sells.
        let version = &hello.price_file_version;
        if self.parts.schedule.get(version).is_none() {
            let selling = self.parts.schedule.selling().map(|known| known.from);
            self.name(version, selling.unwrap_or(WallMs(0)), true);
        }
        self.tell_facts();
        self.confirm_selling().await;
    }

    async fn told(&mut self, notice: &wire::PriceNotice) {
        let at_once = notice.activate_at_wall_ms == 0;
        let from = match at_once {
            true => self.now(),
            false => WallMs(notice.activate_at_wall_ms),
        };
        self.name(&notice.version, from, notice.active || at_once);
        self.keep();
        let known = self.parts.schedule.get(&notice.version);
        if known.is_some_and(|known| known.usable && !known.begun) {
            self.confirm(&notice.version).await;
        }
    }

    fn name(&mut self, version: &str, from: WallMs, begun: bool) {
        let waiting = self.parts.schedule.waiting().count();
        if !begun && waiting >= limits::PRICE_VERSIONS_WAITING_MAX {
            return warn!(
                event = "price notice not followed",
                why = "too many wait",
                version
            );
        }
        self.parts.schedule.name(version, from, begun);
        let usable = self.parts.shelf.has(version);
        self.parts.schedule.set_usable(version, usable);
    }

    /// Lets begin what is due. True: the next sale is priced by another version.
    fn pass(&mut self) -> bool {
        let now = self.now();
        self.parts.schedule.pass(now);
        let selling = self.parts.schedule.selling();
        let version = selling.map(|known| known.version.clone());
        let facts = self.parts.facts.borrow().clone();
        let before = facts.map(|facts| facts.price_version.clone());
        if version.is_none() || version == before {
            return false;
        }
        self.tell_facts();
        self.forget_files();
        true
    }

    /// The flow takes the facts with its next sale.
    fn tell_facts(&mut self) {
        self.parts.schedule.forget_past();
        let parts = &mut self.parts;
        let now = parts.facts.borrow().clone();
        let selling = parts.schedule.selling().map(|known| known.version.clone());
        let learnt = parts.learnt.clone().with(&parts.schedule);
        // The book is read again only when another one sells.
        let facts = match now.filter(|now| Some(&now.price_version) == selling.as_ref()) {
            Some(now) => Some(HubFacts {
                learnt,
                prices: Arc::clone(&now.prices),
                price_version: now.price_version.clone(),
            }),
            None => {
                let taken = self.taken.take();
                hub_facts::selling(&parts.learnt, &mut parts.schedule, &parts.shelf, taken)
            }
        };
        self.keep();
        let Some(facts) = facts else { return };
        info!(
            event = "facts taken",
            version = facts.price_version,
            articles = facts.prices.len()
        );
        self.parts.facts.send_replace(Some(Arc::new(facts)));
    }

    fn keep(&mut self) {
        let learnt = self.parts.learnt.clone().with(&self.parts.schedule);
        if self.kept.as_ref() == Some(&learnt) {
            return;
        }
        match learnt.keep(&self.parts.file) {
            Ok(()) => self.kept = Some(learnt),
            Err(fault) => error!(event = "facts not kept", code = "LANE0031", %fault),
        }
    }

    fn forget_files(&self) {
        let in_sale = self.parts.in_sale.borrow().clone();
        let schedule = &self.parts.schedule;
        let wanted = |version: &str| version == in_sale || schedule.get(version).is_some();
        self.parts.shelf.forget_but(wanted);
    }

    async fn confirm_selling(&self) {
        let facts = self.parts.facts.borrow().clone();
        if let Some(facts) = facts {
            self.confirm(&facts.price_version).await;
        }
    }

    async fn confirm(&self, version: &str) {
        let selling = self.parts.facts.borrow().clone();
        let confirmed = wire::PriceConfirmed {
            version: version.to_owned(),
            refused_because: self.refused.get(version).cloned().unwrap_or_default(),
            active: selling.is_some_and(|facts| facts.price_version == version),
        };
        if self.parts.link.send(Confirm(confirmed)).await.is_err() {
            debug!(event = "link is gone");
        }
    }
}

/// A reason travels in a frame and stands on a line.
fn shortened(reason: &str) -> String {
    let most = limits::NOTE_BYTES_MAX;
    let end = (0..=most.min(reason.len()))
        .rev()
        .find(|end| reason.is_char_boundary(*end));
    reason
        .get(..end.unwrap_or(0))
        .unwrap_or_default()
        .replace('\n', "; ")
}

fn history_of(hello: &wire::HubHello) -> String {
    let history = <[u8; 16]>::try_from(hello.hub_history.as_ref());
    history.map_or_else(
        |_| String::new(),
        |bytes| format!("{:032x}", u128::from_be_bytes(bytes)),
    )
}

/// The whole file of this version.
async fn fetch(client: &mut Client, version: &str) -> Result<Vec<u8>, Status> {
    let request = wire::PriceFileRequest {
        have_version: String::new(),
        version: version.to_owned(),
    };
    let opening = client.price_file(tokio_stream::once(request));
    let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
    let opened = timeout(time_limit, opening).await;
    let opened = opened.map_err(|_| Status::deadline_exceeded("no answer"))?;
    let mut chunks = opened?.into_inner();
    let mut file = Vec::new();
    while let Some(part) = chunks.message().await? {
        if part.version != version {
            return Err(Status::failed_precondition("another version came"));
        }
        file.extend_from_slice(&part.chunk);
        if file.len() > limits::PRICE_FILE_BYTES_MAX {
            return Err(Status::resource_exhausted("price file too large"));
        }
        if part.last {
            return Ok(file);
        }
    }
    Err(Status::unavailable("price file cut short"))
}
