//! Who compares PINs: slow on purpose, so never the actor that sells.

use std::{fmt, time::Duration};

use domain::operators::PinVerifier;
use futures::future::LocalBoxFuture;
use operator_pin::{Pin, is_right};
use tokio::{task::spawn_blocking, time::sleep};
use tracing::error;

/// Who compares a PIN with what checks it.
pub enum PinCheck {
    /// A thread: production.
    Thread,
    /// The current runtime, each after as long as this says: simulation.
    Simulated(Box<dyn Fn() -> Duration>),
}

impl PinCheck {
    /// Whether it is the right one; `None`: nobody can say. The PIN is wiped with the answer.
    pub(crate) fn check(
        &self,
        pin: Pin,
        verifier: PinVerifier,
    ) -> LocalBoxFuture<'static, Option<bool>> {
        match self {
            Self::Thread => Box::pin(async move {
                let compared = spawn_blocking(move || is_right(&pin, &verifier)).await;
                if compared.is_err() {
                    error!(event = "pin not checked", why = "its thread has ended");
                }
                compared.ok()
            }),
            Self::Simulated(delay) => {
                let delay = delay();
                Box::pin(async move {
                    sleep(delay).await;
                    Some(is_right(&pin, &verifier))
                })
            }
        }
    }
}

impl fmt::Debug for PinCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Thread => "Thread",
            Self::Simulated(_) => "Simulated",
        })
    }
}
