//! The date: what the hub says of it and what the clock shows become events of the checkout, which
//! decides when its marker is written.

use std::{sync::Arc, time::Duration};

use actix::{
    ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, StreamHandler,
    WrapFuture,
};
use domain::{
    limits,
    sale::{CheckoutFact, DateFact, Event},
    time::LocalMs,
};
use tokio::time::timeout;
use tokio_stream::{StreamExt, wrappers::WatchStream};
use tracing::{info, warn};

use super::TransactionFlow;
use crate::store_day::StoreDay;

/// How often the clock is looked at.
const CLOCK_LOOK_MS: u64 = 200;

/// The hub said something about the store's day, now or in an earlier run.
pub(super) struct DayTold(Arc<StoreDay>);

/// The lane is asked to stop: nothing is written any more when this is answered.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Rest;

impl TransactionFlow {
    /// The clock is read before anything is written: the first record of a lane needs a date.
    pub(super) fn follow_day(&mut self, ctx: &mut Context<Self>) {
        self.hub_last_seen_ms = self.now().mono.0;
        self.read_clock(ctx);
        let told = WatchStream::new(self.parts.day.clone()).map(DayTold);
        ctx.add_stream(told);
        ctx.run_interval(Duration::from_millis(CLOCK_LOOK_MS), Self::read_clock);
    }

    fn read_clock(&mut self, ctx: &mut Context<Self>) {
        let now = self.now();
        if *self.parts.hub_up.borrow() {
            self.hub_last_seen_ms = now.mono.0;
        }
        let (local, ends) = {
            let day = self.parts.day.borrow();
            (day.local(now.wall), day.ends_alone())
        };
        let alone = ends.filter(|_| {
            let away_ms = now.mono.0.saturating_sub(self.hub_last_seen_ms);
            away_ms >= limits::LANE_ALONE_AFTER_MS
        });
        self.take(Event::ClockRead { local, alone }, ctx);
    }

    /// The moment of a record in the store's own time.
    pub(super) fn local(&self, at: domain::time::WallMs) -> LocalMs {
        self.parts.day.borrow().local(at)
    }
}

/// What is to be told of a record that was written.
pub(super) fn tell(fact: &CheckoutFact) {
    let CheckoutFact::Date(fact) = fact else {
        return;
    };
    match fact {
        DateFact::DayMarked { ended, begins, by } => {
            info!(event = "date turned", %ended, %begins, ?by);
        }
        DateFact::Rested => info!(event = "lane at rest"),
    }
}

impl StreamHandler<DayTold> for TransactionFlow {
    fn handle(&mut self, DayTold(day): DayTold, ctx: &mut Self::Context) {
        if let Some(date) = day.date() {
            let cut_within_ms = day.cut_within_ms();
            let named = Event::DayNamed {
                date,
                cut_within_ms,
            };
            self.take(named, ctx);
        }
    }

    // The link is gone only with the lane.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Rest> for TransactionFlow {
    type Result = ResponseActFuture<Self, ()>;

    /// A receipt that is being printed is waited for, but a printer that does not print holds no
    /// lane up: what it owes is printed at the next start.
    fn handle(&mut self, _: Rest, _: &mut Self::Context) -> Self::Result {
        let mut progress = self.parts.progress.subscribe();
        let time_limit = Duration::from_millis(limits::LAST_RECEIPTS_PRINTED_WITHIN_MS);
        let printed = async move {
            let none_owed = progress.wait_for(|progress| progress.receipts_owed == 0);
            timeout(time_limit, none_owed).await.is_ok()
        };
        Box::pin(printed.into_actor(self).map(|all_printed, flow, ctx| {
            if !all_printed {
                warn!(event = "receipts not printed", code = "LANE0050");
            }
            flow.take(Event::Rest, ctx);
        }))
    }
}
