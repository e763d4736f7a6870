//! Pauses between tries to reach the hub.

use std::{sync::Arc, time::Duration};

use ports::{Pauses, Random};

const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(3),
};

pub(crate) struct Backoff {
    random: Arc<dyn Random>,
    tries: u32,
}

impl Backoff {
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        Self { random, tries: 0 }
    }

    /// The pause that is due; the next one is twice as long.
    pub(crate) fn pause(&mut self) -> Duration {
        self.tries = self.tries.saturating_add(1);
        PAUSES.after(self.tries, self.random.next_u64())
    }

    /// It worked: start over.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }
}
