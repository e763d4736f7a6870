//! One connected lane: its credits for payments in flight, and its bounded outbound queue.
//!
//! A lane that does not read fast enough loses its stream and blocks nobody; every result is
//! recorded, and it asks again when it is back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, ResponseFuture,
    StreamHandler,
};
use domain::{
    ids::{LaneEpoch, LaneId, PaymentId},
    limits::{LANE_STREAM_FRAMES_MAX, NOTE_BYTES_MAX, PAYMENTS_IN_FLIGHT_PER_LANE_MAX},
    payment::Decision,
};
use futures::StreamExt;
use proto::store::v1::{
    HubFrame, LaneFrame, LaneStatus, OfflineCard, PriceAnswer, PriceConfirmed, hub_frame,
    lane_frame,
};
use records::{is_price_version, request_from_frame};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::WatchStream;
use zeroize::Zeroizing;

use super::{
    Stopping,
    lane_memory::history_of,
    lane_outlet::{EndSession, LaneOutlet, ToLane},
    lanes::{Lanes, Left, PricesAnswered, StatusReport},
    payment_desk::{
        AbandonPayment, AskPayment, DetachLane, PaymentDesk, TakeOfflineCard, result_frame,
    },
    reports::Reports,
    session_news::SessionNews,
};
use crate::{card_vault::EncryptedPin, metrics::PaymentTimes};

/// The actor.
pub(crate) struct LaneSession {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) lanes: Addr<Lanes>,
    pub(crate) reports: Addr<Reports>,
    /// About earlier sales, not answered yet.
    pub(crate) questions: usize,
    pub(crate) outbound: mpsc::Sender<HubFrame>,
    /// Payments without a result, each with when it was asked for: for metrics, and not of one that
    /// the lane gave up.
    pub(crate) in_flight: BTreeMap<PaymentId, Option<Instant>>,
    pub(crate) times: PaymentTimes,
    pub(crate) gauges: SessionGauges,
    pub(crate) news: SessionNews,
    /// Answers to what the lane asked before its hello came: they follow it.
    pub(crate) early: Vec<HubFrame>,
}

/// How full a session is, for whoever looks: it is never asked.
#[derive(Clone, Debug)]
pub(crate) struct SessionGauges {
    payments_in_flight: Arc<AtomicUsize>,
    /// Weak, since a stream ends when the last sender is gone.
    outbound: mpsc::WeakSender<HubFrame>,
}

impl SessionGauges {
    pub(crate) fn of(outbound: &mpsc::Sender<HubFrame>) -> Self {
        Self {
            payments_in_flight: Arc::default(),
            outbound: outbound.downgrade(),
        }
    }

    /// Payments without a result, and frames the lane has not taken.
    pub(crate) fn payments_and_frames(&self) -> (usize, usize) {
        let outbound = self.outbound.upgrade();
        let frames = outbound.map_or(0, |outbound| {
            outbound.max_capacity().saturating_sub(outbound.capacity())
        });
        (self.payments_in_flight.load(Ordering::Relaxed), frames)
    }

    fn payments(&self, count: usize) {
        self.payments_in_flight.store(count, Ordering::Relaxed);
    }
}

impl Actor for LaneSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(LANE_STREAM_FRAMES_MAX);
        let offers = self.news.offers().clone();
        let prices = WatchStream::from_changes(offers.prices).map(|_| OfferChanged);
        let operators = WatchStream::from_changes(offers.operators).map(|_| OfferChanged);
        ctx.add_stream(prices);
        ctx.add_stream(operators);
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        let session = ctx.address();
        let left = Left {
            lane: self.lane,
            session: session.clone(),
        };
        if self.lanes.try_send(left).is_err() {
            tracing::debug!(event = "lane directory is gone", lane = %self.lane);
        }
        let detach = DetachLane {
            lane: self.lane,
            session: LaneOutlet::of(&session),
        };
        if self.desk.try_send(detach).is_err() {
            // The desk finds out with the next frame it can't deliver.
            tracing::debug!(event = "desk is busy or gone", lane = %self.lane);
        }
    }
}

/// Why a lane's stream is closed by the hub.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SessionEnd {
    /// A frame that can't be what it should be.
    #[error("{0}")]
    BadFrame(String),
    /// More payments in flight than the lane has credits for.
    #[error("more than {PAYMENTS_IN_FLIGHT_PER_LANE_MAX} payments in flight")]
    NoCredit,
    /// The hub stops, or another session took over.
    #[error("the session is over")]
    Closed,
}

impl From<Stopping> for SessionEnd {
    fn from(_: Stopping) -> Self {
        Self::Closed
    }
}

/// A frame of the lane, after its hello.
#[derive(Message)]
#[rtype(result = "Result<(), SessionEnd>")]
pub(crate) struct FromLane(pub(crate) LaneFrame);

impl Handler<FromLane> for LaneSession {
    type Result = ResponseFuture<Result<(), SessionEnd>>;

    fn handle(&mut self, frame: FromLane, ctx: &mut Self::Context) -> Self::Result {
        match frame.0.body {
            Some(lane_frame::Body::Payment(payment)) => match self.payment(&payment) {
                Ok(ask) => self.ask(ask, ctx.address()),
                Err(end) => Box::pin(std::future::ready(Err(end))),
            },
            Some(lane_frame::Body::Abandon(abandon)) => self.abandon(&abandon.payment_id),
            Some(lane_frame::Body::OfflineCard(card)) => self.offline_card(&card),
            Some(lane_frame::Body::Status(status)) => self.status(status),
            Some(lane_frame::Body::PriceConfirmed(answer)) => self.price_answer(answer),
            Some(lane_frame::Body::OriginalAsked(asked)) => ready(self.original_asked(&asked, ctx)),
            Some(lane_frame::Body::ReturnAsked(asked)) => ready(self.return_asked(asked, ctx)),
            Some(lane_frame::Body::BasketAsked(asked)) => ready(self.basket_asked(&asked, ctx)),
            Some(lane_frame::Body::BasketListAsked(_)) => ready(self.basket_list_asked(ctx)),
            Some(lane_frame::Body::Hello(_)) => refuse("a second hello"),
            None => refuse("an empty frame"),
        }
    }
}

type Answer = ResponseFuture<Result<(), SessionEnd>>;

fn ready(outcome: Result<(), SessionEnd>) -> Answer {
    Box::pin(std::future::ready(outcome))
}

fn refuse(what: &str) -> Answer {
    ready(Err(SessionEnd::BadFrame(what.to_owned())))
}

impl LaneSession {
    fn payment(
        &mut self,
        payment: &proto::store::v1::PaymentRequest,
    ) -> Result<AskPayment, SessionEnd> {
        let request = request_from_frame(payment, self.lane, self.epoch)
            .map_err(|error| SessionEnd::BadFrame(error.to_string()))?;
        let asked = self.in_flight.entry(request.payment_id);
        asked.or_insert_with(|| Some(Instant::now()));
        self.gauges.payments(self.in_flight.len());
        if self.in_flight.len() > PAYMENTS_IN_FLIGHT_PER_LANE_MAX {
            return Err(SessionEnd::NoCredit);
        }
        let pin = (!payment.pin_block.is_empty()).then(|| EncryptedPin {
            block: Zeroizing::new(payment.pin_block.to_vec()),
            serial_number: payment.pin_ksn.to_vec(),
        });
        Ok(AskPayment {
            request,
            history: history_of(&payment.hub_history),
            sealed_card: payment.sealed_card.clone(),
            pin,
        })
    }

    /// A payment that was not taken is answered here: nothing of it was journaled or sent.
    fn ask(&self, ask: AskPayment, me: Addr<Self>) -> Answer {
        let desk = self.desk.clone();
        let payment_id = ask.request.payment_id;
        Box::pin(async move {
            let taken = desk.send(ask).await.map_err(Stopping::from)?;
            if let Err(not_taken) = taken {
                let reason = not_taken.reason();
                let decision = Decision::Refused { reason };
                let body = Some(result_frame(payment_id, &decision));
                me.send(ToLane(HubFrame { body }))
                    .await
                    .map_err(Stopping::from)?;
            }
            Ok(())
        })
    }

    fn abandon(&mut self, payment_id: &str) -> Answer {
        let Ok(payment_id) = PaymentId::parse(payment_id) else {
            return refuse("not a payment id");
        };
        if let Some(asked) = self.in_flight.get_mut(&payment_id) {
            *asked = None;
        }
        let lane = self.lane;
        let told = self.desk.send(AbandonPayment { lane, payment_id });
        Box::pin(async move { Ok(told.await.map_err(Stopping::from)?) })
    }

    fn offline_card(&self, card: &OfflineCard) -> Answer {
        let Ok(payment_id) = PaymentId::parse(&card.payment_id) else {
            return refuse("not a payment id");
        };
        let taken = self.desk.send(TakeOfflineCard {
            lane: self.lane,
            payment_id,
            sealed_card: card.sealed_card.clone(),
        });
        Box::pin(async move { Ok(taken.await.map_err(Stopping::from)?) })
    }

    fn price_answer(&self, said: PriceConfirmed) -> Answer {
        if !is_price_version(&said.version) {
            return refuse("not a price version");
        }
        let because = said
            .refused_because
            .chars()
            .filter(|letter| !letter.is_control());
        let answer = PriceAnswer {
            version: said.version,
            refused_because: because.take(NOTE_BYTES_MAX).collect(),
            active: said.active,
        };
        let lane = self.lane;
        let told = self.lanes.send(PricesAnswered { lane, answer });
        Box::pin(async move { Ok(told.await.map_err(Stopping::from)?) })
    }

    fn status(&self, status: LaneStatus) -> Answer {
        let lane = self.lane;
        let told = self.lanes.send(StatusReport { lane, status });
        Box::pin(async move { Ok(told.await.map_err(Stopping::from)?) })
    }
}

impl Handler<ToLane> for LaneSession {
    type Result = ();

    fn handle(&mut self, frame: ToLane, ctx: &mut Self::Context) {
        if let Some(hub_frame::Body::Result(result)) = &frame.0.body
            && let Ok(payment_id) = PaymentId::parse(&result.payment_id)
        {
            if let Some(asked) = self.in_flight.remove(&payment_id).flatten() {
                self.times.told(result.decision.as_ref(), asked.elapsed());
            }
            self.gauges.payments(self.in_flight.len());
        }
        if self.news.greeted() {
            return self.put(frame.0, ctx);
        }
        // Of these there are as many as payments in flight, which have their limit.
        if !matches!(frame.0.body, Some(hub_frame::Body::Hello(_))) {
            return self.early.push(frame.0);
        }
        self.news.greet();
        self.put(frame.0, ctx);
        for early in std::mem::take(&mut self.early) {
            self.put(early, ctx);
        }
        self.tell_news(ctx);
    }
}

impl LaneSession {
    fn put(&mut self, frame: HubFrame, ctx: &mut Context<Self>) {
        if self.outbound.try_send(frame).is_err() {
            tracing::warn!(event = "lane stream closed", lane = %self.lane, why = "full or gone");
            ctx.stop();
        }
    }

    fn tell_news(&mut self, ctx: &mut Context<Self>) {
        for body in self.news.untold() {
            let body = Some(body);
            self.put(HubFrame { body }, ctx);
        }
    }
}

/// The store has another price version, or another sells; or somebody came, went or changed.
struct OfferChanged;

impl StreamHandler<OfferChanged> for LaneSession {
    fn handle(&mut self, _: OfferChanged, ctx: &mut Self::Context) {
        self.tell_news(ctx);
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<EndSession> for LaneSession {
    type Result = ();

    fn handle(&mut self, _: EndSession, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
