//! Pauses between tries to reach the hub: doubling, with jitter, so that a store's lanes don't come
//! back all at once.

use std::{sync::Arc, time::Duration};

use ports::Random;

const PAUSE_MIN_MS: u64 = 100;
const PAUSE_MAX_MS: u64 = 3_000;

pub(crate) struct Backoff {
    random: Arc<dyn Random>,
    next_ms: u64,
}

impl Backoff {
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        Self {
            random,
            next_ms: PAUSE_MIN_MS,
        }
    }

    /// Half to all of the pause that is due; the next one is twice as long.
    pub(crate) fn pause(&mut self) -> Duration {
        let half = self.next_ms / 2;
        let jitter = self.random.next_u64() % half.saturating_add(1);
        self.next_ms = self.next_ms.saturating_mul(2).min(PAUSE_MAX_MS);
        Duration::from_millis(half.saturating_add(jitter))
    }

    /// It worked: start over.
    pub(crate) fn reset(&mut self) {
        self.next_ms = PAUSE_MIN_MS;
    }
}
