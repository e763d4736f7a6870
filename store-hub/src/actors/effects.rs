//! Runs the desk's effects: what joins the commit, and what waits until it is durable.

use domain::{
    desk::{Alarm, Effect, Event, Outgoing},
    ids::{LaneId, Tid},
};
use proto::store::v1::{HubFrame, HubHello, hub_frame::Body};
use records::{hot_card_to_part, lease_to_proto};

use super::{
    acquirer_link::command::LinkCommand,
    baskets_asked::hand_over_frame,
    commit::{Commit, Waiting},
    lane_outlet::LaneOutlet,
    payment_desk::{PaymentDesk, result_frame},
    returns_asked::answer_frame,
    told_dates::settling_frame,
};
use crate::{card_vault::CardForMessage, payment_archive};

impl PaymentDesk {
    /// `Persist`, `Archive`, `HoldCard` and `EraseCard` join the commit; the rest waits for it.
    pub(super) fn collect(&mut self, commit: &mut Commit, effect: Effect) {
        match effect {
            Effect::Persist(record) => {
                commit.batch.record(records::hub::encode(&record));
            }
            Effect::Archive(file) => {
                let key = payment_archive::file_key(file.payment_id());
                commit.batch.put(key, payment_archive::file_value(&file));
                commit.files.push(*file);
            }
            Effect::HoldCard(payment_id) => {
                let day = self.desk.business_date();
                let held = self.vault.hold(payment_id, day, &mut commit.batch);
                if let Err(error) = held {
                    tracing::error!(event = "card not held", %payment_id, %error);
                }
            }
            Effect::EraseCard(payment_id) => self.vault.erase(payment_id, &mut commit.batch),
            Effect::ForgetSecrets(_)
            | Effect::Send(_)
            | Effect::SignOn { .. }
            | Effect::Reply { .. }
            | Effect::WaitsForSettlement { .. }
            | Effect::DateTurned { .. }
            | Effect::ReturnAnswer { .. }
            | Effect::AskToHandOver { .. }
            | Effect::BasketAnswer { .. }
            | Effect::HotCard { .. }
            | Effect::GrantLease(_)
            | Effect::WakeAt(_)
            | Effect::Alarm(_) => commit.waiting.push(Waiting::Effect(effect)),
        }
    }

    /// Lets out, in order, what the journal's durability allows. What comes back at once (a message
    /// the link could not take) is a new event.
    pub(super) fn let_out(&mut self) {
        if self.stopped {
            return;
        }
        let durable = self.parts.journal.durable();
        let ready: Vec<Waiting> = self.outbox.ready(durable).collect();
        let mut came_back = Vec::new();
        for waiting in ready {
            match waiting {
                Waiting::Frame { lane, body } => self.send_to_lane(lane, *body),
                Waiting::Hello {
                    lane,
                    session,
                    hello,
                } => self.greet(lane, &session, *hello),
                Waiting::Effect(effect) => came_back.extend(self.run(effect)),
            }
        }
        for event in came_back {
            if let Err(rejected) = self.apply(event) {
                tracing::warn!(event = "desk rejected an event", %rejected);
            }
        }
    }

    fn run(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Send(outgoing) => return self.send_to_bank(outgoing),
            Effect::SignOn { tid } => return self.sign_on(tid),
            Effect::Reply {
                lane,
                payment_id,
                decision,
            } => self.send_to_lane(lane, result_frame(payment_id, &decision)),
            Effect::WaitsForSettlement { lane, payment_id } => {
                self.send_to_lane(lane, settling_frame(payment_id));
            }
            Effect::ReturnAnswer {
                id,
                revision,
                answer,
            } => {
                let answer = answer.as_deref().map_err(|why| *why);
                self.send_to_lane(id.lane, answer_frame(id, revision, answer));
            }
            Effect::AskToHandOver { basket, to } => {
                self.send_to_lane(basket.lane, hand_over_frame(basket, to));
            }
            Effect::BasketAnswer { to, basket, answer } => {
                let body = self.basket_frame(basket, answer);
                self.send_to_lane(to, body);
            }
            Effect::DateTurned { ended, begins } => self.tell_date_turned(ended, begins),
            Effect::GrantLease(lease) => {
                self.send_to_lane(lease.lane, Body::LeaseGrant(lease_to_proto(&lease)));
            }
            Effect::HotCard {
                card,
                base,
                version,
            } => {
                let part = hot_card_to_part(&card, base, version);
                self.send_to_all_lanes(&Body::HotList(part));
            }
            Effect::WakeAt(at) => {
                self.parts.outlets.wake.send_replace(Some(at));
            }
            Effect::ForgetSecrets(payment_id) => self.vault.forget(payment_id),
            Effect::Alarm(alarm) => raise(&alarm),
            Effect::Persist(_)
            | Effect::Archive(_)
            | Effect::HoldCard(_)
            | Effect::EraseCard(_) => {
                // They joined the commit; none ever waits.
            }
        }
        None
    }

    fn send_to_bank(&mut self, outgoing: Outgoing) -> Option<Event> {
        let binding = outgoing.binding();
        let not_sent = Event::NotSent {
            tid: binding.tid.clone(),
            stan: binding.stan,
        };
        let card = match &outgoing {
            Outgoing::Sale { financial, .. } => self.vault.for_sale(financial.payment_id),
            Outgoing::Reversal { financial, .. }
            | Outgoing::Advice { financial, .. }
            | Outgoing::Void { financial, .. } => self.vault.for_forward(financial.payment_id),
            Outgoing::Settlement { .. } => CardForMessage::None,
            Outgoing::Upload { items, .. } => {
                let ids = items.iter().map(|item| item.payment_id);
                self.vault.for_upload(ids)
            }
        };
        let card = Box::new(card);
        let command = LinkCommand::Send { outgoing, card };
        self.parts
            .outlets
            .link
            .try_send(command)
            .err()
            .map(|_| not_sent)
    }

    fn sign_on(&mut self, tid: Tid) -> Option<Event> {
        let batch = self
            .desk
            .terminals()
            .find(|terminal| terminal.tid == tid)
            .and_then(|terminal| terminal.batch);
        let failed = Event::SignOnFailed { tid: tid.clone() };
        let command = LinkCommand::SignOn { tid, batch };
        self.parts
            .outlets
            .link
            .try_send(command)
            .err()
            .map(|_| failed)
    }

    pub(super) fn send_to_all_lanes(&mut self, body: &Body) {
        let lanes: Vec<LaneId> = self.sessions.keys().copied().collect();
        for lane in lanes {
            self.send_to_lane(lane, body.clone());
        }
    }

    /// The first frame of a session, unless another one has taken its place.
    fn greet(&mut self, lane: LaneId, outlet: &LaneOutlet, hello: HubHello) {
        if let Some(session) = self.sessions.get_mut(&lane)
            && session.outlet == *outlet
        {
            session.greeted = true;
            self.send_to_lane(lane, Body::Hello(hello));
        }
    }

    /// A lane that is gone or too slow asks again when it is back: the result is recorded. So does
    /// one that is back and not greeted yet.
    pub(super) fn send_to_lane(&mut self, lane: LaneId, body: Body) {
        let Some(session) = self.sessions.get(&lane).filter(|session| session.greeted) else {
            return;
        };
        if session.outlet.send(HubFrame { body: Some(body) }).is_err() {
            self.sessions.remove(&lane);
        }
    }
}

/// Alarms are log lines with a stable code; docs/errors has a page for each.
fn raise(alarm: &Alarm) {
    match alarm {
        Alarm::BasketTwice { id, first, by } => {
            let (code, first, by) = ("HUB0065", first.lane, by.lane);
            tracing::error!(event = "basket taken up twice", code, %id, %first, %by);
        }
        Alarm::ContentDiffers(payment_id) => {
            tracing::warn!(event = "payment id with other content", code = "HUB0001", %payment_id);
        }
        Alarm::BatchMismatch { tid, ours, theirs } => {
            tracing::error!(event = "batch mismatch", code = "HUB0002", %tid, %ours, %theirs);
        }
        Alarm::DeadLetter(forward_id) => {
            tracing::warn!(
                event = "dead letter",
                code = "HUB0003",
                forward_id = forward_id.0
            );
        }
        Alarm::DeclinedAfterGoods(payment_id) => {
            tracing::warn!(event = "declined after goods", code = "HUB0004", %payment_id);
        }
        Alarm::UnmatchedAnswer { tid, stan } => {
            tracing::warn!(event = "unmatched answer", code = "HUB0005", %tid, %stan);
        }
        Alarm::FencedLane(lane) => {
            tracing::warn!(event = "fenced lane", code = "HUB0006", %lane);
        }
        Alarm::CardTooOften(payment_id) => {
            tracing::warn!(event = "same card again and again", code = "HUB0016", %payment_id);
        }
        Alarm::OutsideLease { payment_id, lane } => {
            let code = "HUB0011";
            tracing::error!(event = "outside its lease", code, %payment_id, %lane);
        }
        Alarm::StanCollision { tid, stan } => {
            tracing::error!(event = "stan used twice", code = "HUB0037", %tid, %stan);
        }
        Alarm::OfflineConflict(payment_id) => {
            tracing::error!(event = "known payment offline", code = "HUB0012", %payment_id);
        }
        Alarm::NotBalanced { tid, batch } => {
            tracing::error!(event = "batch not balanced", code = "HUB0007", %tid, %batch);
        }
        Alarm::NotUploaded { tid, batch } => {
            tracing::error!(event = "batch not uploaded", code = "HUB0023", %tid, %batch);
        }
        Alarm::CompletionConflict(payment_id) => {
            tracing::error!(event = "completion conflict", code = "HUB0008", %payment_id);
        }
    }
}
