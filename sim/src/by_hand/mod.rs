//! `sim store --by-hand`: bank, hub and lanes are open, and a person sells in a browser.
//!
//! The programs are those of every other run; what is missing is the script. One address leads to
//! all pages; beside each cashier stands a panel with test cards and goods. At the end the day is
//! closed and the books are examined, like those of any run.

mod cards;
mod operators;
mod start_page;
mod switches;

use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use command_line::{Exit, LogFormat, StopSignals};
use domain::{sale::civil_date, time::LocalMs};
use ports::{Clock, Network, OsRandom, SystemClock, TcpNetwork};
use tokio::{sync::mpsc, time::sleep};
use web::{Token, TokenError};

use crate::{
    oracle::{examine, seal},
    store::{
        business_day::BusinessDay,
        configuration,
        fleet::{Fleet, FleetError, Setup},
        folder::{FolderError, RunFolder},
        options::StoreOptions,
        progress::note,
        record::RunRecord,
        summary::{RunFacts, Summary},
        watch::HubWatch,
    },
    workload::{OPENING_WALL_MS, keys::StoreKeys},
};

use start_page::StartPage;
use switches::{Asked, ORDERS_WAITING_MAX, carry_out};

/// 200 articles with Chinese and English names, and four with price labels.
const PRICES: &str = include_str!("../../data/by_hand_prices.csv");
/// How long the bank takes at most where its card says nothing else.
const BANK_LATENCY_MS: u64 = 200;
/// Between two looks at the programs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Why nobody can sell.
#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    /// A file of the run.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The secret of the pages.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The PINs of who works there.
    #[error(transparent)]
    Operators(#[from] operator_pin::NotMade),
    /// The start page's port, the signals, or the run's files.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The price file.
    #[error("price file {}: {reason}", .file.display())]
    Prices {
        /// As given.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A program.
    #[error(transparent)]
    Fleet(#[from] FleetError),
}

impl ByHandError {
    /// Usage for what the user can put right, unreachable for a program that isn't there.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Folder(_) | Self::Token(_) | Self::Prices { .. } => Exit::Usage,
            Self::Fleet(_) => Exit::Unreachable,
            Self::Io { .. } | Self::Operators(_) => Exit::No,
        }
    }
}

const fn io(what: &'static str) -> impl FnOnce(io::Error) -> ByHandError {
    move |source| ByHandError::Io { what, source }
}

/// A run by hand that is prepared.
struct Hand {
    folder: RunFolder,
    record: RunRecord,
    keys: StoreKeys,
    token: Token,
    prices: Cow<'static, str>,
}

/// Keeps the store open until somebody ends it, then closes the day and examines the books.
///
/// # Errors
/// The store doesn't start, or a program dies.
pub fn run(options: &StoreOptions, log_format: LogFormat) -> Result<Summary, ByHandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(io("no event loop can be had"))?;
    runtime.block_on(sell(options, log_format))
}

async fn sell(options: &StoreOptions, log_format: LogFormat) -> Result<Summary, ByHandError> {
    let clock = SystemClock::new();
    let hand = Hand::prepare(options, clock.wall_ms())?;
    let mut interrupt = StopSignals::listen().map_err(io("no signals"))?;
    let listening = TcpNetwork.listen("127.0.0.1:0").await;
    let listener = listening.map_err(io("no port for the start page"))?;
    let origin = format!("http://{}", listener.address);
    note("starting bank, line, hub and lanes");
    let setup = Setup {
        folder: &hand.folder,
        keys: &hand.keys,
        setting: hand.record.setting(),
        capture: false,
        cables: true,
        log_format,
        start_page: Some(&origin),
    };
    let mut fleet = tokio::select! {
        biased;
        () = interrupt.wait() => return hand.examined(0, &clock),
        started = Fleet::start(setup) => started?,
    };
    let (orders, mut ordered) = mpsc::channel(ORDERS_WAITING_MAX);
    let page = StartPage::new(&fleet, hand.token.clone(), orders);
    let served = tokio::spawn(page.serve(listener));
    hand.say_address(&origin)?;
    let ended = tokio::select! {
        biased;
        () = interrupt.wait() => Ok(()),
        died = tend(&mut fleet, &mut ordered) => Err(died),
    };
    hand.close_day(&mut fleet).await;
    served.abort();
    let stopped = fleet.stop().await;
    ended?;
    stopped?;
    hand.examined(options.lanes, &clock)
}

/// Starts again what died, and does what the switches ask for.
async fn tend(fleet: &mut Fleet, ordered: &mut mpsc::Receiver<Asked>) -> FleetError {
    loop {
        tokio::select! {
            biased;
            Some(asked) = ordered.recv() => carry_out(asked, fleet).await,
            () = sleep(LOOK_EVERY) => {
                if let Err(died) = fleet.tend().await {
                    return died;
                }
            }
        }
    }
}

/// The hub itself reads them, and names what is wrong with them.
fn prices(file: Option<&Path>) -> Result<Cow<'static, str>, ByHandError> {
    let Some(file) = file else {
        return Ok(Cow::Borrowed(PRICES));
    };
    let read = fs::read_to_string(file).map(Cow::Owned);
    read.map_err(|reason| ByHandError::Prices {
        file: file.to_owned(),
        reason,
    })
}

impl Hand {
    fn prepare(options: &StoreOptions, now_ms: i64) -> Result<Self, ByHandError> {
        let folder = RunFolder::create(options.out.as_deref())?;
        folder.lay_out(options.lanes)?;
        let keys = StoreKeys::draw(options.seed, options.lanes);
        let token = Token::of_file(&folder.root().join("screens.token"), &OsRandom)?;
        let record = RunRecord {
            version: RunRecord::FORM,
            seed: options.seed,
            lanes: options.lanes,
            priced_by_rule: Vec::new(),
            // The clock on the wall.
            day: BusinessDay {
                origin_real_ms: OPENING_WALL_MS,
                speed: 1,
            },
            engine: options.engine,
            captured: false,
            days: 1,
            lanes_to_rest: 0,
            prices_change: false,
            by_hand: civil_date(LocalMs(now_ms)).map(|date| date.to_string()),
            resumed: false,
            lost: Vec::new(),
            manifest_sha256: None,
            summary: None,
        };
        let hand = Self {
            folder,
            record,
            keys,
            token,
            prices: prices(options.price_file.as_deref())?,
        };
        hand.write()?;
        Ok(hand)
    }

    fn write(&self) -> Result<(), ByHandError> {
        let Self { folder, keys, .. } = self;
        folder.write(&folder.workload(), "")?;
        folder.write(&folder.hub().join("prices.csv"), self.prices.as_bytes())?;
        let operators = operators::file(&OsRandom)?;
        folder.write(&folder.hub().join("operators.csv"), operators)?;
        folder.write(
            &folder.hub().join("keys.toml"),
            configuration::hub_keys(keys),
        )?;
        let host = folder.host();
        folder.write(&host.join("accounts.toml"), cards::accounts())?;
        folder.write(&host.join("keys.toml"), configuration::host_keys(keys))?;
        let personality =
            configuration::personality(self.record.seed, BANK_LATENCY_MS, "", self.record.day);
        folder.write(&host.join("personality.toml"), personality)?;
        folder.write(&folder.hub().join("screens.token"), self.token.reveal())?;
        let drawer = cards::drawer().to_string();
        for terminal in &keys.terminals {
            let lane = folder.lane(terminal.lane);
            folder.write(&lane.join("test-cards.json"), &drawer)?;
            // One token for all pages: whoever has come in by the start page is in everywhere.
            folder.write(&lane.join("screens.token"), self.token.reveal())?;
        }
        let written = self.record.write(folder);
        written.map_err(io("run.json can't be written"))
    }

    fn say_address(&self, origin: &str) -> Result<(), ByHandError> {
        let address = format!("{origin}/?token={}\n", self.token.reveal());
        let printed = command_line::print(&address);
        printed.map_err(|failed| io("no standard output")(io::Error::other(failed.what)))?;
        note("open this address in a browser; Ctrl-C closes the day and checks the books");
        Ok(())
    }

    /// What a store manager does in the evening. A hub that was switched off closes nothing; the
    /// books are examined all the same.
    async fn close_day(&self, fleet: &mut Fleet) {
        let Some(date) = &self.record.by_hand else {
            return;
        };
        note("closing the day");
        switches::all_on(fleet).await;
        let closed = match HubWatch::of(fleet.hub_address) {
            Ok(mut hub) => {
                // Whoever closed a day at a page sold on under the next date.
                let seen = hub.look().await;
                let date = seen.map_or_else(|_| date.clone(), |seen| seen.status.business_date);
                let closed = hub.close_day(date).await;
                closed.map_err(|status| status.message().to_owned())
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(said) = closed {
            note(&format!("the day was not closed: {said}"));
        }
    }

    fn examined(mut self, lanes: u16, clock: &SystemClock) -> Result<Summary, ByHandError> {
        note("examining every payment");
        let findings = examine(&self.folder, &[]);
        let facts = RunFacts {
            lanes,
            items: 0,
            faults: Vec::new(),
            priced_by_rule: Vec::new(),
            wall_ms: clock.mono_ms(),
            out: self.folder.root().display().to_string(),
        };
        let summary = Summary::new(facts, findings);
        let sealed = seal(&self.folder).map_err(io("the run can't be sealed"))?;
        self.record.manifest_sha256 = Some(sealed);
        self.record.summary = Some(summary.clone());
        let written = self.record.write(&self.folder);
        written.map_err(io("run.json can't be written"))?;
        Ok(summary)
    }
}
