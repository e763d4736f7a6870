//! Which lanes are connected, as which machine, and what they last said of themselves.

use std::{collections::BTreeMap, sync::Arc};

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, ResponseActFuture};
use actix::{ActorFutureExt, WrapFuture};
use domain::{
    desk::{LaneMemory, Rejected},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
};
use journal::{Head, Journal};
use ports::Clock;
use proto::store::v1::{HubFrame, LaneHello, LaneStatus, LaneView};
use tokio::sync::mpsc;

use super::{
    lane_session::{EndSession, LaneSession, SessionGauges, history_of},
    payment_desk::{AbandonPayment, AttachLane, PaymentDesk, PreviousHub},
    replica_trouble::Troubles,
    replication::ReplicaRefused,
};
use crate::{
    metrics::LaneFigures,
    recovery::lane_logs,
    replica::{check_claim, head_from_proto, log_of},
};

/// One lane, connected or not.
#[derive(Default)]
struct Lane {
    epoch: LaneEpochOrNone,
    session: Option<Addr<LaneSession>>,
    /// The credits and the queue of its session, read without asking it.
    gauges: Option<SessionGauges>,
    software_version: String,
    status: LaneStatus,
    last_heard_wall_ms: i64,
}

type LaneEpochOrNone = Option<LaneEpoch>;

/// The actor.
pub(crate) struct Lanes {
    desk: Addr<PaymentDesk>,
    clock: Arc<dyn Clock>,
    journal: Journal,
    lanes: BTreeMap<LaneId, Lane>,
    troubles: Troubles,
}

impl Lanes {
    /// Lanes that are configured, and those whose journals are held, are known from the start,
    /// though not connected.
    pub(crate) fn new(
        desk: Addr<PaymentDesk>,
        clock: Arc<dyn Clock>,
        journal: Journal,
        configured: impl Iterator<Item = LaneId>,
    ) -> Self {
        let mut lanes: BTreeMap<LaneId, Lane> =
            configured.map(|lane| (lane, Lane::default())).collect();
        for (_, lane, epoch) in lane_logs(&journal.logs()) {
            let known = lanes.entry(lane).or_default();
            known.epoch = known.epoch.max(Some(epoch));
        }
        Self {
            desk,
            clock,
            journal,
            lanes,
            troubles: Troubles::default(),
        }
    }

    fn view(&self, lane: LaneId, known: &Lane) -> LaneView {
        let epoch = known.epoch.unwrap_or(LaneEpoch(0));
        let replicated = self.journal.durable_head(log_of(lane, epoch)).sequence;
        LaneView {
            lane: lane.0.into(),
            epoch: epoch.0,
            connected: known.session.is_some(),
            state: known.status.state.clone(),
            software_version: known.software_version.clone(),
            journal_sequence: known.status.journal_sequence.max(replicated),
            replicated_sequence: replicated,
            sales_closed: known.status.sales_closed,
            sales_voided: known.status.sales_voided,
            script_finished: known.status.script_finished,
            last_heard_wall_ms: known.last_heard_wall_ms,
            troubles: self.troubles.of_lane(lane),
            journal_durable_lag_batches: known.status.journal_durable_lag_batches,
        }
    }
}

impl Lanes {
    fn figures(&self, lane: LaneId, known: &Lane) -> LaneFigures {
        let view = self.view(lane, known);
        let gauges = known.session.as_ref().and(known.gauges.as_ref());
        let (payments_in_flight, frames_waiting) =
            gauges.map_or((0, 0), SessionGauges::payments_and_frames);
        LaneFigures {
            lane: lane.0,
            connected: view.connected,
            payments_in_flight,
            frames_waiting,
            replication_lag_records: view
                .journal_sequence
                .saturating_sub(view.replicated_sequence),
            replicated_sequence: view.replicated_sequence,
            journal_lag_batches: view.journal_durable_lag_batches,
            troubles: view.troubles.len(),
        }
    }
}

impl Actor for Lanes {
    type Context = Context<Self>;
}

/// Why a lane may not attach.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AttachRefused {
    /// The hello says what can't be.
    #[error("{0}")]
    BadHello(String),
    /// A newer machine speaks for the lane.
    #[error("{0}")]
    Rejected(Rejected),
    /// Its journal is not the one that was copied: what it sells could never be read in.
    #[error("{0}")]
    Forked(ReplicaRefused),
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
}

/// A lane said hello on a new stream.
#[derive(Message)]
#[rtype(result = "Result<Addr<LaneSession>, AttachRefused>")]
pub(crate) struct Attach {
    pub(crate) hello: LaneHello,
    pub(crate) outbound: mpsc::Sender<HubFrame>,
}

/// A hello, read.
struct Greeting {
    lane: LaneId,
    epoch: LaneEpoch,
    abandoned: Vec<PaymentId>,
    previous_hub: Option<PreviousHub>,
    journal: Option<Head>,
}

fn greeting(hello: &LaneHello) -> Result<Greeting, AttachRefused> {
    let bad = |what: String| AttachRefused::BadHello(what);
    let lane = u16::try_from(hello.lane)
        .ok()
        .filter(|lane| *lane > 0)
        .ok_or_else(|| bad("lane must be 1 to 65535".to_owned()))?;
    let abandoned: Result<Vec<PaymentId>, _> = hello
        .abandoned_payment_ids
        .iter()
        .map(|id| PaymentId::parse(id))
        .collect();
    Ok(Greeting {
        lane: LaneId(lane),
        epoch: LaneEpoch(hello.epoch),
        abandoned: abandoned.map_err(|error| bad(error.to_string()))?,
        previous_hub: previous_hub(hello).map_err(|error| bad(error.to_string()))?,
        journal: head_from_proto(hello.journal.as_ref()).map_err(|error| bad(error.to_string()))?,
    })
}

fn previous_hub(hello: &LaneHello) -> Result<Option<PreviousHub>, wire_form::ConvertError> {
    let Some(history) = history_of(&hello.hub_history) else {
        return Ok(None);
    };
    let memory = LaneMemory {
        hub_epoch: hello.hub_epoch,
        last_stan: wire_form::stan(hello.last_stan)?,
        last_lease: LeaseId(hello.last_lease_id),
    };
    Ok(Some(PreviousHub { history, memory }))
}

impl Handler<Attach> for Lanes {
    type Result = ResponseActFuture<Self, Result<Addr<LaneSession>, AttachRefused>>;

    fn handle(&mut self, attach: Attach, ctx: &mut Self::Context) -> Self::Result {
        let greeting = match greeting(&attach.hello) {
            Ok(greeting) => greeting,
            Err(refused) => return Box::pin(std::future::ready(Err(refused)).into_actor(self)),
        };
        let (lane, epoch) = (greeting.lane, greeting.epoch);
        if let Err(refused) = self.check_journal(&greeting) {
            return Box::pin(self.refuse_forked(greeting, refused).into_actor(self));
        }
        let gauges = SessionGauges::of(&attach.outbound);
        let session = LaneSession {
            lane,
            epoch,
            desk: self.desk.clone(),
            lanes: ctx.address(),
            outbound: attach.outbound,
            in_flight: Default::default(),
            gauges: gauges.clone(),
        }
        .start();
        let asked = self.desk.send(AttachLane {
            lane,
            epoch,
            abandoned: greeting.abandoned,
            previous_hub: greeting.previous_hub,
            session: session.clone(),
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
                    actor.joined(lane, epoch, version, &session);
                    actor.lanes.entry(lane).or_default().gauges = Some(gauges);
                    Ok(session)
                }
                Err((session, refused)) => {
                    end(&session);
                    Err(refused)
                }
            });
        Box::pin(finished)
    }
}

impl Lanes {
    /// Only the hash is compared: while the hello was on its way, the copy may have outgrown it on
    /// the lane's other stream.
    fn check_journal(&mut self, greeting: &Greeting) -> Result<(), ReplicaRefused> {
        let (lane, epoch) = (greeting.lane, greeting.epoch);
        let claimed = check_claim(&self.journal, log_of(lane, epoch), greeting.journal);
        if let Err(refused @ ReplicaRefused::Fork { .. }) = claimed {
            self.not_taken(lane, epoch, refused);
        }
        let known = self.troubles.fork_of(lane, epoch);
        known.map_or(Ok(()), |refused| Err(refused.clone()))
    }

    /// What it gave up is obeyed all the same: it can't hurt, and nothing else would tell.
    fn refuse_forked(
        &self,
        greeting: Greeting,
        refused: ReplicaRefused,
    ) -> impl Future<Output = Result<Addr<LaneSession>, AttachRefused>> + use<> {
        let desk = self.desk.clone();
        async move {
            let lane = greeting.lane;
            for payment_id in greeting.abandoned {
                let told = desk.send(AbandonPayment { lane, payment_id });
                told.await.map_err(|_| AttachRefused::Stopping)?;
            }
            Err(AttachRefused::Forked(refused))
        }
    }

    /// A machine whose journal forks has no session: it could only be paid for what is never read
    /// in.
    fn not_taken(&mut self, lane: LaneId, epoch: LaneEpoch, refused: ReplicaRefused) {
        if refused.is_fork()
            && let Some(known) = self.lanes.get_mut(&lane)
            && known.epoch == Some(epoch)
            && let Some(session) = known.session.take()
        {
            end(&session);
        }
        let now = self.clock.wall_ms();
        self.lanes.entry(lane).or_default();
        self.troubles.note(lane, epoch, refused, now);
    }

    /// A lane has one session: the one before is ended.
    fn joined(
        &mut self,
        lane: LaneId,
        epoch: LaneEpoch,
        software_version: String,
        session: &Addr<LaneSession>,
    ) {
        tracing::info!(event = "lane attached", lane = lane.0, epoch = epoch.0);
        let known = self.lanes.entry(lane).or_default();
        if let Some(before) = known.session.replace(session.clone()) {
            end(&before);
        }
        known.epoch = Some(epoch);
        known.software_version = software_version;
        known.last_heard_wall_ms = self.clock.wall_ms();
    }
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
        known.status = report.status;
        known.last_heard_wall_ms = now;
    }
}

/// Records of a lane were refused.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReplicaNotTaken {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
    pub(crate) refused: ReplicaRefused,
}

impl Handler<ReplicaNotTaken> for Lanes {
    type Result = ();

    fn handle(&mut self, told: ReplicaNotTaken, _: &mut Self::Context) {
        self.not_taken(told.lane, told.epoch, told.refused);
    }
}

/// Records of a lane follow its copy.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ReplicaInOrder {
    pub(crate) lane: LaneId,
    pub(crate) epoch: LaneEpoch,
}

impl Handler<ReplicaInOrder> for Lanes {
    type Result = ();

    fn handle(&mut self, told: ReplicaInOrder, _: &mut Self::Context) {
        self.troubles.clear(told.lane, told.epoch);
    }
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
            tracing::info!(event = "lane left", lane = left.lane.0);
            known.session = None;
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
        let lanes = self.lanes.iter();
        lanes.map(|(lane, known)| self.view(*lane, known)).collect()
    }
}

/// All lanes in figures, for metrics.
#[derive(Message)]
#[rtype(result = "Vec<LaneFigures>")]
pub(crate) struct LanesInFigures;

impl Handler<LanesInFigures> for Lanes {
    type Result = Vec<LaneFigures>;

    fn handle(&mut self, _: LanesInFigures, _: &mut Self::Context) -> Self::Result {
        let lanes = self.lanes.iter();
        lanes
            .map(|(lane, known)| self.figures(*lane, known))
            .collect()
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
