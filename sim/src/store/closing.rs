//! A close of the day that goes on beside the selling.

use tokio::task::JoinHandle;
use tonic::Status;

use crate::store::{conductor::Closing, watch::HubWatch};

/// The close that was asked for last.
#[derive(Debug, Default)]
pub(super) struct ClosingTask {
    asking: Option<JoinHandle<Result<(), Status>>>,
    ended: Closing,
    /// Why it was broken off.
    said: String,
}

impl ClosingTask {
    /// Asks the hub, in the place of what was asked before.
    pub(super) fn begin(&mut self, hub: &HubWatch, date: String) {
        self.leave();
        let mut hub = hub.clone();
        let asking = async move { hub.close_day(date).await.map(drop) };
        self.asking = Some(tokio::spawn(asking));
        self.ended = Closing::Runs;
    }

    /// How it is.
    pub(super) async fn look(&mut self) -> Closing {
        if let Some(asking) = self.asking.take_if(|asking| asking.is_finished()) {
            self.ended = match asking.await {
                Ok(Ok(())) => Closing::Done,
                Ok(Err(status)) => {
                    self.said = status.message().to_owned();
                    Closing::Failed
                }
                Err(_) => Closing::Failed,
            };
        }
        self.ended
    }

    /// What the hub said when it broke off.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    fn leave(&mut self) {
        if let Some(asking) = self.asking.take() {
            asking.abort();
        }
    }
}

impl Drop for ClosingTask {
    fn drop(&mut self) {
        self.leave();
    }
}
