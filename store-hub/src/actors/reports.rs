//! Reports: projections from the journals, and the sealed days. Reads the journal itself, durable
//! records only; asks the desk nothing and decides nothing.

use std::{path::PathBuf, sync::Arc, time::Duration};

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult,
    ResponseActFuture, WrapFuture,
};
use domain::{
    day::{
        Calendar, Circumstances, DateRefused, DayConfig, DayEffect, LanePart, LaneSeen, Lateness,
        Wait,
    },
    ids::{LaneEpoch, LaneId, PaymentId, ReceiptNumber},
    money::Currency,
    time::{BusinessDate, MonoMs},
};
use journal::{Journal, Ticket};
use ports::{Clock, StoreZone};
use proto::store::v1::{LaneState, LaneView, PaymentHistory};

use crate::{
    projections::{
        self, Books, Found, HostFile, KeptDates, LedgerError, PrefixFound, Query, SaleEntry,
        Takings,
    },
    report::{About, DayReport, DaysFolder, SealError, SealedDay, day_report},
};

/// How often the projections follow the journal when nobody asks.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// Records read at once: a pause of about a millisecond for everybody else on this thread.
const SLICE_RECORDS_MAX: usize = 128;

/// What reports are made of.
pub(crate) struct ReportParts {
    pub(crate) store_id: String,
    pub(crate) store_name: String,
    pub(crate) currency: Currency,
    pub(crate) zone: StoreZone,
    pub(crate) day: DayConfig,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) days: DaysFolder,
    pub(crate) reconciliation_file: Option<PathBuf>,
    /// Where dates that are over are kept.
    pub(crate) projections: PathBuf,
}

/// The actor.
pub(crate) struct Reports {
    parts: ReportParts,
    books: Books,
    followed: Ticket,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// HUB0022: no such day.
    #[error("{0}")]
    Date(#[from] DateRefused),
}

impl Reports {
    pub(crate) fn new(parts: ReportParts) -> Self {
        let kept = KeptDates::at(parts.projections.clone());
        Self {
            books: Books::new(parts.currency, parts.zone.clone(), parts.day, kept),
            followed: Ticket::NONE,
            parts,
        }
    }

    /// A little at a time, so that the desk on the same thread never waits long.
    fn follow(&mut self) {
        let durable = self.parts.journal.durable();
        if durable == self.followed && durable != Ticket::NONE {
            return;
        }
        match self.books.catch_up(&self.parts.journal, SLICE_RECORDS_MAX) {
            Ok(true) => {
                self.followed = durable;
                self.books.keep();
            }
            Ok(false) => {}
            Err(error) => tracing::error!(event = "reports can't follow the journal", %error),
        }
    }

    /// Answers a question once all that is durable is read, a little at a time: whoever asks for a
    /// report while a lane catches up waits, and no payment does.
    fn once_caught_up<R: 'static>(
        &self,
        ctx: &Context<Self>,
        answer: impl FnOnce(&mut Self) -> Result<R, ReportError> + 'static,
    ) -> ResponseActFuture<Self, Result<R, ReportError>> {
        let me = ctx.address();
        let read = async move {
            while !me.send(ReadSlice).await.unwrap_or(Ok(true))? {
                tokio::task::yield_now().await;
            }
            Ok::<(), LedgerError>(())
        };
        Box::pin(read.into_actor(self).map(move |read, actor, _| {
            read?;
            answer(actor)
        }))
    }

    fn report(&self, date: BusinessDate, lanes: &[LaneSeen]) -> Result<DayReport, LedgerError> {
        let about = About {
            store_id: &self.parts.store_id,
            store_name: &self.parts.store_name,
            date,
        };
        day_report(&self.books, about, lanes)
    }
}

impl Actor for Reports {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.books.restore(&self.parts.journal);
        self.know_sealed_days();
        ctx.run_interval(FOLLOW_EVERY, |actor, _| actor.follow());
    }
}

impl Reports {
    /// What is sealed lies in the folder of days, not in the journal.
    fn know_sealed_days(&mut self) {
        match self.parts.days.list(None) {
            Ok(sealed) => {
                let facts = sealed.iter().filter_map(|day| day.manifest.fact());
                facts.for_each(|fact| self.books.days.take(&fact));
            }
            Err(error) => tracing::error!(event = "sealed days not read", %error),
        }
    }

    fn seal(
        &mut self,
        date: BusinessDate,
        because: Option<&Lateness>,
        lanes: &[LaneSeen],
    ) -> Result<SealedDay, ReportError> {
        let report = self.report(date, lanes)?;
        let now = self.parts.clock.wall_ms();
        let sealed = self.parts.days.seal(report, because, now)?;
        if let Some(fact) = sealed.manifest.fact() {
            self.books.days.take(&fact);
        }
        Ok(sealed)
    }
}

/// The hub stops: what was read is kept for its next start.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct KeepProjections;

impl Handler<KeepProjections> for Reports {
    type Result = ();

    fn handle(&mut self, _: KeepProjections, _: &mut Self::Context) {
        self.books.keep_at_the_end();
    }
}

/// Read on; true at the end.
#[derive(Message)]
#[rtype(result = "Result<bool, LedgerError>")]
struct ReadSlice;

impl Handler<ReadSlice> for Reports {
    type Result = Result<bool, LedgerError>;

    fn handle(&mut self, _: ReadSlice, _: &mut Self::Context) -> Self::Result {
        self.books.catch_up(&self.parts.journal, SLICE_RECORDS_MAX)
    }
}

/// The figures of a day; of the running one without a date.
#[derive(Message)]
#[rtype(result = "Result<DayReport, ReportError>")]
pub(crate) struct MakeReport {
    pub(crate) date: Option<BusinessDate>,
    pub(crate) lanes: Vec<LaneSeen>,
}

impl Handler<MakeReport> for Reports {
    type Result = ResponseActFuture<Self, Result<DayReport, ReportError>>;

    fn handle(&mut self, ask: MakeReport, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let days = &actor.books.days;
            let date = days.known(ask.date.unwrap_or(days.running()))?;
            Ok(actor.report(date, &ask.lanes)?)
        })
    }
}

/// Looks at what is due of the store's days. Versions are sealed here; what else there is to do is
/// the answer.
#[derive(Message)]
#[rtype(result = "Result<Vec<DayEffect>, ReportError>")]
pub(crate) struct LookAtDays {
    pub(crate) now: MonoMs,
    pub(crate) around: Circumstances,
}

impl Handler<LookAtDays> for Reports {
    type Result = ResponseActFuture<Self, Result<Vec<DayEffect>, ReportError>>;

    fn handle(&mut self, look: LookAtDays, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let LookAtDays { now, around } = look;
            let mut left = Vec::new();
            for effect in actor.books.days.look(now, &around) {
                match effect {
                    DayEffect::Seal { date, because } => {
                        actor.seal(date, because.as_ref(), &around.lanes)?;
                    }
                    DayEffect::Turn { .. }
                    | DayEffect::Warn { .. }
                    | DayEffect::StopWaiting { .. }
                    | DayEffect::Alarm(_) => left.push(effect),
                }
            }
            Ok(left)
        })
    }
}

/// Where one date stands.
#[derive(Clone, Debug)]
pub(crate) struct DateStanding {
    pub(crate) date: BusinessDate,
    pub(crate) running: BusinessDate,
    /// The newest version.
    pub(crate) sealed: Option<SealedDay>,
    /// What it waits for, once it was turned.
    pub(crate) waits: Vec<Wait>,
}

/// Where a date stands; without one, the date that a close means.
#[derive(Message)]
#[rtype(result = "Result<DateStanding, ReportError>")]
pub(crate) struct AskDate {
    pub(crate) date: Option<BusinessDate>,
    pub(crate) around: Circumstances,
}

impl Handler<AskDate> for Reports {
    type Result = ResponseActFuture<Self, Result<DateStanding, ReportError>>;

    fn handle(&mut self, ask: AskDate, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let days = &actor.books.days;
            let date = match ask.date {
                Some(date) => days.known(date)?,
                None => days.meant(&ask.around.calendar),
            };
            Ok(DateStanding {
                date,
                running: days.running(),
                sealed: actor.parts.days.newest(&date.to_string())?,
                waits: days.waits(date, &ask.around),
            })
        })
    }
}

/// Whether the store may be moved forward to this date, and how.
#[derive(Message)]
#[rtype(result = "Result<DayEffect, ReportError>")]
pub(crate) struct AskToOpen {
    pub(crate) date: BusinessDate,
    pub(crate) calendar: Calendar,
}

impl Handler<AskToOpen> for Reports {
    type Result = ResponseActFuture<Self, Result<DayEffect, ReportError>>;

    fn handle(&mut self, ask: AskToOpen, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            Ok(actor.books.days.open(ask.date, &ask.calendar)?)
        })
    }
}

/// Dates that were turned and are not sealed yet, and whether the running one waits for a person.
#[derive(Message)]
#[rtype(result = "Result<DaysInWords, ReportError>")]
pub(crate) struct ViewDays;

/// What a status says of the days.
#[derive(Clone, Default, Debug)]
pub(crate) struct DaysInWords {
    pub(crate) closing: Vec<String>,
    pub(crate) end_needs_person: bool,
    /// Lanes whose part of the day sealed last is held whole, of how many.
    pub(crate) lanes_complete: (usize, usize),
}

impl Handler<ViewDays> for Reports {
    type Result = Result<DaysInWords, ReportError>;

    fn handle(&mut self, _: ViewDays, _: &mut Self::Context) -> Self::Result {
        let days = &self.books.days;
        let unsealed = days.before().filter(|date| days.sealed(*date).is_none());
        let mut newest = days.before().rev().filter_map(|date| days.sealed(date));
        let lanes_complete = newest.next().map_or((0, 0), |sealed| {
            let complete = sealed.lanes.values().filter(|part| part.complete);
            (complete.count(), sealed.lanes.len())
        });
        Ok(DaysInWords {
            closing: unsealed.map(|date| date.to_string()).collect(),
            end_needs_person: days.end_needs_person(),
            lanes_complete,
        })
    }
}

/// Each lane's part of the running date, as its close would find it now: as far as the projections
/// have followed.
#[derive(Message)]
#[rtype(result = "Vec<LanePart>")]
pub(crate) struct ViewParts(pub(crate) Vec<LaneSeen>);

impl Handler<ViewParts> for Reports {
    type Result = Vec<LanePart>;

    fn handle(&mut self, view: ViewParts, _: &mut Self::Context) -> Self::Result {
        let days = &self.books.days;
        days.parts(days.running(), &view.0)
    }
}

/// What all lanes sold over all dates, as far as the projections have followed.
#[derive(Message)]
#[rtype(result = "Takings")]
pub(crate) struct ViewTakings;

impl Handler<ViewTakings> for Reports {
    type Result = MessageResult<ViewTakings>;

    fn handle(&mut self, _: ViewTakings, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.books.takings())
    }
}

/// One payment from receipt to bank.
#[derive(Message)]
#[rtype(result = "Result<Option<PaymentHistory>, ReportError>")]
pub(crate) struct FindPaymentHistory(pub(crate) PaymentId);

impl Handler<FindPaymentHistory> for Reports {
    type Result = ResponseActFuture<Self, Result<Option<PaymentHistory>, ReportError>>;

    fn handle(&mut self, history: FindPaymentHistory, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let parts = &actor.parts;
            let host = HostFile(parts.reconciliation_file.as_deref());
            Ok(projections::tell(
                &actor.books,
                &parts.journal,
                history.0,
                host,
            )?)
        })
    }
}

/// Payments whose id begins with these hex digits.
#[derive(Message)]
#[rtype(result = "Result<PrefixFound, ReportError>")]
pub(crate) struct FindByPrefix(pub(crate) String);

impl Handler<FindByPrefix> for Reports {
    type Result = ResponseActFuture<Self, Result<PrefixFound, ReportError>>;

    fn handle(&mut self, find: FindByPrefix, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| Ok(actor.books.by_prefix(&find.0)?))
    }
}

/// A sale by its receipt, with its paper.
#[derive(Message)]
#[rtype(result = "Result<Option<(SaleEntry, String)>, ReportError>")]
pub(crate) struct FindReceipt(pub(crate) ReceiptNumber);

impl Handler<FindReceipt> for Reports {
    type Result = ResponseActFuture<Self, Result<Option<(SaleEntry, String)>, ReportError>>;

    fn handle(&mut self, find: FindReceipt, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let sale = actor.books.sale(find.0)?;
            Ok(sale.map(|sale| {
                let paper = projections::receipt_text(&sale, &actor.parts.journal);
                (sale, paper)
            }))
        })
    }
}

/// Sales and payments that fit.
#[derive(Message)]
#[rtype(result = "Result<Vec<Found>, ReportError>")]
pub(crate) struct Find(pub(crate) Query);

impl Handler<Find> for Reports {
    type Result = ResponseActFuture<Self, Result<Vec<Found>, ReportError>>;

    fn handle(&mut self, find: Find, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| Ok(actor.books.find(&find.0)?))
    }
}

/// Lanes that have not told of themselves since the start: what their journals say of sales.
#[derive(Message)]
#[rtype(result = "Result<Vec<LaneView>, ReportError>")]
pub(crate) struct CountSales(pub(crate) Vec<LaneView>);

impl Handler<CountSales> for Reports {
    type Result = ResponseActFuture<Self, Result<Vec<LaneView>, ReportError>>;

    fn handle(&mut self, counted: CountSales, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let CountSales(mut lanes) = counted;
            for view in lanes
                .iter_mut()
                .filter(|view| view.lane_state() == LaneState::Unspecified)
            {
                let lane = LaneId(u16::try_from(view.lane).unwrap_or(0));
                let counts = actor.books.counts_of(lane, LaneEpoch(view.epoch));
                (view.sales_closed, view.sales_voided) = counts;
            }
            Ok(lanes)
        })
    }
}

/// Sealed days, oldest first, and the running one.
#[derive(Message)]
#[rtype(result = "Result<(Vec<SealedDay>, BusinessDate), ReportError>")]
pub(crate) struct ListDays {
    pub(crate) since: Option<BusinessDate>,
}

impl Handler<ListDays> for Reports {
    type Result = ResponseActFuture<Self, Result<(Vec<SealedDay>, BusinessDate), ReportError>>;

    fn handle(&mut self, list: ListDays, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let days = actor.parts.days.list(list.since)?;
            Ok((days, actor.books.days.running()))
        })
    }
}

/// The newest sealed version of a day, if it is sealed.
#[derive(Message)]
#[rtype(result = "Result<Option<SealedDay>, ReportError>")]
pub(crate) struct FindDay(pub(crate) BusinessDate);

impl Handler<FindDay> for Reports {
    type Result = Result<Option<SealedDay>, ReportError>;

    fn handle(&mut self, find: FindDay, _: &mut Self::Context) -> Self::Result {
        Ok(self.parts.days.newest(&find.0.to_string())?)
    }
}
