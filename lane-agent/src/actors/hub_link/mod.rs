//! The link to the hub: three streams on one HTTP/2 connection.
//!
//! `Session` is kept here: payments out, results in. A payment is taken only while the hub has said
//! hello on a stream that lives; taken means that a byte may have left, whatever happens next. When
//! the stream ends, every payment on it is in doubt. Payments given up are told first thing in the
//! next hello, until the hub has acknowledged each (payments.md, rule 2).

mod connection;
mod day;
mod operators;
mod price_file;
mod questions;
mod recall;
mod replicate;
mod returns;
mod session;
mod status;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use actix::{
    Actor, AsyncContext, Context, Handler, Message, MessageResponse, SpawnHandle, WrapFuture,
};
use domain::{
    day::Machine,
    ids::{OperatorId, PaymentId, ReceiptNumber, SuspendedId},
    limits,
    payment::Decision,
    prices::PriceSchedule,
    risk::{HotList, OfflineLease},
    sale::CheckoutConfig,
};
use journal::{Head, Journal};
use ports::{Clock, Network, Random};
use proto::store::v1::{self as wire, lane_frame::Body};
use records::HotListReader;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use super::{Progress, backoff::Backoff, offline_cards};
use crate::{
    devices::{HubKeys, PrinterStatus},
    hub_facts::{HubFacts, Learnt},
    known_operators::KnownOperators,
    price_shelf::PriceShelf,
    store_day::StoreDay,
};
use connection::Client;
pub(crate) use connection::{Client as HubClient, client as hub_client};
pub(crate) use questions::Question;
pub(crate) use recall::{AskBasket, AskBaskets};
pub(crate) use returns::{AskOriginal, AskReturn};

/// What a link is made of.
pub(crate) struct LinkParts {
    pub(crate) store_id: String,
    pub(crate) checkout: CheckoutConfig,
    pub(crate) address: String,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) random: Arc<dyn Random>,
    /// Given up before this start: the hub may not know of each.
    pub(crate) abandoned: BTreeSet<PaymentId>,
    pub(crate) keys: watch::Sender<Option<HubKeys>>,
    pub(crate) facts: watch::Sender<Option<Arc<HubFacts>>>,
    pub(crate) facts_file: std::path::PathBuf,
    /// What an earlier run kept of the hub and its prices.
    pub(crate) learnt: Learnt,
    pub(crate) schedule: PriceSchedule,
    pub(crate) shelf: PriceShelf,
    /// Price version of the sale that is open, or empty.
    pub(crate) in_sale: watch::Receiver<String>,
    /// What the hub says of the store's day, and where it is kept.
    pub(crate) day: watch::Sender<Arc<StoreDay>>,
    pub(crate) day_file: std::path::PathBuf,
    /// Who works in the store, and where that is kept.
    pub(crate) operators: watch::Sender<Option<KnownOperators>>,
    pub(crate) operators_file: std::path::PathBuf,
    pub(crate) progress: watch::Receiver<Progress>,
    /// How the printer is.
    pub(crate) printer: watch::Receiver<PrinterStatus>,
    /// What the hub says to the flow.
    pub(crate) to_flow: mpsc::Sender<FromHub>,
    /// Whether the hub is there.
    pub(crate) up: watch::Sender<bool>,
    /// The last record that a hub has acknowledged since this start.
    pub(crate) acknowledged: watch::Sender<Head>,
    pub(crate) script_finished: watch::Receiver<bool>,
}

/// What the hub says beside results. It tells it again when the lane comes back, so that nothing is
/// lost with a full queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FromHub {
    /// Cards never to be approved alone.
    HotList(Arc<HotList>),
    /// It lends a part of its budget.
    Lease(OfflineLease),
    /// The card of an offline payment is durable there.
    CardHeld(PaymentId),
    /// Another machine wants a basket that waits here.
    HandOver(SuspendedId, Machine),
    /// A receipt is wanted once more. Not told again: whoever wants it sees whether it comes.
    Copy {
        receipt: ReceiptNumber,
        text: String,
        by: Option<OperatorId>,
    },
}

/// What became of a payment that left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// The hub said so.
    Decided(Decision),
    /// The stream ended first, or what came back can't be understood.
    LinkLost,
}

/// Whether the link took a payment.
#[derive(MessageResponse)]
pub(crate) enum Submitted {
    /// It is on the stream: a byte may have left.
    Left(oneshot::Receiver<Fate>),
    /// It is not, and never will be: no byte has left.
    Unreachable,
}

/// Ask the hub for a payment.
#[derive(Message)]
#[rtype(result = "Submitted")]
pub(crate) struct Submit(pub(crate) PaymentId, pub(crate) Box<wire::PaymentRequest>);

/// Tell the hub that this payment is given up.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct GiveUp(pub(crate) PaymentId);

/// The sealed card of a payment that was approved here is durable: tell the hub if it is there.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Report(pub(crate) PaymentId);

/// Tell the hub what became of a price version here, if it is there: it is told again after each
/// hello.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Confirm(wire::PriceConfirmed);

pub(crate) struct HubLink {
    parts: LinkParts,
    client: Client,
    backoff: Backoff,
    /// Counts streams: what belongs to an earlier one is not heard.
    generation: u64,
    outbound: Option<mpsc::Sender<wire::LaneFrame>>,
    inbound: Option<SpawnHandle>,
    /// The hub has said hello on this stream.
    greeted: bool,
    /// The log has been told that the hub is away.
    told_away: bool,
    /// Given up before this stream's hello was written: they stand in it.
    told_in_hello: BTreeSet<PaymentId>,
    /// When this stream's hello was sent.
    hello_sent: day::Clocks,
    pending: BTreeMap<PaymentId, oneshot::Sender<Fate>>,
    questions: questions::Questions,
    hello: watch::Sender<Option<Arc<wire::HubHello>>>,
    price_notices: mpsc::Sender<wire::PriceNotice>,
    /// Until whoever follows them is started.
    notices: Option<mpsc::Receiver<wire::PriceNotice>>,
    status: status::LastStatus,
    hot_list: HotListReader,
}

impl HubLink {
    pub(crate) fn new(parts: LinkParts) -> Result<Self, tonic::transport::Error> {
        let client = connection::client(&parts.address, Arc::clone(&parts.network))?;
        let most = limits::PRICE_VERSIONS_WAITING_MAX.saturating_mul(2);
        let (price_notices, notices) = mpsc::channel(most);
        Ok(Self {
            backoff: Backoff::new(Arc::clone(&parts.random)),
            client,
            generation: 0,
            outbound: None,
            inbound: None,
            greeted: false,
            told_away: false,
            told_in_hello: BTreeSet::new(),
            hello_sent: day::Clocks::default(),
            pending: BTreeMap::new(),
            questions: questions::Questions::default(),
            hello: watch::Sender::new(None),
            price_notices,
            notices: Some(notices),
            status: status::LastStatus::default(),
            hot_list: HotListReader::default(),
            parts,
        })
    }

    /// Puts a frame on the stream. False: there is none that takes it; a stream whose queue is full
    /// is given up rather than waited for.
    fn put(&mut self, body: Body, ctx: &mut Context<Self>) -> bool {
        let Some(outbound) = &self.outbound else {
            return false;
        };
        let frame = wire::LaneFrame { body: Some(body) };
        let taken = outbound.try_send(frame).is_ok();
        if !taken {
            self.lost(self.generation, "queue full or closed", ctx);
        }
        taken
    }
}

impl Actor for HubLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.connect(ctx);
        self.report_status(ctx);
        let replicate = replicate::run(replicate::Parts {
            client: self.client.clone(),
            journal: self.parts.journal.clone(),
            lane: self.parts.checkout.lane,
            epoch: self.parts.checkout.epoch,
            facts: self.parts.facts.subscribe(),
            acknowledged: self.parts.acknowledged.clone(),
            backoff: Backoff::new(Arc::clone(&self.parts.random)),
        });
        ctx.spawn(replicate.into_actor(self));
        self.follow_prices(ctx);
    }
}

impl HubLink {
    fn follow_prices(&mut self, ctx: &mut Context<Self>) {
        let Some(notices) = self.notices.take() else {
            return;
        };
        let price_file = price_file::run(price_file::Parts {
            client: self.client.clone(),
            link: ctx.address(),
            hello: self.hello.subscribe(),
            notices,
            facts: self.parts.facts.clone(),
            learnt: self.parts.learnt.clone(),
            schedule: self.parts.schedule.clone(),
            shelf: self.parts.shelf.clone(),
            in_sale: self.parts.in_sale.clone(),
            file: self.parts.facts_file.clone(),
            clock: Arc::clone(&self.parts.clock),
            backoff: Backoff::new(Arc::clone(&self.parts.random)),
        });
        ctx.spawn(price_file.into_actor(self));
    }
}

impl Handler<Submit> for HubLink {
    type Result = Submitted;

    fn handle(&mut self, Submit(payment_id, frame): Submit, ctx: &mut Self::Context) -> Submitted {
        if !self.greeted || self.parts.abandoned.contains(&payment_id) {
            return Submitted::Unreachable;
        }
        if !self.put(Body::Payment(*frame), ctx) {
            return Submitted::Unreachable;
        }
        let (tell, fate) = oneshot::channel();
        self.pending.insert(payment_id, tell);
        Submitted::Left(fate)
    }
}

impl Handler<Confirm> for HubLink {
    type Result = ();

    fn handle(&mut self, Confirm(confirmed): Confirm, ctx: &mut Self::Context) {
        if self.greeted {
            self.put(Body::PriceConfirmed(confirmed), ctx);
        }
    }
}

impl Handler<GiveUp> for HubLink {
    type Result = ();

    fn handle(&mut self, GiveUp(payment_id): GiveUp, ctx: &mut Self::Context) {
        self.pending.remove(&payment_id);
        self.parts.abandoned.insert(payment_id);
        if self.greeted {
            self.abandon(payment_id, ctx);
        }
    }
}

impl Handler<Report> for HubLink {
    type Result = ();

    fn handle(&mut self, Report(payment_id): Report, ctx: &mut Self::Context) {
        if !self.greeted {
            return;
        }
        match offline_cards::one(&self.parts.journal, payment_id) {
            Ok(Some(card)) => {
                self.put(Body::OfflineCard(card), ctx);
            }
            Ok(None) => {}
            Err(fault) => error!(event = "offline card unreadable", payment = %payment_id, %fault),
        }
    }
}
