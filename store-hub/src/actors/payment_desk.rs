//! The payment desk: owns `domain::Desk`, the journal and the outbox.
//!
//! All `Persist`, `Archive`, `HoldCard` and `EraseCard` of a step are one commit; every other
//! effect waits in the outbox until that commit is durable (I6). Start-up is recovery: the journal
//! is replayed, and there is no other start. Asks nobody; see the graph in `actors`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use actix::{Actor, Context, Handler, Message, StreamHandler};
use domain::{
    day::Machine,
    desk::{Desk, Event, Rejected},
    ids::{LaneEpoch, LaneId, PaymentId},
    payment::{PaymentRequest, RefusalReason},
    time::{MonoMs, Now, WallMs},
};
use journal::{LogId, Outbox, Record, Ticket};
use proto::store::v1::{self as wire, hub_frame::Body};
use records::{decision_to_proto, hot_list_to_parts};
use tokio_stream::wrappers::WatchStream;

use super::{
    commit::{Commit, Waiting},
    desk_parts::DeskParts,
    lane_memory::PreviousHub,
    lane_outlet::{AttachedSession, LaneOutlet},
};
use crate::{
    card_vault::{CardVault, EncryptedPin},
    metrics::DeskFigures,
    operator_view::{self, HubFigures},
    payment_archive::PaymentArchive,
    recovered::RecoveryError,
    recovery::{self, Replay, ReplayFrom},
    replica::{head_to_proto, log_of},
};

/// The actor.
pub(crate) struct PaymentDesk {
    pub(crate) parts: DeskParts,
    pub(crate) desk: Desk,
    pub(crate) hub_epoch: u64,
    /// Which journal this is: lanes that knew another one knew a hub that was lost.
    pub(crate) history: u128,
    /// Which one it was until a lane showed that this is an older copy of it.
    pub(super) outdated: Option<u128>,
    pub(super) vault: CardVault,
    /// Payments that were archived.
    pub(super) payment_archive: PaymentArchive,
    /// The last record in the checkpoint that was made last.
    pub(super) kept_at: u64,
    pub(super) outbox: Outbox<Waiting>,
    pub(super) ticket: Ticket,
    pub(super) sessions: BTreeMap<LaneId, AttachedSession>,
    pub(super) stopped: bool,
    /// Lanes whose journals are here as far as they had said, in a hub that lost its own.
    pub(super) lanes_read: BTreeSet<LaneId>,
    /// The disk had no room when it was last looked at: told once.
    pub(super) without_room: bool,
    /// Records of lanes that came again for damaged ones, until all of a run are there.
    pub(super) mending: BTreeMap<LogId, Vec<Record>>,
}

impl PaymentDesk {
    /// Replays the journal and puts in doubt what was in flight.
    pub(crate) fn recover(parts: DeskParts) -> Result<Self, RecoveryError> {
        let recovered = recovery::replay(&Replay {
            journal: &parts.journal,
            desk: parts.desk.clone(),
            terminals: &parts.terminals,
            from: ReplayFrom::Checkpoint,
        })?;
        let vault = CardVault::open(
            Arc::clone(&parts.keys),
            Arc::clone(&parts.random),
            parts.journal.clone(),
        )?;
        let history = recovered.history;
        let mut actor = Self {
            desk: recovered.desk,
            history: history.unwrap_or_else(|| parts.random.next_u128()),
            outdated: None,
            hub_epoch: recovered.hub_epochs.saturating_add(1),
            vault,
            payment_archive: PaymentArchive::default(),
            kept_at: recovered.kept_at,
            outbox: Outbox::new(),
            ticket: Ticket::NONE,
            sessions: BTreeMap::new(),
            stopped: false,
            lanes_read: BTreeSet::new(),
            without_room: false,
            mending: BTreeMap::new(),
            parts,
        };
        let mut commit = Commit::default();
        actor.begin_epoch(&mut commit);
        for lane_event in recovered.overlooked {
            actor.step_into(&mut commit, lane_event);
        }
        // A stop between what an operator said and what follows from it.
        actor.end_epochs(&mut commit);
        actor.step_into(&mut commit, Event::Recovered);
        actor.commit(commit);
        Ok(actor)
    }

    fn end_epochs(&mut self, commit: &mut Commit) {
        let stated: Vec<Machine> = self.desk.stated_ends().keys().copied().collect();
        for machine in stated {
            let Machine { lane, epoch } = machine;
            let held = self.parts.journal.head(log_of(lane, epoch)).sequence;
            if self.has_ended(machine, held) {
                self.step_into(commit, Event::EpochOver { lane, epoch });
            }
        }
    }

    pub(super) fn begin_epoch(&self, commit: &mut Commit) {
        let (now, day) = (self.now().wall, self.desk.business_date());
        let started = records::hub::started(self.hub_epoch, self.history, now, day);
        commit.batch.record(started);
    }

    /// The store in a few lines.
    pub(crate) fn view(&self, store_id: &str) -> wire::StatusResponse {
        let hub = HubFigures {
            store_id,
            business_date: self.desk.business_date(),
            hub_epoch: self.hub_epoch,
            journal_sequence: self.parts.journal.durable_head(LogId::OWN).sequence,
            no_room: self.parts.journal.refuses_new_work(),
            journal_lag_batches: self.parts.journal.figures().batches_not_durable,
        };
        operator_view::status(&self.desk, hub)
    }

    /// The desk for metrics.
    pub(crate) fn figures(&self, store_id: &str) -> DeskFigures {
        DeskFigures {
            status: self.view(store_id),
            counts: self.desk.counts(),
            outbox_waiting: self.outbox.len(),
            payments_held: self.desk.payments_held(),
            queued_first: self.desk.queued_first(),
        }
    }

    pub(super) fn now(&self) -> Now {
        Now {
            wall: WallMs(self.parts.clock.wall_ms()),
            mono: MonoMs(self.parts.clock.mono_ms()),
        }
    }

    /// One event, one commit.
    pub(super) fn apply(&mut self, event: Event) -> Result<Ticket, Rejected> {
        let mut commit = Commit::default();
        let outcome = self.step(&mut commit, event);
        let ticket = self.commit(commit);
        outcome.map(|()| ticket)
    }

    /// Steps the desk; what has to be written joins the commit at hand. A rejected event changed
    /// nothing; if somebody must look at it, an alarm joins the commit.
    pub(super) fn step(&mut self, commit: &mut Commit, event: Event) -> Result<(), Rejected> {
        if self.stopped {
            return Ok(());
        }
        let now = self.now();
        let day = self.desk.business_date();
        match self.step_with_file(now, event) {
            Ok(effects) => {
                for effect in effects {
                    self.collect(commit, effect);
                }
                let today = self.desk.business_date();
                if today != day {
                    self.vault.destroy_past_days(today, &mut commit.batch);
                }
                Ok(())
            }
            Err(rejected) => {
                if let Some(alarm) = rejected.alarm() {
                    commit
                        .waiting
                        .push(Waiting::Effect(domain::desk::Effect::Alarm(alarm)));
                }
                Err(rejected)
            }
        }
    }

    /// As `step`, for events whose rejection only has to be known.
    pub(super) fn step_into(&mut self, commit: &mut Commit, event: Event) {
        if let Err(rejected) = self.step(commit, event) {
            tracing::warn!(event = "desk rejected an event", %rejected);
        }
    }

    /// Appends what was collected, lets out what may go, and wakes who watches.
    pub(super) fn commit(&mut self, commit: Commit) -> Ticket {
        if !commit.batch.is_empty() {
            match self.parts.journal.append_decided(commit.batch) {
                Ok(ticket) => self.ticket = ticket,
                Err(error) => self.fail(&error.to_string()),
            }
        }
        self.payment_archive.put(commit.files, self.ticket);
        for waiting in commit.waiting {
            self.outbox.push(self.ticket, waiting);
        }
        if self.checkpoint_is_due() {
            self.keep_checkpoint();
        }
        self.let_out();
        self.parts
            .outlets
            .changed
            .send_modify(|count| *count = count.wrapping_add(1));
        self.ticket
    }

    /// The machine is ahead of its journal: nothing it says is true any more. It falls silent and
    /// the hub stops; start-up replays what is durable.
    pub(super) fn fail(&mut self, why: &str) {
        tracing::error!(event = "journal refused a commit", why);
        self.stopped = true;
        // A full channel has told already.
        let _ = self.parts.outlets.fatal.try_send(why.to_owned());
    }

    fn attach(&mut self, attach: AttachLane) -> Result<(), Rejected> {
        let mut commit = Commit::default();
        let AttachLane { lane, epoch, .. } = attach;
        self.step(&mut commit, Event::LaneAttached { lane, epoch })?;
        let outlet = attach.session.clone();
        let session = AttachedSession {
            outlet,
            greeted: false,
            journal_sequence: attach.journal_sequence,
            hands_over: attach.hands_over,
        };
        self.sessions.insert(lane, session);
        if let Some(previous) = &attach.previous_hub {
            self.compare_with_memory(&mut commit, lane, epoch, previous, &attach.abandoned);
        }
        let hello = Box::new(self.hello(lane, epoch));
        // The hello is the first frame, and what was given up is obeyed before all else.
        let afterwards = std::mem::take(&mut commit.waiting);
        commit.waiting.push(Waiting::Hello {
            lane,
            session: attach.session,
            hello,
        });
        for payment_id in attach.abandoned {
            self.abandon_into(&mut commit, lane, payment_id);
        }
        // Before any lease that names it.
        for part in hot_list_to_parts(&self.desk.hot_list()) {
            commit.frame(lane, Body::HotList(part));
        }
        commit.waiting.extend(afterwards);
        self.commit(commit);
        Ok(())
    }

    /// The lane is told once it is durable, whatever the desk made of it: an abandon that comes
    /// twice, or for a payment nobody knows, is obeyed all the same.
    fn abandon_into(&mut self, commit: &mut Commit, lane: LaneId, payment_id: PaymentId) {
        self.step_into(commit, Event::Abandoned { payment_id, lane });
        let payment_id = payment_id.to_string();
        commit.frame(lane, Body::Abandoned(wire::Abandoned { payment_id }));
    }

    /// A card that does not open is not acknowledged: the lane keeps it, and the payment stays on
    /// the list of unresolved ones.
    fn take_offline_card(&mut self, taken: &TakeOfflineCard) {
        let payment_id = taken.payment_id;
        let mut commit = Commit::default();
        let held = self.desk.payment(payment_id).is_some();
        if self.desk.wants_offline_card(payment_id) && (held || !self.knows(payment_id)) {
            if let Err(error) = self.vault.take_upload(payment_id, &taken.sealed_card) {
                let code = "HUB0009";
                tracing::error!(event = "offline card refused", code, %payment_id, %error);
                return;
            }
            self.step_into(&mut commit, Event::OfflineCard { payment_id });
        }
        let payment_id = payment_id.to_string();
        let held = Body::OfflineCardHeld(wire::OfflineCardHeld { payment_id });
        commit.frame(taken.lane, held);
        self.commit(commit);
    }

    fn hello(&self, lane: LaneId, epoch: LaneEpoch) -> wire::HubHello {
        let copy = self.parts.journal.durable_head(log_of(lane, epoch));
        let terminal = self.parts.terminals.iter().find(|(_, _, of)| *of == lane);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let heading = self.parts.heading.clone();
        wire::HubHello {
            hub_epoch: self.hub_epoch,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            store_id: self.parts.store_id.clone(),
            currency: self.parts.desk.currency.letters().to_owned(),
            card_sealing_key: self.parts.keys.card_sealing_key().to_vec().into(),
            card_hash_key: self.parts.keys.card_hash_key().to_vec().into(),
            price_file_version: self.parts.prices.borrow().selling.version.clone(),
            tid: text(terminal.map(|(tid, _, _)| tid.as_str())),
            mid: text(terminal.map(|(_, mid, _)| mid.as_str())),
            merchant_name: heading.store_name,
            company_name: heading.merchant_name,
            store_address: heading.address,
            tax_number: heading.tax_number,
            hub_history: self.history.to_be_bytes().to_vec().into(),
            journal_copy: Some(head_to_proto(copy)),
            takes_returns: true,
            hands_out_baskets: true,
            ..self.dates_of_hello()
        }
    }

    /// A known id is answered by the desk with its recorded result; only a new one opens its card.
    fn request(&mut self, ask: AskPayment) -> Result<(), NotTaken> {
        let payment_id = ask.request.payment_id;
        if ask.history.is_some_and(|history| history != self.history) {
            // Nothing is sent: its card is not needed.
            let mut commit = Commit::default();
            self.step_into(&mut commit, Event::RequestedOfPreviousHub(ask.request));
            self.commit(commit);
            return Ok(());
        }
        if !self.knows(payment_id) {
            if self.refuses_new_work() {
                return Err(NotTaken::NoRoom);
            }
            let taken = self.vault.take(payment_id, &ask.sealed_card, ask.pin);
            if let Err(error) = taken {
                tracing::warn!(event = "card refused", code = "HUB0009", %payment_id, %error);
                return Err(NotTaken::Card);
            }
        }
        if let Err(rejected) = self.apply(Event::Requested(ask.request)) {
            tracing::warn!(event = "request rejected", %payment_id, %rejected);
            self.vault.forget(payment_id);
        }
        Ok(())
    }
}

/// A decision as a lane hears it.
pub(super) fn result_frame(payment_id: PaymentId, decision: &domain::payment::Decision) -> Body {
    Body::Result(wire::PaymentResult {
        payment_id: payment_id.to_string(),
        decision: Some(decision_to_proto(decision)),
    })
}

impl Actor for PaymentDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let durable = self.parts.journal.subscribe();
        Self::add_stream(WatchStream::new(durable), ctx);
    }
}

/// The journal became durable up to here: what waited for it goes.
impl StreamHandler<Ticket> for PaymentDesk {
    fn handle(&mut self, _durable: Ticket, _: &mut Self::Context) {
        self.let_out();
        self.archive_more();
    }

    fn finished(&mut self, _: &mut Self::Context) {
        if !self.stopped {
            self.fail("the journal is closed");
        }
    }
}

/// Something happened.
#[derive(Message)]
#[rtype(result = "Result<Ticket, Rejected>")]
pub(crate) struct Happened(pub(crate) Event);

impl Handler<Happened> for PaymentDesk {
    type Result = Result<Ticket, Rejected>;

    fn handle(&mut self, happened: Happened, _: &mut Self::Context) -> Self::Result {
        self.apply(happened.0)
    }
}

/// A lane said hello. What it gave up is obeyed before all else.
#[derive(Message)]
#[rtype(result = "Result<(), Rejected>")]
pub(crate) struct AttachLane {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) abandoned: Vec<PaymentId>,
    /// Where its journal ends.
    pub(crate) journal_sequence: u64,
    /// It hands baskets that wait over.
    pub(crate) hands_over: bool,
    /// The hub it was attached to last, if any.
    pub(crate) previous_hub: Option<PreviousHub>,
    pub(crate) session: LaneOutlet,
}

impl Handler<AttachLane> for PaymentDesk {
    type Result = Result<(), Rejected>;

    fn handle(&mut self, attach: AttachLane, _: &mut Self::Context) -> Self::Result {
        self.attach(attach)
    }
}

/// A lane's session ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct DetachLane {
    pub(crate) lane: LaneId,
    pub(crate) session: LaneOutlet,
}

impl Handler<DetachLane> for PaymentDesk {
    type Result = ();

    fn handle(&mut self, detach: DetachLane, _: &mut Self::Context) {
        let session = self.sessions.get(&detach.lane);
        if session.is_some_and(|session| session.outlet == detach.session) {
            self.sessions.remove(&detach.lane);
        }
    }
}

/// A lane asks for a payment.
#[derive(Message)]
#[rtype(result = "Result<(), NotTaken>")]
pub(crate) struct AskPayment {
    pub(crate) request: PaymentRequest,
    /// Which hub's journal the lane knew when it made the intent.
    pub(crate) history: Option<u128>,
    pub(crate) sealed_card: bytes::Bytes,
    pub(crate) pin: Option<EncryptedPin>,
}

/// Why a payment was not taken: nothing of it was journaled or sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// The sealed card does not open for this payment (HUB0009).
    #[error("the sealed card does not open")]
    Card,
    /// The disk has no room for a new payment (HUB0017).
    #[error("the disk has no room for a new payment")]
    NoRoom,
}

impl NotTaken {
    /// What the lane hears.
    pub(crate) const fn reason(self) -> RefusalReason {
        match self {
            Self::Card => RefusalReason::ContentDiffers,
            Self::NoRoom => RefusalReason::NoRoom,
        }
    }
}

impl Handler<AskPayment> for PaymentDesk {
    type Result = Result<(), NotTaken>;

    fn handle(&mut self, ask: AskPayment, _: &mut Self::Context) -> Self::Result {
        self.request(ask)
    }
}

/// The sealed card of a payment that a lane approved alone.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct TakeOfflineCard {
    pub(crate) lane: LaneId,
    pub(crate) payment_id: PaymentId,
    pub(crate) sealed_card: bytes::Bytes,
}

impl Handler<TakeOfflineCard> for PaymentDesk {
    type Result = ();

    fn handle(&mut self, taken: TakeOfflineCard, _: &mut Self::Context) {
        self.take_offline_card(&taken);
    }
}

/// A lane gave a payment up.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct AbandonPayment {
    pub(crate) lane: LaneId,
    pub(crate) payment_id: PaymentId,
}

impl Handler<AbandonPayment> for PaymentDesk {
    type Result = ();

    fn handle(&mut self, abandon: AbandonPayment, _: &mut Self::Context) {
        let mut commit = Commit::default();
        self.abandon_into(&mut commit, abandon.lane, abandon.payment_id);
        self.commit(commit);
    }
}

/// The hub stops: nothing is decided any more. Answers with the ticket of what was.
#[derive(Message)]
#[rtype(result = "StopTicket")]
pub(crate) struct FallSilent;

/// What has to be durable before the end.
#[derive(actix::MessageResponse)]
pub(crate) struct StopTicket(pub(crate) Ticket);

impl Handler<FallSilent> for PaymentDesk {
    type Result = StopTicket;

    fn handle(&mut self, _: FallSilent, _: &mut Self::Context) -> Self::Result {
        self.stopped = true;
        StopTicket(self.ticket)
    }
}

/// A question to the desk as it stands; it can't change it.
pub(crate) struct DeskQuery<R>(Box<dyn FnOnce(&PaymentDesk) -> R + Send>);

impl<R> DeskQuery<R> {
    pub(crate) fn new(question: impl FnOnce(&PaymentDesk) -> R + Send + 'static) -> Self {
        Self(Box::new(question))
    }
}

impl<R: Send + 'static> Message for DeskQuery<R> {
    type Result = Option<R>;
}

impl<R: Send + 'static> Handler<DeskQuery<R>> for PaymentDesk {
    type Result = Option<R>;

    fn handle(&mut self, query: DeskQuery<R>, _: &mut Self::Context) -> Self::Result {
        Some((query.0)(self))
    }
}
