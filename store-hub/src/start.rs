//! Starts a whole hub: what `run` does in production and `sim` in simulation.

use std::{sync::Arc, time::Duration};

use actix::{Actor, Addr, ArbiterHandle};
use domain::{
    day::DayConfig,
    desk::{DeskConfig, Timing},
    ids::{LaneId, Mid, Tid},
    limits::{
        ACQUIRER_ANSWERS_WAITING_MAX, LEASE_PAYMENTS_MAX, LEASE_VALID_MS, REVERSAL_TRIES_MAX,
    },
    paper::Heading,
    risk::{HotList, LeaseShare, StandInPolicy},
    time::MonoMs,
};
use futures::{FutureExt, future::LocalBoxFuture};
use iso8583::dialect::Dialect;
use journal::{Journal, Ticket};
use monitoring::Program;
use ports::{Clock, Listener, Network, Random};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot, watch},
    task::{JoinHandle, spawn_local},
    time::timeout,
};

use crate::{
    acquirer::{BankClock, wallet_rules},
    actors::{
        acquirer_link::{
            AcquirerLink, LineHandle, LineView, LinkParts, ReachTiming, command::LinkCommand,
        },
        business_day::{BusinessDay, DayParts},
        copy_check::CopyCheck,
        day_close::DayClose,
        desk_parts::{DeskParts, Outlets, ToldDates},
        lanes::{EndSessions, Lanes},
        payment_desk::{FallSilent, PaymentDesk},
        reports::{KeepProjections, ReportParts, Reports},
        session_news::LaneOffers,
        timer::Timer,
    },
    clocks::Clocks,
    config::{AcquirerConfig, Config},
    damaged_copies::DamagedCopies,
    first_lists::{Lists, keep_first, open_operators, open_prices},
    grpc::{self, Services},
    hot_list_file::{self, HotListError},
    keys::KeyStore,
    metrics::Meters,
    office::{Office, OfficeError},
    operators::OperatorsError,
    ports::Ports,
    prices::{self, Importer, Inbox, PriceFileError, PriceOffer},
    recovered::RecoveryError,
    report::DaysFolder,
    store_calendar::StoreCalendar,
};

/// How long open calls may go on once the hub stops.
const GRACE: Duration = Duration::from_secs(1);

/// Why a hub did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal can't be opened.
    #[error("can't open the journal: {0}")]
    Journal(#[from] journal::OpenError),
    /// The thread of the committer can't be started.
    #[error("can't start the committer: {0}")]
    Committer(std::io::Error),
    /// The journal can't be replayed.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The price file can't be used.
    #[error(transparent)]
    Prices(#[from] PriceFileError),
    /// The hot list can't be used.
    #[error(transparent)]
    HotList(#[from] HotListError),
    /// The dialect is not known.
    #[error("dialect: {0}")]
    Dialect(String),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// Who works in the store can't be told.
    #[error(transparent)]
    Operators(#[from] OperatorsError),
    /// The office's pages can't be served.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The gRPC server ended by itself.
    #[error("the gRPC server ended: {0}")]
    Server(String),
    /// The journal took no more: nothing said after that would be true.
    #[error("the journal failed: {0}")]
    Fatal(String),
}

/// Runs a hub until its shutdown resolves. Start-up is recovery; there is no other start.
///
/// Needs a `LocalSet` or an actix system around it; not `Send`.
///
/// # Errors
/// See [`StartError`]. After [`StartError::Fatal`] the process should end: a start replays what is
/// durable.
pub async fn start(config: Config, ports: Ports) -> Result<(), StartError> {
    let hot_list = hot_list(&config)?;
    let dialect = dialect(&config)?;
    let (journal, committer) = Journal::open(ports.engine)?;
    let committing = ports.commits.drive(&journal, committer);
    // Until the very end: the journal's files are whole when the process ends.
    let _committing = committing.map_err(StartError::Committer)?;
    let seams = Seams {
        clocks: Clocks::new(Arc::clone(&ports.clock)),
        clock: ports.clock,
        random: ports.random,
        network: ports.network,
        keys: ports.keys,
        journal,
        reports: ports.reports,
        meters: Meters::default(),
    };
    let (prices, first_prices) = open_prices(&config, &seams.journal, &seams.clock)?;
    let (link, commands) = mpsc::channel(ACQUIRER_ANSWERS_WAITING_MAX);
    let (wake, woken) = watch::channel(None);
    let (changed, watching) = watch::channel(0);
    let (fatal, failed) = mpsc::channel(1);
    let outlets = Outlets {
        link,
        wake,
        changed,
        fatal,
    };
    let damaged = DamagedCopies::default();
    let mut parts = desk_parts(&config, &seams, prices.offer.subscribe(), outlets);
    parts.damaged = damaged.clone();
    parts.desk.hot_list = hot_list;
    let desk = PaymentDesk::recover(parts)?;
    let on = desk.desk.business_date();
    let keys = seams.keys.as_ref();
    let (operators, first_operators) =
        open_operators(&config, (&seams.journal, &seams.clock), keys, on)?;
    let desk = desk.start();
    keep_first(&seams.journal, [first_prices, first_operators]).await;
    let listener = listen(&config, &seams, ports.services.as_ref()).await?;
    let office = open_office(&config, &seams).await?;
    let address = listener.address;
    start_watches(&seams, &desk, woken, &damaged);
    let (view, viewed) = watch::channel(LineView::default());
    let parts = link_parts(&config, &seams, dialect, desk.clone(), view);
    let line = start_link(parts, commands, viewed);
    let lists = Lists { prices, operators };
    let mut services = services(&config, &seams, desk, watching, lists, damaged);
    services.line = Some(line);
    follow_inbox(&config, &services.importer, ports.services.as_ref());
    let hub = Running {
        lanes: services.lanes.clone(),
        reports: services.reports.clone(),
        desk: services.desk.clone(),
        journal: seams.journal,
        failed,
    };
    let office = office.map(|office| spawn_local(office.serve(services.clone())));
    let (stop, stopped) = oneshot::channel::<()>();
    // Whether it was sent or dropped: the server stops.
    let server = grpc::serve(services, listener, stopped.map(drop));
    let server = match &ports.services {
        Some(runtime) => runtime.spawn(server),
        None => tokio::spawn(server),
    };
    (ports.listening)(address);
    let ended = hub.run(server, stop, ports.shutdown).await;
    if let Some(office) = office {
        office.abort();
    }
    ended
}

fn hot_list(config: &Config) -> Result<Arc<HotList>, HotListError> {
    let file = config.offline.hot_list_file.as_deref();
    let loaded = file.map(hot_list_file::load).transpose()?;
    Ok(Arc::new(loaded.unwrap_or_default()))
}

fn dialect(config: &Config) -> Result<Arc<Dialect>, StartError> {
    let built_in = Dialect::built_in("cup-pos");
    built_in
        .map(|dialect| dialect.counting_prefix(config.acquirer.length_counts_itself))
        .map(Arc::new)
        .map_err(|error| StartError::Dialect(error.to_string()))
}

/// What looks at something now and then.
fn start_watches(
    seams: &Seams,
    desk: &Addr<PaymentDesk>,
    woken: watch::Receiver<Option<MonoMs>>,
    damaged: &DamagedCopies,
) {
    let clock = &seams.clock;
    Timer {
        desk: desk.clone(),
        clock: Arc::clone(clock),
        wake: woken,
    }
    .start();
    CopyCheck::new(seams.journal.clone(), Arc::clone(clock), damaged.clone()).start();
}

async fn open_office(config: &Config, seams: &Seams) -> Result<Option<Office>, OfficeError> {
    let Some(office) = &config.office else {
        return Ok(None);
    };
    let opened = Office::open(seams.network.as_ref(), Arc::clone(&seams.random), office);
    opened.await.map(Some)
}

/// What every actor may use of the outside.
struct Seams {
    clock: Arc<dyn Clock>,
    clocks: Clocks,
    random: Arc<dyn Random>,
    network: Arc<dyn Network>,
    keys: Arc<dyn KeyStore>,
    journal: Journal,
    reports: Option<ArbiterHandle>,
    meters: Meters,
}

fn follow_inbox(config: &Config, importer: &Importer, runtime: Option<&Handle>) {
    let Some(folder) = &config.inbox_folder else {
        return;
    };
    let inbox = Inbox::new(folder.clone(), config.store.time_zone.clone());
    let following = prices::follow_inbox(importer.clone(), inbox);
    match runtime {
        Some(runtime) => drop(runtime.spawn(following)),
        None => drop(tokio::spawn(following)),
    }
}

fn desk_parts(
    config: &Config,
    seams: &Seams,
    prices: watch::Receiver<PriceOffer>,
    outlets: Outlets,
) -> DeskParts {
    DeskParts {
        desk: desk_config(config),
        store_id: config.store.id.clone(),
        heading: Heading {
            store_name: config.store.name.clone(),
            merchant_name: config.store.company.clone(),
            address: config.store.address.clone(),
            tax_number: config.store.tax_number.clone(),
            ..Heading::default()
        },
        terminals: terminals(config),
        journal: seams.journal.clone(),
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        keys: Arc::clone(&seams.keys),
        prices,
        dates: ToldDates {
            calendar: calendar(config),
            day: config.day,
        },
        damaged: DamagedCopies::default(),
        outlets,
    }
}

pub(crate) fn desk_config(config: &Config) -> DeskConfig {
    let acquirer = &config.acquirer;
    DeskConfig {
        first_day: config.store.business_date,
        currency: config.store.currency,
        policy: stand_in_policy(config),
        hot_list: Arc::default(),
        timing: Timing {
            answer_timeout_ms: milliseconds(acquirer.answer_timeout),
            forward_answer_timeout_ms: milliseconds(acquirer.forward_answer_timeout),
            backoff_min_ms: milliseconds(acquirer.backoff_min),
            backoff_max_ms: milliseconds(acquirer.backoff_max),
            reversal_tries_max: REVERSAL_TRIES_MAX,
        },
        marker_when_balanced: acquirer.marker_when_balanced,
        wallets: dialect(config)
            .ok()
            .and_then(|dialect| wallet_rules(&dialect, acquirer.wallets)),
    }
}

fn calendar(config: &Config) -> StoreCalendar {
    StoreCalendar {
        zone: config.store.time_zone.clone(),
        ends_at: config.day.ends_at,
    }
}

pub(crate) fn day_config(config: &Config) -> DayConfig {
    DayConfig {
        first_day: config.store.business_date,
        close_timeout_ms: milliseconds(config.day.close_timeout),
        late_quiet_ms: milliseconds(config.day.late_quiet),
        warning_ms: milliseconds(config.day.warning),
    }
}

fn stand_in_policy(config: &Config) -> StandInPolicy {
    let offline = &config.offline;
    let policy = StandInPolicy {
        floor_limits: offline.floor_limits.clone(),
        velocity: offline.velocity,
        ..StandInPolicy::new(offline.store_cap, offline.card_cap, offline.payment_cap)
    };
    policy.with_leases(LeaseShare {
        percent: offline.lease_share_percent,
        count_max: LEASE_PAYMENTS_MAX,
        valid_for_ms: LEASE_VALID_MS,
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn terminals(config: &Config) -> Vec<(Tid, Mid, LaneId)> {
    let terminals = config.terminals.iter();
    terminals
        .map(|terminal| (terminal.tid.clone(), terminal.mid.clone(), terminal.lane))
        .collect()
}

/// The listening socket belongs to the runtime that serves it.
async fn listen(
    config: &Config,
    seams: &Seams,
    runtime: Option<&Handle>,
) -> Result<Listener, StartError> {
    let listening = seams.network.listen(&config.listen_address);
    let listener = match runtime {
        Some(runtime) => runtime
            .spawn(listening)
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error.to_string()))),
        None => listening.await,
    };
    listener.map_err(|source| StartError::Listen {
        address: config.listen_address.clone(),
        source,
    })
}

/// Gives what the rest of the hub may know and want of the link.
fn start_link(
    parts: LinkParts,
    commands: mpsc::Receiver<LinkCommand>,
    view: watch::Receiver<LineView>,
) -> LineHandle {
    let line = LineHandle {
        address: parts.address.clone(),
        view,
        try_now: Arc::clone(&parts.try_now),
    };
    AcquirerLink {
        parts,
        commands: Some(commands),
    }
    .start();
    line
}

fn link_parts(
    config: &Config,
    seams: &Seams,
    dialect: Arc<Dialect>,
    desk: Addr<PaymentDesk>,
    view: watch::Sender<LineView>,
) -> LinkParts {
    let acquirer: &AcquirerConfig = &config.acquirer;
    let terminals = config.terminals.iter();
    LinkParts {
        desk,
        network: Arc::clone(&seams.network),
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        keys: Arc::clone(&seams.keys),
        dialect,
        address: acquirer.address.clone(),
        habit: acquirer.connection,
        terminals: terminals
            .map(|terminal| (terminal.tid.clone(), terminal.mid.clone()))
            .collect(),
        timing: ReachTiming {
            down_after: acquirer.line_down_after,
            backoff_min: acquirer.backoff_min,
            backoff_max: acquirer.backoff_max,
        },
        echo_every: acquirer.echo_every,
        sign_on_timeout: acquirer.forward_answer_timeout,
        bank_clock: BankClock {
            clocks: seams.clocks.clone(),
            zone: config.store.time_zone.clone(),
        },
        answer_timeout: acquirer.answer_timeout.max(acquirer.forward_answer_timeout),
        try_now: Arc::default(),
        view,
        times: seams.meters.bank.clone(),
    }
}

/// Reports, on a thread of their own where there is one.
fn start_reports(config: &Config, seams: &Seams, days: &DaysFolder) -> Addr<Reports> {
    let parts = ReportParts {
        store_id: config.store.id.clone(),
        store_name: config.store.name.clone(),
        currency: config.store.currency,
        zone: config.store.time_zone.clone(),
        day: day_config(config),
        journal: seams.journal.clone(),
        clock: Arc::clone(&seams.clock),
        days: days.clone(),
        reconciliation_file: config.acquirer.reconciliation_file.clone(),
        projections: config.projections_folder.clone(),
    };
    match &seams.reports {
        Some(thread) => Reports::start_in_arbiter(thread, move |_| Reports::new(parts)),
        None => Reports::new(parts).start(),
    }
}

fn services(
    config: &Config,
    seams: &Seams,
    desk: Addr<PaymentDesk>,
    changed: watch::Receiver<u64>,
    lists: Lists,
    damaged: DamagedCopies,
) -> Services {
    let Lists { prices, operators } = lists;
    let days = DaysFolder::new(config.days_folder.clone(), config.reports_folder.clone());
    let clock = Arc::clone(&seams.clock);
    let configured = config.terminals.iter().map(|terminal| terminal.lane);
    let clocks = seams.clocks.clone();
    let told = (clock, clocks.clone());
    let offer = prices.offer.subscribe();
    let offers = LaneOffers {
        prices: offer.clone(),
        operators: operators.told.subscribe(),
    };
    let journal = seams.journal.clone();
    let reports = start_reports(config, seams, &days);
    let lanes = Lanes::new(
        (desk.clone(), reports.clone()),
        told,
        journal,
        damaged.clone(),
        configured,
        offers,
        seams.meters.payments.clone(),
    )
    .start();
    let folder = prices.store.folder().clone();
    let prices = prices.start();
    let importer = Importer {
        prices: prices.clone(),
        folder,
        currency: config.store.currency,
        turn: Arc::new(Semaphore::new(1)),
    };
    let parts = DayParts {
        desk: desk.clone(),
        lanes: lanes.clone(),
        reports: reports.clone(),
        clock: Arc::clone(&seams.clock),
        clocks: clocks.clone(),
        calendar: calendar(config),
    };
    BusinessDay {
        parts: parts.clone(),
        looking: false,
    }
    .start();
    let day_close = DayClose { parts, changed }.start();
    Services {
        desk,
        lanes,
        reports,
        day_close,
        journal: seams.journal.clone(),
        prices,
        operators: operators.start(),
        importer,
        offer,
        days,
        store_id: config.store.id.clone(),
        currency: config.store.currency,
        clock: Arc::clone(&seams.clock),
        clocks,
        calendar: calendar(config),
        line: None,
        damaged,
        meters: seams.meters.clone(),
        program: Program {
            name: "store-hub",
            version: env!("CARGO_PKG_VERSION"),
            started_wall_ms: seams.clock.wall_ms(),
        },
    }
}

/// A hub at work.
struct Running {
    lanes: Addr<Lanes>,
    reports: Addr<Reports>,
    desk: Addr<PaymentDesk>,
    journal: Journal,
    failed: mpsc::Receiver<String>,
}

type Server = JoinHandle<Result<(), tonic::transport::Error>>;

impl Running {
    async fn run(
        mut self,
        mut server: Server,
        stop: oneshot::Sender<()>,
        shutdown: LocalBoxFuture<'static, ()>,
    ) -> Result<(), StartError> {
        let ended = tokio::select! {
            biased;
            why = self.failed.recv() => {
                Err(StartError::Fatal(why.unwrap_or_else(|| "the desk is gone".to_owned())))
            }
            () = shutdown => Ok(()),
            ended = &mut server => return Err(StartError::Server(in_words(ended))),
        };
        // The server may have ended by itself.
        let _ = stop.send(());
        self.stop(server).await;
        ended
    }

    /// Streams end first, then the server; what was decided becomes durable before the end.
    async fn stop(self, mut server: Server) {
        if self.lanes.send(EndSessions).await.is_err() {
            tracing::debug!(event = "lane directory is gone");
        }
        if timeout(GRACE, &mut server).await.is_err() {
            server.abort();
        }
        let ticket = self.desk.send(FallSilent).await;
        let ticket = ticket.map_or(Ticket::NONE, |last| last.0);
        if timeout(GRACE, self.journal.wait(ticket)).await.is_err() {
            tracing::warn!(
                event = "slow disk",
                what = "the last records may not be durable"
            );
        }
        // A cache: without it the next start reads more.
        if timeout(GRACE, self.reports.send(KeepProjections))
            .await
            .is_err()
        {
            tracing::info!(event = "projections not kept", why = "slow disk");
        }
        self.journal.close();
    }
}

fn in_words(ended: Result<Result<(), tonic::transport::Error>, tokio::task::JoinError>) -> String {
    match ended {
        Ok(Ok(())) => "without a reason".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}
