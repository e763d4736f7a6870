//! Who drives a journal's commits: the choice between the committer's two drivers.

use std::fmt;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::error;

use crate::{Committer, Journal};

/// Who drives the journal's commits.
pub enum CommitDriver {
    /// A thread of its own: production.
    Thread,
    /// The current runtime, each commit taking as long as this says: simulation.
    Simulated(Box<dyn FnMut() -> Duration>),
}

/// A committer at work. When it is dropped, whichever way its program ends, the journal is closed,
/// what waits is committed, and the engine's files are left as they are to stay.
#[derive(Debug)]
pub struct Committing {
    journal: Journal,
    thread: Option<JoinHandle<()>>,
}

impl CommitDriver {
    /// Hands the committer of a journal to its driver. The simulated one needs a `LocalSet` around
    /// it and ends with the journal; there, a failed commit shows as a journal that is never
    /// durable again.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn drive(self, journal: &Journal, committer: Committer) -> io::Result<Committing> {
        let thread = match self {
            CommitDriver::Thread => Some(committer.run_on_thread()?),
            CommitDriver::Simulated(delay) => {
                tokio::task::spawn_local(async move {
                    if let Err(failed) = committer.run_simulated(delay).await {
                        error!(event = "commit failed", error = %failed);
                    }
                });
                None
            }
        };
        let journal = journal.clone();
        Ok(Committing { journal, thread })
    }
}

impl Drop for Committing {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.journal.close();
        if thread.join().is_err() {
            error!(event = "committer panicked");
        }
    }
}

impl fmt::Debug for CommitDriver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            CommitDriver::Thread => "Thread",
            CommitDriver::Simulated(_) => "Simulated",
        })
    }
}
