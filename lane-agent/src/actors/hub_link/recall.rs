//! Baskets that wait on other lanes: asked of the hub, and handed over when it asks.

use std::sync::Arc;

use actix::{Context, Handler, Message};
use domain::{
    day::Machine,
    ids::{LaneEpoch, LaneId, SuspendedId},
    recall::{RecallRefusal, StoreBasket},
};
use proto::store::v1::{self as wire, lane_frame::Body};
use records::{
    basket_list_from_proto, basket_told_from_proto,
    lane::{suspended_id_from_proto, suspended_id_to_proto},
};
use tokio::sync::oneshot;
use tracing::{error, info};

use super::{
    FromHub, HubLink,
    questions::{BasketAnswer, Question},
};

/// Ask the hub for this basket.
#[derive(Message)]
#[rtype(result = "Question<BasketAnswer>")]
pub(crate) struct AskBasket(pub(crate) SuspendedId);

/// Ask the hub what waits in the store.
#[derive(Message)]
#[rtype(result = "Question<Vec<StoreBasket>>")]
pub(crate) struct AskBaskets;

impl HubLink {
    /// A hub of before it handed baskets out would take the question for a fault.
    fn hub_hands_out(&self) -> bool {
        let hello = self.hello.borrow();
        self.greeted && hello.as_ref().is_some_and(|hello| hello.hands_out_baskets)
    }

    pub(super) fn basket_answered(&mut self, answered: wire::BasketAnswered) {
        let id = answered.basket.as_ref().map(suspended_id_from_proto);
        let (basket, told) = match (basket_told_from_proto(answered), id) {
            (Ok((basket, told)), _) => (basket, told.map(Arc::new)),
            // Of a newer hub, or with what can't be sold here.
            (Err(fault), Some(Ok(basket))) => {
                error!(event = "basket not understood", %basket, %fault);
                (basket, Err(RecallRefusal::Unreadable.into()))
            }
            (Err(fault), _) => return error!(event = "basket not understood", %fault),
        };
        match self.questions.basket.take_if(|(id, _)| *id == basket) {
            // Nobody waits any more for what comes late: it is given again.
            Some((_, tell)) => drop(tell.send(told)),
            None => info!(event = "late answer", %basket),
        }
    }

    pub(super) fn basket_list(&mut self, list: &wire::BasketList) {
        match basket_list_from_proto(list) {
            Ok(baskets) => {
                if let Some(tell) = self.questions.baskets.take() {
                    drop(tell.send(baskets));
                }
            }
            Err(fault) => error!(event = "baskets not understood", %fault),
        }
    }

    pub(super) fn hand_over(&self, wanted: &wire::HandOver) {
        let basket = wanted.basket.as_ref().map(suspended_id_from_proto);
        let to = u16::try_from(wanted.to_lane).map(|lane| Machine {
            lane: LaneId(lane),
            epoch: LaneEpoch(wanted.to_epoch),
        });
        match (basket, to) {
            (Some(Ok(basket)), Ok(to)) => self.tell_flow(FromHub::HandOver(basket, to)),
            (_, _) => error!(event = "wanted basket not understood"),
        }
    }
}

impl Handler<AskBasket> for HubLink {
    type Result = Question<BasketAnswer>;

    fn handle(&mut self, AskBasket(id): AskBasket, ctx: &mut Context<Self>) -> Self::Result {
        let basket = Some(suspended_id_to_proto(id));
        let body = Body::BasketAsked(wire::BasketAsked { basket });
        if !self.hub_hands_out() || !self.put(body, ctx) {
            return Question(None);
        }
        let (tell, told) = oneshot::channel();
        self.questions.basket = Some((id, tell));
        Question(Some(told))
    }
}

impl Handler<AskBaskets> for HubLink {
    type Result = Question<Vec<StoreBasket>>;

    fn handle(&mut self, _: AskBaskets, ctx: &mut Context<Self>) -> Self::Result {
        let body = Body::BasketListAsked(wire::BasketListAsked {});
        if !self.hub_hands_out() || !self.put(body, ctx) {
            return Question(None);
        }
        let (tell, told) = oneshot::channel();
        self.questions.baskets = Some(tell);
        Question(Some(told))
    }
}
