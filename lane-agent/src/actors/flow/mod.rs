//! The flow of a sale: the only actor that steps the checkout and writes the lane's journal.
//!
//! Each event becomes effects; the records among them are one commit, and everything else waits in
//! the outbox until that commit is durable (I6, I3). No handler waits: what has to be awaited runs
//! beside, and its outcome comes back as the next event. No rule about money stands here.

mod day;
mod effects;
mod offline;
mod operators;
mod outcomes;
mod prices;
mod recalling;
mod returns;
mod room;

use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Context, Handler, StreamHandler};
use bytes::Bytes;
use domain::{
    ids::PaymentId,
    money::Currency,
    paper::PaperSetting,
    risk::OfflineLease,
    sale::{AtTheKeys, Checkout, Effect, Event, Key, Prompt, Rejected, Right, Screen},
    scan_codes::CodeTable,
    time::{MonoMs, Now, WallMs},
};
use futures::StreamExt;
use journal::{AppendError, Batch, Journal, LogId, Outbox, Ticket};
use ports::{Clock, Random};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::WatchStream;
use tracing::{debug, error, info};

pub(crate) use self::day::Rest;
use super::{
    Asking, CardReader, FromHub, HubLink, Printer, Progress,
    input::{Press, Scanned},
};
use crate::{
    checkpoint, config::Timeouts, devices::SealedRead, hub_facts::HubFacts,
    known_operators::KnownOperators, pin_check::PinCheck, price_shelf::PriceShelf,
    sales_figures::SalesMeter, store_day::StoreDay,
};

/// Why the lane can't go on: what it decided can't be made durable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    #[error("the journal takes no record")]
    Append(#[from] AppendError),
    #[error("the journal was closed")]
    JournalClosed,
}

/// What a flow is made of.
pub(crate) struct FlowParts {
    pub(crate) checkout: Checkout,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) reader: Addr<CardReader>,
    pub(crate) printer: Addr<Printer>,
    /// How receipts are set.
    pub(crate) paper: PaperSetting,
    pub(crate) link: Addr<HubLink>,
    pub(crate) facts: watch::Receiver<Option<Arc<HubFacts>>>,
    /// Price versions on the disk.
    pub(crate) shelf: PriceShelf,
    /// Price version of the sale that is open, or empty.
    pub(crate) in_sale: watch::Sender<String>,
    /// What the hub says of the store's day.
    pub(crate) day: watch::Receiver<Arc<StoreDay>>,
    /// The operators of the store; `None`: the lane was never told.
    pub(crate) operators: watch::Receiver<Option<KnownOperators>>,
    pub(crate) pins: PinCheck,
    /// What the screens ask of whoever types a PIN.
    pub(crate) asking: watch::Sender<Asking>,
    /// Leases and acknowledgements from the hub.
    pub(crate) from_hub: Option<mpsc::Receiver<FromHub>>,
    /// Whether the hub is there.
    pub(crate) hub_up: watch::Receiver<bool>,
    pub(crate) screens: watch::Sender<Option<Screen>>,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) sales: SalesMeter,
    pub(crate) fatal: mpsc::Sender<Fatal>,
    pub(crate) timeouts: Timeouts,
    /// What scanned codes mean.
    pub(crate) codes: CodeTable,
    pub(crate) currency: Currency,
}

pub(crate) struct TransactionFlow {
    parts: FlowParts,
    outbox: Outbox<Effect>,
    /// What the sale that is open is priced by.
    sale_prices: Option<prices::SalePrices>,
    /// Nothing leaves before the journal is durable up to here.
    highest: Ticket,
    /// The card of the payment under way: in memory only, gone with the process (rule 3).
    sealed: Option<(PaymentId, SealedRead)>,
    /// The same card for the upload, in case the lane decides alone.
    upload: Option<(PaymentId, Bytes)>,
    at_the_keys: operators::AtTheKeys,
    /// A lease that came before the lane was open.
    offered: Option<OfflineLease>,
    /// Prices were at hand and what a kill left was taken up.
    open: bool,
    /// What the screens would say if the disk had room.
    covered: Option<Screen>,
    /// The disk has no room: nothing new is begun.
    no_room: bool,
    /// Sales that had ended when a checkpoint was last made, or could have been.
    checkpointed_at: u32,
    /// When the hub was last there, by the clock that only goes forward.
    hub_last_seen_ms: u64,
    failed: bool,
}

/// The journal is durable further than before.
struct Durable;

/// Prices or store name changed.
struct FactsChanged;

impl TransactionFlow {
    pub(crate) fn new(parts: FlowParts) -> Self {
        Self {
            outbox: Outbox::new(),
            sale_prices: None,
            highest: parts.journal.last(),
            sealed: None,
            upload: None,
            at_the_keys: operators::AtTheKeys::default(),
            offered: None,
            open: false,
            covered: None,
            no_room: false,
            checkpointed_at: checkpoint::sales_ended(&parts.checkout),
            hub_last_seen_ms: 0,
            failed: false,
            parts,
        }
    }

    fn now(&self) -> Now {
        Now {
            wall: WallMs(self.parts.clock.wall_ms()),
            mono: MonoMs(self.parts.clock.mono_ms()),
        }
    }

    /// Steps the checkout. False: the event was rejected and nothing follows.
    fn take(&mut self, event: Event, ctx: &mut Context<Self>) -> bool {
        self.decide(event, ctx).is_ok()
    }

    /// The same, with why not.
    fn decide(&mut self, event: Event, ctx: &mut Context<Self>) -> Result<(), Rejected> {
        let effects = self.step(event)?;
        self.follow(effects, ctx);
        Ok(())
    }

    fn step(&mut self, event: Event) -> Result<Vec<Effect>, Rejected> {
        if self.failed {
            return Err(Rejected::Resting);
        }
        let now = self.now();
        let stepped = self.parts.checkout.step(now, event);
        stepped.inspect_err(|rejected| debug!(event = "event rejected", %rejected))
    }

    fn follow(&mut self, effects: Vec<Effect>, ctx: &mut Context<Self>) {
        self.follow_sale();
        self.follow_operator(&effects);
        if let Err(fatal) = self.commit(effects, ctx) {
            self.fail(fatal);
        }
    }

    fn commit(&mut self, effects: Vec<Effect>, ctx: &mut Context<Self>) -> Result<(), Fatal> {
        let mut batch = Batch::new();
        let mut waiting = Vec::new();
        let mut may_be_kept = false;
        for effect in effects {
            match effect {
                Effect::Persist(record) => {
                    may_be_kept |= record.fact.may_leave_nothing();
                    day::tell(&record.fact);
                    operators::tell(&record.fact);
                    self.parts.sales.take(&record.fact);
                    self.encode(&mut batch, &record);
                }
                other => waiting.push(other),
            }
        }
        if !batch.is_empty() {
            self.highest = self.append(batch, may_be_kept)?;
        }
        for effect in waiting {
            if self.outbox.is_empty() && shows_basket(&effect) {
                self.carry_out(effect, ctx);
            } else {
                self.outbox.push(self.highest, effect);
            }
        }
        self.release(ctx);
        Ok(())
    }

    /// The end of some sales carries the checkpoint of the next start.
    fn append(&mut self, batch: Batch, may_be_kept: bool) -> Result<Ticket, AppendError> {
        let checkout = &self.parts.checkout;
        let due = may_be_kept.then(|| checkpoint::due(checkout, self.checkpointed_at));
        let journal = &self.parts.journal;
        match due.flatten() {
            Some(bytes) => {
                self.checkpointed_at = checkpoint::sales_ended(checkout);
                journal.append_with_checkpoint(batch, checkpoint::NAME, LogId::OWN, &bytes)
            }
            None => journal.append_decided(batch),
        }
    }

    /// Carries out what the journal is durable for.
    fn release(&mut self, ctx: &mut Context<Self>) {
        let durable = self.parts.journal.durable();
        let ready: Vec<Effect> = self.outbox.ready(durable).collect();
        for effect in ready {
            self.carry_out(effect, ctx);
        }
        self.tell_progress();
    }

    fn tell_progress(&self) {
        let progress = Progress::of(&self.parts.checkout, self.open, self.no_room);
        self.parts.progress.send_if_modified(|told| {
            let changed = *told != progress;
            *told = progress;
            changed
        });
    }

    /// The checkout has decided what no record holds: nothing may go on from there.
    fn fail(&mut self, fatal: Fatal) {
        error!(event = "lane stopped", why = %fatal);
        self.failed = true;
        // Full only when a fatal is told already.
        let _ = self.parts.fatal.try_send(fatal);
    }

    fn event_of(&self, key: Key) -> Event {
        let prices = self.prices();
        let by = AtTheKeys {
            operator: self.operator(),
            right: Right::Missing,
            price_version: self.price_version(),
            currency: self.parts.currency,
            prices: prices.as_deref(),
            codes: &self.parts.codes,
        };
        key.event(&by, || PaymentId(self.parts.random.next_u128()))
    }

    /// What a person did came to nothing: the screens say why, and again where the sale stands.
    fn say_why(&self, outcome: Result<(), Rejected>) -> Result<(), Rejected> {
        if let Err(rejected) = outcome {
            self.parts.screens.send_modify(|shown| {
                if let Some(screen) = shown {
                    screen.refused = Some(rejected);
                }
            });
        }
        outcome
    }

    /// What was refused before is wanted no more, or was done: the screens stand as they were.
    fn say_nothing(&self) {
        self.parts.screens.send_modify(|shown| {
            if let Some(screen) = shown {
                screen.refused = None;
            }
        });
    }

    fn press(&mut self, key: Key, ctx: &mut Context<Self>) -> Result<(), Rejected> {
        let begins = matches!(
            key,
            Key::Open { .. } | Key::Recall { .. } | Key::RecallElsewhere { .. }
        );
        match (self.open, begins) {
            (false, _) => return Err(Rejected::NotOpen),
            (true, true) if self.refuses_sale() => return Err(Rejected::NoRoom),
            (true, _) => {}
        }
        let event = self.event_of(key);
        self.decide_in_a_sale(event, ctx)
    }

    fn scan(&mut self, barcode: String, ctx: &mut Context<Self>) -> Result<(), Rejected> {
        let event = self.scanned(barcode.clone());
        if self.takes_badge(&event, &barcode) {
            return Ok(());
        }
        self.decide_in_a_sale(event, ctx)
    }

    /// What is the beginning of a basket opens its sale.
    fn decide_in_a_sale(&mut self, event: Event, ctx: &mut Context<Self>) -> Result<(), Rejected> {
        if event.fills_a_basket() && self.parts.checkout.sale().is_none() {
            let order_reference = String::new();
            self.press(Key::Open { order_reference }, ctx)?;
        }
        let asked = event.clone();
        let outcome = self.decide(event, ctx);
        if outcome.is_ok() && asked.shows_nothing() {
            self.say_nothing();
        }
        self.remember_refused(asked, outcome);
        outcome
    }
}

impl Actor for TransactionFlow {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let durable = WatchStream::new(self.parts.journal.subscribe()).map(|_| Durable);
        ctx.add_stream(durable);
        let facts = WatchStream::new(self.parts.facts.clone()).map(|_| FactsChanged);
        ctx.add_stream(facts);
        self.follow_day(ctx);
        self.follow_operators(ctx);
        self.follow_hub(ctx);
        self.watch_room(ctx);
    }
}

impl StreamHandler<Durable> for TransactionFlow {
    fn handle(&mut self, _: Durable, ctx: &mut Self::Context) {
        self.release(ctx);
    }

    fn finished(&mut self, _: &mut Self::Context) {
        self.fail(Fatal::JournalClosed);
    }
}

impl StreamHandler<FactsChanged> for TransactionFlow {
    /// With the first prices the lane opens: what a kill left is taken up, then customers come.
    fn handle(&mut self, _: FactsChanged, ctx: &mut Self::Context) {
        if self.open || self.parts.facts.borrow().is_none() {
            return;
        }
        self.open = true;
        info!(event = "lane open");
        self.take(Event::Recovered, ctx);
        if let Some(lease) = self.offered.take() {
            self.take(Event::LeaseOffered(lease), ctx);
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Press> for TransactionFlow {
    type Result = Result<(), Rejected>;

    fn handle(&mut self, Press(key): Press, ctx: &mut Self::Context) -> Self::Result {
        let outcome = self.press(key, ctx);
        self.say_why(outcome)
    }
}

impl Handler<Scanned> for TransactionFlow {
    type Result = Result<(), Rejected>;

    fn handle(&mut self, Scanned(barcode): Scanned, ctx: &mut Self::Context) -> Self::Result {
        let outcome = self.scan(barcode, ctx);
        self.say_why(outcome)
    }
}

/// A scanned line may be shown before it is durable: nothing is promised by it, and its record
/// follows within `limits::SALE_LINE_JOURNAL_DELAY_MS`.
fn shows_basket(effect: &Effect) -> bool {
    match effect {
        Effect::Show(screen) => match screen.prompt {
            Prompt::Scan
            | Prompt::NotFound { .. }
            | Prompt::NotForSale { .. }
            | Prompt::Weigh { .. }
            | Prompt::AskAge { .. } => true,
            Prompt::Ready
            | Prompt::ChooseTender
            | Prompt::PresentCard { .. }
            | Prompt::ContactingBank { .. }
            | Prompt::CardNotRead
            | Prompt::Declined { .. }
            | Prompt::Refused { .. }
            | Prompt::PartlyApproved { .. }
            | Prompt::NotConfirmed
            | Prompt::Printing { .. }
            | Prompt::Goodbye { .. }
            | Prompt::NoRoom
            | Prompt::Voided { .. }
            | Prompt::Suspended { .. }
            | Prompt::AskingBaskets
            | Prompt::ChooseBasket
            | Prompt::RecallRefused(_)
            | Prompt::AskingOriginal { .. }
            | Prompt::ChooseReturn { .. }
            | Prompt::ReturnRefused { .. }
            | Prompt::Reserving
            | Prompt::PayBack { .. }
            | Prompt::Till(_) => false,
        },
        Effect::Persist(_)
        | Effect::ArmReader { .. }
        | Effect::DisarmReader
        | Effect::SendPayment(_)
        | Effect::Abandon(_)
        | Effect::ReportOffline(_)
        | Effect::AskOriginal(_)
        | Effect::Reserve(_)
        | Effect::AskBasket(_)
        | Effect::AskBaskets
        | Effect::ShowWaiting(_)
        | Effect::OpenDrawer
        | Effect::Print { .. }
        | Effect::CheckPin { .. }
        | Effect::PrintReport { .. }
        | Effect::PrintCopy { .. }
        | Effect::Finished(_) => false,
    }
}
