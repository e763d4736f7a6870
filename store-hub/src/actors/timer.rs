//! The timer wakes the desk when something is due. The desk decides what is due, and what then
//! happens.

use std::{sync::Arc, time::Duration};

use actix::{Actor, Addr, AsyncContext, Context, WrapFuture};
use domain::{desk::Event, time::MonoMs};
use ports::Clock;
use tokio::{sync::watch, time::sleep};

use super::payment_desk::{Happened, PaymentDesk};

/// The actor.
pub(crate) struct Timer {
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: watch::Receiver<Option<MonoMs>>,
}

impl Actor for Timer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let work = watch_the_clock(
            self.desk.clone(),
            Arc::clone(&self.clock),
            self.wake.clone(),
        );
        ctx.spawn(work.into_actor(self));
    }
}

/// A later `WakeAt` replaces an earlier one; each moment is told once.
async fn watch_the_clock(
    desk: Addr<PaymentDesk>,
    clock: Arc<dyn Clock>,
    mut wake: watch::Receiver<Option<MonoMs>>,
) {
    loop {
        let due = *wake.borrow_and_update();
        let pause = due.map(|due| due.since_ms(MonoMs(clock.mono_ms())));
        tokio::select! {
            biased;
            changed = wake.changed() => {
                if changed.is_err() {
                    return;
                }
                continue;
            }
            () = sleep_for(pause) => {}
        }
        if desk.send(Happened(Event::Tick)).await.is_err() {
            return;
        }
        if wake.changed().await.is_err() {
            return;
        }
    }
}

async fn sleep_for(pause_ms: Option<u64>) {
    match pause_ms {
        Some(pause_ms) => sleep(Duration::from_millis(pause_ms)).await,
        None => std::future::pending().await,
    }
}
