//! How much a hub carries: slices of the hub's load, and between them slices of the echo's and of
//! the floor, so that all three meet the same machine.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use futures::future::try_join_all;

use super::{
    LoadError,
    bank::BankTerminal,
    disk::LoadFolder,
    floor::{self, Floor},
    journal_entries::{LaneJournal, StoreClock},
    lane::{KnownHub, Lane, LoadCard},
    options::SpeedForm,
    proc_figures::{Used, Watched},
    rig::{Rig, RigSetting, floor_file, start_echo},
    slice::{self, Slice, Tills},
    summary::{Speed, Totals},
};
use crate::store::progress::note;

/// Slices of about so long: short enough that each side meets the same minute of the machine.
const SLICE: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
/// Of the time of the hub's slice, what the echo and the floor get.
const ECHO_PART: u32 = 4;
const FLOOR_PART: u32 = 8;
/// A batch has 999 numbers, and is settled between two slices at the latest.
const PAYMENTS_PER_BATCH: usize = 850;

/// Figures of one side of the comparison.
#[derive(Default)]
pub(super) struct Side {
    pub(super) payments: u64,
    pub(super) took: Duration,
    pub(super) latencies_us: Vec<u64>,
    pub(super) used: Used,
}

impl Side {
    fn add(&mut self, sliced: slice::Sliced, used: &Used) {
        self.payments += u64::try_from(sliced.latencies_us.len()).unwrap_or(u64::MAX);
        self.took += sliced.took;
        self.latencies_us.extend(sliced.latencies_us);
        self.used.add(used);
    }
}

/// All that is measured.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) hub: Side,
    pub(super) echo: Side,
    pub(super) bank: Used,
    pub(super) bank_answers_us: Vec<u64>,
    pub(super) commits: u64,
    pub(super) floor: Floor,
}

pub(super) async fn measure(folder: &LoadFolder, form: &SpeedForm) -> Result<Speed, LoadError> {
    let (lanes, engine) = (form.lanes, form.engine);
    note(&format!(
        "starting a bank, a hub on {engine} and an echo for {lanes} lanes"
    ));
    let rig = Rig::start(
        folder,
        RigSetting {
            lanes,
            engine,
            without_leases: form.without_leases,
        },
    )
    .await?;
    let (echo, echo_address) = start_echo(folder).await?;
    let mut load = Load {
        form: *form,
        floor: floor_file(folder)?,
        echo_process: Watched::new("the echo", echo.id())?,
        terminal: rig.direct_terminal().await?,
        at_hub: attach(rig.hub_address, lanes, &rig.cards(), rig.clock).await?,
        at_echo: attach(echo_address, lanes, &rig.cards(), rig.clock).await?,
        rig,
        measured: Measured::default(),
        answered: 0,
    };
    load.warm_up().await?;
    let lasts = Duration::from_secs(form.seconds.into());
    while load.measured.hub.took < lasts {
        let left = lasts.saturating_sub(load.measured.hub.took);
        load.round(left.min(SLICE)).await?;
        load.tell();
    }
    let Load {
        rig,
        measured,
        answered,
        at_hub,
        at_echo,
        ..
    } = load;
    drop((at_hub, at_echo));
    echo.stop().await?;
    let checked = rig.stop_and_check().await?;
    Ok(Speed::new(form, &measured, Totals { answered, checked }))
}

async fn attach(
    hub: SocketAddr,
    lanes: u16,
    cards: &[LoadCard],
    clock: StoreClock,
) -> Result<Tills, LoadError> {
    let known = KnownHub::default();
    let attaching = (1..=lanes)
        .map(|lane| Lane::attach(hub, LaneJournal::new(lane), &known, cards.to_vec(), clock));
    let lanes = try_join_all(attaching).await?;
    Ok(lanes.into_iter().map(|lane| (lane, Vec::new())).collect())
}

/// Both hubs under load.
struct Load {
    form: SpeedForm,
    rig: Rig,
    floor: std::path::PathBuf,
    echo_process: Watched,
    terminal: BankTerminal,
    at_hub: Tills,
    at_echo: Tills,
    measured: Measured,
    /// Every payment that a lane was told of, also those that are not measured.
    answered: u64,
}

impl Load {
    fn slice(&self, lasts: Duration) -> Slice {
        Slice {
            lasts,
            payments_per_lane: match self.form.full_life {
                true => usize::MAX,
                false => PAYMENTS_PER_BATCH,
            },
            pace: self.form.pace,
            full_life: self.form.full_life,
        }
    }

    /// Connections, caches and files: not counted, but for the ledger.
    async fn warm_up(&mut self) -> Result<(), LoadError> {
        self.hub_slice(WARM_UP).await?;
        self.echo_slice(WARM_UP).await?;
        self.measured = Measured::default();
        Ok(())
    }

    async fn round(&mut self, lasts: Duration) -> Result<(), LoadError> {
        self.echo_slice(lasts / ECHO_PART).await?;
        let floor = floor::measure(&self.floor, lasts / FLOOR_PART).await?;
        self.measured.floor.add(floor);
        self.hub_slice(lasts).await
    }

    async fn hub_slice(&mut self, lasts: Duration) -> Result<(), LoadError> {
        let (hub, bank) = (self.rig.watched_hub()?, self.rig.watched_bank()?);
        let over = Arc::new(AtomicBool::new(false));
        let commits = self.rig.commits().await?;
        let before = (hub.used()?, bank.used()?);
        let running = slice::run(std::mem::take(&mut self.at_hub), self.slice(lasts), &over);
        let (ran, answers) = tokio::join!(running, self.terminal.pay_until(&over));
        let used = (hub.used()?.since(&before.0), bank.used()?.since(&before.1));
        let (tills, sliced) = ran?;
        self.measured.commits += self.rig.commits().await?.saturating_sub(commits);
        self.answered += u64::try_from(sliced.latencies_us.len()).unwrap_or(u64::MAX);
        self.measured.hub.add(sliced, &used.0);
        self.measured.bank.add(&used.1);
        self.measured.bank_answers_us.extend(answers?);
        self.at_hub = match self.form.full_life {
            true => tills,
            false => {
                let tills = slice::close_sales(tills).await?;
                self.rig.settle().await?;
                tills
            }
        };
        Ok(())
    }

    async fn echo_slice(&mut self, lasts: Duration) -> Result<(), LoadError> {
        let over = Arc::new(AtomicBool::new(false));
        let before = self.echo_process.used()?;
        let slice = Slice {
            payments_per_lane: usize::MAX,
            ..self.slice(lasts)
        };
        let tills = std::mem::take(&mut self.at_echo);
        let (tills, sliced) = slice::run(tills, slice, &over).await?;
        let used = self.echo_process.used()?.since(&before);
        self.measured.echo.add(sliced, &used);
        self.at_echo = tills
            .into_iter()
            .map(|(lane, _)| (lane, Vec::new()))
            .collect();
        Ok(())
    }

    fn tell(&self) {
        let hub = &self.measured.hub;
        let seconds = hub.took.as_secs_f64();
        let per_second = number(hub.payments) / seconds.max(f64::EPSILON);
        let payments = hub.payments;
        note(&format!(
            "{seconds:>5.1} s  {payments} authorisations, {per_second:.0} a second"
        ));
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of a run are far below 2^52"
)]
pub(super) const fn number(count: u64) -> f64 {
    count as f64
}
