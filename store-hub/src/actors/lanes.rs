//! Which lanes are connected, as which machine, and what they last said of themselves.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, ResponseActFuture,
    WrapFuture,
};
use domain::{
    day::Witness,
    ids::{LaneEpoch, LaneId},
};
use journal::{Head, Journal};
use ports::Clock;
use proto::store::v1::{
    HubFrame, LaneHello, LaneStatus, LaneView, PriceAnswer, ReplicaTrouble, TroubleKind,
};
use tokio::sync::mpsc;

use super::{
    greeting::{AttachRefused, Greeting, greeting},
    lane_outlet::{EndSession, LaneOutlet},
    lane_session::{LaneSession, SessionGauges},
    payment_desk::{AbandonPayment, AttachLane, PaymentDesk},
    replica_trouble::{Machine, Troubles},
    reports::Reports,
    session_news::{LaneOffers, SessionNews},
};
use crate::{
    clocks::Clocks,
    connection::Connection,
    damaged_copies::DamagedCopies,
    metrics::PaymentTimes,
    operator_view,
    recovery::lane_logs,
    replica::{check_claim, log_of},
    replica_refused::ReplicaRefused,
};
/// Connections of one lane that are remembered as replicating; a lane has one at a time.
const REPLICATING_PER_LANE_MAX: usize = 16;

/// One lane, connected or not.
#[derive(Default)]
pub(super) struct Lane {
    epoch: Option<LaneEpoch>,
    pub(super) session: Option<Addr<LaneSession>>,
    /// The machine that has or had the session, and where its journal ended when it said hello.
    pub(super) connection: Connection,
    claimed: Option<Head>,
    attached_wall_ms: i64,
    /// Connections whose replicas follow the copy: a hello may be overtaken by one of its own.
    replicating: BTreeSet<Connection>,
    /// Those of them on which a record has come that the copy did not hold.
    in_order: BTreeSet<Connection>,
    /// The credits and the queue of its session, read without asking it.
    pub(super) gauges: Option<SessionGauges>,
    software_version: String,
    pub(super) status: LaneStatus,
    last_heard_wall_ms: i64,
    /// When its session ended, while none has begun since.
    left_wall_ms: Option<i64>,
    /// What it said of the price versions it was told of, by their names.
    pub(super) price_answers: BTreeMap<String, PriceAnswer>,
}

/// The actor.
pub(crate) struct Lanes {
    desk: Addr<PaymentDesk>,
    reports: Addr<Reports>,
    clock: Arc<dyn Clock>,
    clocks: Clocks,
    journal: Journal,
    pub(super) lanes: BTreeMap<LaneId, Lane>,
    troubles: Troubles,
    damaged: DamagedCopies,
    pub(super) offers: LaneOffers,
    times: PaymentTimes,
}

impl Lanes {
    /// Lanes that are configured, and those whose journals are held, are known from the start,
    /// though not connected.
    pub(crate) fn new(
        (desk, reports): (Addr<PaymentDesk>, Addr<Reports>),
        (clock, clocks): (Arc<dyn Clock>, Clocks),
        journal: Journal,
        damaged: DamagedCopies,
        configured: impl Iterator<Item = LaneId>,
        offers: LaneOffers,
        times: PaymentTimes,
    ) -> Self {
        let mut lanes: BTreeMap<LaneId, Lane> =
            configured.map(|lane| (lane, Lane::default())).collect();
        for (_, lane, epoch) in lane_logs(&journal.logs()) {
            let known = lanes.entry(lane).or_default();
            known.epoch = known.epoch.max(Some(epoch));
        }
        Self {
            desk,
            reports,
            clock,
            clocks,
            journal,
            lanes,
            troubles: Troubles::default(),
            damaged,
            offers,
            times,
        }
    }

    pub(super) fn view(&self, lane: LaneId, known: &Lane) -> LaneView {
        let epoch = known.epoch.unwrap_or(LaneEpoch(0));
        let replicated = self.journal.durable_head(log_of(lane, epoch)).sequence;
        LaneView {
            lane: lane.0.into(),
            epoch: epoch.0,
            connected: known.session.is_some(),
            lane_state: operator_view::lane_state(&known.status.state).into(),
            software_version: known.software_version.clone(),
            journal_sequence: known.status.journal_sequence.max(replicated),
            replicated_sequence: replicated,
            sales_closed: known.status.sales_closed,
            sales_voided: known.status.sales_voided,
            script_finished: known.status.script_finished,
            last_heard_wall_ms: known.last_heard_wall_ms,
            troubles: self.troubles_of(lane),
            journal_durable_lag_batches: known.status.journal_durable_lag_batches,
            business_date: known.status.business_date.clone(),
            prints_copies: known.status.prints_copies,
            shift_of: known.status.shift_of,
            shift_since_wall_ms: known.status.shift_since_wall_ms,
            clock_ahead_ms: self.clocks.ahead_ms(Witness::Lane(lane)),
            address: match known.session {
                Some(_) => known.connection.to_string(),
                None => String::new(),
            },
            attached_wall_ms: known.attached_wall_ms,
            price_file_version: known.status.price_file_version.clone(),
            price_answers: known.price_answers.values().cloned().collect(),
        }
    }
}

impl Lanes {
    /// What machines showed, and what is wrong with the copies held here.
    fn troubles_of(&self, lane: LaneId) -> Vec<ReplicaTrouble> {
        let damaged = self.damaged.of_lane(lane).into_iter();
        let damaged = damaged.map(|(epoch, damaged)| ReplicaTrouble {
            kind: TroubleKind::CopyDamaged.into(),
            epoch: epoch.0,
            sequence: *damaged.run.start(),
            held: *damaged.run.end(),
            since_wall_ms: damaged.since_wall_ms,
            blocks: true,
            ..Default::default()
        });
        self.troubles
            .of_lane(lane)
            .into_iter()
            .chain(damaged)
            .collect()
    }
}

impl Actor for Lanes {
    type Context = Context<Self>;
}

/// A lane said hello on a new stream.
#[derive(Message)]
#[rtype(result = "Result<Addr<LaneSession>, AttachRefused>")]
pub(crate) struct Attach {
    pub(crate) hello: LaneHello,
    pub(crate) connection: Connection,
    pub(crate) outbound: mpsc::Sender<HubFrame>,
}

impl Handler<Attach> for Lanes {
    type Result = ResponseActFuture<Self, Result<Addr<LaneSession>, AttachRefused>>;

    fn handle(&mut self, attach: Attach, ctx: &mut Self::Context) -> Self::Result {
        let greeting = match greeting(&attach.hello) {
            Ok(greeting) => greeting,
            Err(refused) => return Box::pin(std::future::ready(Err(refused)).into_actor(self)),
        };
        let (lane, epoch) = (greeting.lane, greeting.epoch);
        let machine = Machine {
            lane,
            epoch,
            connection: attach.connection,
            claimed: greeting.journal,
        };
        if let Err(refused) = self.check_journal(machine) {
            return Box::pin(self.refuse(greeting, refused).into_actor(self));
        }
        let gauges = SessionGauges::of(&attach.outbound);
        let session = LaneSession {
            lane,
            epoch,
            desk: self.desk.clone(),
            lanes: ctx.address(),
            reports: self.reports.clone(),
            questions: 0,
            outbound: attach.outbound,
            in_flight: Default::default(),
            times: self.times.clone(),
            gauges: gauges.clone(),
            news: SessionNews::new(self.offers.clone()),
            early: Vec::new(),
        }
        .start();
        let asked = self.desk.send(AttachLane {
            lane,
            epoch,
            abandoned: greeting.abandoned,
            journal_sequence: greeting.journal.map_or(0, |head| head.sequence),
            hands_over: attach.hello.hands_over_baskets,
            previous_hub: greeting.previous_hub,
            session: LaneOutlet::of(&session),
        });
        let version = attach.hello.software_version;
        let attached = async move {
            match asked.await {
                Ok(Ok(())) => Ok(session),
                Ok(Err(rejected)) => Err((session, AttachRefused::Rejected(rejected))),
                Err(_) => Err((session, AttachRefused::Stopping)),
            }
        };
        let finished = attached
            .into_actor(self)
            .map(move |attached, actor, _| match attached {
                Ok(session) => {
                    actor.joined(machine, version, &session);
                    actor.lanes.entry(lane).or_default().gauges = Some(gauges);
                    Ok(session)
                }
                Err((session, refused)) => {
                    end(&session);
                    refused.tell(machine);
                    Err(refused)
                }
            });
        Box::pin(finished)
    }
}

impl Lanes {
    /// The copy held here, and what a machine at work says, are a prefix of this machine's journal,
    /// as far as can be told.
    fn check_journal(&mut self, machine: Machine) -> Result<(), AttachRefused> {
        if let Err(refused) = self.check_copy(machine).and(self.check_other(machine)) {
            self.not_taken(machine, refused.clone());
            return Err(AttachRefused::Forked(refused));
        }
        if let Some(refused) = self.troubles.fork_of(machine) {
            return Err(AttachRefused::Forked(refused.clone()));
        }
        match self.other_at_work(machine) {
            Some(other) if !self.has_shown(machine) => {
                Err(AttachRefused::AtWork(machine.lane, other.connection))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What it says of its journal is here, or came from it: it is the machine that is at work, on
    /// another connection. One that claims more than is held has to show it first.
    fn has_shown(&self, machine: Machine) -> bool {
        let held = self.journal.head(log_of(machine.lane, machine.epoch));
        let lane = self.lanes.get(&machine.lane);
        machine
            .claimed
            .is_none_or(|claimed| claimed.sequence <= held.sequence)
            || lane.is_some_and(|lane| lane.in_order.contains(&machine.connection))
    }

    /// The lane's machine of the same epoch that has its session on another connection.
    pub(super) fn other_at_work(&self, machine: Machine) -> Option<&Lane> {
        self.lanes.get(&machine.lane).filter(|lane| {
            let at_work = lane.session.is_some() && lane.epoch == Some(machine.epoch);
            at_work && lane.connection != machine.connection
        })
    }

    /// The last record that a lane said is durable at itself, under this epoch.
    pub(super) fn known_sequence(&self, lane: LaneId, epoch: LaneEpoch) -> u64 {
        let known = self.lanes.get(&lane);
        let known = known.filter(|known| known.epoch == Some(epoch));
        known.map_or(0, |known| {
            let claimed = known.claimed.map_or(0, |head| head.sequence);
            known.status.journal_sequence.max(claimed)
        })
    }

    /// While the hello was on its way, the copy may have outgrown it by records that came on the
    /// same connection.
    fn check_copy(&self, machine: Machine) -> Result<(), ReplicaRefused> {
        let log = log_of(machine.lane, machine.epoch);
        let lane = self.lanes.get(&machine.lane);
        match check_claim(&self.journal, log, machine.claimed) {
            Err(ReplicaRefused::Behind { .. })
                if lane.is_some_and(|lane| lane.replicating.contains(&machine.connection)) =>
            {
                Ok(())
            }
            Err(refused) if refused.is_fork() => Err(refused),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Another machine of this lane and epoch is at work, and this one's journal is not its: a
    /// machine that lost its connection, and comes on another one, has at least what it had.
    fn check_other(&self, machine: Machine) -> Result<(), ReplicaRefused> {
        let other = self.other_at_work(machine);
        let Some(held) = other.and_then(|lane| lane.claimed) else {
            return Ok(());
        };
        let claimed = machine.claimed.unwrap_or_default();
        let (got, held_sequence) = (claimed.sequence, held.sequence);
        match got.cmp(&held_sequence) {
            Ordering::Less => Err(ReplicaRefused::Behind {
                held: held_sequence,
                got,
            }),
            Ordering::Equal if claimed.hash != held.hash => {
                Err(ReplicaRefused::Fork { sequence: got })
            }
            Ordering::Equal | Ordering::Greater => Ok(()),
        }
    }

    /// What it gave up is obeyed all the same: it can't hurt, and nothing else would tell.
    fn refuse(
        &self,
        greeting: Greeting,
        refused: AttachRefused,
    ) -> impl Future<Output = Result<Addr<LaneSession>, AttachRefused>> + use<> {
        let desk = self.desk.clone();
        async move {
            let lane = greeting.lane;
            for payment_id in greeting.abandoned {
                let told = desk.send(AbandonPayment { lane, payment_id });
                told.await.map_err(|_| AttachRefused::Stopping)?;
            }
            Err(refused)
        }
    }

    /// A machine whose journal forks has no session: it could only be paid for what is never read
    /// in. The session of another connection is none of its business.
    pub(super) fn not_taken(&mut self, machine: Machine, refused: ReplicaRefused) {
        let Machine { lane, epoch, .. } = machine;
        let known = self.lanes.entry(lane).or_default();
        known.replicating.remove(&machine.connection);
        known.in_order.remove(&machine.connection);
        if refused.is_fork()
            && known.epoch == Some(epoch)
            && known.connection == machine.connection
            && let Some(session) = known.session.take()
        {
            end(&session);
        }
        let now = self.clock.wall_ms();
        let (code, sequence) = (refused.code(), refused.sequence());
        let at_work = known.session.as_ref().map(|_| known.connection.to_string());
        let since_wall_ms = known.attached_wall_ms;
        let why = refused.to_string();
        if self.troubles.note(machine, refused, now) {
            tracing::error!(
                event = "lane journal refused", code, %lane, epoch = epoch.0, sequence, why,
                address = %machine.connection, at_work, since_wall_ms
            );
        }
    }

    /// A lane has one session: the one before is ended.
    fn joined(&mut self, machine: Machine, software_version: String, session: &Addr<LaneSession>) {
        let Machine {
            lane,
            epoch,
            connection,
            claimed,
        } = machine;
        let now_ms = self.clock.wall_ms();
        let known = self.lanes.entry(lane).or_default();
        match known.left_wall_ms.take() {
            // What was told when it left has an end.
            Some(left_ms) => {
                let away_ms = now_ms.saturating_sub(left_ms);
                tracing::warn!(event = "lane back", %lane, epoch = epoch.0, %connection, away_ms);
            }
            None => {
                tracing::info!(event = "lane attached", %lane, epoch = epoch.0, %connection);
            }
        }
        if let Some(before) = known.session.replace(session.clone()) {
            end(&before);
        }
        if known.epoch != Some(epoch) {
            // What another machine said of itself.
            known.status = LaneStatus::default();
        }
        known.price_answers.clear();
        known.epoch = Some(epoch);
        known.software_version = software_version;
        known.connection = connection;
        known.claimed = claimed;
        known.attached_wall_ms = now_ms;
        known.last_heard_wall_ms = now_ms;
    }
}

fn remember(connections: &mut BTreeSet<Connection>, connection: Connection) {
    if connections.len() >= REPLICATING_PER_LANE_MAX {
        connections.clear();
    }
    connections.insert(connection);
}

fn end(session: &Addr<LaneSession>) {
    if session.try_send(EndSession).is_err() {
        tracing::debug!(event = "session is over already");
    }
}

/// A lane told how it is.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct StatusReport {
    pub(crate) lane: LaneId,
    pub(crate) status: LaneStatus,
}

impl Handler<StatusReport> for Lanes {
    type Result = ();

    fn handle(&mut self, report: StatusReport, _: &mut Self::Context) {
        let now = self.clock.wall_ms();
        let known = self.lanes.entry(report.lane).or_default();
        if report.status.wall_ms != 0 {
            let theirs_ms = report.status.wall_ms;
            self.clocks.told(Witness::Lane(report.lane), theirs_ms);
        }
        known.status = report.status;
        known.last_heard_wall_ms = now;
    }
}

/// An operator took the epoch of a lane back: a machine above it has no session any more.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EpochIs {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
}

impl Handler<EpochIs> for Lanes {
    type Result = ();

    fn handle(&mut self, told: EpochIs, _: &mut Self::Context) {
        let known = self.lanes.entry(told.lane).or_default();
        if known.epoch > Some(told.epoch) {
            if let Some(session) = known.session.take() {
                end(&session);
            }
            known.epoch = Some(told.epoch);
            known.status = LaneStatus::default();
            known.claimed = None;
        }
    }
}

/// Records of a lane were refused.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReplicaNotTaken {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) connection: Connection,
    pub(crate) claimed: Option<Head>,
    pub(crate) refused: ReplicaRefused,
}

impl Handler<ReplicaNotTaken> for Lanes {
    type Result = ();

    fn handle(&mut self, told: ReplicaNotTaken, _: &mut Self::Context) {
        let machine = Machine {
            lane: told.lane,
            epoch: told.epoch,
            connection: told.connection,
            claimed: told.claimed,
        };
        self.not_taken(machine, told.refused);
    }
}

/// A machine's journal has the copy as its beginning, as far as its hello tells.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReplicaBegins {
    pub(crate) lane: LaneId,
    pub(crate) connection: Connection,
}

impl Handler<ReplicaBegins> for Lanes {
    type Result = ();

    fn handle(&mut self, told: ReplicaBegins, _: &mut Self::Context) {
        let known = self.lanes.entry(told.lane).or_default();
        remember(&mut known.replicating, told.connection);
    }
}

/// Records of a lane follow its copy.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReplicaInOrder {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) connection: Connection,
}

impl Handler<ReplicaInOrder> for Lanes {
    type Result = ();

    fn handle(&mut self, told: ReplicaInOrder, _: &mut Self::Context) {
        self.troubles.clear(told.lane, told.epoch, told.connection);
    }
}

/// A lane said what became of a price version.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PricesAnswered {
    pub(crate) lane: LaneId,
    pub(crate) answer: PriceAnswer,
}

/// A session ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Left {
    pub(crate) lane: LaneId,
    pub(crate) session: Addr<LaneSession>,
}

impl Handler<Left> for Lanes {
    type Result = ();

    fn handle(&mut self, left: Left, _: &mut Self::Context) {
        if let Some(known) = self.lanes.get_mut(&left.lane)
            && known.session.as_ref() == Some(&left.session)
        {
            tracing::warn!(event = "lane left", lane = %left.lane);
            known.session = None;
            known.left_wall_ms = Some(self.clock.wall_ms());
        }
    }
}

/// All lanes, as an operator sees them.
#[derive(Message)]
#[rtype(result = "Vec<LaneView>")]
pub(crate) struct ViewLanes;

impl Handler<ViewLanes> for Lanes {
    type Result = Vec<LaneView>;

    fn handle(&mut self, _: ViewLanes, _: &mut Self::Context) -> Self::Result {
        self.views()
    }
}

/// The hub stops: every stream ends.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSessions;

impl Handler<EndSessions> for Lanes {
    type Result = ();

    fn handle(&mut self, _: EndSessions, _: &mut Self::Context) {
        for known in self.lanes.values_mut() {
            if let Some(session) = known.session.take() {
                end(&session);
            }
        }
    }
}
