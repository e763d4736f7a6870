//! The session stream: hello both ways, then payments, results and abandonments.

use std::{sync::Arc, time::Duration};

use actix::{ActorFutureExt, AsyncContext, Context, StreamHandler, WrapFuture};
use domain::{
    ids::{OperatorId, PaymentId, ReceiptNumber},
    limits,
};
use futures::{StreamExt, stream};
use journal::LogId;
use proto::store::v1::{self as wire, hub_frame, lane_frame};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status, Streaming};
use tracing::{debug, error, info, warn};
use zeroize::Zeroizing;

use super::{
    Fate, FromHub, HubLink,
    replicate::{End, check, head_from_proto, head_to_proto},
};
use crate::{actors::offline_cards, devices::HubKeys};

/// What came on a stream; nothing more after `None`.
pub(super) struct Inbound {
    generation: u64,
    frame: Option<Result<wire::HubFrame, Status>>,
}

impl HubLink {
    /// Opens a stream; the hello is on it before the hub is asked.
    pub(super) fn connect(&mut self, ctx: &mut Context<Self>) {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let (outbound, frames) = mpsc::channel(limits::LANE_STREAM_FRAMES_MAX);
        let hello = wire::LaneFrame {
            body: Some(lane_frame::Body::Hello(self.lane_hello())),
        };
        self.hello_sent = self.clocks();
        self.told_in_hello.clone_from(&self.parts.abandoned);
        // A new queue has room for it.
        let _ = outbound.try_send(hello);
        self.outbound = Some(outbound);
        let mut client = self.client.clone();
        let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
        let open = async move {
            match timeout(time_limit, client.session(ReceiverStream::new(frames))).await {
                Ok(opened) => opened.map(Response::into_inner),
                Err(_) => Err(Status::deadline_exceeded("no answer")),
            }
        };
        let open = open.into_actor(self).map(move |opened, link, ctx| {
            link.opened(generation, opened, ctx);
        });
        ctx.spawn(open);
    }

    fn lane_hello(&self) -> wire::LaneHello {
        let facts = self.parts.facts.borrow();
        let facts = facts.as_ref();
        let progress = *self.parts.progress.borrow();
        wire::LaneHello {
            lane: u32::from(self.parts.checkout.lane.0),
            epoch: self.parts.checkout.epoch.0,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            abandoned_payment_ids: self
                .parts
                .abandoned
                .iter()
                .map(PaymentId::to_string)
                .collect(),
            hub_history: facts
                .map(|facts| facts.hub_history())
                .unwrap_or_default()
                .into(),
            hub_epoch: facts.map_or(0, |facts| facts.learnt.hub_epoch),
            last_stan: progress.last_stan.map_or(0, |stan| stan.number()),
            last_lease_id: progress.last_lease.map_or(0, |lease| lease.0),
            acknowledged: Some(head_to_proto(*self.parts.acknowledged.borrow())),
            tid: facts
                .map(|facts| facts.learnt.tid.clone())
                .unwrap_or_default(),
            journal: Some(head_to_proto(self.parts.journal.durable_head(LogId::OWN))),
            hands_over_baskets: true,
        }
    }

    fn opened(
        &mut self,
        generation: u64,
        opened: Result<Streaming<wire::HubFrame>, Status>,
        ctx: &mut Context<Self>,
    ) {
        if generation != self.generation {
            return;
        }
        let frames = match opened {
            Ok(frames) => frames,
            Err(status) => return self.refused(generation, &status, ctx),
        };
        let inbound = frames
            .map(move |frame| Inbound {
                generation,
                frame: Some(frame),
            })
            .chain(stream::iter([Inbound {
                generation,
                frame: None,
            }]));
        self.inbound = Some(ctx.add_stream(inbound));
        let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
        ctx.run_later(time_limit, move |link, ctx| {
            if !link.greeted {
                link.lost(generation, "no hello from the hub", ctx);
            }
        });
    }

    /// A hub that says why it doesn't want this machine (fenced, forked) is not just out of reach.
    fn refused(&mut self, generation: u64, status: &Status, ctx: &mut Context<Self>) {
        if generation == self.generation && status.code() == Code::FailedPrecondition {
            warn!(
                event = "hub refuses this lane",
                code = "LANE0008",
                why = status.message()
            );
        }
        self.lost(generation, status.message(), ctx);
    }

    /// The stream is gone: what was on it is in doubt, and another is opened after a pause.
    pub(super) fn lost(&mut self, generation: u64, why: &str, ctx: &mut Context<Self>) {
        if generation != self.generation {
            return;
        }
        let was_up = self.greeted;
        self.generation = self.generation.wrapping_add(1);
        self.greeted = false;
        self.parts.up.send_replace(false);
        self.outbound = None;
        if let Some(inbound) = self.inbound.take() {
            ctx.cancel_future(inbound);
        }
        self.questions = super::questions::Questions::default();
        for (_, tell) in std::mem::take(&mut self.pending) {
            // Nobody listens for a payment given up meanwhile.
            let _ = tell.send(Fate::LinkLost);
        }
        // Once an outage, whether or not it began before this start.
        match (was_up, self.told_away) {
            (true, _) => warn!(event = "hub lost", why),
            (false, false) => warn!(event = "hub not reached", address = self.parts.address, why),
            (false, true) => debug!(event = "hub not reached", why),
        }
        self.told_away = true;
        let pause = self.backoff.pause();
        ctx.run_later(pause, |link, ctx| link.connect(ctx));
    }

    fn greet(&mut self, hello: wire::HubHello, ctx: &mut Context<Self>) {
        let Some(keys) = self.keys_of(&hello) else {
            error!(
                event = "hub refused",
                why = "another store, currency or no sealing key"
            );
            return self.lost(self.generation, "the hub is not this lane's", ctx);
        };
        if let Err(end) = self.check_copy(&hello) {
            error!(event = "hub refused", code = "LANE0006", why = %end);
            return self.lost(
                self.generation,
                "the hub has the copy of another journal",
                ctx,
            );
        }
        match std::mem::take(&mut self.told_away) {
            true => warn!(event = "hub there again", hub_epoch = hello.hub_epoch),
            false => info!(event = "hub attached", hub_epoch = hello.hub_epoch),
        }
        // It has heard what was acknowledged before; from here on its own word counts.
        if let Some(copy) = &hello.journal_copy {
            self.parts.acknowledged.send_replace(head_from_proto(copy));
        }
        self.parts.keys.send_replace(Some(keys));
        self.learn_day(&hello);
        self.hello.send_replace(Some(Arc::new(hello)));
        self.backoff.reset();
        self.greeted = true;
        self.status.forget();
        self.parts.up.send_replace(true);
        self.abandon_the_rest(ctx);
        self.report_offline(ctx);
    }

    /// What was given up while the hello was on its way stands in no hello of this stream.
    fn abandon_the_rest(&mut self, ctx: &mut Context<Self>) {
        let untold = self.parts.abandoned.difference(&self.told_in_hello);
        for payment_id in untold.copied().collect::<Vec<_>>() {
            self.abandon(payment_id, ctx);
        }
    }

    pub(super) fn abandon(&mut self, payment_id: PaymentId, ctx: &mut Context<Self>) {
        let payment_id = payment_id.to_string();
        let abandon = wire::Abandon { payment_id };
        self.put(lane_frame::Body::Abandon(abandon), ctx);
    }

    /// A lane whose journal is not the one the hub has a copy of asks for no payment: the hub could
    /// never read in that its sale was closed (I14).
    fn check_copy(&self, hello: &wire::HubHello) -> Result<(), End> {
        let Some(copy) = &hello.journal_copy else {
            return Ok(());
        };
        check(&self.parts.journal, copy.sequence, &copy.hash)
    }

    fn report_offline(&mut self, ctx: &mut Context<Self>) {
        let cards = match offline_cards::all(&self.parts.journal) {
            Ok(cards) => cards,
            Err(fault) => return error!(event = "offline cards unreadable", %fault),
        };
        for card in cards {
            if !self.put(lane_frame::Body::OfflineCard(card), ctx) {
                return;
            }
        }
    }

    /// The keys in the hello of a hub of this store.
    fn keys_of(&self, hello: &wire::HubHello) -> Option<HubKeys> {
        let ours = hello.store_id == self.parts.store_id
            && hello.currency == self.parts.checkout.currency.letters();
        if !ours {
            return None;
        }
        let card_hash_key = <[u8; 32]>::try_from(hello.card_hash_key.as_ref()).ok();
        Some(HubKeys {
            session: self.generation,
            sealing_key: <[u8; 32]>::try_from(hello.card_sealing_key.as_ref()).ok()?,
            card_hash_key: card_hash_key.map(Zeroizing::new),
        })
    }

    fn hear(&mut self, body: hub_frame::Body, ctx: &mut Context<Self>) {
        match body {
            hub_frame::Body::Hello(hello) => self.greet(hello, ctx),
            hub_frame::Body::Result(result) => self.result(&result),
            hub_frame::Body::Abandoned(abandoned) => self.abandoned(&abandoned),
            hub_frame::Body::LeaseGrant(lease) => self.lease_grant(&lease),
            hub_frame::Body::OfflineCardHeld(held) => self.card_held(&held),
            hub_frame::Body::HotList(part) => self.hot_list_part(&part),
            hub_frame::Body::Operators(told) => self.operators_told(&told),
            hub_frame::Body::DayTurned(turned) => self.day_turned(&turned),
            hub_frame::Body::DayEndsSoon(soon) => {
                info!(event = "day ends soon", date = soon.date);
            }
            hub_frame::Body::OriginalTold(told) => self.original_told(told),
            hub_frame::Body::ReturnAnswered(answered) => self.return_answered(&answered),
            hub_frame::Body::BasketAnswered(answered) => self.basket_answered(answered),
            hub_frame::Body::BasketList(list) => self.basket_list(&list),
            hub_frame::Body::HandOver(wanted) => self.hand_over(&wanted),
            hub_frame::Body::PrintCopy(wanted) => self.copy_wanted(wanted),
            hub_frame::Body::PriceNotice(notice) => {
                if self.price_notices.try_send(notice).is_err() {
                    warn!(
                        event = "price notice not followed",
                        why = "the hub tells it again"
                    );
                }
            }
            hub_frame::Body::Progress(progress) => {
                debug!(event = "payment progress", stage = progress.stage);
            }
            hub_frame::Body::Command(command) => {
                warn!(event = "command not known", command = command.command);
            }
        }
    }

    fn result(&mut self, result: &wire::PaymentResult) {
        let Ok(payment_id) = records::payment_id(&result.payment_id) else {
            return warn!(event = "result not understood", field = "payment_id");
        };
        let fate = match records::decision_from_proto(result.decision.as_ref()) {
            Ok(decision) => Fate::Decided(decision),
            Err(fault) => {
                error!(event = "result not understood", payment = %payment_id, %fault);
                Fate::LinkLost
            }
        };
        match self.pending.remove(&payment_id) {
            // Nobody listens for a payment given up meanwhile.
            Some(tell) => drop(tell.send(fate)),
            None => info!(event = "late result", payment = %payment_id),
        }
    }

    fn lease_grant(&self, lease: &wire::OfflineLease) {
        match records::lease_from_proto(Some(lease)) {
            Ok(lease) => self.tell_flow(FromHub::Lease(lease)),
            Err(fault) => error!(event = "lease not understood", %fault),
        }
    }

    /// A list that can't be followed is not used: a lease that needs it isn't either.
    fn hot_list_part(&mut self, part: &wire::HotListPart) {
        match self.hot_list.take(part) {
            Ok(Some(list)) => {
                info!(event = "hot list taken", version = list.version());
                self.tell_flow(FromHub::HotList(list));
            }
            Ok(None) => {}
            Err(fault) => error!(event = "hot list not understood", %fault),
        }
    }

    fn card_held(&self, held: &wire::OfflineCardHeld) {
        if let Ok(payment_id) = records::payment_id(&held.payment_id) {
            self.tell_flow(FromHub::CardHeld(payment_id));
        }
    }

    fn copy_wanted(&self, wanted: wire::PrintCopy) {
        match ReceiptNumber::parse(&wanted.receipt_number) {
            Ok(receipt) => self.tell_flow(FromHub::Copy {
                receipt,
                text: wanted.text,
                by: (wanted.operator_id != 0).then_some(OperatorId(wanted.operator_id)),
            }),
            Err(fault) => error!(event = "copy not understood", %fault),
        }
    }

    pub(super) fn tell_flow(&self, said: FromHub) {
        if self.parts.to_flow.try_send(said).is_err() {
            warn!(event = "flow is busy", why = "the hub tells it again");
        }
    }

    fn abandoned(&mut self, abandoned: &wire::Abandoned) {
        if let Ok(payment_id) = records::payment_id(&abandoned.payment_id) {
            self.parts.abandoned.remove(&payment_id);
        }
    }
}

impl StreamHandler<Inbound> for HubLink {
    fn handle(&mut self, inbound: Inbound, ctx: &mut Self::Context) {
        if inbound.generation != self.generation {
            return;
        }
        match inbound.frame {
            Some(Ok(frame)) => {
                if let Some(body) = frame.body {
                    self.hear(body, ctx);
                }
            }
            Some(Err(status)) => self.refused(inbound.generation, &status, ctx),
            None => self.lost(inbound.generation, "the hub closed the stream", ctx),
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}
