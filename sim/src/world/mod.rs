//! A small store in turmoil: the real bank, hub and lanes on virtual time, a virtual network and
//! simulated disks. One seed gives one run, to the last byte (`sim twice` checks it).
//!
//! What is not real here is only what `ports`, the journal's engine and the bank's ledger stand
//! for.

mod faults;
mod hosts;
mod ports;
mod store_manager;
mod trace;

use std::{cell::RefCell, io, path::Path, rc::Rc, time::Duration};

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
/// A world that is not done after this much virtual time never will be.
const GIVE_UP_AFTER_MS: u64 = 900_000;

/// What a world is made of.
#[derive(Clone, Copy, Debug)]
pub struct WorldOptions {
    /// Decides everything that is decided by chance.
    pub seed: u64,
    /// Lanes of the store.
    pub lanes: u16,
    /// Baskets they sell together.
    pub baskets: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
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

/// Runs a world in `folder`, which it fills, and writes its trace to `trace_file`.
///
/// Call it once a process: tokio counts its tasks for the whole process, and the order in which a
/// crashed host's connections are dropped depends on that count.
///
/// # Errors
/// See [`WorldError`].
pub fn run(
    options: WorldOptions,
    folder: &Path,
    trace_file: &Path,
) -> Result<WorldOutcome, WorldError> {
    trace::start(trace_file)?;
    let outcome = Rc::new(RefCell::new(WorldOutcome::default()));
    let played = play(options, folder, &outcome);
    let trace_lines = trace::finish()?;
    let virtual_ms = played?;
    let outcome = outcome.borrow().clone();
    Ok(WorldOutcome {
        trace_lines,
        virtual_ms,
        ..outcome
    })
}

fn play(
    options: WorldOptions,
    folder: &Path,
    outcome: &Rc<RefCell<WorldOutcome>>,
) -> Result<u64, WorldError> {
    let store = hosts::Store::lay_out(options, folder)?;
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(options.seed)
        .simulation_duration(Duration::from_millis(GIVE_UP_AFTER_MS))
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(10))
        .tcp_capacity(4096);
    let mut world = builder.build();
    store.add_bank(&mut world);
    store.add_hub(&mut world);
    store.add_lanes(&mut world);
    store_manager::add(&mut world, options, Rc::clone(outcome));
    let mut faults = faults::Faults::plan(options);
    let failed = |world: &turmoil::Sim<'_>, what: String| WorldError::Failed {
        at_ms: millis(world.elapsed()),
        what,
    };
    loop {
        match world.step() {
            Ok(true) => break,
            Ok(false) => faults.inject(&mut world, &store),
            Err(error) => return Err(failed(&world, error.to_string())),
        }
    }
    outcome.borrow_mut().crashes = faults.crashes();
    Ok(millis(world.elapsed()))
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
