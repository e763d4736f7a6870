//! A small store in turmoil: the real bank, hub and lanes on virtual time, a virtual network and
//! simulated disks. One seed gives one run, to the last byte (`sim twice` checks it).
//!
//! What is not real here is only what `ports`, the journal's engine and the bank's ledger stand
//! for.

mod clock;
mod clock_jumps;
mod course;
mod devices;
mod disk;
mod faults;
mod gate;
mod host;
mod hosts;
mod network;
mod random;
mod stopping;
mod store_manager;
mod task_ids;
mod trace;
mod turn;
mod wire_watch;

use std::{cell::RefCell, io, path::Path, rc::Rc, time::Duration};

pub use clock_jumps::ClockJumps;
pub use course::Course;
pub use gate::{Side, Stop};
pub use host::{Host, NoSuchHost};
pub use task_ids::align_task_ids;

use crate::oracle::Findings;

#[cfg(not(tokio_unstable))]
compile_error!(
    "sim needs `--cfg tokio_unstable`, which .cargo/config.toml sets: build inside the workspace, and \
     if RUSTFLAGS is set, add the flag there"
);

/// Where hub and bank listen inside the simulation.
const HUB_ADDRESS: &str = "hub:7001";
const BANK_ADDRESS: &str = "bank:7002";

/// The business day of a world passes in this time: long enough for every fault to be healed.
const DAY_MS: u64 = 60_000;
/// The first customer may come after this much virtual time: the programs have started by then.
const OPENS_AFTER_MS: i64 = 500;
/// A world that is not done after so many times its day, and this on top, never will be.
const GIVE_UP_AFTER_DAYS: u64 = 14;
const GIVE_UP_AFTER_MS: u64 = 120_000;

/// What a world is made of.
#[derive(Clone, Copy, Debug)]
pub struct WorldOptions {
    /// Decides everything that is decided by chance.
    pub seed: u64,
    /// Lanes of the store.
    pub lanes: u16,
    /// Baskets they sell together.
    pub baskets: usize,
    /// Virtual time in which the business day passes, in milliseconds.
    pub day_ms: u64,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Wall clocks that jump, on top of that.
    pub jumps: Option<ClockJumps>,
    /// What is broken on purpose.
    pub mutation: Option<Mutation>,
}

impl WorldOptions {
    /// A day long enough for the faults of its seed.
    #[must_use]
    pub fn with_faults(seed: u64, lanes: u16, baskets: usize) -> Self {
        Self {
            seed,
            lanes,
            baskets,
            day_ms: DAY_MS,
            trouble: Trouble::Faults,
            jumps: None,
            mutation: None,
        }
    }
}

impl WorldOptions {
    /// How many business days it lives.
    #[must_use]
    pub const fn days(&self) -> u16 {
        match self.trouble {
            Trouble::Payment {
                course: Course::AcrossClose,
                ..
            } => 2,
            Trouble::Payment { .. } | Trouble::Faults => 1,
        }
    }
}

/// What goes wrong in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Faults out of the seed, again and again.
    Faults,
    /// What the course of the first card payment takes, and a host that stops on the way.
    Payment {
        /// How the payment goes.
        course: Course,
        /// Where a host stops; `None`: nowhere.
        stop: Option<(Host, Stop)>,
    },
}

/// A wrong that only a world can carry: for proving that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Every sync of this host's disk claims success and does nothing.
    SyncForgotten(Host),
    /// The monotonic clock jumps with the wall clock, as if time-outs went by that one.
    MonoJumps,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorldOutcome {
    /// Lines of the trace.
    pub trace_lines: u64,
    /// Virtual time until the day was closed.
    pub virtual_ms: u64,
    /// Sales the lanes closed.
    pub sales: u32,
    /// Card payments asked for.
    pub payments: u64,
    /// Decided without the bank.
    pub stood_in: u64,
    /// Payments that lanes approved alone.
    pub offline: u64,
    /// Taken back, and accepted by the bank.
    pub reversed: u64,
    /// Times a host was crashed.
    pub crashes: u32,
    /// Port calls in the first card payment's life, by host.
    pub calls: Vec<(Host, u32)>,
    /// What the call was at which a host stopped; `None`: none was asked to, or the call was never
    /// reached, and then the run proves nothing about it.
    pub stopped_at: Option<String>,
}

/// Why a world came to no end.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The folder for its files can't be used.
    #[error("the world's folder: {0}")]
    Folder(#[from] io::Error),
    /// Its files don't fit its programs: a bug of `sim`.
    #[error("the world can't be laid out: {0}")]
    LayOut(String),
    /// A host ended with an error, or the day could not be closed.
    #[error("after {at_ms} ms of virtual time: {what}")]
    Failed {
        /// When.
        at_ms: u64,
        /// What went wrong.
        what: String,
    },
}

/// Runs a world in `folder`, which it fills, writes its trace to `trace_file` if one is given, and
/// has the oracle examine what it left.
///
/// tokio counts its tasks for the whole process, and the order in which a crashed host's
/// connections are dropped depends on that count: one world a process, or [`align_task_ids`]
/// before each.
///
/// # Errors
/// See [`WorldError`].
pub fn run(
    options: WorldOptions,
    folder: &Path,
    trace_file: Option<&Path>,
) -> Result<(WorldOutcome, Findings), WorldError> {
    trace::start(trace_file)?;
    let outcome = Rc::new(RefCell::new(WorldOutcome::default()));
    let played = play(options, folder, &outcome);
    let trace_lines = trace::finish()?;
    let (virtual_ms, findings) = played?;
    let outcome = outcome.borrow().clone();
    let outcome = WorldOutcome {
        trace_lines,
        virtual_ms,
        ..outcome
    };
    Ok((outcome, findings))
}

fn play(
    options: WorldOptions,
    folder: &Path,
    outcome: &Rc<RefCell<WorldOutcome>>,
) -> Result<(u64, Findings), WorldError> {
    let store = hosts::Store::lay_out(options, folder)?;
    let days_ms = options.day_ms.saturating_mul(GIVE_UP_AFTER_DAYS);
    let give_up_after_ms = days_ms.saturating_add(GIVE_UP_AFTER_MS);
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(options.seed)
        .simulation_duration(Duration::from_millis(give_up_after_ms))
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(10))
        .tcp_capacity(4096);
    let mut world = builder.build();
    store.add_bank(&mut world);
    store.add_hub(&mut world);
    store.add_lanes(&mut world);
    let bell = turn::Bell::default();
    store_manager::add(&mut world, options, Rc::clone(outcome), bell.clone());
    let mut fate = Fate::plan(options, &store, bell);
    loop {
        match world.step() {
            Ok(true) => break,
            Ok(false) => fate.strike(&mut world, &store),
            Err(error) => {
                return Err(WorldError::Failed {
                    at_ms: millis(world.elapsed()),
                    what: error.to_string(),
                });
            }
        }
    }
    let mut outcome = outcome.borrow_mut();
    outcome.crashes = fate.crashes();
    outcome.calls = store
        .machines()
        .map(|(host, machine)| (host, machine.gate.calls()))
        .collect();
    outcome.stopped_at = store
        .machines()
        .find_map(|(_, machine)| machine.gate.stopped_at());
    let ended_ms = millis(world.elapsed());
    drop(world);
    Ok((ended_ms, store.examine()?))
}

/// Everything that goes wrong in a world; told after each of its steps.
struct Fate {
    faults: Option<faults::Faults>,
    course: Option<course::Driver>,
    turn: Option<turn::Driver>,
    stopping: stopping::Stopping,
    jumps: Option<clock_jumps::Driver>,
}

impl Fate {
    fn plan(options: WorldOptions, store: &hosts::Store, bell: turn::Bell) -> Self {
        let (faults, course) = match options.trouble {
            Trouble::Faults => (Some(faults::Faults::plan(options)), None),
            Trouble::Payment { course, stop } => {
                if let Some((host, stop)) = stop
                    && let Some(machine) = store.machine(host)
                {
                    machine.gate.arm(stop);
                }
                (None, Some(course::Driver::new(course)))
            }
        };
        Self {
            faults,
            course,
            turn: (options.days() > 1).then(|| turn::Driver::new(options, bell)),
            stopping: stopping::Stopping::new(options.seed),
            jumps: options
                .jumps
                .map(|jumps| clock_jumps::Driver::new(jumps, options, store)),
        }
    }

    fn strike(&mut self, world: &mut turmoil::Sim<'_>, store: &hosts::Store) {
        if let Some(faults) = &mut self.faults {
            faults.inject(world, store);
        }
        if let Some(course) = &mut self.course {
            course.steer(world, store);
        }
        if let Some(turn) = &mut self.turn {
            turn.steer(world, store);
        }
        self.stopping.mind(world, store);
        if let Some(jumps) = &mut self.jumps {
            jumps.jump(world, store);
        }
    }

    fn crashes(&self) -> u32 {
        let by_faults = self.faults.as_ref().map_or(0, faults::Faults::crashes);
        by_faults + self.stopping.crashes()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The subscriber that copies every log line into the trace; install it before [`run`].
pub fn trace_subscriber() -> impl tracing::Subscriber + Send + Sync {
    use tracing_subscriber::{
        Layer as _, filter::LevelFilter, layer::SubscriberExt as _, registry,
    };
    registry().with(trace::TraceLayer.with_filter(LevelFilter::INFO))
}
