//! Baskets that wait on other lanes: the hub is asked, with a time limit, and its answer is the
//! next event.

use std::{future::Future, time::Duration};

use actix::{ActorFutureExt, AsyncContext, Context, MailboxError, WrapFuture};
use domain::{
    day::Machine,
    ids::SuspendedId,
    limits::RETURN_ANSWER_MS,
    recall::RecallRefusal,
    sale::{Event, SuspendedView},
};
use tokio::time::timeout;
use tracing::info;

use super::TransactionFlow;
use crate::actors::hub_link::{AskBasket, AskBaskets, Question};

impl TransactionFlow {
    pub(super) fn ask_basket(&mut self, basket: SuspendedId, ctx: &mut Context<Self>) {
        let asked = answered(self.parts.link.send(AskBasket(basket)));
        let told = asked.into_actor(self).map(move |answer, flow, ctx| {
            let told = answer.unwrap_or_else(|why| Err(why.into()));
            if let Err(refused) = &told {
                info!(event = "basket not given", %basket, why = %refused.why);
            }
            flow.take(Event::BasketTold { basket, told }, ctx);
        });
        ctx.spawn(told);
    }

    pub(super) fn ask_baskets(&mut self, ctx: &mut Context<Self>) {
        let asked = answered(self.parts.link.send(AskBaskets));
        let told = asked.into_actor(self).map(|answer, flow, ctx| {
            flow.take(Event::BasketsTold(answer.map_err(Into::into)), ctx);
        });
        ctx.spawn(told);
    }

    pub(super) fn hand_over(&mut self, basket: SuspendedId, to: Machine, ctx: &mut Context<Self>) {
        if self.take(Event::HandOver { basket, to }, ctx) {
            info!(event = "basket handed over", %basket, to = %to.lane);
        }
    }

    /// Under whatever the screens say. It answers no key: who waits for the answer to one is not
    /// woken, and pages are told beside.
    pub(super) fn show_waiting(&mut self, waiting: Vec<SuspendedView>) {
        if let Some(covered) = &mut self.covered {
            covered.suspended.clone_from(&waiting);
        }
        self.parts.screens.send_if_modified(|shown| {
            if let Some(screen) = shown {
                screen.suspended = waiting;
            }
            false
        });
        self.parts.asking.send_modify(|_| ());
    }
}

/// What the hub answers; or that it was not asked, the stream ended, or it takes too long.
async fn answered<A: 'static>(
    asked: impl Future<Output = Result<Question<A>, MailboxError>>,
) -> Result<A, RecallRefusal> {
    let away = RecallRefusal::HubAway;
    let Question(answer) = asked.await.map_err(|_| away)?;
    let time_limit = Duration::from_millis(RETURN_ANSWER_MS);
    match timeout(time_limit, answer.ok_or(away)?).await {
        Ok(answer) => answer.map_err(|_| away),
        Err(_) => Err(RecallRefusal::NoAnswer),
    }
}
