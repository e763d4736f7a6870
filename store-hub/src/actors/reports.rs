//! Reports: projections from the journals, and the sealed days. Reads the journal itself, durable
//! records only; asks the desk nothing and decides nothing.

use std::{path::PathBuf, sync::Arc, time::Duration};

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, ResponseActFuture, WrapFuture,
};
use domain::{
    ids::{LaneEpoch, LaneId, PaymentId},
    money::Currency,
    time::BusinessDate,
};
use journal::{Journal, Ticket};
use ports::Clock;
use proto::store::v1::{LaneView, PaymentHistory};

use crate::{
    ledger::{self, Books, HostFile, LedgerError},
    report::{About, DayReport, DaysFolder, KnownSequences, SealError, SealedDay, day_report},
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
    pub(crate) first_day: BusinessDate,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) days: DaysFolder,
    pub(crate) reconciliation_file: Option<PathBuf>,
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
}

impl Reports {
    pub(crate) fn new(parts: ReportParts) -> Self {
        Self {
            books: Books::new(parts.currency, parts.first_day),
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
            Ok(true) => self.followed = durable,
            Ok(false) => {}
            Err(error) => tracing::error!(event = "reports can't follow the journal", %error),
        }
    }

    /// Answers a question once all that is durable is read, a little at a time: whoever asks for a
    /// report while a lane catches up waits, and no payment does.
    fn once_caught_up<R: 'static>(
        &self,
        ctx: &Context<Self>,
        answer: impl FnOnce(&Self) -> Result<R, ReportError> + 'static,
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

    fn report(&self, date: BusinessDate, known: &KnownSequences) -> DayReport {
        let about = About {
            store_id: &self.parts.store_id,
            store_name: &self.parts.store_name,
            date,
        };
        day_report(&self.books, about, known)
    }
}

impl Actor for Reports {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(FOLLOW_EVERY, |actor, _| actor.follow());
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
    pub(crate) known: KnownSequences,
}

impl Handler<MakeReport> for Reports {
    type Result = ResponseActFuture<Self, Result<DayReport, ReportError>>;

    fn handle(&mut self, ask: MakeReport, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let date = ask.date.unwrap_or(actor.books.payments.today);
            Ok(actor.report(date, &ask.known))
        })
    }
}

/// Seals a closed day.
#[derive(Message)]
#[rtype(result = "Result<SealedDay, ReportError>")]
pub(crate) struct Seal {
    pub(crate) date: BusinessDate,
    pub(crate) known: KnownSequences,
}

impl Handler<Seal> for Reports {
    type Result = ResponseActFuture<Self, Result<SealedDay, ReportError>>;

    fn handle(&mut self, seal: Seal, ctx: &mut Self::Context) -> Self::Result {
        self.once_caught_up(ctx, move |actor| {
            let report = actor.report(seal.date, &seal.known);
            let now = actor.parts.clock.wall_ms();
            Ok(actor.parts.days.seal(&report, now)?)
        })
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
            Ok(ledger::tell(&actor.books, &parts.journal, history.0, host)?)
        })
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
            for view in lanes.iter_mut().filter(|view| view.state.is_empty()) {
                let lane = LaneId(u16::try_from(view.lane).unwrap_or(0));
                let counts = actor.books.sales.counts_of(lane, LaneEpoch(view.epoch));
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
            Ok((days, actor.books.payments.today))
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
