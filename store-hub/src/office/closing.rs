//! The close of a day that somebody ordered at a page: begun once, seen from every window.

use std::sync::Arc;

use domain::{ids::OperatorId, limits::CLOSE_STEPS_SHOWN_MAX, words::Sentence};
use futures::StreamExt;
use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, operations_service_server::OperationsService,
};
use tokio::sync::watch;
use tonic::{Request, Status};

use super::Pages;
use crate::presentation;

/// How it stands.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum CloseState {
    /// Steps are still to come.
    Running,
    /// The day is closed; its last step says how.
    Closed(Box<CloseDayProgress>),
    /// It stopped, with a reason. Nothing is lost: ordered again it goes on where it was.
    Stopped(Sentence),
}

/// A close that was ordered here.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CloseRun {
    pub(super) date: String,
    pub(super) steps: Vec<CloseDayProgress>,
    pub(super) state: CloseState,
}

/// The last one that was ordered since the hub's start.
pub(super) struct Closing(watch::Sender<Option<CloseRun>>);

impl Default for Closing {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Closing {
    pub(super) fn seen(&self) -> watch::Receiver<Option<CloseRun>> {
        self.0.subscribe()
    }

    /// True: nothing ran, and this is the run from now on.
    fn begin(&self, date: &str) -> bool {
        self.0.send_if_modified(|run| {
            let runs = run
                .as_ref()
                .is_some_and(|run| run.state == CloseState::Running);
            if !runs {
                *run = Some(CloseRun {
                    date: date.to_owned(),
                    steps: Vec::new(),
                    state: CloseState::Running,
                });
            }
            !runs
        })
    }

    fn tell(&self, told: impl FnOnce(&mut CloseRun)) {
        self.0.send_modify(|run| {
            if let Some(run) = run {
                told(run);
            }
        });
    }

    fn step(&self, step: CloseDayProgress) {
        self.tell(|run| {
            if step.done {
                run.state = CloseState::Closed(Box::new(step));
            } else if run.steps.len() < CLOSE_STEPS_SHOWN_MAX {
                run.steps.push(step);
            }
        });
    }

    fn stop(&self, status: &Status) {
        self.tell(|run| run.state = CloseState::Stopped(presentation::refused(status)));
    }
}

impl Pages {
    /// Closes this date by the call that the command uses. It goes on though the browser has gone.
    /// Ordered twice it is the same close.
    pub(super) fn close_day(self: &Arc<Self>, date: &str, by: Option<OperatorId>) {
        if !self.closing.begin(date) {
            return;
        }
        let by = by.map_or(0, |by| by.0);
        tracing::info!(event = "close ordered at a page", date, by);
        let pages = Arc::clone(self);
        let request = CloseDayRequest {
            business_date: date.to_owned(),
        };
        tokio::spawn(async move { pages.follow_close(request).await });
    }

    async fn follow_close(&self, request: CloseDayRequest) {
        let begun = self.services.close_day(Request::new(request)).await;
        let mut steps = match begun {
            Ok(steps) => steps.into_inner(),
            Err(status) => return self.closing.stop(&status),
        };
        while let Some(step) = steps.next().await {
            match step {
                Ok(step) => self.closing.step(step),
                Err(status) => return self.closing.stop(&status),
            }
        }
        // A stream that ends without its last step: the hub is stopping.
        self.closing.tell(|run| {
            if run.state == CloseState::Running {
                let why = Sentence::new("the hub is stopping", "主机正在停止");
                run.state = CloseState::Stopped(why);
            }
        });
    }
}
