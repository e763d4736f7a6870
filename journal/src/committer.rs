//! The committer: takes what waits, writes it in one batch, makes it durable once, says so.
//!
//! Two drivers share every step: a thread in production, a task in the simulation.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io, process};

use tokio::sync::watch;
use tracing::{error, warn};

use crate::batcher::Commit;
use crate::journal::Shared;
use crate::{EngineError, Ticket, key, witness};

/// Commits between two renewals of the witness. One costs about as much as two commits.
const COMMITS_PER_WITNESS: u32 = 256;

/// A commit failed: nobody knows what of it is on the disk, so nothing may go on.
#[derive(Debug, thiserror::Error)]
#[error("a commit failed, and what it held may be lost")]
pub struct CommitError(#[from] EngineError);

/// The one that makes a journal durable. Hand it to one of its drivers.
pub struct Committer {
    shared: Arc<Shared>,
    durable: watch::Sender<Ticket>,
    commits_since_witness: u32,
}

/// What the committer finds when it looks.
enum Next {
    Commit(Commit),
    Nothing,
    Closed,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, durable: watch::Sender<Ticket>) -> Committer {
        Committer {
            shared,
            durable,
            commits_since_witness: 0,
        }
    }

    /// Drives commits on a thread of its own: the driver of production. It ends, with all that
    /// waited committed, when the journal is closed or its last clone dropped; join it to be sure
    /// that the engine has let go of its files.
    ///
    /// **A failed commit aborts the process**, after a line in the log.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn run_on_thread(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("journal-committer".to_owned())
            .spawn(move || {
                let _guard = AbortOnPanic;
                if let Err(failed) = self.run() {
                    abort(&failed);
                }
            })
    }

    /// Drives commits as a task: the driver of the simulation. Each commit is written, then takes
    /// `delay()` of the runtime's time, then is made durable. Ends as the thread does; dropping it
    /// half-way is a crash.
    ///
    /// # Errors
    /// A commit failed: the caller treats it as the death of its process.
    pub async fn run_simulated(
        mut self,
        mut delay: impl FnMut() -> Duration + 'static,
    ) -> Result<(), CommitError> {
        loop {
            match self.next() {
                Next::Commit(commit) => {
                    self.write(&commit)?;
                    tokio::time::sleep(delay()).await;
                    self.make_durable(&commit)?;
                }
                Next::Nothing => self.shared.notify.notified().await,
                Next::Closed => return self.finish(),
            }
        }
    }

    /// Commits what waits now, on this thread: for tools that load a journal in one go.
    /// False when nothing waited.
    ///
    /// # Errors
    /// A commit failed: the journal must not be used any more.
    pub fn commit_waiting(&mut self) -> Result<bool, CommitError> {
        match self.next() {
            Next::Commit(commit) => {
                self.write(&commit)?;
                self.make_durable(&commit)?;
                Ok(true)
            }
            Next::Nothing | Next::Closed => Ok(false),
        }
    }

    fn run(mut self) -> Result<(), CommitError> {
        while let Some(commit) = self.wait_for_commit() {
            self.write(&commit)?;
            self.make_durable(&commit)?;
        }
        self.finish()
    }

    fn next(&self) -> Next {
        let mut state = self.shared.state();
        match state.batcher.take() {
            Some(commit) => Next::Commit(commit),
            None if state.batcher.is_closed() => Next::Closed,
            None => Next::Nothing,
        }
    }

    fn wait_for_commit(&self) -> Option<Commit> {
        let mut state = self.shared.state();
        loop {
            if let Some(commit) = state.batcher.take() {
                return Some(commit);
            }
            if state.batcher.is_closed() {
                return None;
            }
            state = self
                .shared
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes a commit: in the engine from now on, not yet durable, not yet seen by a reader.
    fn write(&self, commit: &Commit) -> Result<(), EngineError> {
        let before = self.values_before(commit)?;
        self.shared.state().before = before;
        let _writing = self
            .shared
            .gate
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        self.shared.engine.write(&commit.writes)
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
        keyed
            .map(|key| Ok((key.clone(), self.shared.engine.get(key)?)))
            .collect()
    }

    fn make_durable(&mut self, commit: &Commit) -> Result<(), EngineError> {
        self.shared.engine.sync()?;
        let mut state = self.shared.state();
        state.before.clear();
        state.batcher.finish(&commit.heads);
        drop(state);
        self.durable.send_replace(commit.ticket);
        self.renew_witness_in_time()
    }

    fn renew_witness_in_time(&mut self) -> Result<(), EngineError> {
        self.commits_since_witness = self.commits_since_witness.saturating_add(1);
        match self.commits_since_witness >= COMMITS_PER_WITNESS {
            true => self.renew_witness(),
            false => Ok(()),
        }
    }

    fn renew_witness(&mut self) -> Result<(), EngineError> {
        let witness = witness::encode(self.shared.state().batcher.durable_heads());
        self.commits_since_witness = 0;
        self.shared.engine.set_witness(&witness)
    }

    fn finish(mut self) -> Result<(), CommitError> {
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
        eprintln!("commit failed: {reasons}");
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
