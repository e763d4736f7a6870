//! Trades the day: starts the store, watches it sell, makes the faults, closes the day, and stops
//! everything, whatever happens in between.

use std::{io, time::Duration};

use ports::{Clock, SystemClock};
use tokio::time::sleep;

use crate::{
    line::Approval,
    store::{
        conductor::{Conductor, FaultReport, Moment, Order},
        fault::Fault,
        fleet::{Fleet, FleetError, Setup},
        head_office::{self, PullError},
        inputs::Run,
        interrupt::Interrupt,
        progress::Progress,
        watch::{HubWatch, Sight},
        watchdog::{PATIENCE_MS, Watchdog},
    },
    workload::BUSINESS_DATE,
};

/// Between two looks at the store.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// The hub may be silent for so many looks; a restarted one needs some.
const SILENT_LOOKS_MAX: u32 = 40;

/// What the day leaves in memory; all else is in its folder.
#[derive(Debug)]
pub struct Traded {
    /// How the faults went.
    pub faults: Vec<FaultReport>,
    /// Approvals that never reached the hub.
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
    /// Head office couldn't fetch the day.
    #[error(transparent)]
    Pull(#[from] PullError),
}

/// Trades the day of a prepared run.
///
/// # Errors
/// Anything that keeps the day from its end. The store is stopped in every case.
pub async fn trade(run: &Run, faults: &[Fault]) -> Result<Traded, TradeError> {
    let mut interrupt = Interrupt::listen().map_err(TradeError::NoSignals)?;
    let progress = Progress::of(run.visits.len());
    progress.step("starting bank, line, hub and lanes");
    let setup = Setup {
        folder: &run.folder,
        keys: &run.keys,
        day: run.record.day,
        capture: run.record.captured,
    };
    // Dropped half-way, the programs end by themselves: their standard input closes.
    let mut fleet = tokio::select! {
        biased;
        () = interrupt.wait() => return Err(interrupted(run)),
        started = Fleet::start(setup) => started?,
    };
    let mut day = Day::new(run, faults, progress);
    let traded = tokio::select! {
        biased;
        () = interrupt.wait() => Err(interrupted(run)),
        traded = day.until_closed(&mut fleet) => traded,
    };
    day.progress.step("stopping");
    let lost = fleet.line.swallowed();
    let stopped = fleet.stop().await;
    traded?;
    stopped?;
    Ok(Traded {
        faults: day.conductor.into_reports(),
        lost,
    })
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
}

impl<'a> Day<'a> {
    fn new(run: &'a Run, faults: &[Fault], progress: Progress) -> Self {
        Self {
            run,
            clock: SystemClock::new(),
            conductor: Conductor::new(faults, run.record.lanes, &run.visits),
            watchdog: Watchdog::default(),
            progress,
            silent_looks: 0,
        }
    }

    async fn until_closed(&mut self, fleet: &mut Fleet) -> Result<(), TradeError> {
        let mut hub = HubWatch::of(fleet.hub_address)
            .map_err(|error| TradeError::HubSilent(error.to_string()))?;
        self.sell(fleet, &mut hub).await?;
        self.close_day(&mut hub).await?;
        for name in ["day.txt", "day.json", "day.html"] {
            if !self.run.folder.report().join(name).is_file() {
                return Err(TradeError::NoReport(name));
            }
        }
        self.progress.step("head office pulls the day");
        head_office::pull(&self.run.folder, fleet.hub_address).await?;
        Ok(())
    }

    /// A run that was interrupted after its day was closed has nothing to close any more.
    async fn close_day(&self, hub: &mut HubWatch) -> Result<(), TradeError> {
        let silent = |status: tonic::Status| TradeError::HubSilent(status.message().to_owned());
        let sight = hub.look().await.map_err(silent)?;
        if sight.status.business_date != BUSINESS_DATE {
            return Ok(());
        }
        self.progress.step("all baskets are sold; closing the day");
        let closed = hub.close_day().await;
        closed.map_err(|status| TradeError::NotClosed(status.message().to_owned()))?;
        Ok(())
    }

    /// Looks again and again until everything is sold, every fault is over, and the store rests.
    async fn sell(&mut self, fleet: &mut Fleet, hub: &mut HubWatch) -> Result<(), TradeError> {
        let mut restful_looks = 0;
        loop {
            fleet.check().await?;
            if let Some(sight) = self.look(hub).await? {
                self.conduct(fleet, &sight)?;
                // A second look lets the conductor see what the first one brought.
                restful_looks = match sight.is_at_rest(self.run.record.lanes) {
                    true => restful_looks + 1,
                    false => 0,
                };
                let nothing_will_come = restful_looks >= 2 || self.conductor.is_done();
                if restful_looks >= 1 && nothing_will_come {
                    return Ok(());
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&mut self, hub: &mut HubWatch) -> Result<Option<Sight>, TradeError> {
        match hub.look().await {
            Ok(sight) => {
                self.silent_looks = 0;
                Ok(Some(sight))
            }
            Err(_) if self.silent_looks < SILENT_LOOKS_MAX => {
                self.silent_looks += 1;
                Ok(None)
            }
            Err(status) => Err(TradeError::HubSilent(status.message().to_owned())),
        }
    }

    fn conduct(&mut self, fleet: &Fleet, sight: &Sight) -> Result<(), TradeError> {
        let at_ms = self.clock.mono_ms();
        if self.watchdog.stands_still(at_ms, sight.progress_mark()) {
            let who_waits = sight.who_waits();
            return Err(TradeError::StandsStill { who_waits });
        }
        let swallowed = fleet.line.swallowed();
        let moment = Moment {
            at_ms,
            sight,
            swallowed: &swallowed,
        };
        match self.conductor.look(&moment) {
            Some(Order::CutLine) => fleet.line.cut(),
            Some(Order::MendLine) => fleet.line.mend(),
            Some(Order::SwallowNextApproval) => fleet.line.swallow_next_approval(),
            None => {}
        }
        self.progress.show(at_ms, sight, self.conductor.current());
        Ok(())
    }
}
