//! Goods come back: the hub is asked, with a time limit, and its answer is the next event.

use std::{future::Future, time::Duration};

use actix::{ActorFutureExt, AsyncContext, Context, MailboxError, WrapFuture};
use domain::{
    ids::ReceiptNumber,
    limits::RETURN_ANSWER_MS,
    returns::ReturnRefusal,
    sale::{Event, ToReserve},
};
use tokio::time::timeout;
use tracing::info;

use super::TransactionFlow;
use crate::actors::hub_link::{AskOriginal, AskReturn, Question};

impl TransactionFlow {
    pub(super) fn ask_original(&mut self, receipt: ReceiptNumber, ctx: &mut Context<Self>) {
        let asked = answered(self.parts.link.send(AskOriginal(receipt)));
        let told = asked.into_actor(self).map(move |answer, flow, ctx| {
            let told = answer.unwrap_or(Err(ReturnRefusal::HubAway));
            if let Err(why) = told {
                info!(event = "receipt not told", %receipt, %why);
            }
            flow.take(Event::OriginalTold { receipt, told }, ctx);
        });
        ctx.spawn(told);
    }

    /// A repeat of the same question gets the same answer: one that is lost costs nothing.
    pub(super) fn ask_to_reserve(&mut self, ask: ToReserve, ctx: &mut Context<Self>) {
        let (sale, revision) = (ask.sale, ask.revision);
        let asked = answered(self.parts.link.send(AskReturn(ask)));
        let told = asked.into_actor(self).map(move |answer, flow, ctx| {
            let answer = answer.unwrap_or(Err(ReturnRefusal::HubAway));
            if let Err(why) = answer {
                info!(event = "return not reserved", sale = sale.0, %why);
            }
            let event = Event::ReservationTold {
                sale,
                revision,
                answer,
            };
            flow.take(event, ctx);
        });
        ctx.spawn(told);
    }
}

/// What the hub answers; `None`: it was not asked, the stream ended, or it takes too long.
async fn answered<A: 'static>(
    asked: impl Future<Output = Result<Question<A>, MailboxError>>,
) -> Option<A> {
    let Question(answer) = asked.await.ok()?;
    let time_limit = Duration::from_millis(RETURN_ANSWER_MS);
    timeout(time_limit, answer?).await.ok()?.ok()
}
