//! Who works in the store: carries out what a manager orders, and tells lanes once the journal
//! holds it. Checks no PIN itself: that is slow on purpose. Asks nobody.

use std::sync::Arc;

use actix::{Actor, ActorFutureExt, Context, Handler, Message, ResponseActFuture, WrapFuture};
use domain::{
    ids::OperatorId,
    operators::{NotSignedOn, Operator, RosterFault, SignedOn},
    time::{BusinessDate, MonoMs, WallMs},
};
use journal::{Batch, Journal, Ticket};
use ports::Clock;
use proto::store::v1::{OperatorList, OperatorsResponse};
use tokio::sync::watch;

use crate::operators::{Asked, HubOrder, OperatorStore, Ordered};

/// The actor.
pub(crate) struct Operators {
    pub(crate) store: OperatorStore,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    /// What lanes are told; `None`: nothing.
    pub(crate) told: watch::Sender<Option<OperatorList>>,
}

/// Why an order was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotOrdered {
    #[error("HUB0060: {0}")]
    Fault(#[from] RosterFault),
    #[error("HUB0017: the disk has no room")]
    NoRoom,
    #[error("the hub is stopping")]
    Stopping,
}

impl Actor for Operators {
    type Context = Context<Self>;
}

impl Operators {
    fn asked(&self, on: BusinessDate, by: Option<OperatorId>) -> Asked {
        let at = WallMs(self.clock.wall_ms());
        Asked { at, on, by }
    }

    fn now(&self) -> MonoMs {
        MonoMs(self.clock.mono_ms())
    }

    /// The list is ahead of its journal until the ticket is durable: lanes hear of it then.
    fn tell(&self) {
        let told = self.store.told();
        let version = told.as_ref().map_or(0, |list| list.version);
        tracing::info!(event = "operators told", version);
        self.told.send_if_modified(|before| {
            let changed = *before != told;
            *before = told;
            changed
        });
    }

    fn order(&mut self, order: OrderOperators) -> Result<(Ordered, Ticket), NotOrdered> {
        if self.journal.refuses_new_work().is_some() {
            return Err(NotOrdered::NoRoom);
        }
        let mut batch = Batch::new();
        let asked = self.asked(order.on, order.by);
        let ordered = self.store.order(order.orders, asked, &mut batch)?;
        Ok((ordered, self.append(batch)?))
    }

    fn append(&self, batch: Batch) -> Result<Ticket, NotOrdered> {
        if batch.is_empty() {
            return Ok(Ticket::NONE);
        }
        let ticket = self.journal.append_decided(batch);
        ticket.map_err(|error| {
            tracing::error!(event = "operators not journaled", %error);
            NotOrdered::Stopping
        })
    }
}

/// All of it in one commit, or nothing. Answered when it is durable.
#[derive(Message)]
#[rtype(result = "Result<Ordered, NotOrdered>")]
pub(crate) struct OrderOperators {
    pub(crate) orders: Vec<HubOrder>,
    /// The running date.
    pub(crate) on: BusinessDate,
    /// `None`: a command on the hub's machine.
    pub(crate) by: Option<OperatorId>,
}

impl Handler<OrderOperators> for Operators {
    type Result = ResponseActFuture<Self, Result<Ordered, NotOrdered>>;

    fn handle(&mut self, order: OrderOperators, _: &mut Self::Context) -> Self::Result {
        let ordered = self.order(order);
        let journal = self.journal.clone();
        let durable = async move {
            let (ordered, ticket) = ordered?;
            let durable = journal.wait(ticket).await;
            durable.map(|()| ordered).map_err(|_| NotOrdered::Stopping)
        };
        let told = durable.into_actor(self).map(|ordered, operators, _| {
            if ordered
                .as_ref()
                .is_ok_and(|ordered: &Ordered| ordered.changed)
            {
                operators.tell();
            }
            ordered
        });
        Box::pin(told)
    }
}

/// The hash of what stands on a badge.
#[derive(Message)]
#[rtype(result = "Option<domain::operators::BadgeHash>")]
pub(crate) struct HashBadge(pub(crate) String);

impl Handler<HashBadge> for Operators {
    type Result = Option<domain::operators::BadgeHash>;

    fn handle(&mut self, badge: HashBadge, _: &mut Self::Context) -> Self::Result {
        self.store.badge(&badge.0)
    }
}

/// Everybody, as of the running date.
#[derive(Message)]
#[rtype(result = "OperatorsResponse")]
pub(crate) struct ViewOperators(pub(crate) BusinessDate);

impl Handler<ViewOperators> for Operators {
    type Result = actix::MessageResult<ViewOperators>;

    fn handle(&mut self, view: ViewOperators, _: &mut Self::Context) -> Self::Result {
        actix::MessageResult(self.store.views(view.0))
    }
}

/// Somebody typed number and PIN at the hub: what the PIN is to be checked against.
#[derive(Message)]
#[rtype(result = "Result<Operator, NotSignedOn>")]
pub(crate) struct BeginSignOn {
    pub(crate) number: OperatorId,
    pub(crate) on: BusinessDate,
}

impl Handler<BeginSignOn> for Operators {
    type Result = Result<Operator, NotSignedOn>;

    fn handle(&mut self, begin: BeginSignOn, _: &mut Self::Context) -> Self::Result {
        let now = self.now();
        self.store.begin_sign_on(begin.number, begin.on, now)
    }
}

/// The check has ended. Answered when its record is durable.
#[derive(Message)]
#[rtype(result = "Result<SignedOn, NotSignedOn>")]
pub(crate) struct EndSignOn {
    /// As they were when it began.
    pub(crate) checked: Operator,
    pub(crate) is_right: bool,
    pub(crate) on: BusinessDate,
}

impl Handler<EndSignOn> for Operators {
    type Result = ResponseActFuture<Self, Result<SignedOn, NotSignedOn>>;

    fn handle(&mut self, end: EndSignOn, _: &mut Self::Context) -> Self::Result {
        let mut batch = Batch::new();
        let when = (self.asked(end.on, None), self.now());
        let ended = self
            .store
            .end_sign_on(&end.checked, end.is_right, when, &mut batch);
        let ticket = self.append(batch);
        let journal = self.journal.clone();
        let durable = async move {
            let written = match ticket {
                Ok(ticket) => journal.wait(ticket).await.is_ok(),
                Err(_) => false,
            };
            // Nobody is let in whose sign-on is not on record.
            match written {
                true => ended,
                false => Err(NotSignedOn::Wait),
            }
        };
        Box::pin(durable.into_actor(self))
    }
}

/// Somebody who is signed on, as they are now; `None`: they work here no more.
#[derive(Message)]
#[rtype(result = "Option<Operator>")]
pub(crate) struct AtWork {
    pub(crate) number: OperatorId,
    pub(crate) on: BusinessDate,
}

impl Handler<AtWork> for Operators {
    type Result = Option<Operator>;

    fn handle(&mut self, asked: AtWork, _: &mut Self::Context) -> Self::Result {
        self.store.at_work(asked.number, asked.on).cloned()
    }
}

/// Whether the store has operators at all.
#[derive(Message)]
#[rtype(result = "bool")]
pub(crate) struct HasOperators;

impl Handler<HasOperators> for Operators {
    type Result = bool;

    fn handle(&mut self, _: HasOperators, _: &mut Self::Context) -> Self::Result {
        !self.store.is_empty()
    }
}
