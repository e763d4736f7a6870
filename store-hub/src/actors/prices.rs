//! Which prices the store sells by: takes files that were checked, lets versions begin at their
//! moment, and offers both to lanes once the journal holds them. Asks nobody.

use std::{sync::Arc, time::Duration};

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture};
use actix::{ActorContext, WrapFuture};
use domain::time::WallMs;
use journal::{Batch, Journal};
use ports::Clock;
use proto::store::v1::PriceVersionView;
use tokio::sync::watch;

use crate::prices::{About, Checked, Imported, NotTaken, PriceOffer, PriceStore};

/// How often a version that waits is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The actor.
pub(crate) struct Prices {
    pub(crate) store: PriceStore,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) offer: watch::Sender<PriceOffer>,
}

impl Actor for Prices {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(LOOK, |prices, ctx| prices.look(ctx));
    }
}

impl Prices {
    fn now(&self) -> WallMs {
        WallMs(self.clock.wall_ms())
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if !self.store.waits() {
            return;
        }
        let mut batch = Batch::new();
        let now = self.now();
        if !self.store.pass(now, &mut batch) {
            return;
        }
        match self.journal.append_decided(batch) {
            Ok(ticket) => {
                let journal = self.journal.clone();
                let durable = async move { journal.wait(ticket).await };
                let told = durable.into_actor(self).map(|durable, prices, _| {
                    if durable.is_ok() {
                        prices.tell();
                    }
                });
                ctx.spawn(told);
            }
            // The hub is stopping: the next start finds that it is due.
            Err(error) => {
                tracing::error!(event = "price version not begun", %error);
                ctx.stop();
            }
        }
    }

    fn tell(&mut self) {
        self.store.forget_past();
        let Some(offer) = self.store.offer() else {
            return;
        };
        tracing::info!(event = "prices offered", version = offer.selling.version);
        self.offer.send_if_modified(|told| {
            let changed = *told != offer;
            *told = offer;
            changed
        });
    }
}

/// A file that was checked and lies in the folder. Answered when it is in the journal.
#[derive(Message)]
#[rtype(result = "Result<Imported, NotTaken>")]
pub(crate) struct Take {
    pub(crate) checked: Checked,
    pub(crate) about: About,
}

impl Handler<Take> for Prices {
    type Result = ResponseActFuture<Self, Result<Imported, NotTaken>>;

    fn handle(&mut self, take: Take, _: &mut Self::Context) -> Self::Result {
        let taken = self.take(&take);
        let journal = self.journal.clone();
        let durable = async move {
            let (imported, ticket) = taken?;
            if let Some(ticket) = ticket {
                journal.wait(ticket).await.map_err(|_| NotTaken::Stopping)?;
            }
            Ok(imported)
        };
        let told = durable.into_actor(self).map(|taken, prices, _| {
            if taken
                .as_ref()
                .is_ok_and(|imported: &Imported| !imported.known)
            {
                prices.tell();
            }
            taken
        });
        Box::pin(told)
    }
}

impl Prices {
    /// The store is ahead of its journal until the ticket is durable: lanes hear of it then.
    fn take(&mut self, take: &Take) -> Result<(Imported, Option<journal::Ticket>), NotTaken> {
        if self.journal.refuses_new_work().is_some() {
            return Err(NotTaken::NoRoom);
        }
        let mut batch = Batch::new();
        let now = self.now();
        let imported = self
            .store
            .take(&take.checked, &take.about, now, &mut batch)?;
        if imported.known {
            return Ok((imported, None));
        }
        let ticket = self.journal.append_decided(batch);
        let ticket = ticket.map_err(|error| NotTaken::Journal(error.to_string()))?;
        Ok((imported, Some(ticket)))
    }
}

/// All imports that are remembered, the newest first.
#[derive(Message)]
#[rtype(result = "Vec<PriceVersionView>")]
pub(crate) struct ViewPrices;

impl Handler<ViewPrices> for Prices {
    type Result = Vec<PriceVersionView>;

    fn handle(&mut self, _: ViewPrices, _: &mut Self::Context) -> Self::Result {
        self.store.views()
    }
}
