//! `sim sweep`: stops a host at every port call of a payment's life, before it and after it, each
//! in a world of its own, and has the oracle examine what is left when the store has come to rest.

use std::{collections::BTreeMap, fmt, io, ops::RangeInclusive, path::Path, path::PathBuf};

use serde::Serialize;

use crate::{
    oracle::Broken,
    world::{
        self, Course, Host, Mutation, Side, Stop, Trouble, WorldError, WorldOptions, WorldOutcome,
    },
};

/// Virtual time of a sweep's business day, in milliseconds: a handful of customers.
const DAY_MS: u64 = 3_000;

/// What is swept.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Decides everything that is decided by chance.
    pub seed: u64,
    /// Baskets sold around the payment.
    pub baskets: usize,
    /// How the payment goes.
    pub course: Course,
    /// Which hosts are stopped.
    pub hosts: Vec<Host>,
    /// On which sides of a call.
    pub sides: Vec<Side>,
    /// At which calls.
    pub calls: RangeInclusive<u32>,
    /// At each so many-th of them.
    pub every: u32,
    /// What is broken on purpose.
    pub mutation: Option<Mutation>,
}

/// One run of a sweep: how to see it again.
#[derive(Clone, Copy, Debug)]
struct Run {
    host: Host,
    stop: Stop,
}

/// What a sweep came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Swept {
    /// Runs in which a host stopped.
    pub runs: u32,
    /// Port calls of the undisturbed payment's life, by host.
    pub calls: BTreeMap<String, u32>,
    /// Calls that were asked for and lie beyond the end of that life; nothing is proven of them.
    pub not_reached: u32,
    /// Decisions that were reached, over all runs.
    pub decided: Decided,
    /// Runs that did not end well.
    pub failures: Vec<Failure>,
}

/// How the payments of all runs were decided.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the names are those of the decisions")]
pub struct Decided {
    pub payments: u64,
    pub stood_in: u64,
    pub offline: u64,
    pub reversed: u64,
}

/// A run that did not end well.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The command that shows it again.
    pub replay: String,
    /// What the call was.
    pub stopped_at: Option<String>,
    /// Why the store did not come to rest, if it didn't.
    pub error: Option<String>,
    /// What the oracle found.
    pub broken: Vec<Broken>,
}

/// Why there is no sweep.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The folder or the runtime for a world.
    #[error("a world can't be made: {0}")]
    Io(#[from] io::Error),
    /// Without any stop the world comes to no good end: nothing to sweep.
    #[error("the undisturbed payment: {0}")]
    Undisturbed(String),
}

impl Sweep {
    /// Runs it.
    ///
    /// # Errors
    /// See [`SweepError`]; what the runs found is not among them.
    pub fn run(&self) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let undisturbed = self.undisturbed()?;
        for (host, calls) in &undisturbed.calls {
            swept.calls.insert(host.to_string(), *calls);
        }
        for host in &self.hosts {
            let known = undisturbed.calls.iter().find(|(of, _)| of == host);
            let reached = known.map_or(0, |(_, calls)| *calls);
            let step = usize::try_from(self.every.max(1)).unwrap_or(1);
            for call in self.calls.clone().step_by(step) {
                for side in &self.sides {
                    if call > reached {
                        swept.not_reached += 1;
                        continue;
                    }
                    let stop = Stop { call, side: *side };
                    self.stop(Run { host: *host, stop }, None, &mut swept)?;
                }
            }
        }
        Ok(swept)
    }

    /// One run with its trace; the subscriber that fills it is installed by the caller.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn replay(&self, trace: &Path) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let (Some(host), Some(side)) = (self.hosts.first(), self.sides.first()) else {
            return Ok(swept);
        };
        let call = *self.calls.start();
        let stop = Stop { call, side: *side };
        self.stop(Run { host: *host, stop }, Some(trace), &mut swept)?;
        Ok(swept)
    }

    /// What the payment's life is when no host stops: a sweep of a broken life proves nothing.
    fn undisturbed(&self) -> Result<WorldOutcome, SweepError> {
        let failed = |what: &dyn fmt::Display| SweepError::Undisturbed(what.to_string());
        let (outcome, broken) = match self.world(None, None)? {
            Ok(ended) => ended,
            Err(error) => return Err(failed(&error)),
        };
        if self.mutation.is_some() {
            return Ok(outcome);
        }
        match broken.first() {
            Some(broken) => Err(failed(&format!("{} {}", broken.id, broken.detail))),
            None if self.course.was_taken(&outcome) => Ok(outcome),
            None => Err(failed(&format!("it is not {}", self.course))),
        }
    }

    fn stop(&self, run: Run, trace: Option<&Path>, swept: &mut Swept) -> Result<(), SweepError> {
        let replay = self.command(run);
        let failure = match self.world(Some(run), trace)? {
            Ok((outcome, broken)) => {
                let Some(stopped_at) = outcome.stopped_at else {
                    swept.not_reached += 1;
                    return Ok(());
                };
                swept.decided.payments += outcome.payments;
                swept.decided.stood_in += outcome.stood_in;
                swept.decided.offline += outcome.offline;
                swept.decided.reversed += outcome.reversed;
                (!broken.is_empty()).then_some(Failure {
                    replay,
                    stopped_at: Some(stopped_at),
                    error: None,
                    broken,
                })
            }
            Err(error) => Some(Failure {
                replay,
                stopped_at: None,
                error: Some(error.to_string()),
                broken: Vec::new(),
            }),
        };
        swept.runs += 1;
        swept.failures.extend(failure);
        Ok(())
    }

    /// A world of its own, which begins as one in a new process would.
    #[allow(
        clippy::type_complexity,
        reason = "an outcome, or why there is none, or no world"
    )]
    fn world(
        &self,
        run: Option<Run>,
        trace: Option<&Path>,
    ) -> Result<Result<(WorldOutcome, Vec<Broken>), WorldError>, SweepError> {
        world::align_task_ids()?;
        let folder = tempfile::tempdir()?;
        let options = WorldOptions {
            seed: self.seed,
            lanes: 1,
            baskets: self.baskets,
            day_ms: DAY_MS,
            trouble: Trouble::Payment {
                course: self.course,
                stop: run.map(|run| (run.host, run.stop)),
            },
            jumps: None,
            mutation: self.mutation,
        };
        let ran = world::run(options, &folder.path().join("world"), trace);
        Ok(ran.map(|(outcome, findings)| (outcome, findings.verdict.broken)))
    }

    fn command(&self, Run { host, stop }: Run) -> String {
        let Self {
            seed,
            baskets,
            course,
            ..
        } = self;
        let (call, side) = (stop.call, stop.side.name());
        let mutation = match self.mutation {
            Some(Mutation::SyncForgotten(host)) => format!(" --forget-syncs {host}"),
            // No command carries this one: it changes nothing where no clock jumps.
            Some(Mutation::MonoJumps) | None => String::new(),
        };
        format!(
            "sim sweep --seed {seed} --baskets {baskets} --course {course} --host {host} \
             --call {call} --side {side}{mutation}"
        )
    }
}

/// What `sim sweep` was asked for.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct SweepArgs {
    /// Decides everything that is decided by chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Baskets sold; the first card in them is the payment [default: as few as the course needs]
    #[arg(long)]
    baskets: Option<usize>,
    /// How the payment goes: approved, late-answer, stood-in, offline, across-close
    #[arg(long, default_value = "approved", value_parser = Course::named)]
    course: Course,
    /// Stop only this host: hub or lane-1 [default: both]
    #[arg(long)]
    host: Option<Host>,
    /// Stop only on this side of a call: before or after [default: both]
    #[arg(long, value_parser = side)]
    side: Option<Side>,
    /// Stop only at this call
    #[arg(long, conflicts_with_all = ["first", "last", "every"])]
    call: Option<u32>,
    /// The first call to stop at
    #[arg(long, default_value_t = 1)]
    first: u32,
    /// The last call to stop at
    #[arg(long, default_value_t = 300)]
    last: u32,
    /// Stop at each so many-th call only
    #[arg(long, default_value_t = 1)]
    every: u32,
    /// Every sync of this host's disk claims success and does nothing: must be found
    #[arg(long, value_name = "HOST")]
    forget_syncs: Option<Host>,
    /// Write the trace of the one run here
    #[arg(long, value_name = "FILE", requires_all = ["call", "host", "side"])]
    trace: Option<PathBuf>,
}

fn side(name: &str) -> Result<Side, String> {
    let sides = [Side::Before, Side::After];
    let found = sides.into_iter().find(|side| side.name() == name);
    found.ok_or_else(|| "before or after".to_owned())
}

impl SweepArgs {
    pub(crate) fn run(&self) -> Result<Swept, SweepError> {
        let hosts = self
            .host
            .map_or(vec![Host::Hub, Host::Lane(1)], |host| vec![host]);
        let sides = self
            .side
            .map_or(vec![Side::Before, Side::After], |side| vec![side]);
        let sweep = Sweep {
            seed: self.seed,
            baskets: self.baskets.unwrap_or(self.course.baskets()),
            course: self.course,
            hosts,
            sides,
            calls: self.call.map_or(self.first..=self.last, |call| call..=call),
            every: self.every,
            mutation: self.forget_syncs.map(Mutation::SyncForgotten),
        };
        match &self.trace {
            Some(trace) => sweep.replay(trace),
            None => sweep.run(),
        }
    }

    pub(crate) fn wants_trace(&self) -> bool {
        self.trace.is_some()
    }
}
