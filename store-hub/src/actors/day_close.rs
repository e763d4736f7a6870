//! A person closes the business day, or settles in mid-day, and listens: step by step, until it is
//! done. Whoever listens may leave: what was ordered is brought to its end all the same, and asking
//! again does no harm.

use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture};
use domain::{
    day::{DayEffect, TurnedBy, Wait},
    desk::{Blocker, Event},
    time::BusinessDate,
};
use proto::store::v1::{
    BatchView, BatchesSettled, BlockerKind, CarriedOver, CloseBlocker, CloseBlockers,
    CloseDayProgress, CloseStep, CloseWait, CloseWaitKind, CloseWaits, DayDifference, DaySettled,
    LaneMissing, SealedReport, close_day_progress::Told,
};
use records::money_to_proto;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    business_day::{DayError, DayParts},
    reports::{AskDate, AskToOpen, DateStanding, MakeReport},
};
use crate::{day_view::day_view, report::DayReport};

/// Somebody who listens hears at least so often what is waited for.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Lines of one step that name differences or blockers.
const NAMED_MAX: usize = 20;

/// The actor.
pub(crate) struct DayClose {
    pub(crate) parts: DayParts,
    pub(crate) changed: watch::Receiver<u64>,
}

impl Actor for DayClose {
    type Context = Context<Self>;
}

/// What is told: steps, and in the end the day or the reason.
pub(crate) type CloseUpdate = Result<CloseDayProgress, DayError>;

/// Close this day, or the one that is meant.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseDay {
    pub(crate) date: Option<BusinessDate>,
    pub(crate) listener: mpsc::Sender<CloseUpdate>,
}

/// Settle every batch; the date stays.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct SettleNow {
    pub(crate) listener: mpsc::Sender<CloseUpdate>,
}

/// Move an empty store forward. Answers with the date it was on.
#[derive(Message)]
#[rtype(result = "Result<BusinessDate, DayError>")]
pub(crate) struct OpenDay(pub(crate) BusinessDate);

impl Handler<CloseDay> for DayClose {
    type Result = ();

    fn handle(&mut self, close: CloseDay, ctx: &mut Self::Context) {
        let work = self.work(close.listener);
        ctx.spawn(work.close_and_tell(close.date).into_actor(self));
    }
}

impl Handler<SettleNow> for DayClose {
    type Result = ();

    fn handle(&mut self, settle: SettleNow, ctx: &mut Self::Context) {
        let work = self.work(settle.listener);
        ctx.spawn(work.settle_and_tell().into_actor(self));
    }
}

impl Handler<OpenDay> for DayClose {
    type Result = ResponseActFuture<Self, Result<BusinessDate, DayError>>;

    fn handle(&mut self, open: OpenDay, _: &mut Self::Context) -> Self::Result {
        let parts = self.parts.clone();
        let work = async move {
            let calendar = parts.around().await?.calendar;
            let date = open.0;
            let turn = parts.reports.send(AskToOpen { date, calendar }).await??;
            let DayEffect::Turn { ended, begins, by } = turn else {
                return Err(DayError::Left);
            };
            parts
                .tell_desk(Event::TurnDate { ended, begins, by })
                .await?;
            Ok(ended)
        };
        Box::pin(work.into_actor(self))
    }
}

impl DayClose {
    fn work(&self, listener: mpsc::Sender<CloseUpdate>) -> Work {
        Work {
            parts: self.parts.clone(),
            changed: self.changed.clone(),
            listener,
            told: Vec::new(),
        }
    }
}

struct Work {
    parts: DayParts,
    changed: watch::Receiver<u64>,
    listener: mpsc::Sender<CloseUpdate>,
    /// What was told of what is waited for: each once.
    told: Vec<Told>,
}

impl Work {
    async fn close_and_tell(mut self, date: Option<BusinessDate>) {
        if let Err(error) = self.close(date).await {
            tracing::warn!(event = "day not closed", %error);
            self.tell_error(error).await;
        }
    }

    async fn settle_and_tell(mut self) {
        if let Err(error) = self.settle_now().await {
            tracing::warn!(event = "batches not settled", %error);
            self.tell_error(error).await;
        }
    }

    async fn tell_error(&self, error: DayError) {
        // Nobody listens: nobody to tell.
        let _ = self.listener.send(Err(error)).await;
    }

    async fn close(&mut self, date: Option<BusinessDate>) -> Result<(), DayError> {
        let status = self.status(date).await?;
        let date = status.date;
        if date == status.running {
            self.turn(date).await?;
        }
        self.wait_until_sealed(date).await?;
        self.tell_carried_over().await?;
        let left = self.parts.ask_desk(|desk| desk.desk.queue_depth());
        let left = Told::QueueLeft(number(left.await?));
        self.tell(CloseStep::Queue, left).await?;
        let report = self.report(date).await?;
        self.compare(&report).await?;
        let settled = Told::Settled(settled(&report));
        self.tell(CloseStep::Settle, settled).await?;
        self.closed(date, &report).await
    }

    async fn turn(&self, ended: BusinessDate) -> Result<(), DayError> {
        let begins = self.parts.calendar_of(ended).date_after(ended);
        let by = TurnedBy::Hand;
        let turn = Event::TurnDate { ended, begins, by };
        self.parts.tell_desk(turn).await
    }

    async fn status(&self, date: Option<BusinessDate>) -> Result<DateStanding, DayError> {
        let around = self.parts.around().await?;
        Ok(self.parts.reports.send(AskDate { date, around }).await??)
    }

    /// Selling goes on meanwhile. Whoever is waited for is named; the machine decides how long.
    async fn wait_until_sealed(&mut self, date: BusinessDate) -> Result<(), DayError> {
        loop {
            self.parts.look().await?;
            let status = self.status(Some(date)).await?;
            if status.sealed.is_some() {
                return Ok(());
            }
            let waits: Vec<CloseWait> = status.waits.iter().map(wait).collect();
            if !waits.is_empty() {
                let told = Told::Waits(CloseWaits { waits });
                self.tell_once(CloseStep::Queue, told).await?;
            }
            self.tell_blockers().await?;
            self.pause().await?;
        }
    }

    /// What the batches did not wait for: it stays in the queue, and goes into the next.
    async fn tell_carried_over(&mut self) -> Result<(), DayError> {
        let carried = self.parts.ask_desk(|desk| desk.desk.carried_over());
        for silent in carried.await?.iter().take(NAMED_MAX) {
            let told = Told::CarriedOver(CarriedOver {
                lane: silent.lane.0.into(),
                payment_id: silent.payment_id.to_string(),
                amount: Some(money_to_proto(silent.amount)),
                awaits_card: silent.awaits_card,
            });
            self.tell_once(CloseStep::CarriedOver, told).await?;
        }
        Ok(())
    }

    async fn tell_blockers(&mut self) -> Result<(), DayError> {
        let blockers = self.parts.ask_desk(|desk| desk.desk.close_day_blockers());
        let blockers = blockers.await?;
        if blockers.is_empty() {
            return Ok(());
        }
        let told = Told::Blockers(CloseBlockers {
            blockers: blockers.iter().take(NAMED_MAX).map(blocker).collect(),
            all: number(blockers.len()),
        });
        self.tell_once(CloseStep::Settle, told).await
    }

    async fn settle_now(&mut self) -> Result<(), DayError> {
        self.parts.tell_desk(Event::OrderSettlement).await?;
        loop {
            let due = self.parts.ask_desk(|desk| desk.desk.settlement_due());
            if due.await?.is_empty() {
                break;
            }
            self.tell_blockers().await?;
            self.pause().await?;
        }
        let running = self.parts.ask_desk(|desk| desk.desk.business_date());
        let report = self.report(running.await?).await?;
        let progress = CloseDayProgress {
            at: CloseStep::Settled.into(),
            told: Some(Told::Settled(settled(&report))),
            done: true,
            day: None,
            batches: batches(&report),
        };
        self.send(progress).await
    }

    async fn report(&self, date: BusinessDate) -> Result<DayReport, DayError> {
        let lanes = self.parts.around().await?.lanes;
        let date = Some(date);
        Ok(self
            .parts
            .reports
            .send(MakeReport { date, lanes })
            .await??)
    }

    async fn compare(&self, report: &DayReport) -> Result<(), DayError> {
        for difference in report.differences.iter().take(NAMED_MAX) {
            let told = Told::Difference(DayDifference {
                payment_id: difference.payment_id.clone(),
                what: difference.what.clone(),
                lane_minor: difference.lane_minor,
                hub_minor: difference.hub_minor,
            });
            self.tell(CloseStep::Compare, told).await?;
        }
        let all = Told::Differences(number(report.differences.len()));
        self.tell(CloseStep::Compare, all).await
    }

    async fn closed(&self, date: BusinessDate, report: &DayReport) -> Result<(), DayError> {
        let sealed = self.status(Some(date)).await?.sealed;
        let sealed = sealed.ok_or(DayError::Left)?;
        let manifest = &sealed.manifest;
        let told = Told::Report(SealedReport {
            version: manifest.version,
            files: number(manifest.files.len()),
            missing: match manifest.is_complete() {
                true => Vec::new(),
                false => missing(report),
            },
        });
        self.tell(CloseStep::Report, told).await?;
        let progress = CloseDayProgress {
            at: CloseStep::Closed.into(),
            told: Some(Told::Closed(DaySettled {
                business_date: report.business_date.clone(),
                sales: report.sales.count,
                settled: Some(settled(report)),
            })),
            done: true,
            day: Some(day_view(&sealed)),
            batches: batches(report),
        };
        self.send(progress).await
    }

    async fn tell(&self, step: CloseStep, told: Told) -> Result<(), DayError> {
        let progress = CloseDayProgress {
            at: step.into(),
            told: Some(told),
            ..Default::default()
        };
        self.send(progress).await
    }

    async fn tell_once(&mut self, step: CloseStep, told: Told) -> Result<(), DayError> {
        if self.told.contains(&told) {
            return match self.listener.is_closed() {
                true => Err(DayError::Left),
                false => Ok(()),
            };
        }
        self.told.push(told.clone());
        self.tell(step, told).await
    }

    async fn send(&self, progress: CloseDayProgress) -> Result<(), DayError> {
        let told = self.listener.send(Ok(progress)).await;
        told.map_err(|_| DayError::Left)
    }

    /// Until the desk has done something, but not for long.
    async fn pause(&mut self) -> Result<(), DayError> {
        match timeout(TELL_EVERY, self.changed.changed()).await {
            Ok(Ok(())) => {
                // Progress comes in bursts: one look a burst.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(())
            }
            Ok(Err(_)) => Err(DayError::Left),
            Err(_) => Ok(()),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn wait(wait: &Wait) -> CloseWait {
    let (kind, lane) = match wait {
        Wait::Lane(machine) => (CloseWaitKind::Lane, machine.lane.0.into()),
        Wait::Batches => (CloseWaitKind::Batches, 0),
        Wait::Payments => (CloseWaitKind::Payments, 0),
    };
    CloseWait {
        kind: kind.into(),
        lane,
    }
}

fn blocker(blocker: &Blocker) -> CloseBlocker {
    let of = |kind: BlockerKind| CloseBlocker {
        kind: kind.into(),
        ..CloseBlocker::default()
    };
    match blocker {
        Blocker::Entry(forward_id) => CloseBlocker {
            forward_id: forward_id.0,
            ..of(BlockerKind::Entry)
        },
        Blocker::LaneSilent { lane, payment_id } => CloseBlocker {
            lane: lane.0.into(),
            payment_id: payment_id.to_string(),
            ..of(BlockerKind::LaneSilent)
        },
        Blocker::NotSettled(tid) => CloseBlocker {
            tid: tid.to_string(),
            ..of(BlockerKind::NotSettled)
        },
    }
}

fn missing(report: &DayReport) -> Vec<LaneMissing> {
    let open = report.completeness.iter().filter(|lane| !lane.complete);
    let named = open.map(|lane| LaneMissing {
        lane: lane.lane.into(),
        what: lane.missing.english.clone(),
        what_zh: lane.missing.chinese.clone(),
    });
    named.collect()
}

fn settled(report: &DayReport) -> BatchesSettled {
    BatchesSettled {
        balanced: u32::try_from(report.settlement.balanced).unwrap_or(u32::MAX),
        batches: number(report.settlement.batches.len()),
    }
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
