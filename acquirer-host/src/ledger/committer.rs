//! Group commit: lines are queued in the order of the decisions, and one sync makes all durable
//! that came meanwhile. An answer waits for the ticket it got, so that even a repeated answer never
//! tells of what could still be lost.

use std::io;

use tokio::sync::{Notify, watch};

use super::{LedgerLine, LedgerStore};

/// Place of a line in the order of commits.
pub(crate) type Ticket = u64;

/// Lines decided and not yet written. Bounded by the messages in flight, since each answer waits.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    last: Ticket,
}

impl Pending {
    /// Queues a line and says which ticket to wait for.
    pub(crate) fn push(&mut self, line: &LedgerLine) -> Result<Ticket, serde_json::Error> {
        serde_json::to_writer(&mut self.bytes, line)?;
        self.bytes.push(b'\n');
        self.last = self.last.saturating_add(1);
        Ok(self.last)
    }

    /// The ticket of the last line so far.
    pub(crate) const fn last(&self) -> Ticket {
        self.last
    }

    fn take(&mut self) -> (Vec<u8>, Ticket) {
        (std::mem::take(&mut self.bytes), self.last)
    }
}

/// Where answers wait.
#[derive(Clone, Debug)]
pub(crate) struct Durable {
    reached: watch::Receiver<Ticket>,
}

impl Durable {
    /// Waits until everything up to the ticket is durable; `false`: it never will be.
    pub(crate) async fn wait(&mut self, ticket: Ticket) -> bool {
        self.reached
            .wait_for(|reached| *reached >= ticket)
            .await
            .is_ok()
    }
}

/// Writes what is pending, again and again.
pub(crate) struct Committer {
    store: Box<dyn LedgerStore>,
    reached: watch::Sender<Ticket>,
}

impl Committer {
    pub(crate) fn new(store: Box<dyn LedgerStore>) -> (Self, Durable) {
        let (sender, reached) = watch::channel(0);
        let committer = Self {
            store,
            reached: sender,
        };
        (committer, Durable { reached })
    }

    /// Runs until a write fails. `take` hands over what is pending; `more` is told of new lines.
    pub(crate) async fn run(
        mut self,
        more: &Notify,
        pending: impl Fn(&mut dyn FnMut(&mut Pending)),
    ) -> io::Error {
        loop {
            more.notified().await;
            let mut taken = (Vec::new(), 0);
            pending(&mut |pending| taken = pending.take());
            let (bytes, ticket) = taken;
            if bytes.is_empty() {
                continue;
            }
            if let Err(error) = self.store.append(&bytes) {
                return error;
            }
            self.reached.send_replace(ticket);
        }
    }
}
