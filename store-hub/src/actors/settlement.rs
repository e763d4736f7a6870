//! Closing the business day, step by step: queue, compare, settle, report, closed.
//!
//! Each step can be gone through again, and twice does no harm: the desk and the sealed days know
//! how far it came. Whoever listens may leave; what the desk has begun it brings to its end.

use std::{collections::BTreeSet, time::Duration};

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use domain::{
    desk::{Blocker, Event, Rejected},
    time::BusinessDate,
};
use proto::store::v1::{BatchView, CloseDayProgress};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};
use wire_form::money_to_proto;

use super::{
    Stopping,
    lanes::{Lanes, ViewLanes},
    payment_desk::{DeskQuery, Happened, PaymentDesk},
    reports::{FindDay, MakeReport, ReportError, Reports, Seal},
};
use crate::{
    grpc::day_view,
    report::{DayReport, KnownSequences, MORE_NOT_KNOWN},
};

/// Somebody who listens hears at least so often what is waited for.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Lines of one step that name differences or blockers.
const NAMED_MAX: usize = 20;

/// The actor.
pub(crate) struct DayClose {
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) lanes: Addr<Lanes>,
    pub(crate) reports: Addr<Reports>,
    pub(crate) changed: watch::Receiver<u64>,
    /// How long a close waits for lanes that are silent.
    pub(crate) close_timeout: Duration,
    pub(crate) running: bool,
}

impl Actor for DayClose {
    type Context = Context<Self>;
}

/// Why a day was not closed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloseError {
    /// Another close is under way.
    #[error("the day is being closed already")]
    Running,
    /// A day that has not begun.
    #[error("{0} has not begun; the running day is {1}")]
    NotBegun(BusinessDate, BusinessDate),
    /// The desk refuses.
    #[error("{0}")]
    Rejected(Rejected),
    /// The report could not be made or written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Nobody listens any more, or the hub stops.
    #[error("the close was left")]
    Left,
}

impl From<Stopping> for CloseError {
    fn from(_: Stopping) -> Self {
        Self::Left
    }
}

/// What is told: steps, and in the end the day or the reason.
pub(crate) type CloseUpdate = Result<CloseDayProgress, CloseError>;

/// Close this day, or the running one.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseDay {
    pub(crate) date: Option<BusinessDate>,
    pub(crate) listener: mpsc::Sender<CloseUpdate>,
}

impl Handler<CloseDay> for DayClose {
    type Result = ();

    fn handle(&mut self, close: CloseDay, ctx: &mut Self::Context) {
        if self.running {
            // The channel is new: it has room for one.
            let _ = close.listener.try_send(Err(CloseError::Running));
            return;
        }
        self.running = true;
        let work = Close {
            desk: self.desk.clone(),
            lanes: self.lanes.clone(),
            reports: self.reports.clone(),
            changed: self.changed.clone(),
            close_timeout: self.close_timeout,
            listener: close.listener,
        };
        let finished = work.run(close.date).into_actor(self);
        ctx.spawn(finished.map(|(), actor, _| actor.running = false));
    }
}

struct Close {
    desk: Addr<PaymentDesk>,
    lanes: Addr<Lanes>,
    reports: Addr<Reports>,
    changed: watch::Receiver<u64>,
    close_timeout: Duration,
    listener: mpsc::Sender<CloseUpdate>,
}

impl Close {
    async fn run(mut self, date: Option<BusinessDate>) {
        if let Err(error) = self.close(date).await {
            tracing::info!(event = "day not closed", %error);
            // Nobody listens: nobody to tell.
            let _ = self.listener.send(Err(error)).await;
        }
    }

    async fn close(&mut self, date: Option<BusinessDate>) -> Result<(), CloseError> {
        let today = self.today().await?;
        let date = match date {
            Some(date) => date,
            None => self.meant(today).await?,
        };
        if date > today {
            return Err(CloseError::NotBegun(date, today));
        }
        if date == today {
            self.wait_for_queue().await?;
            self.compare(date).await?;
            self.settle(date).await?;
        }
        self.report(date).await
    }

    /// Which day is meant where none is named: the desk says, by what was sold and paid so far.
    async fn meant(&self, today: BusinessDate) -> Result<BusinessDate, CloseError> {
        let report = self.make_report(today).await?;
        let is_empty = report.sales.count == 0
            && report.sales.voided == 0
            && report.payments.requested == 0
            && report.payments.offline_approved == 0;
        self.look(move |desk| desk.desk.day_meant(is_empty)).await
    }

    async fn tell(&self, step: &str, detail: String) -> Result<(), CloseError> {
        let progress = CloseDayProgress {
            step: step.to_owned(),
            detail,
            ..Default::default()
        };
        let told = self.listener.send(Ok(progress)).await;
        told.map_err(|_| CloseError::Left)
    }

    async fn today(&self) -> Result<BusinessDate, CloseError> {
        self.look(|desk| desk.desk.business_date()).await
    }

    async fn look<R: Send + 'static>(
        &self,
        question: impl FnOnce(&PaymentDesk) -> R + Send + 'static,
    ) -> Result<R, CloseError> {
        let seen = self.desk.send(DeskQuery::new(question)).await;
        seen.map_err(Stopping::from)?.ok_or(CloseError::Left)
    }

    /// Waits until what the lanes say they have is here, and the queue is empty. A lane that is
    /// away is not waited for: the report says how far it is contained. What only a lane can bring
    /// on is carried over by name after the time-out.
    async fn wait_for_queue(&mut self) -> Result<(), CloseError> {
        let until = Instant::now() + self.close_timeout;
        loop {
            if Instant::now() >= until {
                self.carry_over().await?;
            }
            let mut waits = Vec::new();
            for lane in self.lanes.send(ViewLanes).await.map_err(Stopping::from)? {
                let behind = lane
                    .journal_sequence
                    .saturating_sub(lane.replicated_sequence);
                if lane.connected && behind > 0 {
                    waits.push(format!("lane {}: {behind} records not here yet", lane.lane));
                }
            }
            let (depth, amount, in_flight, link_up) = self
                .look(|desk| {
                    let desk = &desk.desk;
                    let amount = desk.queue_amount();
                    (
                        desk.queue_depth_to_close(),
                        amount,
                        desk.payments_in_flight(),
                        desk.link_up(),
                    )
                })
                .await?;
            if depth > 0 {
                let line = if link_up {
                    ""
                } else {
                    ", the line to the bank is down"
                };
                waits.push(format!("{depth} entries queued, {amount}{line}"));
            }
            if in_flight > 0 {
                waits.push(format!("{in_flight} payments in flight"));
            }
            if waits.is_empty() {
                return self.queue_is_done().await;
            }
            self.tell("queue", waits.join("; ")).await?;
            self.pause().await?;
        }
    }

    async fn queue_is_done(&self) -> Result<(), CloseError> {
        let carried = self.look(|desk| desk.desk.queue_depth()).await?;
        let detail = match carried {
            0 => "empty, all lanes are here".to_owned(),
            carried => format!("{carried} entries carried over, the rest delivered"),
        };
        self.tell("queue", detail).await
    }

    async fn carry_over(&self) -> Result<(), CloseError> {
        let silent = self.look(|desk| desk.desk.silent()).await?;
        if silent.is_empty() {
            return Ok(());
        }
        let carried = self.desk.send(Happened(Event::CloseTimedOut)).await;
        carried
            .map_err(Stopping::from)?
            .map_err(CloseError::Rejected)?;
        for one in silent {
            let missing = match one.awaits_card {
                true => "has not sent the card of",
                false => "has not said what became of",
            };
            let (lane, payment_id, amount) = (one.lane, one.payment_id, one.amount);
            let detail = format!("{lane} {missing} {payment_id}, {amount}");
            self.tell("carried over", detail).await?;
        }
        Ok(())
    }

    /// Until the desk has done something, but not for long.
    async fn pause(&mut self) -> Result<(), CloseError> {
        match timeout(TELL_EVERY, self.changed.changed()).await {
            Ok(Ok(())) => {
                // Progress comes in bursts: one line a burst.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(())
            }
            Ok(Err(_)) => Err(CloseError::Left),
            Err(_) => Ok(()),
        }
    }

    async fn known(&self) -> Result<KnownSequences, CloseError> {
        let views = self.lanes.send(ViewLanes).await.map_err(Stopping::from)?;
        Ok(known_sequences(&views))
    }

    async fn compare(&self, date: BusinessDate) -> Result<(), CloseError> {
        let report = self.make_report(date).await?;
        if report.differences.is_empty() {
            let detail = "lane journals and hub agree on every payment".to_owned();
            return self.tell("compare", detail).await;
        }
        for difference in report.differences.iter().take(NAMED_MAX) {
            let detail = format!(
                "{}: {} (lane {}, hub {})",
                difference.payment_id, difference.what, difference.lane_minor, difference.hub_minor
            );
            self.tell("compare", detail).await?;
        }
        let all = report.differences.len();
        self.tell(
            "compare",
            format!("{all} differences, named in the day report"),
        )
        .await
    }

    async fn make_report(&self, date: BusinessDate) -> Result<DayReport, CloseError> {
        let known = self.known().await?;
        let date = Some(date);
        let report = self.reports.send(MakeReport { date, known }).await;
        Ok(report.map_err(Stopping::from)??)
    }

    async fn settle(&mut self, date: BusinessDate) -> Result<(), CloseError> {
        let begun = self.desk.send(Happened(Event::CloseDay { date })).await;
        begun
            .map_err(Stopping::from)?
            .map_err(CloseError::Rejected)?;
        let mut told = BTreeSet::new();
        loop {
            if self.today().await? > date {
                return self.tell("settle", "all batches closed".to_owned()).await;
            }
            let blockers = self.look(|desk| desk.desk.close_day_blockers()).await?;
            let named: Vec<String> = blockers.iter().take(NAMED_MAX).map(in_words).collect();
            let detail = format!("{} to go: {}", blockers.len(), named.join("; "));
            if told.insert(detail.clone()) {
                self.tell("settle", detail).await?;
            } else if self.listener.is_closed() {
                return Err(CloseError::Left);
            }
            self.pause().await?;
        }
    }

    async fn report(&self, date: BusinessDate) -> Result<(), CloseError> {
        // What was said of a lane after its day was closed belongs to the next one: an already
        // sealed day stays as it is.
        let found = self.reports.send(FindDay(date)).await;
        let sealed = match found.map_err(Stopping::from)?? {
            Some(sealed) => sealed,
            None => {
                self.wait_until_durable().await?;
                let known = self.known().await?;
                let sealed = self.reports.send(Seal { date, known }).await;
                sealed.map_err(Stopping::from)??
            }
        };
        let files = sealed.manifest.files.len();
        let detail = format!("version {}, {files} files", sealed.manifest.version);
        self.tell("report", detail).await?;
        let report = self.make_report(date).await?;
        let progress = CloseDayProgress {
            step: "closed".to_owned(),
            detail: closed_detail(&report),
            done: true,
            day: Some(day_view(&sealed)),
            batches: batches(&report),
        };
        let told = self.listener.send(Ok(progress)).await;
        told.map_err(|_| CloseError::Left)
    }

    /// The report reads durable records only: the day's last one must be among them.
    async fn wait_until_durable(&self) -> Result<(), CloseError> {
        let (journal, ticket) = self
            .look(|desk| (desk.parts.journal.clone(), desk.last_ticket()))
            .await?;
        journal.wait(ticket).await.map_err(|_| CloseError::Left)
    }
}

/// What each lane says it has. A lane with a trouble is never complete.
pub(crate) fn known_sequences(views: &[proto::store::v1::LaneView]) -> KnownSequences {
    let mut known = KnownSequences::new();
    for view in views {
        let lane = u16::try_from(view.lane).unwrap_or(u16::MAX);
        known.insert((lane, view.epoch), view.journal_sequence);
        for trouble in view.troubles.iter().filter(|trouble| trouble.blocks) {
            known.insert((lane, trouble.epoch), MORE_NOT_KNOWN);
        }
    }
    known
}

fn in_words(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Undecided(payment_id) => format!("payment {payment_id} is not decided"),
        Blocker::Entry(forward_id) => format!("entry {} is not delivered", forward_id.0),
        Blocker::LaneSilent { lane, payment_id } => {
            format!("{lane} has not said what became of {payment_id}")
        }
        Blocker::NotSettled(tid) => format!("{tid} is not settled"),
    }
}

fn closed_detail(report: &DayReport) -> String {
    let batches = report.settlement.batches.len();
    format!(
        "{} closed: {} sales, {} of {batches} batches balanced",
        report.business_date, report.sales.count, report.settlement.balanced
    )
}

fn batches(report: &DayReport) -> Vec<BatchView> {
    let currency = domain::money::Currency::by_letters(&report.currency);
    let money = |minor: i64| {
        currency.map(|currency| money_to_proto(domain::money::Money::new(minor, currency)))
    };
    report
        .settlement
        .batches
        .iter()
        .map(|batch| BatchView {
            tid: batch.tid.clone(),
            batch: batch.batch.parse().unwrap_or(0),
            balanced: batch.balanced,
            debit: money(batch.debit_minor),
            debit_count: batch.debit_count,
            credit: money(batch.credit_minor),
            credit_count: batch.credit_count,
        })
        .collect()
}
