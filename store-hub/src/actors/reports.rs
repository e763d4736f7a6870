//! Reports: projections from the journals, and the sealed days. Reads the journal itself, durable
//! records only; asks the desk nothing and decides nothing.

use std::{path::PathBuf, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context, Handler, Message};
use domain::{
    ids::{LaneEpoch, LaneId, PaymentId},
    money::Currency,
    time::BusinessDate,
};
use journal::{Journal, Ticket};
use ports::Clock;
use proto::store::v1::{LaneView, PaymentStory};

use crate::{
    ledger::{self, Books, HostFile, LedgerError},
    report::{About, DayReport, DaysFolder, KnownSequences, SealError, SealedDay, day_report},
};

/// How often the projections follow the journal when nobody asks.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// Records of one log read at once while following: a short pause for everybody else.
const FOLLOW_RECORDS_MAX: usize = 256;
const READ_RECORDS_MAX: usize = 1024;

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
        match self.books.catch_up(&self.parts.journal, FOLLOW_RECORDS_MAX) {
            Ok(true) => self.followed = durable,
            Ok(false) => {}
            Err(error) => tracing::error!(event = "reports can't follow the journal", %error),
        }
    }

    fn catch_up(&mut self) -> Result<(), LedgerError> {
        while !self.books.catch_up(&self.parts.journal, READ_RECORDS_MAX)? {}
        Ok(())
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

/// The figures of a day; of the running one without a date.
#[derive(Message)]
#[rtype(result = "Result<DayReport, ReportError>")]
pub(crate) struct MakeReport {
    pub(crate) date: Option<BusinessDate>,
    pub(crate) known: KnownSequences,
}

impl Handler<MakeReport> for Reports {
    type Result = Result<DayReport, ReportError>;

    fn handle(&mut self, ask: MakeReport, _: &mut Self::Context) -> Self::Result {
        self.catch_up()?;
        let date = ask.date.unwrap_or(self.books.payments.today);
        Ok(self.report(date, &ask.known))
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
    type Result = Result<SealedDay, ReportError>;

    fn handle(&mut self, seal: Seal, _: &mut Self::Context) -> Self::Result {
        self.catch_up()?;
        let report = self.report(seal.date, &seal.known);
        Ok(self.parts.days.seal(&report, self.parts.clock.wall_ms())?)
    }
}

/// One payment from receipt to bank.
#[derive(Message)]
#[rtype(result = "Result<Option<PaymentStory>, ReportError>")]
pub(crate) struct TellStory(pub(crate) PaymentId);

impl Handler<TellStory> for Reports {
    type Result = Result<Option<PaymentStory>, ReportError>;

    fn handle(&mut self, story: TellStory, _: &mut Self::Context) -> Self::Result {
        self.catch_up()?;
        let host = HostFile(self.parts.reconciliation_file.as_deref());
        Ok(ledger::tell(
            &self.books,
            &self.parts.journal,
            story.0,
            host,
        )?)
    }
}

/// Lanes that have not told of themselves since the start: what their journals say of sales.
#[derive(Message)]
#[rtype(result = "Result<Vec<LaneView>, ReportError>")]
pub(crate) struct CountSales(pub(crate) Vec<LaneView>);

impl Handler<CountSales> for Reports {
    type Result = Result<Vec<LaneView>, ReportError>;

    fn handle(&mut self, CountSales(mut lanes): CountSales, _: &mut Self::Context) -> Self::Result {
        self.catch_up()?;
        for view in lanes.iter_mut().filter(|view| view.state.is_empty()) {
            let lane = LaneId(u16::try_from(view.lane).unwrap_or(0));
            let counts = self.books.sales.counts_of(lane, LaneEpoch(view.epoch));
            (view.sales_closed, view.sales_voided) = counts;
        }
        Ok(lanes)
    }
}

/// Sealed days, oldest first, and the running one.
#[derive(Message)]
#[rtype(result = "Result<(Vec<SealedDay>, BusinessDate), ReportError>")]
pub(crate) struct ListDays {
    pub(crate) since: Option<BusinessDate>,
}

impl Handler<ListDays> for Reports {
    type Result = Result<(Vec<SealedDay>, BusinessDate), ReportError>;

    fn handle(&mut self, list: ListDays, _: &mut Self::Context) -> Self::Result {
        self.catch_up()?;
        Ok((self.parts.days.list(list.since)?, self.books.payments.today))
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
