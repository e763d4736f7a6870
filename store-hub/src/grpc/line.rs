//! The acquirer link, as an operator asks of it, and has it tried at once.

use std::time::Duration;

use domain::limits::CONNECT_TIMEOUT_MS;
use proto::store::v1::LinkResponse;
use tokio::time::timeout;

use super::Services;
use crate::actors::acquirer_link::LineHandle;

/// Longer than a connect may take.
const TRY_MS: u64 = CONNECT_TIMEOUT_MS + 1_000;

impl Services {
    /// Since when the line is up or down, as the link says; 0: it has not been tried yet.
    pub(super) fn line_since_wall_ms(&self) -> i64 {
        let line = self.line.as_ref();
        line.map_or(0, |line| line.view.borrow().since_wall_ms)
    }
}

impl LineHandle {
    /// Has the bank tried without waiting for a pause, and waits until that has come to something.
    pub(super) async fn try_now(&mut self) {
        if self.view.borrow_and_update().up {
            return;
        }
        self.try_now.notify_one();
        // Out of time, or the hub is stopping: what is known is told.
        let _ = timeout(Duration::from_millis(TRY_MS), self.view.changed()).await;
    }

    pub(super) fn told(&self) -> LinkResponse {
        let view = self.view.borrow().clone();
        LinkResponse {
            up: view.up,
            address: self.address.clone(),
            since_wall_ms: view.since_wall_ms,
            reason: view.reason,
            tries: view.tries,
            losses: view.losses,
            one_exchange: view.one_exchange,
        }
    }
}
