//! Starting a whole lane: the same function in production and in simulation.

use std::{io, sync::Arc, time::Duration};

use actix::{Actor, Addr};
use domain::{
    limits,
    prices::PriceSchedule,
    sale::Checkout,
    time::{LocalMs, WallMs},
};
use futures::future::LocalBoxFuture;
use journal::{Batch, Head, Journal, LogId, OpenError};
use monitoring::Program;
use proto::journal::v1 as wire;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_local,
    time::timeout,
};
use tracing::{error, info, warn};

use crate::{
    actors::{
        Asking, CardReader, Fatal, FlowParts, FromHub, HubLink, Keyboard, LinkParts, Printer,
        Progress, Rest, Scanner, TransactionFlow,
    },
    code_seal::CodeSeal,
    config::Config,
    devices::{DeviceError, DeviceSource, Devices, PrinterStatus, Wiring},
    hub_facts::{self, HubFacts, Kept, Learnt},
    known_operators::KnownOperators,
    pages::{Pages, Watched},
    pin_check::PinCheck,
    ports::Ports,
    price_shelf::PriceShelf,
    recovery::{self, RecoveryError},
    sales_figures::{SalesFigures, SalesMeter},
    screens::{Lane, Screens, ScreensError, TestPanel},
    store_day::{DayTerms, StoreDay},
    take_back::{Parts, TakeBackError, take_back},
};

/// Why a lane doesn't start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal can't be opened.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The journal can't be read back.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// A device can't be made.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The hub's address can't be used.
    #[error("hub.address: {0}")]
    Address(#[from] tonic::transport::Error),
    /// The port for metrics and health can't be had.
    #[error("metrics.listen {address}: {reason}")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        reason: io::Error,
    },
    /// The screens can't be served.
    #[error(transparent)]
    Screens(#[from] ScreensError),
    /// The system gives no thread.
    #[error("no thread for the journal")]
    Thread(#[source] io::Error),
    /// The lane must not sell from its journal.
    #[error(transparent)]
    TakeBack(#[from] TakeBackError),
    /// What was decided can't be made durable.
    #[error("the lane stopped: {0}")]
    Stopped(String),
}

/// Runs a lane until its shutdown resolves. Must run where `spawn_local` works: an actix system, a
/// `LocalSet`, or a host of the simulation.
///
/// # Errors
/// It can't start, or what it decided can't be made durable.
pub async fn start(config: Config, mut ports: Ports) -> Result<(), StartError> {
    let (journal, committer) = Journal::open(ports.engine)?;
    let committing = ports.commits.drive(&journal, committer);
    // Until the very end: the journal's files are whole when the process ends.
    let _committing = committing.map_err(StartError::Thread)?;
    let seams = Seams {
        clock: ports.clock,
        random: ports.random,
        network: ports.network,
    };
    tokio::select! {
        biased;
        taken = take_back(take_back_parts(&config, &seams, &journal)) => taken?,
        () = &mut ports.shutdown => return Ok(()),
    }
    let checkout = recovery::replay(&journal, config.checkout)?;
    run(
        &config,
        seams,
        journal,
        checkout,
        (ports.devices, ports.pins),
        ports.shutdown,
    )
    .await
}

fn take_back_parts<'a>(config: &'a Config, seams: &Seams, journal: &'a Journal) -> Parts<'a> {
    Parts {
        journal,
        lane: config.checkout,
        hub_address: &config.hub_address,
        network: Arc::clone(&seams.network),
        random: Arc::clone(&seams.random),
        hub_history: hub_facts::known_history(&config.hub_facts_file),
    }
}

/// What every actor may use of the outside.
struct Seams {
    clock: Arc<dyn ports::Clock>,
    random: Arc<dyn ports::Random>,
    network: Arc<dyn ports::Network>,
}

/// The latest values that flow against the direction of the questions.
struct Channels {
    screens: watch::Sender<Option<domain::sale::Screen>>,
    script_finished: watch::Sender<bool>,
    keys: watch::Sender<Option<crate::devices::HubKeys>>,
    facts: watch::Sender<Option<Arc<HubFacts>>>,
    /// Price version of the sale that is open, or empty.
    in_sale: watch::Sender<String>,
    day: watch::Sender<Arc<StoreDay>>,
    operators: watch::Sender<Option<KnownOperators>>,
    asking: watch::Sender<Asking>,
    progress: watch::Sender<Progress>,
    hub_up: watch::Sender<bool>,
    acknowledged: watch::Sender<Head>,
    sales: Arc<SalesFigures>,
}

impl Channels {
    /// What the checkout and earlier runs know.
    fn new(checkout: &Checkout, facts: Option<HubFacts>, config: &Config) -> Self {
        Self {
            screens: watch::Sender::new(None),
            script_finished: watch::Sender::new(false),
            keys: watch::Sender::new(None),
            facts: watch::Sender::new(facts.map(Arc::new)),
            in_sale: watch::Sender::new(String::new()),
            day: watch::Sender::new(Arc::new(known_day(config))),
            operators: watch::Sender::new(known_operators(config)),
            asking: watch::Sender::new(Asking::default()),
            progress: watch::Sender::new(Progress::of(checkout, false, false)),
            hub_up: watch::Sender::new(false),
            acknowledged: watch::Sender::new(Head::default()),
            sales: Arc::default(),
        }
    }
}

async fn run(
    config: &Config,
    seams: Seams,
    journal: Journal,
    checkout: Checkout,
    (devices, pins): (DeviceSource, PinCheck),
    shutdown: LocalBoxFuture<'static, ()>,
) -> Result<(), StartError> {
    let shelf = PriceShelf::new(
        config.prices_folder.clone(),
        config.checkout.currency,
        config.label_layout,
    );
    let kept = kept_facts(config, &seams, &shelf);
    let channels = Channels::new(&checkout, kept.facts, config);
    let (to_flow, from_hub) = mpsc::channel(limits::LANE_STREAM_FRAMES_MAX);
    let pages = pages(config, &seams, &journal, &channels).await?;
    let screens = open_screens(config, &seams).await?;
    write_start(config, &seams, &journal, &checkout)?;
    let devices = devices(Wiring {
        clock: Arc::clone(&seams.clock),
        wall: wall(&seams, &channels),
        random: Arc::clone(&seams.random),
        network: Arc::clone(&seams.network),
        screens: channels.screens.subscribe(),
        last_order_reference: checkout.last_order_reference().to_owned(),
        pin_entries: checkout.pin_entries(),
        script_finished: channels.script_finished.clone(),
    })?;
    let told = LinkStart {
        learnt: kept.learnt,
        schedule: kept.schedule,
        shelf: shelf.clone(),
        to_flow,
        printer: devices.printer.status(),
    };
    let panel = test_panel(config, &devices)?;
    let printer = devices.printer.status();
    let link = link(config, &seams, &journal, &checkout, &channels, told)?.start();
    let (fatal, mut fatals) = mpsc::channel(1);
    let (flow, people) = actors(
        config,
        &seams,
        journal.clone(),
        checkout,
        (devices, pins),
        link,
        &channels,
        shelf,
        from_hub,
        fatal,
    );
    let people = people.map(spawn_local);
    let pages = pages.map(|pages| spawn_local(pages.serve()));
    let lane = shown(config, &channels, &flow, printer, panel);
    let screens = screens.map(|screens| spawn_local(screens.serve(lane)));
    let ended = tokio::select! {
        biased;
        Some(fatal) = fatals.recv() => Err(StartError::Stopped(fatal.to_string())),
        () = shutdown => Ok(()),
    };
    if ended.is_ok() {
        // Gone only when the whole system is: then nothing is written either.
        let _ = flow.send(Rest).await;
        tell_hub_all(&journal, &channels).await;
    }
    if let Some(people) = people {
        people.abort();
    }
    for served in pages.into_iter().chain(screens) {
        served.abort();
    }
    info!(event = "lane stopping");
    journal.close();
    // What was appended before is committed before the journal says it is closed.
    let _ = journal.wait(journal.last()).await;
    ended
}

async fn open_screens(config: &Config, seams: &Seams) -> Result<Option<Screens>, ScreensError> {
    let Some(screens) = &config.screens else {
        return Ok(None);
    };
    let opened = Screens::open(seams.network.as_ref(), seams.random.as_ref(), screens);
    opened.await.map(Some)
}

fn test_panel(config: &Config, devices: &Devices) -> Result<Option<Arc<TestPanel>>, ScreensError> {
    let asked = config.test_panel.as_ref().zip(devices.held_card.clone());
    let hand = devices.printer.hand();
    let panel = asked.map(|(panel, held)| TestPanel::read(&panel.cards, held, hand).map(Arc::new));
    Ok(panel.transpose()?)
}

fn shown(
    config: &Config,
    channels: &Channels,
    flow: &Addr<TransactionFlow>,
    printer: watch::Receiver<PrinterStatus>,
    panel: Option<Arc<TestPanel>>,
) -> Lane {
    Lane {
        checkout: config.checkout,
        screens: channels.screens.subscribe(),
        progress: channels.progress.subscribe(),
        hub_up: channels.hub_up.subscribe(),
        facts: channels.facts.subscribe(),
        asking: channels.asking.subscribe(),
        printer,
        flow: flow.clone(),
        panel,
    }
}

/// A hub that is there hears everything, the rest last: it need not name this lane in the evening.
/// It is not waited for beyond a moment, and one that is away hears it at the next start.
async fn tell_hub_all(journal: &Journal, channels: &Channels) {
    if !*channels.hub_up.borrow() {
        return;
    }
    let told = async {
        let written = journal.wait(journal.last()).await;
        let last = journal.durable_head(LogId::OWN).sequence;
        let mut acknowledged = channels.acknowledged.subscribe();
        let heard = acknowledged.wait_for(|held| held.sequence >= last).await;
        written.is_ok() && heard.is_ok()
    };
    let time_limit = Duration::from_millis(limits::LAST_RECORDS_TOLD_WITHIN_MS);
    if !timeout(time_limit, told).await.unwrap_or(false) {
        warn!(event = "hub not told of the last records");
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "the one place where all parts of a lane meet"
)]
fn actors(
    config: &Config,
    seams: &Seams,
    journal: Journal,
    checkout: Checkout,
    (devices, pins): (Devices, PinCheck),
    link: Addr<HubLink>,
    channels: &Channels,
    shelf: PriceShelf,
    from_hub: mpsc::Receiver<FromHub>,
    fatal: mpsc::Sender<Fatal>,
) -> (Addr<TransactionFlow>, Option<LocalBoxFuture<'static, ()>>) {
    let hub_grace = Duration::from_millis(config.timeouts.hub_grace_ms);
    let flow = TransactionFlow::new(FlowParts {
        checkout,
        journal,
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        reader: CardReader::new(devices.reader, channels.keys.subscribe(), hub_grace).start(),
        printer: Printer::new(devices.printer).start(),
        paper: config.paper,
        link,
        facts: channels.facts.subscribe(),
        shelf,
        in_sale: channels.in_sale.clone(),
        day: channels.day.subscribe(),
        operators: channels.operators.subscribe(),
        pins,
        asking: channels.asking.clone(),
        from_hub: Some(from_hub),
        hub_up: channels.hub_up.subscribe(),
        screens: channels.screens.clone(),
        progress: channels.progress.clone(),
        sales: SalesMeter::of(Arc::clone(&channels.sales)),
        fatal,
        timeouts: config.timeouts,
        codes: config.codes.clone(),
        codes_seal: CodeSeal::new(channels.keys.subscribe()),
        currency: config.checkout.currency,
    })
    .start();
    Keyboard {
        device: Some(devices.keyboard),
        flow: flow.clone(),
    }
    .start();
    Scanner {
        device: Some(devices.scanner),
        flow: flow.clone(),
    }
    .start();
    (flow, devices.people)
}

/// What the link goes on from, and whom it tells.
struct LinkStart {
    learnt: Learnt,
    schedule: PriceSchedule,
    shelf: PriceShelf,
    to_flow: mpsc::Sender<FromHub>,
    printer: watch::Receiver<PrinterStatus>,
}

fn link(
    config: &Config,
    seams: &Seams,
    journal: &Journal,
    checkout: &Checkout,
    channels: &Channels,
    told: LinkStart,
) -> Result<HubLink, tonic::transport::Error> {
    HubLink::new(LinkParts {
        store_id: config.store_id.clone(),
        checkout: config.checkout,
        address: config.hub_address.clone(),
        journal: journal.clone(),
        clock: Arc::clone(&seams.clock),
        network: Arc::clone(&seams.network),
        random: Arc::clone(&seams.random),
        abandoned: checkout.abandoned().clone(),
        keys: channels.keys.clone(),
        facts: channels.facts.clone(),
        facts_file: config.hub_facts_file.clone(),
        learnt: told.learnt,
        schedule: told.schedule,
        shelf: told.shelf,
        in_sale: channels.in_sale.subscribe(),
        day: channels.day.clone(),
        day_file: config.store_day_file(),
        operators: channels.operators.clone(),
        operators_file: config.operators_file(),
        progress: channels.progress.subscribe(),
        script_finished: channels.script_finished.subscribe(),
        printer: told.printer,
        to_flow: told.to_flow,
        up: channels.hub_up.clone(),
        acknowledged: channels.acknowledged.clone(),
    })
}

/// What a clock on the store's wall shows, in the zone that the hub told last.
fn wall(seams: &Seams, channels: &Channels) -> Arc<dyn Fn() -> LocalMs + Send + Sync> {
    let (clock, day) = (Arc::clone(&seams.clock), channels.day.subscribe());
    Arc::new(move || day.borrow().local(WallMs(clock.wall_ms())))
}

async fn pages(
    config: &Config,
    seams: &Seams,
    journal: &Journal,
    channels: &Channels,
) -> Result<Option<Pages>, StartError> {
    let Some(address) = &config.metrics_listen else {
        return Ok(None);
    };
    let watched = Watched {
        checkout: config.checkout,
        journal: journal.clone(),
        clock: Arc::clone(&seams.clock),
        progress: channels.progress.subscribe(),
        hub_up: channels.hub_up.subscribe(),
        day: channels.day.subscribe(),
        sales: Arc::clone(&channels.sales),
        program: Program {
            name: "lane-agent",
            version: env!("CARGO_PKG_VERSION"),
            started_wall_ms: seams.clock.wall_ms(),
        },
    };
    let pages = Pages::open(seams.network.as_ref(), address, watched).await;
    pages.map(Some).map_err(|reason| StartError::Listen {
        address: address.clone(),
        reason,
    })
}

/// A damaged file is not needed: the hub has what stood in it.
fn kept_facts(config: &Config, seams: &Seams, shelf: &PriceShelf) -> Kept {
    let now = WallMs(seams.clock.wall_ms());
    let kept = hub_facts::open(&config.hub_facts_file, shelf, now);
    let kept = kept.unwrap_or_else(|fault| {
        warn!(event = "kept facts not used", code = "LANE0031", %fault);
        None
    });
    kept.unwrap_or_default()
}

/// Nor is this one: without it the lane knows no end of the day until its hub tells it.
fn known_day(config: &Config) -> StoreDay {
    StoreDay::open(&config.store_day_file()).unwrap_or_else(|fault| {
        warn!(event = "kept day not used", %fault);
        StoreDay::new(DayTerms::default())
    })
}

/// Without this one nobody signs on until the hub tells it again.
fn known_operators(config: &Config) -> Option<KnownOperators> {
    KnownOperators::open(&config.operators_file()).unwrap_or_else(|fault| {
        error!(event = "kept operators not used", code = "LANE0070", %fault);
        None
    })
}

/// A start is dated by the frame that the journal is in; the first of all has no date yet.
fn write_start(
    config: &Config,
    seams: &Seams,
    journal: &Journal,
    checkout: &Checkout,
) -> Result<(), StartError> {
    let at = WallMs(seams.clock.wall_ms());
    let date = checkout.running_date();
    let started = wire::LaneStarted {
        lane: u32::from(config.checkout.lane.0),
        epoch: config.checkout.epoch.0,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut batch = Batch::new();
    batch.record(records::lane::started(at, date, started));
    let appended = journal.append_decided(batch);
    appended.map_err(|error| StartError::Stopped(error.to_string()))?;
    Ok(())
}
