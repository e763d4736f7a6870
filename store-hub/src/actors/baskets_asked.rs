//! A lane asks for a basket that waits on another one, and what waits in the store.
//!
//! The desk knows who has each basket; its lines stand in the copy of its lane's journal. Whether
//! the lane that has it can be asked is known here: it has a session, and says that it hands over.

use actix::{Context, Handler, Message};
use domain::{
    day::Machine,
    desk::{BasketAsk, BasketAt, Event},
    ids::SuspendedId,
    limits::BASKETS_LISTED_MAX,
    recall::{RecallRefusal, RecallRefused, StoreBasket},
};
use proto::store::v1::{self as wire, hub_frame::Body};
use records::{
    basket_list_to_proto, basket_told_to_proto,
    lane::{suspended_id_from_proto, suspended_id_to_proto},
};

use super::{
    lane_session::{LaneSession, SessionEnd},
    payment_desk::{DeskQuery, PaymentDesk},
};
use crate::{projections::suspended_basket, replica::log_of};

/// A lane asks for a basket. `Ok`: the answer goes to it once it is known and durable.
#[derive(Message)]
#[rtype(result = "Result<(), RecallRefused>")]
pub(crate) struct AskBasket {
    id: SuspendedId,
    by: Machine,
}

impl Handler<AskBasket> for PaymentDesk {
    type Result = Result<(), RecallRefused>;

    fn handle(&mut self, asked: AskBasket, _: &mut Context<Self>) -> Self::Result {
        if self.knows_returns().is_err() {
            return Err(RecallRefusal::HubRebuilt.into());
        }
        if self.refuses_new_work() {
            return Err(RecallRefusal::NoRoom.into());
        }
        let AskBasket { id, by } = asked;
        let holder = self.desk.holder_of(id);
        let ask = BasketAsk {
            id,
            by,
            holder_is_here: holder.is_some_and(|holder| self.can_hand_over(holder)),
        };
        if let Err(rejected) = self.apply(Event::BasketAsked(ask)) {
            tracing::warn!(event = "desk rejected an event", %id, %rejected);
        }
        Ok(())
    }
}

impl PaymentDesk {
    fn can_hand_over(&self, holder: Machine) -> bool {
        let session = self.sessions.get(&holder.lane);
        let is_here = session.is_some_and(|session| session.greeted && session.hands_over);
        is_here && self.desk.epoch_of(holder.lane) == Some(holder.epoch)
    }

    /// What its lane hears. A basket whose lines can't be read stays where it is.
    pub(super) fn basket_frame(
        &self,
        basket: SuspendedId,
        answer: Result<BasketAt, RecallRefused>,
    ) -> Body {
        let given = answer.and_then(|at| {
            let log = log_of(at.id.lane, at.id.epoch);
            let currency = self.parts.desk.currency;
            let read = suspended_basket(&self.parts.journal, (log, at.sequence), at.id, currency);
            read.map_err(|error| {
                tracing::error!(event = "basket not read", code = "HUB0064", %basket, %error);
                RecallRefused::from(RecallRefusal::Unreadable)
            })
        });
        let given = given.as_ref().map_err(|refused| *refused);
        Body::BasketAnswered(basket_told_to_proto(basket, given))
    }
}

/// Another machine wants this basket.
pub(super) fn hand_over_frame(basket: SuspendedId, to: Machine) -> Body {
    Body::HandOver(wire::HandOver {
        basket: Some(suspended_id_to_proto(basket)),
        to_lane: to.lane.0.into(),
        to_epoch: to.epoch.0,
    })
}

impl LaneSession {
    pub(super) fn basket_asked(
        &mut self,
        asked: &wire::BasketAsked,
        ctx: &mut Context<Self>,
    ) -> Result<(), SessionEnd> {
        let missing = || SessionEnd::BadFrame("no basket".to_owned());
        let id = suspended_id_from_proto(asked.basket.as_ref().ok_or_else(missing)?)
            .map_err(|error| SessionEnd::BadFrame(error.to_string()))?;
        let by = Machine {
            lane: self.lane,
            epoch: self.epoch,
        };
        let desk = self.desk.clone();
        self.maybe_answers(ctx, async move {
            let refused = desk.send(AskBasket { id, by }).await?.err();
            let body = |refused| Body::BasketAnswered(basket_told_to_proto(id, Err(refused)));
            Ok(refused.map(body))
        })
    }

    pub(super) fn basket_list_asked(&mut self, ctx: &mut Context<Self>) -> Result<(), SessionEnd> {
        let desk = self.desk.clone();
        self.answers(ctx, async move {
            let question = DeskQuery::new(|desk| {
                let baskets = desk.desk.store_baskets().take(BASKETS_LISTED_MAX);
                baskets.collect::<Vec<StoreBasket>>()
            });
            let baskets = desk.send(question).await?.unwrap_or_default();
            Ok(Body::BasketList(basket_list_to_proto(&baskets)))
        })
    }
}
