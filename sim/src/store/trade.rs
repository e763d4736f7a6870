//! Trades the day: starts the store, watches it sell, makes the faults, closes the day, and stops
//! everything, whatever happens in between.

use std::{io, time::Duration};

use command_line::StopSignals;
use ports::{Clock, SystemClock};
use tokio::time::sleep;

use crate::{
    acquirer_link::Approval,
    oracle::{newest_versions_are_complete, open_sale},
    store::{
        closing::ClosingTask,
        conductor::{Closing, Conductor, FaultReport, Killed, Moment, Order},
        errand::{self, ErrandError},
        fleet::{Fleet, FleetError, Part, Setup},
        head_office::{self, PullError},
        inputs::Run,
        progress::Progress,
        record::RunRecord,
        watch::{HubWatch, Sight},
        watchdog::{PATIENCE_MS, Watchdog},
    },
    workload::days::{Calendar, FIRST_DAY, date_of, prices_from},
};

/// Between two looks at the store.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// The hub may be silent for so many looks; a restarted one needs some.
const SILENT_LOOKS_MAX: u32 = 40;

/// Late records are gathered for a while before their day is sealed anew.
const LATE_LANES_MS_MAX: u64 = 30_000;

/// What the day leaves in memory; all else is in its folder.
#[derive(Debug)]
pub struct Traded {
    /// How the faults went.
    pub faults: Vec<FaultReport>,
    /// Approvals that never reached the hub, or too late.
    pub lost: Vec<Approval>,
}

/// Why a day didn't come to its end.
#[derive(Debug, thiserror::Error)]
pub enum TradeError {
    /// A program didn't start or died.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The system gave no signals.
    #[error("signals can't be listened to: {0}")]
    NoSignals(#[source] io::Error),
    /// Somebody ended it.
    #[error("interrupted; everything was stopped, `sim store --resume {folder}` goes on")]
    Interrupted {
        /// The run's folder.
        folder: String,
    },
    /// The hub's address is none, or it doesn't answer.
    #[error("the hub does not answer: {0}")]
    HubSilent(String),
    /// Nothing moved.
    #[error("nothing has moved for {} s: {who_waits}", PATIENCE_MS / 1_000)]
    StandsStill {
        /// Who waits for what.
        who_waits: String,
    },
    /// The hub wouldn't close the day.
    #[error("the day could not be closed: {0}")]
    NotClosed(String),
    /// The report is not where it belongs.
    #[error("the day is closed, but report/{0} is missing")]
    NoReport(&'static str),
    /// The hub doesn't take the prices of the next day.
    #[error(transparent)]
    NewPrices(#[from] ErrandError),
    /// Head office couldn't fetch the day.
    #[error(transparent)]
    Pull(#[from] PullError),
}

/// Trades the day of a prepared run.
///
/// # Errors
/// Anything that keeps the day from its end. The store is stopped in every case.
pub async fn trade(run: &Run) -> Result<Traded, TradeError> {
    let mut interrupt = StopSignals::listen().map_err(TradeError::NoSignals)?;
    let progress = Progress::of(run.visits.len());
    progress.step("starting bank, line, hub and lanes");
    let setup = Setup {
        folder: &run.folder,
        keys: &run.keys,
        setting: run.record.setting(),
        capture: run.record.captured,
        cables: run.record.days > 1,
        log_format: run.log_format,
        start_page: None,
    };
    // Dropped half-way, the programs end by themselves: their standard input closes.
    let mut fleet = tokio::select! {
        biased;
        () = interrupt.wait() => return Err(interrupted(run)),
        started = Fleet::start(setup) => started?,
    };
    let mut day = Day::new(run, progress);
    let traded = tokio::select! {
        biased;
        () = interrupt.wait() => Err(interrupted(run)),
        traded = day.until_closed(&mut fleet) => traded,
    };
    day.progress.step("stopping");
    let swallowed = fleet.acquirer_link.swallowed();
    let stopped = fleet.stop().await;
    traded?;
    stopped?;
    let Day { conductor, .. } = day;
    let faults = conductor.into_reports();
    let lost = come_to_nothing(swallowed, &faults);
    Ok(Traded { faults, lost })
}

/// Approvals that the hub never had, and those it had too late.
fn come_to_nothing(swallowed: Vec<Approval>, faults: &[FaultReport]) -> Vec<Approval> {
    let mut lost = swallowed;
    for late in faults.iter().filter_map(|report| report.lost.as_ref()) {
        if !lost.contains(late) {
            lost.push(late.clone());
        }
    }
    lost
}

fn interrupted(run: &Run) -> TradeError {
    TradeError::Interrupted {
        folder: run.folder.root().display().to_string(),
    }
}

/// One day being traded.
struct Day<'a> {
    run: &'a Run,
    clock: SystemClock,
    conductor: Conductor,
    watchdog: Watchdog,
    progress: Progress,
    silent_looks: u32,
    /// What the hub showed last.
    sight: Sight,
    /// The lane that was killed last.
    killed: Option<Killed>,
    /// The close of a day after which others come.
    closing: ClosingTask,
}

impl<'a> Day<'a> {
    fn new(run: &'a Run, progress: Progress) -> Self {
        let RunRecord { lanes, days, .. } = run.record;
        let calendar = Calendar { lanes, days };
        Self {
            run,
            clock: SystemClock::new(),
            conductor: Conductor::new(&run.faults, calendar, &run.visits),
            watchdog: Watchdog::default(),
            progress,
            silent_looks: 0,
            sight: Sight::default(),
            killed: None,
            closing: ClosingTask::default(),
        }
    }

    async fn until_closed(&mut self, fleet: &mut Fleet) -> Result<(), TradeError> {
        let mut hub = HubWatch::of(fleet.hub_address)
            .map_err(|error| TradeError::HubSilent(error.to_string()))?;
        self.find_day(fleet, &mut hub).await?;
        self.sell(fleet, &mut hub).await?;
        self.close_day(fleet, &mut hub).await?;
        self.wait_for_late_lanes(fleet).await?;
        for name in ["day.txt", "day.json", "day.html"] {
            if !self.run.folder.report().join(name).is_file() {
                return Err(TradeError::NoReport(name));
            }
        }
        self.progress.step("head office pulls the day");
        head_office::pull(&self.run.folder, fleet.hub_address).await?;
        Ok(())
    }

    /// A run of several days that was interrupted goes on with the day that it was in; the close
    /// of the one before may have been broken off.
    async fn find_day(&mut self, fleet: &mut Fleet, hub: &mut HubWatch) -> Result<(), TradeError> {
        if !self.run.record.resumed || self.run.record.days <= 1 {
            return Ok(());
        }
        while !self.look(fleet, hub).await? {
            fleet.tend().await?;
            sleep(LOOK_EVERY).await;
        }
        let today = self.sight.status.business_date.as_str();
        let mut over =
            (FIRST_DAY..=self.run.record.days).filter(|day| date_of(*day).as_str() < today);
        if let Some(last) = over.next_back() {
            self.conductor.go_on_with(last + 1);
            // It may have been interrupted before they were told; twice does no harm.
            self.import_prices(last + 1, fleet).await?;
            self.closing.begin(hub, date_of(last));
        }
        Ok(())
    }

    /// What came after its day was sealed makes a new version of that day, some time later.
    async fn wait_for_late_lanes(&mut self, fleet: &mut Fleet) -> Result<(), TradeError> {
        let until_ms = self.clock.mono_ms() + LATE_LANES_MS_MAX;
        while self.run.record.days > 1
            && !newest_versions_are_complete(&self.run.folder)
            && self.clock.mono_ms() < until_ms
        {
            fleet.tend().await?;
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// A run that was interrupted after its day was closed has nothing to close any more. A closing
    /// in the middle of which a program was killed is asked for again.
    async fn close_day(&mut self, fleet: &mut Fleet, hub: &mut HubWatch) -> Result<(), TradeError> {
        self.progress.step("all baskets are sold; closing the day");
        loop {
            if !self.look(fleet, hub).await? {
                fleet.tend().await?;
                sleep(LOOK_EVERY).await;
                continue;
            }
            let last = date_of(self.run.record.days);
            match close_and_tend(fleet, hub, last).await? {
                Attempt::Done => return Ok(()),
                Attempt::Interrupted => {}
                Attempt::Refused(why) => return Err(TradeError::NotClosed(why)),
            }
        }
    }

    /// Looks again and again until everything is sold, every fault is over, and the store rests.
    async fn sell(&mut self, fleet: &mut Fleet, hub: &mut HubWatch) -> Result<(), TradeError> {
        let mut restful_looks = 0;
        loop {
            fleet.tend().await?;
            let hub_answers = self.look(fleet, hub).await?;
            self.conduct(fleet, hub, hub_answers).await?;
            // A second look lets the conductor see what the first one brought.
            restful_looks = match hub_answers && self.sight.is_at_rest(self.run.record.lanes) {
                true => restful_looks + 1,
                false => 0,
            };
            let nothing_will_come = restful_looks >= 2 || self.conductor.is_done();
            if restful_looks >= 1 && nothing_will_come {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Whether the hub shows the store as it is now.
    async fn look(&mut self, fleet: &Fleet, hub: &mut HubWatch) -> Result<bool, TradeError> {
        if fleet.is_away(Part::Hub) {
            return Ok(false);
        }
        match hub.look().await {
            Ok(sight) => {
                self.silent_looks = 0;
                self.sight = sight;
                Ok(true)
            }
            Err(_) if self.silent_looks < SILENT_LOOKS_MAX => {
                self.silent_looks += 1;
                Ok(false)
            }
            Err(status) => Err(TradeError::HubSilent(status.message().to_owned())),
        }
    }

    async fn conduct(
        &mut self,
        fleet: &mut Fleet,
        hub: &HubWatch,
        hub_answers: bool,
    ) -> Result<(), TradeError> {
        let at_ms = self.clock.mono_ms();
        let stands_still = hub_answers
            && self
                .watchdog
                .stands_still(at_ms, self.sight.progress_mark());
        let closing = self.closing.look().await;
        if stands_still {
            let mut who_waits = self.sight.who_waits();
            if closing == Closing::Failed {
                who_waits += &format!("; the day could not be closed: {}", self.closing.said());
            }
            return Err(TradeError::StandsStill { who_waits });
        }
        let counted = self.conductor.counts_receipts();
        let receipts = self.run.folder.receipts_printed(&counted);
        let order = self.conductor.look(&Moment {
            at_ms,
            sight: &self.sight,
            hub_answers,
            swallowed: &fleet.acquirer_link.swallowed(),
            held: fleet.acquirer_link.held().as_ref(),
            receipts,
            wall_ms: self.run.record.day.wall_ms(SystemClock::new().wall_ms()),
            closing,
            killed: self.killed.as_ref(),
        });
        if let Some(order) = order {
            self.carry_out(order, fleet, hub).await?;
        }
        self.progress
            .show(at_ms, &self.sight, self.conductor.current());
        Ok(())
    }

    async fn carry_out(
        &mut self,
        order: Order,
        fleet: &mut Fleet,
        hub: &HubWatch,
    ) -> Result<(), TradeError> {
        match order {
            Order::CutLine => fleet.acquirer_link.cut(),
            Order::MendLine => fleet.acquirer_link.mend(),
            Order::SwallowNextApproval => fleet.acquirer_link.swallow_next_approval(),
            Order::HoldNextApproval => fleet.acquirer_link.hold_next_approval(),
            Order::Release => fleet.acquirer_link.release(),
            Order::DropHeld => fleet.acquirer_link.drop_held(),
            Order::KillLane(lane) => self.kill_lane(lane, fleet).await?,
            Order::KillHub => {
                fleet.kill(Part::Hub).await?;
                fleet.acquirer_link.drop_held();
            }
            Order::StartHub => fleet.start_again(Part::Hub).await?,
            Order::CutLaneOff(lane) => fleet.cut_lane_off(lane),
            Order::ConnectLane(lane) => fleet.connect_lane(lane),
            Order::SwitchLaneOff(lane) => fleet.kill(Part::Lane(lane)).await?,
            Order::RestLane(lane) => fleet.rest(Part::Lane(lane)).await?,
            Order::WakeLane(lane) => fleet.start_again(Part::Lane(lane)).await?,
            Order::ReplaceCard(lane) => {
                let replaced = self.run.folder.replace_card(lane);
                replaced.map_err(FleetError::Folder)?;
            }
            Order::ImportPrices(day) => self.import_prices(day, fleet).await?,
            Order::BeginClose(day) => {
                let date = date_of(day);
                self.progress
                    .step(&format!("closing {date} while lanes sell"));
                self.closing.begin(hub, date);
            }
        }
        Ok(())
    }

    /// As the office does it: with the hub's own command, for the next morning.
    async fn import_prices(&self, day: u16, fleet: &Fleet) -> Result<(), TradeError> {
        self.progress.step(&format!("the prices of day {day}"));
        let file = self.run.folder.prices_of(day);
        let (from, hub) = (prices_from(day), fleet.hub_address.to_string());
        let arguments = [
            file.as_os_str(),
            "--activate-at".as_ref(),
            from.as_ref(),
            "--address".as_ref(),
            hub.as_ref(),
        ];
        errand::send("store-hub", &["prices", "import"], &arguments).await?;
        Ok(())
    }

    /// Its journal is looked into while nobody has it open.
    async fn kill_lane(&mut self, lane: u16, fleet: &mut Fleet) -> Result<(), TradeError> {
        let killed_ms = self.clock.mono_ms();
        fleet.kill(Part::Lane(lane)).await?;
        fleet.acquirer_link.release();
        let open_sale = open_sale(&self.run.folder, lane);
        fleet.start_again(Part::Lane(lane)).await?;
        self.killed = Some(Killed {
            lane,
            away_ms: self.clock.mono_ms().saturating_sub(killed_ms),
            open_sale,
        });
        Ok(())
    }
}

/// How an attempt to close the day went.
enum Attempt {
    Done,
    /// A program was killed meanwhile, and is there again.
    Interrupted,
    Refused(String),
}

async fn close_and_tend(
    fleet: &mut Fleet,
    hub: &mut HubWatch,
    date: String,
) -> Result<Attempt, TradeError> {
    let mut tended = false;
    let closing = hub.close_day(date);
    tokio::pin!(closing);
    let closed = loop {
        tokio::select! {
            biased;
            closed = &mut closing => break closed,
            () = sleep(LOOK_EVERY) => tended |= fleet.tend().await?,
        }
    };
    // It may have been killed since the last look.
    tended |= fleet.tend().await?;
    Ok(match closed {
        Ok(_) => Attempt::Done,
        Err(_) if tended => Attempt::Interrupted,
        Err(status) => Attempt::Refused(status.message().to_owned()),
    })
}
