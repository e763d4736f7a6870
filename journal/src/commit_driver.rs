//! Who drives a journal's commits: the choice between the committer's two drivers.

use std::fmt;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::error;

use crate::Committer;

/// Who drives the journal's commits.
pub enum CommitDriver {
    /// A thread of its own: production.
    Thread,
    /// The current runtime, each commit taking as long as this says: simulation.
    Simulated(Box<dyn FnMut() -> Duration>),
}

impl CommitDriver {
    /// Hands the committer to its driver, which ends with the journal. The simulated one needs a
    /// `LocalSet` around it; there, a failed commit shows as a journal that is never durable again.
    /// Answers with the thread to wait for, if there is one.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn drive(self, committer: Committer) -> io::Result<Option<JoinHandle<()>>> {
        match self {
            CommitDriver::Thread => committer.run_on_thread().map(Some),
            CommitDriver::Simulated(delay) => {
                tokio::task::spawn_local(async move {
                    if let Err(failed) = committer.run_simulated(delay).await {
                        error!(event = "commit failed", error = %failed);
                    }
                });
                Ok(None)
            }
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
