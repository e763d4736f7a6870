//! The committer: takes what waits, writes it in one batch, makes it durable once, says so.
//!
//! Two drivers share every step: a thread in production, a task in the simulation.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, io, process};

use tokio::sync::watch;
use tracing::{error, warn};

use crate::batcher::Commit;
use crate::seal::{Sealer, Step};
use crate::shared::Shared;
use crate::{EngineError, NoRoom, Ticket, key, witness};

/// Commits between two renewals of the witness. One costs about as much as two commits. A new
/// journal has it renewed at its first commit, then after twice as many each time.
const COMMITS_PER_WITNESS: u32 = 256;

/// How long the committer waits before it tries a full disk again.
const ROOM_RETRY: Duration = Duration::from_secs(1);

/// Why a commit did not come about.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nobody knows what of it is on the disk, so nothing may go on.
    #[error("a commit failed, and what it held may be lost")]
    Failed(#[from] EngineError),
    /// The disk takes nothing for now. Nothing of the commit was written, and it waits.
    #[error("nothing was committed")]
    NoRoom(#[source] NoRoom),
}

/// The one that makes a journal durable. Hand it to one of its drivers.
pub struct Committer {
    shared: Arc<Shared>,
    durable: watch::Sender<Ticket>,
    commits_since_witness: u32,
    commits_per_witness: u32,
    /// Taken from the batcher and not yet written: the disk had no room for it.
    held: Option<Commit>,
    sealer: Sealer,
}

/// What the committer finds when it looks.
enum Next {
    Commit(Commit),
    Nothing,
    Closed,
}

impl Committer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        durable: watch::Sender<Ticket>,
        sealer: Sealer,
    ) -> Committer {
        let is_new = shared.state().batcher.durable_heads().is_empty();
        Committer {
            shared,
            durable,
            commits_since_witness: 0,
            commits_per_witness: if is_new { 1 } else { COMMITS_PER_WITNESS },
            held: None,
            sealer,
        }
    }

    /// Drives commits on a thread of its own: the driver of production. It ends, with all that
    /// waited committed, when the journal is closed or its last clone dropped; join it to be sure
    /// that the engine has let go of its files.
    ///
    /// **A failed commit aborts the process**, after a line in the log. A disk without room
    /// doesn't: appends are refused, and the commit is tried again each second.
    ///
    /// Between commits, while none waits, it seals old records into segments; a commit that comes
    /// meanwhile waits for one step of that.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn run_on_thread(mut self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("journal-committer".to_owned())
            .spawn(move || {
                let _guard = AbortOnPanic;
                // It lives on until the end: whoever waits for a commit that failed must not hear
                // that the journal was closed, and end in good order.
                if let Err(failed) = self.run() {
                    abort(&failed);
                }
            })
    }

    /// Drives commits as a task: the driver of the simulation. Each commit is written, then takes
    /// `delay()` of the runtime's time, then is made durable. Ends as the thread does; dropping it
    /// half-way is a crash. It seals nothing: the simulated engine keeps every record.
    ///
    /// # Errors
    /// A commit failed: the caller treats it as the death of its process.
    pub async fn run_simulated(
        mut self,
        mut delay: impl FnMut() -> Duration + 'static,
    ) -> Result<(), CommitError> {
        loop {
            match self.next() {
                Next::Commit(commit) => match self.write(commit)? {
                    Some(commit) => {
                        tokio::time::sleep(delay()).await;
                        self.make_durable(&commit)?;
                    }
                    None if self.shared.state().batcher.is_closed() => return self.finish(),
                    None => self.pause().await,
                },
                Next::Nothing => self.shared.notify.notified().await,
                Next::Closed => return self.finish(),
            }
        }
    }

    /// Commits what waits now, on this thread: for tools that load a journal in one go.
    /// False when nothing waited.
    ///
    /// # Errors
    /// A commit failed, and the journal must not be used any more; or the disk has no room, and
    /// this may be called again.
    pub fn commit_waiting(&mut self) -> Result<bool, CommitError> {
        let Next::Commit(commit) = self.next() else {
            return Ok(false);
        };
        match self.write(commit)? {
            Some(commit) => {
                self.make_durable(&commit)?;
                Ok(true)
            }
            None => match self.shared.state().batcher.no_room() {
                Some(no_room) => Err(CommitError::NoRoom(no_room)),
                None => Ok(true),
            },
        }
    }

    /// One step of sealing old records into segments, on this thread: for tools and tests, as
    /// [`commit_waiting`](Committer::commit_waiting). False when nothing is to be sealed.
    ///
    /// # Errors
    /// A commit failed, and the journal must not be used any more.
    pub fn seal_waiting(&mut self) -> Result<bool, CommitError> {
        Ok(self.seal_step()?)
    }

    fn run(&mut self) -> Result<(), CommitError> {
        while let Some(commit) = self.wait_for_commit()? {
            let started = now();
            match self.write(commit)? {
                Some(commit) => {
                    self.make_durable(&commit)?;
                    self.committed_in(started.elapsed());
                    self.seal_if_overdue()?;
                }
                None if self.shared.state().batcher.is_closed() => break,
                None => self
                    .shared
                    .handoff
                    .pause(ROOM_RETRY, |state| !state.batcher.is_closed()),
            }
        }
        self.finish()
    }

    fn committed_in(&self, took: Duration) {
        let done = &mut self.shared.state().done;
        done.last_commit = Some(took);
        done.commit_times.record(took);
    }

    /// As the pause of the thread, in the runtime's time.
    async fn pause(&self) {
        // Either way it is tried again.
        drop(tokio::time::timeout(ROOM_RETRY, self.shared.notify.notified()).await);
    }

    fn next(&mut self) -> Next {
        if let Some(held) = self.held.take() {
            return Next::Commit(held);
        }
        let mut state = self.shared.state();
        match state.batcher.take() {
            Some(commit) => Next::Commit(commit),
            None if state.batcher.is_closed() => Next::Closed,
            None => Next::Nothing,
        }
    }

    /// The next commit; `None` when the journal is closed. Seals while nothing waits.
    fn wait_for_commit(&mut self) -> Result<Option<Commit>, EngineError> {
        let mut next = self.next();
        loop {
            next = match next {
                Next::Commit(commit) => return Ok(Some(commit)),
                Next::Closed => return Ok(None),
                Next::Nothing if self.seal_step()? => self.next(),
                Next::Nothing => self.shared.handoff.wait(|state| {
                    match (state.batcher.take(), state.batcher.is_closed()) {
                        (Some(commit), _) => Some(Next::Commit(commit)),
                        (None, true) => Some(Next::Closed),
                        (None, false) => state.seal_wanted.take().map(|()| Next::Nothing),
                    }
                }),
            };
        }
    }

    /// Work that never ends must not keep records from being sealed for ever.
    fn seal_if_overdue(&mut self) -> Result<(), EngineError> {
        let overdue = self
            .sealer
            .is_overdue(self.shared.state().batcher.durable_heads());
        match overdue {
            true => self.seal_step().map(drop),
            false => Ok(()),
        }
    }

    fn seal_step(&mut self) -> Result<bool, EngineError> {
        let (heads, asked) = {
            let state = self.shared.state();
            let heads = state.batcher.durable_heads().clone();
            (heads, state.seal_asked.clone())
        };
        let engine = self.shared.engine.as_ref();
        match self.sealer.step(engine, &heads, &asked) {
            Step::Nothing => {
                self.shared.state().done.sealing_stopped = self.sealer.is_stopped();
                Ok(false)
            }
            Step::Part => Ok(true),
            Step::Enter => self.enter_segment(),
        }
    }

    /// The one commit that moves a segment's records out of the engine.
    fn enter_segment(&mut self) -> Result<bool, EngineError> {
        let gate = self.shared.gate.write();
        let writing = gate.unwrap_or_else(PoisonError::into_inner);
        let written = self.shared.engine.write(&self.sealer.enter());
        drop(writing);
        match written {
            Ok(()) => {
                self.shared.engine.sync()?;
                self.sealer.entered();
                let done = &mut self.shared.state().done;
                done.segments_sealed = done.segments_sealed.saturating_add(1);
                Ok(true)
            }
            Err(EngineError::NoRoom(_)) => {
                self.sealer.had_no_room();
                Ok(false)
            }
            Err(failed) => Err(failed),
        }
    }

    /// Writes a commit and gives it back: in the engine from now on, not yet durable, not yet seen
    /// by a reader. `None` when the disk has no room: nothing was written, and the commit is held.
    fn write(&mut self, commit: Commit) -> Result<Option<Commit>, EngineError> {
        let before = self.values_before(&commit)?;
        self.shared.state().before = before;
        let gate = self.shared.gate.write();
        let writing = gate.unwrap_or_else(PoisonError::into_inner);
        let written = self.shared.engine.write(&commit.writes);
        drop(writing);
        match written {
            Ok(()) => {
                self.say_room(None);
                Ok(Some(commit))
            }
            Err(EngineError::NoRoom(no_room)) => {
                self.shared.state().before.clear();
                self.say_room(Some(no_room));
                self.held = Some(commit);
                Ok(None)
            }
            Err(failed) => Err(failed),
        }
    }

    /// Lets appends be refused, or taken again, and logs each change once.
    fn say_room(&self, no_room: Option<NoRoom>) {
        let before = self.shared.state().batcher.set_no_room(no_room);
        match (before, no_room) {
            (None, Some(reason)) => {
                error!(event = "disk takes nothing, appends are refused", %reason);
            }
            (Some(_), None) => warn!(event = "disk has room again, appends are taken"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// What the keyed values were, for those who read before the commit is durable.
    fn values_before(
        &self,
        commit: &Commit,
    ) -> Result<BTreeMap<Vec<u8>, Option<Vec<u8>>>, EngineError> {
        let keyed = commit
            .writes
            .iter()
            .map(|write| &write.key)
            .filter(|key| key::is_keyed(key));
        let before = |key: &Vec<u8>| match commit.new_keys.contains(key) {
            true => Ok(None),
            false => self.shared.engine.get(key),
        };
        keyed.map(|key| Ok((key.clone(), before(key)?))).collect()
    }

    fn make_durable(&mut self, commit: &Commit) -> Result<(), EngineError> {
        self.shared.engine.sync()?;
        let mut state = self.shared.state();
        state.before.clear();
        let records = state.batcher.finish(&commit.heads);
        state.done.commits = state.done.commits.saturating_add(1);
        state.done.records = state.done.records.saturating_add(records);
        state.done.last_commit_records = records;
        drop(state);
        self.sealer.committed();
        self.durable.send_replace(commit.ticket);
        self.renew_witness_in_time()
    }

    fn renew_witness_in_time(&mut self) -> Result<(), EngineError> {
        self.commits_since_witness = self.commits_since_witness.saturating_add(1);
        if self.commits_since_witness < self.commits_per_witness {
            return Ok(());
        }
        let next = self.commits_per_witness.saturating_mul(2);
        self.commits_per_witness = next.min(COMMITS_PER_WITNESS);
        self.renew_witness()
    }

    fn renew_witness(&mut self) -> Result<(), EngineError> {
        let heads = self.shared.state().batcher.durable_heads().clone();
        self.commits_since_witness = 0;
        witness::renew(self.shared.engine.as_ref(), &heads)
    }

    fn finish(&mut self) -> Result<(), CommitError> {
        if self.held.is_some() {
            let batches = self.shared.state().batcher.batches_waiting();
            warn!(
                event = "closed on a disk without room",
                batches_not_committed = batches
            );
        }
        if self.commits_since_witness == 0 {
            return Ok(());
        }
        // All that was acknowledged is durable: a witness that can't be renewed only proves less.
        if let Err(failed) = self.renew_witness() {
            warn!(event = "witness not renewed", error = %failed);
        }
        Ok(())
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Committer({})", self.shared.engine.name())
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// For a figure of the driver of production; no decision rests on it.
#[allow(
    clippy::disallowed_methods,
    reason = "the thread of production never runs in the simulation"
)]
fn now() -> Instant {
    Instant::now()
}

/// Turns a panic of the committer's thread into an abort, even where no panic hook does.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            process::abort();
        }
    }
}

fn abort(failed: &CommitError) -> ! {
    let reasons = reasons(failed);
    error!(event = "commit failed", error = reasons);
    if !tracing::dispatcher::has_been_set() {
        // In one piece: other threads write there, too.
        let line = format!("commit failed: {reasons}\n");
        eprint!("{line}");
    }
    process::abort();
}

fn reasons(failed: &CommitError) -> String {
    let mut text = failed.to_string();
    let mut next = failed.source();
    while let Some(reason) = next {
        text = format!("{text}: {reason}");
        next = reason.source();
    }
    text
}
