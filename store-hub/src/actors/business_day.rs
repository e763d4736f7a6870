//! Drives the store's business days: looks again and again at what the machine of `domain::day`
//! says is due, and has it done: the desk turns the date, lanes are warned, versions are sealed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use domain::{
    day::{Calendar, Circumstances, DayAlarm, DayEffect},
    desk::{Event, Rejected},
    time::{BusinessDate, MonoMs, WallMs},
};
use ports::Clock;

use super::{
    Stopping,
    lanes::Lanes,
    payment_desk::{DeskQuery, Happened, PaymentDesk},
    reports::{LookAtDays, ReportError, Reports},
    see_lanes::SeeLanes,
    told_dates::WarnLanes,
};
use crate::{clocks::Clocks, store_calendar::StoreCalendar};

/// Between two looks: a late end of a day costs nothing but itself.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Whom it asks.
#[derive(Clone)]
pub(crate) struct DayParts {
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) lanes: Addr<Lanes>,
    pub(crate) reports: Addr<Reports>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) clocks: Clocks,
    pub(crate) calendar: StoreCalendar,
}

/// The actor.
pub(crate) struct BusinessDay {
    pub(crate) parts: DayParts,
    pub(crate) looking: bool,
}

/// Why something about a day was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DayError {
    /// The desk refuses.
    #[error("{0}")]
    Rejected(Rejected),
    /// No such date, or the report could not be made or written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Nobody listens any more, or the hub stops.
    #[error("the close was left")]
    Left,
}

impl From<Stopping> for DayError {
    fn from(_: Stopping) -> Self {
        Self::Left
    }
}

impl From<actix::MailboxError> for DayError {
    fn from(_: actix::MailboxError) -> Self {
        Self::Left
    }
}

impl Actor for BusinessDay {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(LOOK_EVERY, |actor, ctx| {
            if actor.looking {
                return;
            }
            actor.looking = true;
            let parts = actor.parts.clone();
            let look = async move {
                if let Err(error) = parts.look().await {
                    tracing::error!(event = "business day not looked at", %error);
                }
            };
            let looked = look.into_actor(actor);
            ctx.spawn(looked.map(|(), actor, _| actor.looking = false));
        });
    }
}

impl DayParts {
    /// Looks once at what is due, and has it done.
    pub(crate) async fn look(&self) -> Result<(), DayError> {
        let around = self.around().await?;
        self.until_durable().await?;
        let now = MonoMs(self.clock.mono_ms());
        let effects = self.reports.send(LookAtDays { now, around }).await??;
        for effect in effects {
            self.run(effect).await?;
        }
        Ok(())
    }

    async fn run(&self, effect: DayEffect) -> Result<(), DayError> {
        match effect {
            DayEffect::Turn { ended, begins, by } => {
                self.tell_desk(Event::TurnDate { ended, begins, by })
                    .await?;
            }
            DayEffect::Warn { date, ends } => self.desk.send(WarnLanes { date, ends }).await?,
            DayEffect::StopWaiting { date } => {
                tracing::warn!(event = "the close waits no longer", %date);
                self.tell_desk(Event::CloseTimedOut).await?;
            }
            DayEffect::Alarm(alarm) => raise(alarm),
            // Sealed where it was found to be due.
            DayEffect::Seal { .. } => {}
        }
        Ok(())
    }

    /// What a person or the clock orders: answered when it is durable, so that whoever reads the
    /// journal finds it.
    pub(crate) async fn tell_desk(&self, event: Event) -> Result<(), DayError> {
        let ticket = self.desk.send(Happened(event)).await?;
        let ticket = ticket.map_err(DayError::Rejected)?;
        let journal = self.ask_desk(|desk| desk.parts.journal.clone()).await?;
        journal.wait(ticket).await.map_err(|_| DayError::Left)
    }

    /// The desk knows what it has decided before the disk does, and reports are made of what is
    /// durable: a day sealed in between would lack the batch that it was waited for.
    async fn until_durable(&self) -> Result<(), DayError> {
        let decided = self.ask_desk(|desk| {
            let journal = desk.parts.journal.clone();
            let last = journal.last();
            (journal, last)
        });
        let (journal, last) = decided.await?;
        journal.wait(last).await.map_err(|_| DayError::Left)
    }

    pub(crate) async fn ask_desk<R: Send + 'static>(
        &self,
        question: impl FnOnce(&PaymentDesk) -> R + Send + 'static,
    ) -> Result<R, DayError> {
        let seen = self.desk.send(DeskQuery::new(question)).await?;
        seen.ok_or(DayError::Left)
    }

    /// What is only true now.
    pub(crate) async fn around(&self) -> Result<Circumstances, DayError> {
        let lanes = self.lanes.send(SeeLanes).await?;
        let seen = self.ask_desk(|desk| {
            let desk = &desk.desk;
            let (due, undecided) = (desk.settlement_due(), desk.undecided_dates());
            (desk.business_date(), due, undecided, desk.link_up())
        });
        let (running, batches_due, undecided, link_up): (
            BusinessDate,
            BTreeSet<BusinessDate>,
            BTreeSet<BusinessDate>,
            bool,
        ) = seen.await?;
        Ok(Circumstances {
            lanes,
            running,
            batches_due,
            undecided,
            link_up,
            calendar: self.calendar_of(running),
        })
    }

    /// The clock, as it bears on the running date.
    pub(crate) fn calendar_of(&self, running: BusinessDate) -> Calendar {
        let now_ms = self.clock.wall_ms();
        Calendar {
            now: WallMs(now_ms),
            first_ahead: self.calendar.first_ahead(now_ms, running),
            ends: self.calendar.ends(running),
            confirmed: self.clocks.are_confirmed(),
        }
    }
}

/// Alarms are log lines with a stable code; docs/errors has a page for each.
fn raise(alarm: DayAlarm) {
    match alarm {
        DayAlarm::EndNeedsPerson { date } => {
            tracing::error!(event = "the day does not end by itself", code = "HUB0020", %date);
        }
        DayAlarm::OffCalendar { date, calendar } => {
            let code = "HUB0021";
            tracing::warn!(event = "business date and calendar", code, %date, %calendar);
        }
    }
}
