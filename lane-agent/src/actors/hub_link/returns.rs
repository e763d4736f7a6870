//! Questions about earlier sales: only the hub knows what came back on other lanes. A question goes
//! with its stream; who asked asks again.

use std::sync::Arc;

use actix::{Context, Handler, Message};
use domain::{
    ids::{ReceiptNumber, SaleNumber},
    returns::ReturnRefusal,
    sale::ToReserve,
};
use proto::store::v1::{self as wire, lane_frame::Body};
use records::{original_told_from_proto, refusal_from_proto, taking_from_proto, wanted_to_proto};
use tokio::sync::oneshot;
use tracing::{error, info};

use super::{
    HubLink,
    questions::{OriginalAnswer, Question, ReturnAnswer},
};

/// Ask the hub what is left of the sale with this receipt.
#[derive(Message)]
#[rtype(result = "Question<OriginalAnswer>")]
pub(crate) struct AskOriginal(pub(crate) ReceiptNumber);

/// Ask the hub to reserve what comes back.
#[derive(Message)]
#[rtype(result = "Question<ReturnAnswer>")]
pub(crate) struct AskReturn(pub(crate) ToReserve);

impl HubLink {
    /// A hub of before there were returns would take the question for a fault.
    fn hub_takes_returns(&self) -> bool {
        let hello = self.hello.borrow();
        self.greeted && hello.as_ref().is_some_and(|hello| hello.takes_returns)
    }

    pub(super) fn original_told(&mut self, told: wire::OriginalTold) {
        match original_told_from_proto(told) {
            Ok((receipt, told)) => match self.questions.originals.remove(&receipt) {
                // Nobody waits any more for what comes late.
                Some(tell) => drop(tell.send(told.map(Arc::new))),
                None => info!(event = "late answer", %receipt),
            },
            Err(fault) => error!(event = "earlier sale not understood", %fault),
        }
    }

    pub(super) fn return_answered(&mut self, answered: &wire::ReturnAnswered) {
        let question = (SaleNumber(answered.sale_number), answered.revision);
        let answer = match refusal_from_proto(answered.refused) {
            Ok(None) => taking_from_proto(answered.taking.as_ref())
                .map(Box::new)
                .map_err(|fault| {
                    error!(event = "reservation not understood", %fault);
                    ReturnRefusal::Unreadable
                }),
            Ok(Some(why)) => Err(why),
            // Of a newer hub: refused it is all the same.
            Err(_) => Err(ReturnRefusal::Changed),
        };
        match self.questions.returns.remove(&question) {
            Some(tell) => drop(tell.send(answer)),
            None => info!(event = "late answer", sale = answered.sale_number),
        }
    }
}

impl Handler<AskOriginal> for HubLink {
    type Result = Question<OriginalAnswer>;

    fn handle(
        &mut self,
        AskOriginal(receipt): AskOriginal,
        ctx: &mut Context<Self>,
    ) -> Self::Result {
        let receipt_number = receipt.to_string();
        let body = Body::OriginalAsked(wire::OriginalAsked { receipt_number });
        if !self.hub_takes_returns() || !self.put(body, ctx) {
            return Question(None);
        }
        let (tell, told) = oneshot::channel();
        self.questions.originals.insert(receipt, tell);
        Question(Some(told))
    }
}

impl Handler<AskReturn> for HubLink {
    type Result = Question<ReturnAnswer>;

    fn handle(&mut self, AskReturn(ask): AskReturn, ctx: &mut Context<Self>) -> Self::Result {
        let body = Body::ReturnAsked(wire::ReturnAsked {
            sale_number: ask.sale.0,
            revision: ask.revision,
            wanted: Some(wanted_to_proto(&ask.wanted)),
        });
        if !self.hub_takes_returns() || !self.put(body, ctx) {
            return Question(None);
        }
        let (tell, told) = oneshot::channel();
        let question = (ask.sale, ask.revision);
        self.questions.returns.insert(question, tell);
        Question(Some(told))
    }
}
